"""Walks that a model draws for a request: prompts, measured gait, mirror images, rank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..constants_agir import MIN_WALK_S
from ..gait import measure
from ..gait.applied_norms import AppliedNorms
from ..gait.walk_check import check_walk
from ..motion import JointMotion, NotAWalkError, RecordingError
from ..motion.augmentation import mirrored
from ..utils.devices import explain_memory_errors
from .generation import number_of_codes
from .generation_check import agreement, check_request
from .generation_estimates import exchanged
from .generation_request import SIDES, Request
from .generation_wording import training_words

if TYPE_CHECKING:
    from ..gait import GaitMeasurement
    from ..modeling_agir import AgirForGaitAssessment
    from ..processing_agir import AgirProcessor

BATCH = 48  # walks that are drawn at the same time
# Given to the model in turn where a request has no word of the training descriptions.
_GENERAL = (
    "Step length is normal on both sides. Foot lift is normal.",
    "Step length is mildly reduced.",
    "Step length is moderately reduced. Foot lift is mildly reduced.",
    "Step length is markedly reduced. Heel strike is absent.",
    "Arm swing is normal on both sides.",
    "Arm swing is markedly reduced on both sides.",
)


class Drawn(NamedTuple):
    """A walk that was drawn and not yet measured.

    Attributes:
        joints: Joints (T, 22, 3) in metres, Y up.
        rate_hz: Frames per second.
        prompt: Words that were given to the model.
    """

    joints: np.ndarray
    rate_hz: float
    prompt: str


@dataclass(frozen=True, eq=False)
class Candidate:
    """A walk that was drawn, or its mirror image.

    Attributes:
        joints: Joints (T, 22, 3) in metres, Y up, as they were drawn.
        rate_hz: Frames per second.
        prompt: Words that were given to the model.
        measured: Measured gait of the joints.
        is_mirrored: Whether the walk is the mirror image of the joints.
        rank: Of two candidates the one with the greater rank is better.
    """

    joints: np.ndarray
    rate_hz: float
    prompt: str
    measured: GaitMeasurement
    is_mirrored: bool = False
    rank: tuple[bool, float, float] = (False, 0.0, 0.0)

    @property
    def parameters(self) -> Mapping[str, float]:
        """Gait parameters; those of the sides are exchanged in a mirror image."""
        values = {name: row.value for name, row in self.measured.parameters.items()}
        if not self.is_mirrored:
            return values
        return exchanged(values)

    def motion(self) -> tuple[JointMotion, GaitMeasurement]:
        """Return the motion and its measured gait."""
        if not self.is_mirrored:
            return motion_of(self.joints, self.rate_hz), self.measured
        motion = motion_of(mirrored(self.joints).astype(self.joints.dtype), self.rate_hz)
        return motion, measure(motion)


def prompts_of(request: Request, applied: AppliedNorms, count: int) -> list[str]:
    """Return the words that are given to the model for each walk.

    Args:
        request: What is asked for.
        applied: Norms, which turn a number into a grade.
        count: Number of walks.

    Returns:
        The request in the words of the training, for every second walk with the sides exchanged;
        general descriptions if the training has no words for the request.
    """
    words = [training_words(request.asked, applied, mirror) for mirror in (False, True)]
    texts = words if words[0] else _GENERAL
    return [texts[i % len(texts)] for i in range(count)]


def draw(
    model: AgirForGaitAssessment,
    processor: AgirProcessor,
    prompts: list[str],
    seconds: float | None,
    seed: int,
    lock: AbstractContextManager | None = None,
) -> Iterator[Drawn]:
    """Draw walks; a walk depends on its seed and prompt only.

    Args:
        model: Model that generates the walks.
        processor: Processor of the model.
        prompts: Words for each walk.
        seconds: Length of each walk in seconds, or None.
        seed: Seed of the first walk, from which those of the others are derived.
        lock: Held while the model is used, or None.

    Yields:
        Each walk that lasts a second.
    """
    extractor = processor.feature_extractor
    num_codes = None if seconds is None else number_of_codes(seconds, extractor)
    derived = np.random.SeedSequence(seed).generate_state(len(prompts))
    seeds = [seed, *derived[1:].tolist()]
    rate_hz = float(extractor.sampling_rate)
    for start in range(0, len(prompts), BATCH):
        batch = prompts[start : start + BATCH]
        inputs = processor(text=[processor.motion_prompt(p) for p in batch]).to(model.device)
        with lock or nullcontext(), explain_memory_errors(model.device):
            outputs = model.generate_motion(
                **inputs, num_codes=num_codes, seeds=seeds[start : start + len(batch)]
            )
        for joints, prompt in zip(processor.decode_motion(outputs), batch, strict=True):
            if len(joints) >= MIN_WALK_S * rate_hz:
                yield Drawn(joints, rate_hz, prompt)


def measured_walk(drawn: Drawn) -> Candidate | None:
    """Measure a walk; None if its gait cannot be measured.

    Args:
        drawn: The walk.
    """
    try:
        measured = measure(motion_of(drawn.joints, drawn.rate_hz))
    except RecordingError:
        return None
    return Candidate(drawn.joints, drawn.rate_hz, drawn.prompt, measured)


def motion_of(joints: np.ndarray, rate_hz: float) -> JointMotion:
    """Return joints as a motion that names its origin.

    Args:
        joints: Joints (T, 22, 3) in metres, Y up.
        rate_hz: Frames per second.
    """
    return JointMotion(
        joints, rate_hz, marker_set="generated from words", source="the generated motion"
    )


def best_of(
    candidate: Candidate, request: Request, applied: AppliedNorms, best: Candidate | None
) -> Candidate:
    """Return the best of a walk, its mirror image, and the best walk so far.

    Args:
        candidate: A walk.
        request: What is asked for; the mirror image is tried if it names a side.
        applied: Norms, and the person that they are applied to.
        best: Best walk so far, with its rank, or None.
    """
    has_side = any(row.claim.side in SIDES for row in request.asked)
    for image in (False, True) if has_side else (False,):
        walk = replace(candidate, is_mirrored=image)
        agrees = agreement(check_request(request.asked, walk.parameters, applied))
        if best is None or (True, *agrees) > best.rank:  # the check of the walk takes long
            walk = replace(walk, rank=(_is_walk(walk.measured), *agrees))
            best = walk if best is None or walk.rank > best.rank else best
    return best


def _is_walk(measured: GaitMeasurement) -> bool:
    try:
        check_walk(measured, "the generated motion")
    except NotAWalkError:
        return False
    return True
