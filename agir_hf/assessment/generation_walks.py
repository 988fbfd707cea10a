"""Generate a walk from a description: draw several walks, and keep the one that fits best.

The model follows words such as "left arm still" only in some of the walks that it draws. The
properties that are asked for are given to it in the words of its training descriptions, several
walks are drawn from derived seeds, and each walk and its mirror image, in which left and right are
exchanged, are compared with the request by their measured gait.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..constants_agir import MIN_WALK_S, NOTICE
from ..gait.applied_norms import AppliedNorms
from .generation import MAX_SEED, SIMULATED
from .generation_candidates import Candidate, best_of, draw, measured_walk, prompts_of
from .generation_check import Obeyed, beyond_text, check_request, summary
from .generation_estimates import estimable, estimated, most_promising
from .generation_request import Request, parse_request
from .messages import model_text, one_line
from .models import model_provenance

if TYPE_CHECKING:
    from ..gait import GaitMeasurement
    from ..modeling_agir import AgirForGaitAssessment
    from ..motion import JointMotion
    from ..processing_agir import AgirProcessor

MAX_CHARACTERS = 600
MAX_WALKS = 512
_WALKS = 192  # of 6 s, by a model of the size of the embedded one
_MEASURED = 24  # of 6 s; the other walks are left out by estimates
_NOT_ESTIMATED = 48  # walks of 6 s if nothing that is asked for can be estimated
_SECONDS = 6.0
_LARGE = 50_000_000  # parameters; a larger model draws fewer walks
_WALKS_OF_LARGE = 8
HELP = (
    "ask for feet and arms in English, such as \"Short steps, left arm still\": step length, foot "
    "lift, heel strike, step width, movement of hip, knee and ankle, arm swing, with a side, a "
    "grade or a number"
)  # fmt: skip


class NothingAskedError(ValueError):
    """A text asks for nothing that a generated walk can have."""


@dataclass(frozen=True, eq=False)
class GeneratedWalk:
    """A walk that was generated from a description, and how far it is what was asked for.

    Attributes:
        request: What was understood in the description.
        rows: Each property that was asked for, compared with the measured gait.
        motion: Joints (T, 22, 3) in metres, Y up, at 20 frames per second.
        measured: Measured gait.
        seed: Seed of the random generator; it gives the same walk again.
        walks: Number of walks that were drawn.
        walks_measured: Number of these that were measured; estimates left out the others.
        is_mirrored: Whether the walk is the mirror image of the one that was drawn.
        prompt: Words that were given to the model.
        model: Provenance of the model, from `model_provenance`.
        applied: Norms that the walk was compared with.
    """

    request: Request
    rows: tuple[Obeyed, ...]
    motion: JointMotion
    measured: GaitMeasurement
    seed: int
    walks: int
    walks_measured: int
    is_mirrored: bool
    prompt: str
    model: dict
    applied: AppliedNorms

    @property
    def summary(self) -> str:
        """How many of the asked properties are measured in the walk."""
        return summary(self.rows)

    @property
    def choice(self) -> str:
        """How the walk was chosen, as a sentence part; empty for a single walk."""
        if self.walks == 1 and not self.is_mirrored:
            return ""
        image = ", and mirrored, which exchanges left and right" if self.is_mirrored else ""
        most = (
            "" if self.walks == self.walks_measured else f" of the {self.walks_measured} likeliest"
        )
        return f"chosen from {self.walks} walks by the measured gait{most}{image}"

    @property
    def beyond(self) -> tuple[str, ...]:
        """What the walk does not have, a sentence each: "beyond the model: …"."""
        topics = [
            f"beyond the model: {topic} (“{words}”): it was trained on straight walking only"
            for topic, words in self.request.beyond.items()
        ]
        rows = [beyond_text(row, self.model["embedded"], self.walks) for row in self.rows]
        return (*topics, *filter(None, rows))

    @property
    def stem(self) -> str:
        """Name of files of this walk without suffix: hash of the text and seed."""
        digest = hashlib.sha256(self.request.text.encode()).hexdigest()[:8]
        return f"generated_{digest}_seed{self.seed}"

    def notes(self) -> dict[str, str | int]:
        """Return the metadata of a file with this walk."""
        return {
            "text": one_line(self.request.text),
            "model": model_text(self.model),
            "seed": self.seed,
            "given_to_the_model": self.prompt,
            "result": "; ".join(filter(None, (self.summary, self.choice))),
            "note": f"{SIMULATED} {NOTICE}",
        }

    def as_json(self) -> dict:
        """Return what was asked, measured and not understood as values for JSON."""
        return {
            "text": self.request.text,
            "understood": self.request.level,
            "summary": self.summary,
            "properties": [row.as_json() for row in self.rows],
            "not_understood": list(self.request.not_understood),
            "beyond_the_model": list(self.beyond),
            "seed": self.seed,
            "walks": self.walks,
            "walks_measured": self.walks_measured,
            "mirrored": self.is_mirrored,
            "given_to_the_model": self.prompt,
            "seconds": round(len(self.motion.joints) / self.motion.rate_hz, 3),
            "model": self.model,
            "norms": self.applied.as_json(),
            "note": f"{SIMULATED} {NOTICE}",
        }


def new_seed() -> int:
    """Return a random seed, for a walk that has no seed yet."""
    return secrets.randbelow(MAX_SEED + 1)


def understand(text: str) -> Request:
    """Find what a description asks for; no model is needed.

    Args:
        text (`str`):
            Description of a walk.

    Returns:
        [`Request`]: The properties that are asked for, at least one.

    Raises:
        NothingAskedError: The text is empty, or asks for nothing that a generated walk can have.
        ValueError: The text is too long.

    Example:
        ```python
        >>> from agir_hf.assessment.generation_walks import understand
        >>> len(understand("Short steps, left arm still.").asked)
        3
        >>> try:
        ...     understand("The stock market fell.")
        ... except ValueError as error:
        ...     print(str(error)[:46])
        nothing is understood in 'The stock market fel

        ```
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(
            f"the description has {len(text)} characters, expected at most {MAX_CHARACTERS}: "
            "shorten it"
        )
    request = parse_request(text)
    if request.asked:
        return request
    text = one_line(text)
    if not text:
        raise NothingAskedError(f"the description is empty: {HELP}")
    if request.beyond:
        topics = ", ".join(request.beyond)
        raise NothingAskedError(f"beyond the model: {topics}: {HELP}")
    shown = text if len(text) <= 60 else text[:59] + "…"
    raise NothingAskedError(f"nothing is understood in {shown!r}: {HELP}")


