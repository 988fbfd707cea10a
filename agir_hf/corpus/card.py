"""The card of a corpus: what `load_dataset` reads first, and a person too."""

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
from .store import Annotation, Recorded, load_about

FIGURES = "figures"
SHOWN = ("speed_m_per_s", "step_length_m", "cadence_steps_per_min", "arm_swing_left_deg",
         "foot_strike_angle_deg", "double_support_percent", "stride_time_cv_percent",
         "trunk_flexion_deg")  # fmt: skip
COLOURS = ("#2f855a", "#b7791f", "#9b2c2c")


_SIMULATED = """\
**Everything here is SIMULATED.** No person walked, no patient was recorded and no clinician scored
anything: a body with settings drawn from published ranges stands in for a cohort. Use it to test
software and to train demonstrations, never to draw conclusions about people.
"""
_REAL = """\
Recordings of people. Scores are those of the source's table; nothing here is a diagnosis, and
nothing made of it is a medical device. Research use only.
"""
_TEMPLATE = """\
---
{head}
---

# Gait with rationales{made_up}

{what}
{subjects} walkers, {walks} recordings, from: {title}. Terms of the source: {licence}.
{publish}
Made by

```bash
{command}
```

(agir-hf {version}). The same command on the same recordings makes the same rows.

| split | walkers | recordings | score 0 | score 1 | score 2 |
|---|---|---|---|---|---|
{counts}

All recordings of one walker are in one split. `splits.json` has further, subject-disjoint folds
(stratified by score, and one walker at a time), `statistics.npz` the mean and spread of the
features of every fold's training part.
{figure}
## Configurations

`load_dataset(…, "reasoning")`, and so on:

{columns}

Motions went the way of a recording: markers or a body's motion, then joint centres at {fps} fps
({fit}), then HumanML3D's features.

## Annotation

Texts are written from the measured gait parameters: {writers}. Every claim was checked against
the same parameters and the norms of healthy elders. Of the claims that could be checked,
{grounded} are borne out ({coverage} of all claims could be); {flagged} of {walks} texts carry a
flag, {revised} were revised by a reviewer. A counterfactual is written by rule to fit another
score; the measured gait contradicts some of what it says.

## Gait parameters

| parameter | unit | how |
|---|---|---|
{parameters}
"""


def write_card(
    folder: Path,
    paths: list[Path],
    annotations: dict[str, Annotation],
    fold: Fold,
    about: dict,
) -> None:
    """Write README.md and the figures of a corpus.

    Args:
        folder: of the corpus.
        paths: measured recordings.
        annotations: recording's id → its text.
        fold: the splits.
        about: of `build.assemble`.
    """
    recorded = [load_about(path) for path in paths]
    rows = [(row.item["score"], row.parameters) for row in recorded]
    drawn = draw_figures(folder / FIGURES, rows, about["simulated"])
    files = {
        config: [s for s in SPLITS if any((folder / "data" / config).glob(f"{s}*.parquet"))]
        for config in CONFIGS
    }
    text = corpus_card(recorded, annotations, fold, about, figure=drawn, files=files)
    write_text_atomic(folder / "README.md", text)


