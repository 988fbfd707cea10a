"""The paper's linear probe: what a frozen embedding of a motion tells about its score.

Motions are cut into clips, a LayerNorm and one linear layer read each clip's embedding, and the
clips of a motion vote. Subjects are left out one at a time: the layer that judges a subject has not
seen him. Source: AGIR (Wang, Bobenrieth and Seo 2025), section 3.1.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..reporting.results import FoldResult, Prediction, Row

CLIP_FRAMES, CLIP_STRIDE = 54, 27
_ITERATIONS, _PENALTY = 100, 0.01


def clips(
    motion: np.ndarray, frames: int = CLIP_FRAMES, stride: int = CLIP_STRIDE
) -> list[np.ndarray]:
    """Clips of a motion, every ``stride`` frames; a motion that is shorter is one clip.

    Args:
        motion: (L, …), frames first.

    Raises:
        ValueError: for no frame, or clips of none.
    """
    if frames < 1 or stride < 1 or not len(motion):
        raise ValueError(
            f"clips of {frames} frames every {stride} of a motion of {len(motion)}, expected at "
            "least 1 each"
        )
    last = max(len(motion) - frames, 0)
    return [motion[start : start + frames] for start in range(0, last + 1, stride)]


def cut(motions: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """(C,) index of the motion that each clip is of, and the clips of all motions; see `clips`."""
    found = [(i, clip) for i, motion in enumerate(motions) for clip in clips(motion)]
    return np.array([i for i, _ in found]), [clip for _, clip in found]


@dataclass(frozen=True)
class Clips:
    """Embeddings of the clips of all motions.

    Attributes:
        values: (C, D) float, one row a clip.
        owner: (C,) index of the motion that a clip is of.
    """

    values: np.ndarray
    owner: np.ndarray

    def of(self, motions: np.ndarray) -> "Clips":
        """The clips of some motions (indices), which keep their numbers."""
        kept = np.isin(self.owner, motions)
        return Clips(self.values[kept], self.owner[kept])


class LinearProbe(nn.Module):
    """LayerNorm and one linear layer: (C, D) embeddings → (C, K) logits.

    The LayerNorm has no scale and shift of its own: the linear layer takes them in.
    """

    def __init__(self, width: int, classes: int):
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.linear = nn.Linear(width, classes)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        return self.linear(self.norm(embeddings))


def fit_probe(embeddings: np.ndarray, labels: np.ndarray, classes: int, seed: int = 0):
    """Train the probe on clips, classes weighed alike.

    What is minimised, cross-entropy and a small penalty on the weights, has one minimum, and
    L-BFGS runs into it: nothing is drawn, and nothing is chosen by looking at those who are tested.
    Columns are first brought to mean 0 and spread 1 over these clips.

    Args:
        embeddings: (C, D); labels: (C,) in 0 … classes - 1; seed: has no effect.

    Returns:
        embeddings (N, D) → probabilities (N, classes).
    """
    mean, spread = embeddings.mean(0), embeddings.std(0) + 1e-6

    def standardised(values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(((values - mean) / spread).astype(np.float32))

    x, y = standardised(embeddings), torch.from_numpy(np.asarray(labels, dtype=np.int64))
    weights = class_weights(labels, classes)
    probe = LinearProbe(x.shape[1], classes)
    optimizer = torch.optim.LBFGS(
        probe.parameters(), max_iter=_ITERATIONS, line_search_fn="strong_wolfe"
    )

    def objective() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(probe(x), y, weight=weights)
        loss = loss + _PENALTY / 2 * probe.linear.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(objective)
    probe.eval()

    @torch.no_grad()
    def probabilities(asked: np.ndarray) -> np.ndarray:
        return probe(standardised(asked)).double().softmax(-1).numpy()

    return probabilities


def class_weights(labels: np.ndarray, classes: int) -> torch.Tensor:
    """(K,) weights by which every class that occurs counts alike; 0 for one that does not."""
    counts = np.bincount(labels, minlength=classes)
    weights = np.where(counts > 0, len(labels) / np.maximum(counts, 1) / (counts > 0).sum(), 0)
    return torch.from_numpy(weights.astype(np.float32))


def vote(probabilities: np.ndarray, owner: np.ndarray, motions: Sequence[int]) -> np.ndarray:
    """Probabilities (M, K) of motions by the votes of their clips.

    The share of the clips that are given to a class; of classes with as many votes the one of the
    higher mean probability leads, for that is mixed in with a weight too small to outvote a clip.

    Args:
        probabilities: (C, K) of the clips; owner: (C,) their motions; motions: which are asked.
    """
    found = np.zeros((len(motions), probabilities.shape[1]))
    for row, motion in zip(found, motions, strict=True):
        own = probabilities[owner == motion]
        votes = np.bincount(own.argmax(1), minlength=len(row)) / len(own)
        weight = 0.5 / (len(own) + 1)
        row[:] = (1 - weight) * votes + weight * own.mean(0)
    return found


@dataclass(frozen=True)
class Walks:
    """Who walked, and the class that is to be told.

    Attributes:
        ids: (M,) name of each motion.
        subjects: (M,) who walked.
        labels: (M,) class, 0 … classes - 1.
        classes: how many there are.

    Raises:
        ValueError: for lists of different length, or fewer than two subjects.
    """

    ids: list[str]
    subjects: list[str]
    labels: np.ndarray
    classes: int

    def __post_init__(self):
        sizes = len(self.ids), len(self.labels), len(self.subjects)
        if len(set(sizes)) > 1 or len(set(self.subjects)) < 2:
            raise ValueError(
                f"{sizes[0]} names, {sizes[1]} labels and {sizes[2]} subjects, "
                f"{len(set(self.subjects))} of them different; expected as many, and at least two "
                "subjects: one is left out and one is learnt from"
            )


def leave_one_out(
    name: str,
    clips_of: Callable[[str], Clips] | Clips,
    walks: Walks,
    seeds: Sequence[int] = (0,),
    fit=fit_probe,
    note: str | None = None,
) -> Row:
    """Judge every motion by a classifier that has not seen its subject: a fold for each subject.

    Args:
        name: of the row.
        clips_of: of all motions; or the subject who is left out → the clips of all motions as an
            encoder sees them that has not been shown this subject.
        walks: whose they are.
        seeds: of the classifiers; each judges every motion.
        fit: as `fit_probe`.
        note: of the row.
    """
    owners, folds = np.asarray(walks.subjects), []
    for subject in dict.fromkeys(walks.subjects):
        table = clips_of(subject) if callable(clips_of) else clips_of
        asked = np.flatnonzero(owners == subject)
        known, tested = table.of(np.flatnonzero(owners != subject)), table.of(asked)
        for seed in seeds:
            started = time.perf_counter()
            predict = fit(known.values, walks.labels[known.owner], walks.classes, seed)
            chances = vote(predict(tested.values), tested.owner, asked)
            predictions = [
                Prediction(
                    walks.ids[i], subject, int(walks.labels[i]), int(row.argmax()), tuple(row)
                )
                for i, row in zip(asked, chances, strict=True)
            ]
            seconds = time.perf_counter() - started
            folds.append(FoldResult(f"without {subject}", seed, predictions, seconds))
    return Row(name, folds, note)