def generate_walk(
    model: AgirForGaitAssessment,
    processor: AgirProcessor,
    text: str,
    seconds: float | None = None,
    seed: int | None = None,
    walks: int | None = None,
    applied: AppliedNorms | None = None,
    progress: Callable[[int, int], None] | None = None,
    lock: AbstractContextManager | None = None,
) -> GeneratedWalk:
    """Generate a walk from a description, and report which properties are measured in it.

    Args:
        model (`AgirForGaitAssessment`):
            Model from `load_model`.
        processor (`AgirProcessor`):
            Processor of the model, from `load_model`.
        text (`str`):
            Description of the walk, such as "Short steps, left arm still".
        seconds (`float`, *optional*):
            Length of the walk in seconds, rounded to whole codes. Default: the model decides.
        seed (`int`, *optional*):
            Seed of the random generator. Default: a random one; the result has it.
        walks (`int`, *optional*):
            Number of walks to choose from. Default: 192 of 6 s for the embedded model, of which
            24 are measured, and fewer of longer walks and of larger models.
        applied (`AppliedNorms`, *optional*):
            Norms, and the person that they are applied to. Default: the published norms.
        progress (`Callable`, *optional*):
            Called with the number of steps that are done and of all: each walk is drawn, and
            some are measured.
        lock (context manager, *optional*):
            Held while the model is used, for programs with several threads.

    Returns:
        [`GeneratedWalk`]: The walk that has most of the properties.

    Raises:
        NothingAskedError: The text asks for nothing that a generated walk can have.
        DeviceMemoryError: The memory of the device of the model is too small.
        ValueError: The text, the length, the seed or the number of walks is out of range, or no
            walk lasted a second.

    Example:
        ```python
        >>> from agir_hf.assessment import load_model
        >>> from agir_hf.assessment.generation_walks import generate_walk
        >>> walk = generate_walk(*load_model(), "Short steps.", seconds=4, seed=1, walks=8)
        >>> walk.summary
        '1 of 1 asked property is measured in the walk'
        >>> walk.motion.joints.shape
        (80, 22, 3)

        ```
    """
    request, applied = understand(text), applied or AppliedNorms()
    seed = new_seed() if seed is None else seed
    walks = default_walks(model, seconds, request) if walks is None else walks
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"seed is {seed}, expected 0 to {MAX_SEED}")
    if not 1 <= walks <= MAX_WALKS:
        raise ValueError(f"the number of walks is {walks}, expected 1 to {MAX_WALKS}")
    report = progress or (lambda done, count: None)
    count = number_measured(request, walks, seconds)
    drawn = []
    for walk in draw(model, processor, prompts_of(request, applied, walks), seconds, seed, lock):
        drawn.append(walk)
        report(len(drawn), walks + count)
    estimates = [estimated(walk.joints, walk.rate_hz) for walk in drawn]
    best: Candidate | None = None
    for done, index in enumerate(most_promising(estimates, request, applied, count), 1):
        walk = measured_walk(drawn[index])
        best = best if walk is None else best_of(walk, request, applied, best)
        report(walks + done, walks + count)
    if best is None:
        raise ValueError(
            f"the model ended all of {walks} walks before {MIN_WALK_S:g} s, or their gait cannot "
            "be measured: set the length in seconds, or use another seed"
        )
    motion, measured = best.motion()
    rows = check_request(request.asked, measured.parameters, applied)
    chosen = (seed, walks, count, best.is_mirrored, best.prompt, model_provenance(model), applied)
    return GeneratedWalk(request, rows, motion, measured, *chosen)


def default_walks(model: AgirForGaitAssessment, seconds: float | None, request: Request) -> int:
    """Return the number of walks to choose from, such that a run stays short on one core.

    Args:
        model: Model that generates the walks.
        seconds: Length of each walk in seconds, or None.
        request: What is asked for.
    """
    is_large = sum(weight.numel() for weight in model.parameters()) > _LARGE
    walks = _WALKS if estimable(request) else _NOT_ESTIMATED
    return _of_length(_WALKS_OF_LARGE if is_large else walks, seconds)


def number_measured(request: Request, walks: int, seconds: float | None) -> int:
    """Return how many of the walks are measured: all where no property can be estimated.

    Args:
        request: What is asked for.
        walks: Number of walks that are drawn.
        seconds: Length of each walk in seconds, or None.
    """
    return min(walks, _of_length(_MEASURED, seconds)) if estimable(request) else walks


def _of_length(walks: int, seconds: float | None) -> int:
    """Number of walks of another length than 6 s."""
    return max(2, int(walks * min(1.0, _SECONDS / (seconds or _SECONDS))))
