"""A corpus on disk → training examples: windows for the VQ-VAE, texts for the language model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from ..configuration_agir import (
    REASONING_END,
    REASONING_START,
    SCORE_END,
    SCORE_START,
    SCORE_TOKENS,
)
from ..corpus.templates import instructions

PLACE = "<motion>"  # where the motion goes in an instruction
TEXT_PLACE = "<description>"
Draw = Callable[[int], int]  # a number in 0 … n - 1
Example = tuple[str, str]  # what the model reads, and what it is to write


def load_corpus(path: str, config: str = "reasoning"):
    """A corpus at a folder or Hub name, as a `datasets.DatasetDict` whose motions are arrays.

    A folder's Parquet files are named to the loader one by one: asked for the folder alone it may
    answer from its cache with a corpus that stood there before.

    Args:
        path: folder or name.
        config: "motion", "generative", "reasoning" or "preference".

    Raises:
        FileNotFoundError: the folder is there and holds no such part of a corpus.
    """
    from datasets import load_dataset

    folder = Path(path) / "data" / config
    if not Path(path).is_dir():
        corpus = load_dataset(path, config)
    else:
        files: dict[str, list[str]] = {}
        for shard in sorted(folder.glob("*.parquet")):
            files.setdefault(shard.stem.partition("-")[0], []).append(str(shard))
        if not files:
            raise FileNotFoundError(
                f"{folder} holds no Parquet files, expected a corpus: make one with 'agir corpus "
                "build'"
            )
        corpus = load_dataset("parquet", data_files=files)
    return corpus.with_format("numpy", columns=["motion"], output_all_columns=True)


class MotionWindows(Dataset):
    """Windows of normalised motions, drawn anew in every epoch; whole motions where shorter.

    Args:
        motions: features (frames, 263), not normalised.
        normalize: features → features, as `AgirFeatureExtractor.normalize`.
        frames: length of a window, whole codes.
    """

    def __init__(self, motions, normalize: Callable[[np.ndarray], np.ndarray], frames: int = 64):
        self.motions = [torch.from_numpy(normalize(motion)) for motion in motions]
        self.frames = frames

    def __len__(self) -> int:
        return len(self.motions)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        motion = self.motions[index]
        start = int(torch.randint(max(len(motion) - self.frames, 0) + 1, ()))
        window = motion[start : start + self.frames]
        values = torch.zeros(self.frames, motion.shape[1])
        values[: len(window)] = window
        mask = (torch.arange(self.frames) < len(window)).long()
        return {"motion_values": values, "motion_attention_mask": mask}


def answer(rationale: str, score: int) -> str:
    """The target of the reasoning stage: a rationale and a score in AGIR's form."""
    scored = f"{SCORE_START}{SCORE_TOKENS[score]}{SCORE_END}"
    return f"{REASONING_START}{rationale}{REASONING_END}{scored}"


def reasoning_example(row: dict[str, Any], motion: str, draw: Draw) -> Example:
    """Instruction with motion → rationale and score. ``motion`` is the text of motion tokens."""
    templates = instructions()["assess"]
    prompt = templates[draw(len(templates))].replace(PLACE, motion)
    return prompt, answer(row["rationale"], int(row["score"]))


def generative_example(row: dict[str, Any], motion: str, draw: Draw) -> Example:
    """Motion → description or description → motion, either as often."""
    description = row["description"]
    if draw(2):
        templates = instructions()[f"motion_to_{row['part']}_text"]
        return templates[draw(len(templates))].replace(PLACE, motion), description
    templates = instructions()["text_to_motion"]
    return templates[draw(len(templates))].replace(TEXT_PLACE, description), motion
