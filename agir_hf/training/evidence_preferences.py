"""Preference pairs by evidence: the best and the worst of a model's own rationales of a walk.

The claims of each rationale are checked against the measured gait of its walk. The parameters only
choose among texts that the model wrote; they are no input of the model. A claim that holds in most
walks of the same score says little about this walk, so a supported claim counts as one minus the
share of walks of the score in which it holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ..gait.claims import Claim, extract_claims
from ..gait.grounding import (
    CONTRADICTED,
    NOT_MEASURABLE,
    SUPPORTED,
    CheckedClaim,
    check_claims,
)
from ..gait.norms import Norms
from ..processing_agir import MAX_ANSWER_TOKENS
from ..utils.jsonl import append_line, read_lines

EVIDENCE = "evidence"  # kind of these pairs
REFERENCE_WALKS = 200  # walks of each score from which shares are computed
CHOSEN_BY = "measured gait parameters of each walk, from texts that the model wrote"
_SENTENCE_ENDS = (".", "!", "?")


@dataclass(frozen=True)
class MeasuredWalk:
    """A walk with its measured gait.

    Attributes:
        id: Name of the walk.
        subject: Subject of the walk.
        score: Score of the clinician.
        parameters: Measured gait parameters, name → value, units in the names.
        age: Age of the subject in years, or None.
        sex: "male", "female" or None.
    """

    id: str
    subject: str
    score: int
    parameters: Mapping[str, float]
    age: float | None = None
    sex: str | None = None


@dataclass(frozen=True)
class RankedText:
    """A text with the evidence for it; several claims about a quantity and side count as one.

    Attributes:
        text: The text.
        supported: Number of supported claims.
        contradicted: Number of contradicted claims.
        claims: Number of claims that could be checked: supported, near and contradicted.
        value: Sum of the weights of supported claims, less the cost of contradicted ones.
    """

    text: str
    supported: int
    contradicted: int
    claims: int
    value: float


class ClaimShares:
    """Shares of walks of a score in which a claim holds.

    Args:
        walks: Walks of the training part.
        norms: Norms of a laboratory, or None for the published norms.
        most: Largest number of walks of each score that are used.
        seed: Seed of the random choice of these walks.
    """

    def __init__(
        self,
        walks: Sequence[MeasuredWalk],
        norms: Norms | None = None,
        most: int = REFERENCE_WALKS,
        seed: int = 0,
    ):
        rng = np.random.default_rng([seed, 11])
        self.norms = norms
        self._walks: dict[int, list[MeasuredWalk]] = {}
        for score in sorted({walk.score for walk in walks}):
            members = [walk for walk in walks if walk.score == score]
            order = rng.permutation(len(members))[:most]
            self._walks[score] = [members[i] for i in order]
        self._subjects = {
            score: np.array([walk.subject for walk in members])
            for score, members in self._walks.items()
        }
        self._held: dict[tuple[int, Claim], np.ndarray] = {}

    def share(self, claim: Claim, walk: MeasuredWalk) -> float:
        """Share of the walks of other subjects with the score of a walk in which a claim holds.

        Args:
            claim: Claim of a text about the walk.
            walk: Walk whose score is used; walks of its subject are left out.

        Returns:
            0 to 1, among the walks in which the claim can be checked; 0 if there are none.
        """
        key = (walk.score, replace(claim, start=0, end=0))
        if key not in self._held:
            self._held[key] = self._check(claim, walk.score)
        held = self._held[key]
        others = held[(self._subjects[walk.score] != walk.subject) & ~np.isnan(held)]
        return float(others.mean()) if len(others) else 0.0

    def _check(self, claim: Claim, score: int) -> np.ndarray:
        """Whether a claim holds in each walk of a score: 1, 0, or NaN if it cannot be checked."""
        held = []
        for walk in self._walks[score]:
            (row,) = check_claims([claim], walk.parameters, walk.age, walk.sex, self.norms)
            decided = row.verdict != NOT_MEASURABLE
            held.append(float(row.verdict == SUPPORTED) if decided else np.nan)
        return np.array(held)


def rank_text(
    text: str,
    walk: MeasuredWalk,
    shares: ClaimShares,
    contradiction_weight: float = 0.5,
    weighted: bool = True,
) -> RankedText:
    """Check the claims of a text against its walk and sum up the evidence.

    The value is the sum over claims of the weight of a supported claim, 0 for a near claim and
    minus ``contradiction_weight`` for a contradicted one. Claims about the same quantity and side
    count once, as contradicted if one of them is, otherwise with the largest weight: a text does
    not gain by repeating itself.

    Args:
        text: English text about the walk.
        walk: The walk with its measured gait.
        shares: Shares of walks in which claims hold, with the norms of the check.
        contradiction_weight: Cost of a contradicted claim, where a claim that holds in no other
            walk gains 1.
        weighted: Whether a supported claim has the weight one minus its share. Otherwise its weight
            is 1.

    Returns:
        The text with its value and the numbers of its claims.
    """
    rows = check_claims(extract_claims(text), walk.parameters, walk.age, walk.sex, shares.norms)
    topics: dict[tuple[str, str], list[CheckedClaim]] = {}
    for row in rows:
        if row.verdict != NOT_MEASURABLE:
            topics.setdefault((row.claim.quantity, row.claim.side), []).append(row)
    supported, contradicted, value = 0, 0, 0.0
    for members in topics.values():
        held = [row.claim for row in members if row.verdict == SUPPORTED]
        if any(row.verdict == CONTRADICTED for row in members):
            contradicted += 1
            value -= contradiction_weight
        elif held:
            supported += 1
            value += max(1 - shares.share(claim, walk) if weighted else 1.0 for claim in held)
    return RankedText(text, supported, contradicted, len(topics), value)


def best_and_worst(
    texts: Sequence[RankedText], least_difference: float = 1.0
) -> tuple[RankedText, RankedText] | None:
    """Choose the pair of texts that differs most in value.

    The better text makes at least as many claims as the worse one and contradicts the walk at most
    as often, so that no text wins by claiming less. It ends with a whole sentence.

    Args:
        texts: Rationales of one walk.
        least_difference: Smallest difference of values of a pair. 1 is about the difference between
            a claim that is right and the same claim wrong.

    Returns:
        The better and the worse text, or None if no pair differs by this much.
    """
    pairs = [
        (better, worse)
        for better in texts
        for worse in texts
        if better.value - worse.value >= least_difference
        and better.claims >= worse.claims
        and better.contradicted <= worse.contradicted
        and better.text.rstrip().endswith(_SENTENCE_ENDS)
    ]
    return max(pairs, key=lambda pair: pair[0].value - pair[1].value, default=None)


def preference_row(
    walk: MeasuredWalk,
    prompt: str,
    texts: Sequence[RankedText],
    least_difference: float = 1.0,
) -> dict:
    """Make the row of a walk in a file of preferences.

    Args:
        walk: The walk.
        prompt: Instruction with the placeholder of the motion.
        texts: Rationales that the model wrote about the walk.
        least_difference: Smallest difference of values, see `best_and_worst`.

    Returns:
        ``id``, ``score``, ``prompt``, the texts ``chosen`` and ``rejected``, the numbers of each in
        ``evidence``, and the sums over all texts in ``drawn``. Without a pair the texts are None.
    """
    pair = best_and_worst(texts, least_difference)
    chosen, rejected = pair or (None, None)
    numbers = ("supported", "contradicted", "claims")
    return {
        "id": walk.id,
        "score": walk.score,
        "prompt": prompt,
        "chosen": chosen and chosen.text,
        "rejected": rejected and rejected.text,
        "evidence": {
            side: {name: value for name, value in asdict(text).items() if name != "text"}
            for side, text in (("chosen", chosen), ("rejected", rejected))
            if text is not None
        },
        "drawn": {
            "texts": len(texts),
            **{name: sum(getattr(text, name) for text in texts) for name in numbers},
        },
    }


@torch.no_grad()
def draw_rationales(
    model, processor, motions: Sequence[np.ndarray], prompts: Sequence[str], number: int
) -> list[tuple[str, ...]]:
    """Draw rationales of walks from a model, in one batch.

    The random numbers depend on the prompts and motions alone. The sampling temperature is
    ``model.config.rationale_temperature``.

    Args:
        model: Model in evaluation mode.
        processor: Its processor.
        motions: HumanML3D features of each walk, shape (L, 263), 20 fps, not normalised.
        prompts: Instruction of each walk, with ``<motion>``.
        number: Number of rationales of each walk, at least 2.

    Returns:
        The rationales of each walk.
    """
    inputs = processor(motion=list(motions), text=list(prompts)).to(model.device)
    outputs = model.generate_assessment(
        **inputs, max_new_tokens=MAX_ANSWER_TOKENS, num_rationales=number
    )
    return [assessment.candidates for assessment in processor.decode_assessments(outputs)]


def start_file(path: Path, settings: Mapping) -> set[str]:
    """Start a file of preferences, or continue it if it has the same settings.

    Args:
        path: File to write, in JSON Lines. Its first row has the settings.
        settings: Everything that the pairs depend on, as values for JSON.

    Returns:
        Ids of the walks that the file has.

    Raises:
        ValueError: The file has other settings, or is no file of preferences.
    """
    lines = read_lines(path)
    if not lines:
        if path.is_file() and path.stat().st_size:
            raise ValueError(f"{path} is no file of preferences: pass another --output")
        append_line(path, {"settings": dict(settings), "chosen_by": CHOSEN_BY})
        return set()
    earlier = lines[0].get("settings", {})
    for name, value in settings.items():
        if earlier.get(name) != value:
            raise ValueError(
                f"{path} was drawn with {name} {earlier.get(name)!r}, now it is {value!r}: pass "
                "another --output, or remove the file"
            )
    return {row["id"] for row in lines[1:]}


def read_preferences(path: Path) -> list[dict]:
    """Read the rows of a file of preferences that have a pair.

    Args:
        path: File that `recipes/draw_preferences.py` wrote.

    Returns:
        Rows as `preference_row` makes them.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no file of preferences, or no walk of it has a pair.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file: run recipes/draw_preferences.py first")
    lines = read_lines(path)
    if not lines or "settings" not in lines[0]:
        raise ValueError(
            f"{path} is no file of preferences: pass a file of recipes/draw_preferences.py"
        )
    rows = [row for row in lines[1:] if row["chosen"] is not None]
    if not rows:
        raise ValueError(
            f"{path} has {len(lines) - 1} walks and no pair: draw more rationales of each walk "
            "(--number), at a higher temperature, or of more walks (--rows)"
        )
    return rows


def preference_summary(rows: Sequence[Mapping]) -> str:
    """Summarise rows of a file of preferences in one line.

    Args:
        rows: Rows as `preference_row` makes them, with and without a pair.

    Returns:
        Number of pairs, and claims per text and share of supported claims of drawn, chosen and
        rejected texts.
    """
    pairs = [row["evidence"] for row in rows if row["chosen"] is not None]
    groups = {
        "drawn": [row["drawn"] for row in rows],
        "chosen": [{"texts": 1, **pair["chosen"]} for pair in pairs],
        "rejected": [{"texts": 1, **pair["rejected"]} for pair in pairs],
    }
    parts = []
    for name, members in groups.items():
        total = {key: sum(row[key] for row in members) for key in ("texts", "claims", "supported")}
        per_text = total["claims"] / max(total["texts"], 1)
        share = total["supported"] / max(total["claims"], 1)
        parts.append(f"{name} {share:.3f} of {per_text:.1f}")
    return f"{len(pairs)} pairs of {len(rows)} walks; supported claims: {', '.join(parts)}"
