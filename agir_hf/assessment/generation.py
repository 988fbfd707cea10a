"""Draw one walk from a description: `generate`.

`generation_walks.generate_walk` draws several walks and chooses among them by their measured gait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..constants_agir import MIN_WALK_S
from ..utils.devices import explain_memory_errors

if TYPE_CHECKING:
    from ..feature_extraction_agir import AgirFeatureExtractor
    from ..modeling_agir import AgirForGaitAssessment
    from ..motion import JointMotion
    from ..processing_agir import AgirProcessor

MAX_SEED = 2**32 - 1
SIMULATED = "SIMULATED: a model generated this motion from a text; it is no recording of a person."
EXAMPLES = (
    "Short steps, left arm still.",
    "Arm swing is markedly reduced on the right.",
    "Step length of 0.45 m, feet hardly lifted.",
    "Step length and arm swing are normal on both sides.",
)


def generate(
    model: AgirForGaitAssessment,
    processor: AgirProcessor,
    text: str,
    seconds: float | None = None,
    seed: int = 0,
) -> JointMotion:
    """Generate a walk that fits a description.

    Args:
        model: Model from `load_model`.
        processor: Processor of the model, from `load_model`.
        text: Description of the walk, such as one of `EXAMPLES`.
        seconds: Length of the walk in seconds, rounded to whole codes; None lets the model decide.
        seed: Seed of the random generator. The same seed gives the same walk on every device.

    Returns:
        Joints (T, 22, 3) in metres, Y up, at 20 frames per second.

    Raises:
        DeviceMemoryError: The memory of the device of the model is too small.
        ValueError: The text, the length or the seed is out of range, or the model ended the walk
            before one second.
    """
    from ..motion import JointMotion

    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"seed is {seed}, expected 0 to {MAX_SEED}")
    prompt = processor.motion_prompt(text)
    num_codes = None if seconds is None else number_of_codes(seconds, processor.feature_extractor)
    inputs = processor(text=prompt).to(model.device)
    with explain_memory_errors(model.device):
        outputs = model.generate_motion(**inputs, num_codes=num_codes, seeds=[seed])
    rate_hz = float(processor.feature_extractor.sampling_rate)
    (joints,) = processor.decode_motion(outputs)
    if len(joints) < MIN_WALK_S * rate_hz:
        raise ValueError(
            f"the model ended the walk after {len(joints) / rate_hz:g} s, expected at least "
            f"{MIN_WALK_S:g} s: pass the length in seconds, or another seed"
        )
    return JointMotion(
        joints, rate_hz, marker_set="generated from words", source="the generated motion"
    )


def number_of_codes(seconds: float, extractor: AgirFeatureExtractor) -> int:
    """Return the number of motion codes of a walk.

    Args:
        seconds: Length of the walk in seconds.
        extractor: Feature extractor of the model.

    Raises:
        ValueError: The length is out of range.
    """
    longest = extractor.max_frames / extractor.sampling_rate
    if not MIN_WALK_S <= seconds <= longest:
        raise ValueError(f"seconds is {seconds:g}, expected {MIN_WALK_S:g} to {longest:g}")
    return round(seconds * extractor.sampling_rate / extractor.downsampling_factor)