def draw_figures(folder: Path, rows: list[tuple[int, dict[str, float]]], simulated: bool) -> bool:
    """Draw ``parameters.png``: gait parameters by score.

    Args:
        folder: of the figures, made if it is not there.
        rows: (score, parameters) of each recording.
        simulated: said in the figure.

    Returns:
        Whether it was drawn: matplotlib may not be installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    axes = figure.subplots(2, 4)
    rng = np.random.default_rng(0)
    for axis, name in zip(axes.flat, SHOWN, strict=True):
        for score in SCORES:
            values = [p[name] for s, p in rows if s == score and name in p]
            if not values:
                continue
            aside = score + 0.25 * (rng.random(len(values)) - 0.5)
            axis.plot(aside, values, ".", color=COLOURS[score], alpha=0.5, markersize=4)
            axis.plot([score - 0.3, score + 0.3], [np.median(values)] * 2, color=COLOURS[score])
        title = in_words(name).replace(" cv", " variation")
        axis.set_title(f"{title}, {UNITS[name]}", fontsize=10)
        axis.set_xticks(SCORES)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel("gait score")
    what = "SIMULATED walks" if simulated else "walks"
    figure.suptitle(f"Measured gait of {len(rows)} {what} by score; bars are medians", fontsize=12)
    with atomic_path(folder / "parameters.png") as draft:
        figure.savefig(draft, dpi=110, metadata={"Software": None})
    return True


def corpus_card(
    recorded: list[Recorded],
    annotations: dict[str, Annotation],
    fold: Fold,
    about: dict,
    *,
    figure: bool,
    files: dict[str, list[str]],
) -> str:
    """The text of a corpus' README.md; ``files`` has the splits of each configuration."""
    simulated = about["simulated"]
    texts = [annotations[row.id] for row in recorded]
    grounded, coverage = _grounding(recorded, annotations)
    writers = Counter("rules" if t.writer == "rules" else f"`{t.writer}`" for t in texts)
    publish = "" if about["publishable"] else "**Not to be handed on: the source forbids it.**\n"
    shown = f"\n![gait parameters by score]({FIGURES}/parameters.png)\n" if figure else ""
    return _TEMPLATE.format(
        made_up=" (simulated)" if simulated else "",
        head=card_data(about, files).to_yaml(),
        what=_SIMULATED if simulated else _REAL,
        subjects=len({row.item["subject"] for row in recorded}),
        walks=len(recorded),
        title=about["title"],
        licence=about["licence"],
        publish=publish,
        command=about["command"] or "agir corpus build SOURCE OUT",
        version=about["version"],
        counts="\n".join(_count(split, recorded, fold) for split in SPLITS),
        figure=shown,
        columns="\n".join(_columns(config) for config in CONFIGS),
        fps=FPS,
        fit="anatomical regression" if about["fit"] == "centres" else "a fitted body",
        writers=", ".join(f"{count} by {name}" for name, count in writers.items()),
        grounded=grounded,
        coverage=coverage,
        flagged=sum(bool(text.flags) for text in texts),
        revised=sum(text.revised for text in texts),
        parameters="\n".join(f"| `{p.name}` | {p.unit} | {p.formula} |" for p in PARAMETERS),
    )


def card_data(about: dict, files: dict[str, list[str]]) -> DatasetCardData:
    """The YAML head of the card, from which `load_dataset` reads configurations and splits."""
    simulated = about["simulated"]
    return DatasetCardData(
        language=["en"],
        license="apache-2.0" if simulated else _licence_id(about["licence"]),
        pretty_name="Gait with rationales" + (" (simulated)" if simulated else ""),
        tags=[CORPUS_TAG, *(["simulated"] if simulated else []), "gait", "human-motion"],
        configs=[_config(config, splits) for config, splits in files.items() if splits],
    )


def _licence_id(licence: str) -> str:
    return "cc-by-4.0" if licence.startswith("CC BY 4.0") else "other"


def _grounding(recorded: list[Recorded], annotations: dict[str, Annotation]) -> tuple[str, str]:
    scores, coverages = [], []
    for row in tqdm(recorded, unit="text", desc="card", leave=False):
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


def _count(split: str, recorded: list[Recorded], fold: Fold) -> str:
    here = [row for row in recorded if row.item["subject"] in getattr(fold, split)]
    scores = Counter(row.item["score"] for row in here)
    walkers = len({row.item["subject"] for row in here})
    cells = [split, walkers, len(here), *(scores[s] for s in SCORES)]
    return "| " + " | ".join(map(str, cells)) + " |"


def _columns(config: str) -> str:
    rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in CONFIGS[config].items())
    return f"**{config}**\n\n| column | meaning |\n|---|---|\n{rows}\n"
