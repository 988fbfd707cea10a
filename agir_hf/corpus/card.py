"""Card of a corpus: `README.md` with the YAML header that `load_dataset` reads, and a figure."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from huggingface_hub import DatasetCardData
from tqdm import tqdm

from ..constants_agir import SCORES
from ..gait.grounding import grounding_score
from ..gait.parameters import PARAMETERS, UNITS, in_words
from ..humanml3d import FPS
from ..utils.files import atomic_path, write_text_atomic
from .schema import CONFIGS, CORPUS_TAG, SPLITS
from .splits import Fold
from .store import Annotation, Recorded, load_metadata

FIGURES = "figures"
_PLOTTED = ("speed_m_per_s", "step_length_m", "cadence_steps_per_min", "arm_swing_left_deg",
         "foot_strike_angle_deg", "double_support_percent", "stride_time_cv_percent",
         "trunk_flexion_deg")  # fmt: skip
_COLOURS = ("#2f855a", "#b7791f", "#9b2c2c")  # by score
_SIMULATED = """\
**Everything here is SIMULATED.** There are no recordings of people and no clinical scores: the
walks and scores come from a simulation with parameters drawn from published ranges. Use it to test
software and to train demonstrations, never to draw conclusions about people.
"""
_REAL = """\
Recordings of people. The scores are those of the source's clinical table. The data are not a
diagnosis, and models trained on them are not medical devices. Research use only.
"""
_TEMPLATE = """\
---
{head}
---

# Gait with rationales{suffix}

{introduction}
{subjects} subjects, {walks} recordings, from: {title}. Terms of the source: {licence}.
{publish}
Built with

```bash
{command}
```

(agir-hf {version}). The same command on the same recordings gives the same rows.

| split | subjects | recordings | score 0 | score 1 | score 2 |
|---|---|---|---|---|---|
{counts}

All recordings of a subject are in one split. `splits.json` has further folds by subject
(stratified by score, and leave-one-subject-out), and `statistics.npz` the mean and standard
deviation of the features of every fold's training part.
{figure}
## Configurations

Load one with `load_dataset(…, "reasoning")`:

{columns}

Motions are computed from markers or from the motion of a body model: first joint centres at
{fps} fps ({fit}), then HumanML3D features.

## Annotation

Texts are written from the measured gait parameters: {writers}. Every claim was checked against
the same parameters and the norms of healthy older adults. Of the claims that could be checked,
{grounded} are supported ({coverage} of all claims could be checked). {flagged} of {walks} texts
have a flag, {revised} were revised by a reviewer. A counterfactual is written by rule to fit
another score; the measured gait contradicts some of its claims.

## Gait parameters

| parameter | unit | definition |
|---|---|---|
{parameters}
"""


def write_card(
    folder: Path,
    paths: list[Path],
    annotations: dict[str, Annotation],
    fold: Fold,
    metadata: dict,
) -> None:
    """Write README.md and the figure of a corpus.

    Args:
        folder: Folder of the corpus.
        paths: Files of the measured recordings.
        annotations: Id of a recording → its text.
        fold: Published split.
        metadata: Content of `corpus.json`, written by `assembly.assemble`.
    """
    recordings = [load_metadata(path) for path in paths]
    rows = [(row.item["score"], row.parameters) for row in recordings]
    drawn = draw_figures(folder / FIGURES, rows, metadata["simulated"])
    files = {
        config: [s for s in SPLITS if any((folder / "data" / config).glob(f"{s}*.parquet"))]
        for config in CONFIGS
    }
    text = corpus_card(recordings, annotations, fold, metadata, figure=drawn, files=files)
    write_text_atomic(folder / "README.md", text)


def draw_figures(folder: Path, rows: list[tuple[int, dict[str, float]]], simulated: bool) -> bool:
    """Draw ``parameters.png``: gait parameters by score.

    Args:
        folder: Folder of the figure. It is created if it is missing.
        rows: Score and parameters of each recording.
        simulated: Whether the recordings are simulated, which the title states.

    Returns:
        `bool`: Whether the figure was drawn; False if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    axes = figure.subplots(2, 4)
    rng = np.random.default_rng(0)
    for axis, name in zip(axes.flat, _PLOTTED, strict=True):
        for score in SCORES:
            values = [p[name] for s, p in rows if s == score and name in p]
            if not values:
                continue
            jitter = score + 0.25 * (rng.random(len(values)) - 0.5)
            axis.plot(jitter, values, ".", color=_COLOURS[score], alpha=0.5, markersize=4)
            axis.plot([score - 0.3, score + 0.3], [np.median(values)] * 2, color=_COLOURS[score])
        title = in_words(name).replace(" cv", " variation")
        axis.set_title(f"{title}, {UNITS[name]}", fontsize=10)
        axis.set_xticks(SCORES)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel("gait score")
    walks = "SIMULATED walks" if simulated else "walks"
    figure.suptitle(f"Measured gait of {len(rows)} {walks} by score; bars are medians", fontsize=12)
    with atomic_path(folder / "parameters.png") as draft:
        figure.savefig(draft, dpi=110, metadata={"Software": None})
    return True


