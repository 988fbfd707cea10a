"""Rows of the Parquet files of a corpus, made from measured recordings and their texts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from ..annotation.rule_writer import stable_number
from ..gait import extract_claims
from ..gait.graded_walk import GradedWalk
from ..gait.grounding import CONTRADICTED, check_on_walk
from ..gait.norms import Norms
from ..gait.parameters import PARAMETER_NAMES
from ..gait.specificity import SameScore
from .schema import CONFIGS, DESCRIBED_PARTS, KINDS, instructions, membership
from .store import Annotation, Recorded
from .text_checks import TextChecks, counterfactual

_MOST_OTHERS = 8  # walks of the same score that are tried for a rejected text
# Configurations that share a row of a file must not have different values in the same column:
# "reasoning" and "generative" have different `references`, so the latter starts at the second row.
_FIRST_ROW = {"generative": 1}


class Others:
    """Walks of a split that rejected answers are drawn from.

    Args:
        recordings: Measured recordings of the split; their motions are not used.
    """

    def __init__(self, recordings: Iterable[Recorded]):
        scored = [
            (row.id, row.item["subject"], row.item["score"])
            for row in recordings
            if row.item["score"] is not None
        ]
        scores = sorted({score for *_, score in scored})
        self._other = {
            score: [(name, own) for name, _, own in scored if own != score] for score in scores
        }
        self._names = [name for name, _, _ in scored]
        self._same = SameScore([own for *_, own in scored], [subject for _, subject, _ in scored])

    def of_other_score(self, score: int) -> list[tuple[str, int]]:
        """Ids and scores of the walks with another score, in the order of the split.

        Args:
            score: Score of a walk of the split.
        """
        return self._other.get(score, [])

    def draw_of_same_score(
        self, score: int, subject: str, most: int, rng: np.random.Generator
    ) -> list[str]:
        """Draw ids of walks of other subjects with the same score.

        Args:
            score: Score of a walk of the split.
            subject: Subject of that walk.
            most: Largest number of walks.
            rng: Random generator.
        """
        return [self._names[i] for i in self._same.draw_of(score, subject, most, rng)]


class CorpusRows:
    """Rows of a corpus: motions, descriptions, rationales and preference pairs of a cohort.

    Args:
        annotations: Id of a recording → its text.
        source: Name of the data set that the recordings come from.
        simulated: Whether the recordings are simulated.
        norms: Norms that the texts were written with; None for the published norms.
        seed: Seed for the random choice of instructions and of rejected answers.
        quantities: Quantities that the texts of the rules may speak of, or None for all.
        num_scores: Number of scores, which are 0 to `num_scores` - 1.
        checks: Id of a recording → checks of its text, with the counterfactual. Default: it is
            written here.
    """

    def __init__(
        self,
        annotations: dict[str, Annotation],
        source: str,
        simulated: bool,
        norms: Norms | None = None,
        seed: int = 0,
        quantities: Collection[str] | None = None,
        num_scores: int = 3,
        checks: Mapping[str, TextChecks] | None = None,
    ):
        self.annotations, self.source, self.simulated = annotations, source, simulated
        self.norms, self.seed, self.quantities = norms, seed, quantities
        self.num_scores, self.checks = num_scores, checks

    def of_walk(self, recorded: Recorded, others: Others) -> list[dict]:
        """Rows of one walk in the layout of the shared files: few, because each has the motion.

        Args:
            recorded: Measured recording.
            others: Walks of the same split.

        Returns:
            `list` of `dict`: Column → value. A row is part of each configuration whose column
            `in_CONFIG` is true; absent columns are null.
        """
        rows: list[dict] = []
        for config in CONFIGS:
            rng = np.random.default_rng([self.seed, stable_number(recorded.id)])
            own = getattr(self, f"_{config}")(recorded, others, rng)
            for index, columns in enumerate(own, start=_FIRST_ROW.get(config, 0)):
                while len(rows) <= index:
                    rows.append(dict.fromkeys(map(membership, CONFIGS), False))
                rows[index] |= {**self._common_columns(recorded), **columns}
                rows[index][membership(config)] = True
        return rows

    def _common_columns(self, recorded: Recorded) -> dict:
        names = ("id", "subject", "session", "medication", "age", "sex")
        return {
            **{name: recorded.item[name] for name in names},
            "source": recorded.item.get("cohort") or self.source,
            "simulated": self.simulated,
            "motion": recorded.motion,
        }

    def _writer_columns(self, recorded: Recorded) -> dict:
        annotation = self.annotations[recorded.id]
        return {"writer": annotation.writer, "revised": annotation.revised}

    def _motion(self, recorded: Recorded, others, rng):
        yield {
            **{name: recorded.item[name] for name in ("walk", "variant", "file", "score")},
            "rate_hz": recorded.rate_hz,
            "joints": recorded.joints,
            "parameters": {name: recorded.parameters.get(name) for name in PARAMETER_NAMES},
        }

    def _generative(self, recorded: Recorded, others, rng):
        for part in DESCRIBED_PARTS:
            descriptions = self.annotations[recorded.id].descriptions(part)
            yield {
                "part": part,
                "description": descriptions[0],
                "references": list(descriptions),
                **self._writer_columns(recorded),
            }

    def _reasoning(self, recorded: Recorded, others, rng):
        if recorded.item["score"] is None:
            return
        annotation = self.annotations[recorded.id]
        yield {
            "instruction": self._draw_instruction(rng),
            "rationale": annotation.rationale,
            "references": list(annotation.references),
            "score": recorded.item["score"],
            "flags": "; ".join(annotation.flags),
            **self._writer_columns(recorded),
        }

    def _preference(self, recorded: Recorded, others: Others, rng):
        score = recorded.item["score"]
        if score is None:
            return
        annotation, prompt = self.annotations[recorded.id], self._draw_instruction(rng)
        for kind in KINDS:
            pair = getattr(self, f"_{kind}")(recorded, others, rng)
            if pair is None:
                continue
            rejected, rejected_score = pair
            yield {
                "prompt": prompt,
                "chosen": annotation.rationale,
                "chosen_score": score,
                "rejected": rejected,
                "rejected_score": rejected_score,
                "kind": kind,
            }

    def _irrelevant(self, recorded: Recorded, others: Others, rng):
        """Rationale of a recording of the same split with another score, and that score."""
        candidates = others.of_other_score(recorded.item["score"])
        if not candidates:
            return None
        name, score = candidates[int(rng.integers(len(candidates)))]
        return self.annotations[name].rationale, score

    def _counterfactual(self, recorded: Recorded, others, rng):
        """Rule-based rationale that contradicts the measured gait, and a wrong score."""
        if self.checks is not None:
            return self.checks[recorded.id].counterfactual
        return counterfactual(recorded, self.seed, self.norms, self.quantities, self.num_scores)

    def _same_score(self, recorded: Recorded, others: Others, rng):
        """Rationale of a walk of another subject with the same score that this walk contradicts.

        Of a few random walks, the one with the largest share of contradicted claims is used.
        """
        item = recorded.item
        walk = GradedWalk(recorded.parameters, item["age"], item["sex"], self.norms)
        drafts = []
        for name in others.draw_of_same_score(item["score"], item["subject"], _MOST_OTHERS, rng):
            text = self.annotations[name].rationale
            rows = check_on_walk(extract_claims(text), walk)
            contradicted = sum(row.verdict == CONTRADICTED for row in rows)
            drafts.append((contradicted / max(len(rows), 1), text))
        contradicted, text = max(drafts, key=lambda draft: draft[0], default=(0, ""))
        return (text, item["score"]) if contradicted else None

    def _draw_instruction(self, rng: np.random.Generator) -> str:
        templates = instructions(self.num_scores)["assess"]
        return templates[int(rng.integers(len(templates)))]
