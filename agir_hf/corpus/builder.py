"""A `datasets` builder that generates the rows of each configuration from recordings."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import datasets
import numpy as np
from pyarrow import parquet

from ..annotation.rejected_texts import write_counterfactual
from ..annotation.rule_writer import stable_number
from ..gait import check_claims, extract_claims
from ..gait.grounding import CONTRADICTED
from ..gait.norms import Norms
from .schema import CONFIGS, DESCRIBED_PARTS, KINDS, SPLITS, config_features, instructions
from .splits import Fold
from .store import Annotation, Recorded, load_metadata, load_recording

_WRITER_BATCH_SIZE = 64  # rows with motions are large: a small batch limits the memory
_MOST_OTHERS = 8  # walks of the same score that are tried for a rejected text
_VERSION = datasets.Version("1.0.0")


class AgirGait(datasets.GeneratorBasedBuilder):
    """Motions, descriptions, rationales and preference pairs of a cohort.

    Args:
        files: Files of measured recordings, see `store.save_recording`.
        annotations: Id of a recording → its text.
        norms: Norms that the texts were written with; None for the published norms.
        fold: Subjects of each split. A split without subjects is left out.
        source: Name of the data set that the recordings come from.
        simulated: Whether the recordings are simulated.
        seed: Seed for the random choice of instructions and of rejected answers.
        quantities: Quantities that the texts of the rules may speak of, or None for all.
        **options: Arguments of `datasets.GeneratorBasedBuilder`: `config_name` ("motion",
            "generative", "reasoning" or "preference"), `cache_dir` and others.
    """

    BUILDER_CONFIGS = [datasets.BuilderConfig(name=name, version=_VERSION) for name in CONFIGS]
    DEFAULT_CONFIG_NAME = "reasoning"
    DEFAULT_WRITER_BATCH_SIZE = _WRITER_BATCH_SIZE

    def __init__(
        self,
        *,
        files: list[str],
        annotations: dict[str, Annotation],
        fold: Fold,
        source: str,
        simulated: bool,
        norms: Norms | None = None,
        seed: int = 0,
        quantities: Collection[str] | None = None,
        **options,
    ):
        self.files, self.annotations, self.fold = files, annotations, fold
        self.source, self.simulated = source, simulated
        self.norms, self.seed, self.quantities = norms, seed, quantities
        super().__init__(**options)

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(features=config_features(self.config.name))

    def _split_generators(self, dl_manager) -> list[datasets.SplitGenerator]:
        by_split: dict[str, list[str]] = {split: [] for split in SPLITS}
        split_of = {s: split for split in SPLITS for s in getattr(self.fold, split)}
        for file in self.files:
            by_split[split_of[load_metadata(Path(file)).item["subject"]]].append(file)
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"files": files})
            for split, files in by_split.items()
            if files
        ]

    def _generate_examples(self, files: list[str]) -> Iterator[tuple[str, dict]]:
        rows = getattr(self, f"_{self.config.name}")
        from tqdm import tqdm

        others = [load_metadata(Path(file)) for file in files]
        for file in tqdm(files, unit="walk", desc=f"{self.config.name} rows", leave=False):
            recorded = load_recording(Path(file))
            rng = np.random.default_rng([self.seed, stable_number(recorded.id)])
            for part, row in rows(recorded, others, rng):
                yield f"{recorded.id}#{part}", row

    def write_parquet(self, folder: Path) -> None:
        """Write `SPLIT.parquet`, or `SPLIT-00000-of-00002.parquet` and so on, to a folder.

        Args:
            folder: Folder to write.
        """
        shows_progress = datasets.utils.logging.is_progress_bar_enabled()
        datasets.utils.logging.disable_progress_bar()
        try:
            self.download_and_prepare(output_dir=str(folder), file_format="parquet")
        except datasets.exceptions.DatasetGenerationError as error:
            raise error.__cause__ or error from None  # such as an OSError if the disk is full
        finally:
            if shows_progress:
                datasets.utils.logging.enable_progress_bar()
        for path in folder.glob(f"{self.dataset_name}-*.parquet"):
            path.rename(path.with_name(path.name.removeprefix(f"{self.dataset_name}-")))
        unneeded = (folder / "dataset_info.json", *folder.parent.glob(f"{folder.name}*.lock"))
        for path in unneeded:
            path.unlink(missing_ok=True)
        for path in folder.glob("*.parquet"):
            if not parquet.ParquetFile(path).metadata.num_rows:
                path.unlink()  # load_dataset cannot read an empty file

    def _common_columns(self, recorded: Recorded) -> dict:
        names = ("id", "subject", "session", "medication", "age", "sex")
        return {
            **{name: recorded.item[name] for name in names},
            "source": self.source,
            "simulated": self.simulated,
            "motion": recorded.motion,
        }

    def _writer_columns(self, recorded: Recorded) -> dict:
        annotation = self.annotations[recorded.id]
        return {"writer": annotation.writer, "revised": annotation.revised}

    def _motion(self, recorded: Recorded, others, rng):
        values = dict.fromkeys(self.info.features["parameters"]) | recorded.parameters
        yield (
            "",
            {
                **self._common_columns(recorded),
                **{name: recorded.item[name] for name in ("walk", "variant", "file", "score")},
                "rate_hz": recorded.rate_hz,
                "joints": recorded.joints,
                "parameters": values,
            },
        )

    def _generative(self, recorded: Recorded, others, rng):
        for part in DESCRIBED_PARTS:
            descriptions = self.annotations[recorded.id].descriptions(part)
            yield (
                part,
                {
                    **self._common_columns(recorded),
                    "part": part,
                    "description": descriptions[0],
                    "references": list(descriptions),
                    **self._writer_columns(recorded),
                },
            )

    def _reasoning(self, recorded: Recorded, others, rng):
        annotation = self.annotations[recorded.id]
        yield (
            "",
            {
                **self._common_columns(recorded),
                "instruction": _draw_instruction(rng),
                "rationale": annotation.rationale,
                "references": list(annotation.references),
                "score": recorded.item["score"],
                "flags": "; ".join(annotation.flags),
                **self._writer_columns(recorded),
            },
        )

    def _preference(self, recorded: Recorded, others: list[Recorded], rng):
        score, annotation = recorded.item["score"], self.annotations[recorded.id]
        prompt = _draw_instruction(rng)
        for kind in KINDS:
            pair = getattr(self, f"_{kind}")(recorded, others, rng)
            if pair is None:
                continue
            rejected, rejected_score = pair
            yield (
                kind,
                {
                    **self._common_columns(recorded),
                    "prompt": prompt,
                    "chosen": annotation.rationale,
                    "chosen_score": score,
                    "rejected": rejected,
                    "rejected_score": rejected_score,
                    "kind": kind,
                },
            )

    def _irrelevant(self, recorded: Recorded, others: list[Recorded], rng):
        """Rationale of a recording of the same split with another score, and that score."""
        score = recorded.item["score"]
        candidates = [other for other in others if other.item["score"] != score]
        if not candidates:
            return None
        other = candidates[int(rng.integers(len(candidates)))]
        return self.annotations[other.id].rationale, other.item["score"]

    def _counterfactual(self, recorded: Recorded, others, rng):
        """Rule-based rationale that contradicts the measured gait, and a wrong score."""
        item = recorded.item
        rng = np.random.default_rng([self.seed, stable_number(recorded.id)])
        try:
            text, wrong_score = write_counterfactual(
                recorded.parameters, item["score"], rng, item["age"], item["sex"], self.norms,
                self.quantities,
            )  # fmt: skip
        except ValueError:  # no parameter was measured that a claim could contradict
            return None
        return text.rationale, wrong_score

    def _same_score(self, recorded: Recorded, others: list[Recorded], rng):
        """Rationale of a walk of another subject with the same score that this walk contradicts.

        Of a few random walks, the one with the largest share of contradicted claims is used.
        """
        item = recorded.item
        candidates = [
            other.id
            for other in others
            if other.item["score"] == item["score"] and other.item["subject"] != item["subject"]
        ]
        drafts = []
        for index in rng.permutation(len(candidates))[:_MOST_OTHERS]:
            text = self.annotations[candidates[index]].rationale
            rows = check_claims(
                extract_claims(text), recorded.parameters, item["age"], item["sex"], self.norms
            )
            contradicted = sum(row.verdict == CONTRADICTED for row in rows)
            drafts.append((contradicted / max(len(rows), 1), text))
        contradicted, text = max(drafts, key=lambda draft: draft[0], default=(0, ""))
        return (text, item["score"]) if contradicted else None


def _draw_instruction(rng: np.random.Generator) -> str:
    templates = instructions()["assess"]
    return templates[int(rng.integers(len(templates)))]