def corpus_card(
    recordings: list[Recorded],
    annotations: dict[str, Annotation],
    fold: Fold,
    metadata: dict,
    *,
    figure: bool,
    files: dict[str, list[str]],
) -> str:
    """Text of the README.md of a corpus.

    Args:
        recordings: Measured recordings.
        annotations: Id of a recording → its text.
        fold: Published split.
        metadata: Content of `corpus.json`, written by `assembly.assemble`.
        figure: Whether there is a figure.
        files: Configuration → splits that have files.
    """
    simulated = metadata["simulated"]
    texts = [annotations[row.id] for row in recordings]
    grounded, coverage = _grounding(recordings, annotations)
    writers = Counter("rules" if t.writer == "rules" else f"`{t.writer}`" for t in texts)
    warning = "**Do not publish: the terms of the source do not allow it.**\n"
    figure_text = f"\n![gait parameters by score]({FIGURES}/parameters.png)\n" if figure else ""
    return _TEMPLATE.format(
        suffix=_suffix(simulated),
        head=card_data(metadata, files).to_yaml(),
        introduction=_SIMULATED if simulated else _REAL,
        subjects=len({row.item["subject"] for row in recordings}),
        walks=len(recordings),
        title=metadata["title"],
        licence=metadata["licence"],
        publish="" if metadata["publishable"] else warning,
        command=metadata["command"] or "agir corpus build SOURCE OUT",
        version=metadata["version"],
        counts="\n".join(_count(split, recordings, fold) for split in SPLITS),
        figure=figure_text,
        columns="\n".join(_columns(config) for config in CONFIGS),
        fps=FPS,
        fit="anatomical regression" if metadata["fit"] == "centres" else "a fitted body",
        writers=", ".join(f"{count} by {name}" for name, count in writers.items()),
        grounded=grounded,
        coverage=coverage,
        flagged=sum(bool(text.flags) for text in texts),
        revised=sum(text.revised for text in texts),
        parameters="\n".join(f"| `{p.name}` | {p.unit} | {p.formula} |" for p in PARAMETERS),
    )


def card_data(metadata: dict, files: dict[str, list[str]]) -> DatasetCardData:
    """YAML header of the card, from which `load_dataset` reads configurations and splits.

    Args:
        metadata: Content of `corpus.json`, written by `assembly.assemble`.
        files: Configuration → splits that have files.
    """
    simulated = metadata["simulated"]
    return DatasetCardData(
        language=["en"],
        license="apache-2.0" if simulated else _licence_id(metadata["licence"]),
        pretty_name=f"Gait with rationales{_suffix(simulated)}",
        tags=[CORPUS_TAG, *(["simulated"] if simulated else []), "gait", "human-motion"],
        configs=[_config(config, splits) for config, splits in files.items() if splits],
    )


def _suffix(simulated: bool) -> str:
    return " (simulated)" if simulated else ""


def _licence_id(licence: str) -> str:
    return "cc-by-4.0" if licence.startswith("CC BY 4.0") else "other"


def _grounding(recordings: list[Recorded], annotations: dict[str, Annotation]) -> tuple[str, str]:
    """Fraction of supported claims among checked claims, and of checked claims among all."""
    scores, coverages = [], []
    for row in tqdm(recordings, unit="text", desc="card", leave=False):
        result = grounding_score(
            annotations[row.id].rationale, row.parameters, row.item["age"], row.item["sex"]
        )
        scores += [result.score] if result.score is not None else []
        coverages += [result.coverage] if result.coverage is not None else []
    if not scores:
        return "none", "none"
    return f"{100 * np.mean(scores):.1f} %", f"{100 * np.mean(coverages):.0f} %"


def _config(config: str, splits: list[str]) -> dict:
    return {
        "config_name": config,
        **({"default": True} if config == "reasoning" else {}),
        "data_files": [
            {"split": split, "path": f"data/{config}/{split}*.parquet"} for split in splits
        ],
    }


def _count(split: str, recordings: list[Recorded], fold: Fold) -> str:
    rows = [row for row in recordings if row.item["subject"] in getattr(fold, split)]
    scores = Counter(row.item["score"] for row in rows)
    subjects = len({row.item["subject"] for row in rows})
    cells = [split, subjects, len(rows), *(scores[s] for s in SCORES)]
    return "| " + " | ".join(map(str, cells)) + " |"


def _columns(config: str) -> str:
    rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in CONFIGS[config].items())
    return f"**{config}**\n\n| column | meaning |\n|---|---|\n{rows}\n"
