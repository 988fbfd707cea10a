"""The paper's linear probe: predict the score of a walk from frozen embeddings of its clips.

Motions are cut into clips, a LayerNorm and one linear layer read each clip's embedding, and the
clips of a motion vote. Subjects are left out one at a time: the layer that judges a subject was
trained on the others. Source: AGIR (Wang, Bobenrieth and Seo 2025), section 3.1.
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
    """Cut a motion into overlapping clips; a shorter motion is one clip.

    Args:
        motion: Motion of shape (L, …), frames first.
        frames: Length of a clip.
        stride: Frames between the starts of two clips.

    Returns:
        Clips of shape (frames, …).

    Raises:
        ValueError: The motion has no frames, or frames or stride is below 1.
    """
    if frames < 1 or stride < 1 or not len(motion):
        raise ValueError(
            f"clips of {frames} frames every {stride} of a motion of {len(motion)}, expected at "
            "least 1 each"
        )
    last = max(len(motion) - frames, 0)
    return [motion[start : start + frames] for start in range(0, last + 1, stride)]


def cut(motions: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Cut all motions into clips; see `clips`.

    Args:
        motions: Motions of shape (L, …), frames first.

    Returns:
        Index of the motion of each clip, shape (C,), and the C clips.
    """
    pairs = [(i, clip) for i, motion in enumerate(motions) for clip in clips(motion)]
    return np.array([i for i, _ in pairs]), [clip for _, clip in pairs]


@dataclass(frozen=True)
class Clips:
    """Embeddings of the clips of all motions.

    Attributes:
        values: Embeddings, shape (C, D), float.
        owner: Index of the motion of each clip, shape (C,).
    """

    values: np.ndarray
    owner: np.ndarray

    def of(self, motions: np.ndarray) -> "Clips":
        """Return the clips of some motions; the indices of the motions stay."""
        selected = np.isin(self.owner, motions)
        return Clips(self.values[selected], self.owner[selected])


class LinearProbe(nn.Module):
    """LayerNorm and one linear layer: embeddings (C, D) → logits (C, K).

    The LayerNorm has no scale and shift, because the linear layer includes them.

    Args:
        width: Width D of the embeddings.
        classes: Number of classes K.
    """

    def __init__(self, width: int, classes: int):
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.linear = nn.Linear(width, classes)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Compute logits (C, K) of embeddings (C, D)."""
        return self.linear(self.norm(embeddings))


def fit_probe(embeddings: np.ndarray, labels: np.ndarray, classes: int, seed: int = 0):
    """Train the probe on clips, with balanced class weights.

    The loss, cross-entropy and a small penalty on the weights, has one minimum, which L-BFGS
    finds: the fit is deterministic and needs no validation data. Columns are standardized over the
    training clips first.

    Args:
        embeddings: Embeddings of the training clips, shape (C, D).
        labels: Class of each clip, shape (C,), 0 … classes - 1.
        classes: Number of classes.
        seed: Not used; the fit is deterministic.

    Returns:
        Function from embeddings (N, D) to probabilities (N, classes).
    """
    mean, spread = embeddings.mean(0), embeddings.std(0) + 1e-6

    def standardized(values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(((values - mean) / spread).astype(np.float32))

    x, y = standardized(embeddings), torch.from_numpy(np.asarray(labels, dtype=np.int64))
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
    def predict(values: np.ndarray) -> np.ndarray:
        return probe(standardized(values)).double().softmax(-1).numpy()

    return predict


def class_weights(labels: np.ndarray, classes: int) -> torch.Tensor:
    """Weights that balance the classes.

    Args:
        labels: Class of each example, shape (N,), 0 … classes - 1.
        classes: Number of classes.

    Returns:
        Weight of each class, shape (classes,); 0 for a class that does not occur.
    """
    counts = np.bincount(labels, minlength=classes)
    weights = np.where(counts > 0, len(labels) / np.maximum(counts, 1) / (counts > 0).sum(), 0)
    return torch.from_numpy(weights.astype(np.float32))


def vote(probabilities: np.ndarray, owner: np.ndarray, motions: Sequence[int]) -> np.ndarray:
    """Combine the predictions of clips into predictions of motions.

    The probability of a class is the share of the clips that vote for it. Ties go to the class with
    the higher mean probability: the mean is mixed in with a weight too small to outvote a clip.

    Args:
        probabilities: Probabilities of the clips, shape (C, K).
        owner: Index of the motion of each clip, shape (C,).
        motions: Indices of M motions.

    Returns:
        Probabilities of the motions, shape (M, K).
    """
    combined = np.zeros((len(motions), probabilities.shape[1]))
    for row, motion in zip(combined, motions, strict=True):
        own = probabilities[owner == motion]
        votes = np.bincount(own.argmax(1), minlength=len(row)) / len(own)
        weight = 0.5 / (len(own) + 1)
        row[:] = (1 - weight) * votes + weight * own.mean(0)
    return combined


@dataclass(frozen=True)
class Walks:
    """Names, subjects and classes of the walks that are judged.

    Attributes:
        ids: Name of each of M walks.
        subjects: Subject of each walk.
        labels: Class of each walk, shape (M,), 0 … classes - 1.
        classes: Number of classes.

    Raises:
        ValueError: The lists differ in length, or there are fewer than two subjects.
    """

    ids: list[str]
    subjects: list[str]
    labels: np.ndarray
    classes: int

    def __post_init__(self):
        sizes = len(self.ids), len(self.labels), len(self.subjects)
        different = len(set(self.subjects))
        if len(set(sizes)) > 1 or different < 2:
            raise ValueError(
                f"{sizes[0]} names, {sizes[1]} labels and {sizes[2]} subjects, {different} of them "
                "different; expected lists of the same length and at least two subjects, one for "
                "training and one for testing"
            )


def leave_one_out(
    name: str,
    clips_of: Callable[[str], Clips] | Clips,
    walks: Walks,
    seeds: Sequence[int] = (0,),
    fit=fit_probe,
    note: str | None = None,
) -> Row:
    """Judge every walk with a classifier trained on the other subjects, one fold per subject.

    Args:
        name: Name of the row.
        clips_of: Embeddings of the clips of all walks, or a function from the held-out subject to
            the embeddings by an encoder that was trained without this subject.
        walks: Names, subjects and labels of the walks.
        seeds: Seeds of the classifiers; the classifier of each seed judges every walk.
        fit: Function that trains a classifier, as `fit_probe`.
        note: Remark on the row.

    Returns:
        One `FoldResult` for each subject and seed.
    """
    owners, folds = np.asarray(walks.subjects), []
    for subject in dict.fromkeys(walks.subjects):
        table = clips_of(subject) if callable(clips_of) else clips_of
        held_out = np.flatnonzero(owners == subject)
        train, test = table.of(np.flatnonzero(owners != subject)), table.of(held_out)
        for seed in seeds:
            started = time.perf_counter()
            predict = fit(train.values, walks.labels[train.owner], walks.classes, seed)
            probabilities = vote(predict(test.values), test.owner, held_out)
            predictions = [
                Prediction(
                    walks.ids[i], subject, int(walks.labels[i]), int(row.argmax()), tuple(row)
                )
                for i, row in zip(held_out, probabilities, strict=True)
            ]
            seconds = time.perf_counter() - started
            folds.append(FoldResult(f"without {subject}", seed, predictions, seconds))
    return Row(name, folds, note)
