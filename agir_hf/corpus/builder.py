"""The corpus as a `datasets` builder: rows of every configuration, from measured recordings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import datasets
import numpy as np
from pyarrow import parquet

from ..annotation.rule_writer import stable_number, write_counterfactual
from .schema import CONFIGS, KINDS, PARTS, SPLITS, config_features, instructions
from .splits import Fold
from .store import Annotation, Recorded, load_about, load_recording

_ROWS_AT_ONCE = 64  # of frames: bounds the memory
_VERSION = datasets.Version("1.0.0")


class AgirGait(datasets.GeneratorBasedBuilder):
    """Motions, descriptions, rationales and preference pairs of a cohort.

    Args:
        config_name: "motion", "generative", "reasoning" or "preference".
        files: measured recordings (`store.save_recording`).
        annotations: recording's id → its text.
        fold: subjects of each split; a split without subjects is left out.
        source: name of the data set that the recordings come from.
        simulated: whether nobody walked.
        seed: draws instructions and other recordings.
        cache_dir: as `datasets` has it.
    """

    BUILDER_CONFIGS = [datasets.BuilderConfig(name=name, version=_VERSION) for name in CONFIGS]
    DEFAULT_CONFIG_NAME = "reasoning"
    DEFAULT_WRITER_BATCH_SIZE = _ROWS_AT_ONCE

    def __init__(
        self,
        *,
        files: list[str],
        annotations: dict[str, Annotation],
        fold: Fold,
        source: str,
        simulated: bool,
        seed: int = 0,
        **options,
    ):
        self.files, self.annotations, self.fold = files, annotations, fold
        self.source, self.simulated, self.seed = source, simulated, seed
        super().__init__(**options)

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(features=config_features(self.config.name))

    def _split_generators(self, dl_manager) -> list[datasets.SplitGenerator]:
        by_split: dict[str, list[str]] = {split: [] for split in SPLITS}
        owner = {s: split for split in SPLITS for s in getattr(self.fold, split)}
        for file in self.files:
            by_split[owner[load_about(Path(file)).item["subject"]]].append(file)
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"files": files})
            for split, files in by_split.items()
            if files
        ]

    def _generate_examples(self, files: list[str]) -> Iterator[tuple[str, dict]]:
        rows = getattr(self, f"_{self.config.name}")
        from tqdm import tqdm

        others = [load_about(Path(file)) for file in files]
        for file in tqdm(files, unit="walk", desc=f"{self.config.name} rows", leave=False):
            recorded = load_recording(Path(file))
            rng = np.random.default_rng([self.seed, stable_number(recorded.id)])
            for part, row in rows(recorded, others, rng):
                yield f"{recorded.id}#{part}", row

    def write_parquet(self, folder: Path) -> None:
        """Write ``SPLIT.parquet``, or ``SPLIT-00000-of-00002.parquet`` and so on, to a folder."""
        quiet = datasets.utils.logging.is_progress_bar_enabled()
        datasets.utils.logging.disable_progress_bar()
        try:
            self.download_and_prepare(output_dir=str(folder), file_format="parquet")
        except datasets.exceptions.DatasetGenerationError as error:
            raise error.__cause__ or error from None  # a full disk is told as what it is
        finally:
            if quiet:
                datasets.utils.logging.enable_progress_bar()
        for path in folder.glob(f"{self.dataset_name}-*.parquet"):
            path.rename(path.with_name(path.name.removeprefix(f"{self.dataset_name}-")))
        for left in (folder / "dataset_info.json", *folder.parent.glob(f"{folder.name}*.lock")):
            left.unlink(missing_ok=True)
        for path in folder.glob("*.parquet"):
            if not parquet.ParquetFile(path).metadata.num_rows:  # it could not be loaded
                path.unlink()

    def _who(self, recorded: Recorded) -> dict:
        names = ("id", "subject", "session", "medication")
        return {
            **{name: recorded.item[name] for name in names},
            "source": self.source,
            "simulated": self.simulated,
            "motion": recorded.motion,
        }

    def _written(self, recorded: Recorded) -> dict:
        annotation = self.annotations[recorded.id]
        return {"writer": annotation.writer, "revised": annotation.revised}

    def _motion(self, recorded: Recorded, others, rng):
        values = dict.fromkeys(self.info.features["parameters"]) | recorded.parameters
        yield (
            "",
            {
                **self._who(recorded),
                **{name: recorded.item[name] for name in ("walk", "variant", "file", "score")},
                "rate_hz": recorded.rate_hz,
                "joints": recorded.joints,
                "parameters": values,
            },
        )

    def _generative(self, recorded: Recorded, others, rng):
        for part in PARTS:
            description = getattr(self.annotations[recorded.id], part)
            yield (
                part,
                {
                    **self._who(recorded),
                    "part": part,
                    "description": description,
                    **self._written(recorded),
                },
            )

    def _reasoning(self, recorded: Recorded, others, rng):
        annotation = self.annotations[recorded.id]
        yield (
            "",
            {
                **self._who(recorded),
                "instruction": _drawn(rng),
                "rationale": annotation.rationale,
                "score": recorded.item["score"],
                "flags": "; ".join(annotation.flags),
                **self._written(recorded),
            },
        )

    def _preference(self, recorded: Recorded, others: list[Recorded], rng):
        score, annotation = recorded.item["score"], self.annotations[recorded.id]
        prompt = _drawn(rng)
        for kind in KINDS:
            pair = getattr(self, f"_{kind}")(recorded, others, rng)
            if pair is None:
                continue
            rejected, wrong = pair
            yield (
                kind,
                {
                    **self._who(recorded),
                    "prompt": prompt,
                    "chosen": annotation.rationale,
                    "chosen_score": score,
                    "rejected": rejected,
                    "rejected_score": wrong,
                    "kind": kind,
                },
            )

    def _irrelevant(self, recorded: Recorded, others: list[Recorded], rng):
        """The rationale of a recording with another score, of the same split."""
        score = recorded.item["score"]
        apart = [other for other in others if other.item["score"] != score]
        if not apart:
            return None
        other = apart[int(rng.integers(len(apart)))]
        return self.annotations[other.id].rationale, other.item["score"]

    def _counterfactual(self, recorded: Recorded, others, rng):
        """Written by rule with the draws of `RuleWriter`: beside its text claims alone differ."""
        item = recorded.item
        rng = np.random.default_rng([self.seed, stable_number(recorded.id)])
        about = (item["score"], rng, item["age"], item["sex"])
        try:
            text, wrong = write_counterfactual(recorded.parameters, *about)
        except ValueError:  # nothing was measured that could be contradicted
            return None
        return text.rationale, wrong


def _drawn(rng: np.random.Generator) -> str:
    templates = instructions()["assess"]
    return templates[int(rng.integers(len(templates)))]
