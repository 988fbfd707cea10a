"""The card of a simulated corpus: what `load_dataset` reads first, and a person too."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..humanml3d import FPS
from .schema import COLUMNS, CORPUS_TAG, PARAMETERS, SCORES, SPLITS

_TEMPLATE = """\
---
pretty_name: Simulated gait with rationales
language:
- en
license: apache-2.0
tags:
- {tag}
- simulated
- gait
- human-motion
configs:
- config_name: default
  data_files:
{data_files}
---

# Simulated gait with rationales

**Everything here is SIMULATED.** No person walked, no patient was recorded and no clinician scored
anything: kinematic walkers with settings drawn from published ranges stand in for a cohort. Use it
to test software and to train demonstrations, never to draw conclusions about people.

{subjects} walkers, {walks} walks of 5-12 s. Made by

```bash
{command}
```

(agir-hf {version}; the same command makes the same rows, whatever the number of workers).

| split | walkers | walks | score 0 | score 1 | score 2 |
|---|---|---|---|---|---|
{counts}

All walks of one walker are in one split.

## Columns

| column | meaning |
|---|---|
{columns}

The score is a setting of the simulation: 0 no problem, 1 slight impairment, 2 substantial
impairment. Parameters overlap between scores. Motions went the way of a recording: 44 markers at
150 Hz with noise, soft-tissue wobble and gaps, then joint centres at {fps} fps, then features.

## Gait parameters

Measured on the simulated footfalls and joints; steps that start or stop the walk do not count.

| parameter | how |
|---|---|
{parameters}

Rationales and descriptions are written by rule from these parameters; no language model and no
person wrote or checked them.
"""


@dataclass(frozen=True)
class Counted:
    """What the card counts of one walk."""

    split: str
    subject: str
    score: int


def corpus_card(walks: list[Counted], *, command: str, version: str) -> str:
    """The text of a corpus' README.md."""
    files = (f"  - split: {split}\n    path: data/{split}.parquet" for split in SPLITS)
    return _TEMPLATE.format(
        tag=CORPUS_TAG,
        data_files="\n".join(files),
        subjects=len({walk.subject for walk in walks}),
        walks=len(walks),
        command=command,
        version=version,
        counts="\n".join(_count(split, walks) for split in SPLITS),
        columns="\n".join(f"| `{name}` | {meaning} |" for name, meaning in COLUMNS.items()),
        parameters="\n".join(f"| `{p.name}` | {p.formula} |" for p in PARAMETERS),
        fps=FPS,
    )


def _count(split: str, walks: list[Counted]) -> str:
    here = [walk for walk in walks if walk.split == split]
    scores = Counter(walk.score for walk in here)
    cells = [split, len({walk.subject for walk in here}), len(here), *(scores[s] for s in SCORES)]
    return "| " + " | ".join(map(str, cells)) + " |"
