"""Words → a walk: `generate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..constants_agir import MIN_WALK_S, NOTICE
from .messages import model_text, one_line
from .models import model_provenance

if TYPE_CHECKING:
    from ..motion import JointMotion

MOST_SEED = 2**32 - 1
SIMULATED = "SIMULATED: a model made this motion from words, nobody walked it."
EXAMPLES = (  # in the words of the training's descriptions
    "Step length is markedly reduced at about 0.30 m. Foot lift is reduced.",
    "Step length is normal at about 0.65 m. Steps are regular, and both sides are equal.",
    "Arm swing is markedly reduced on both sides.",
    "Arm swing is normal and equal on both sides.",
)


def generate(
    model, processor, text: str, seconds: float | None = None, seed: int = 0
) -> JointMotion:
    """A walk of the kind a text tells.

    Args:
        model, processor: from `load_model`.
        text: description of a walk.
        seconds: its length, to whole codes; None leaves it to the model.
        seed: of the draws: the same one, the same walk.

    Raises:
        ValueError: for a text, a length or a seed that the model cannot take, or a walk that it
            ends too soon.
    """
    import torch

    from ..motion import JointMotion

    if not 0 <= seed <= MOST_SEED:
        raise ValueError(f"seed is {seed}, expected 0 to {MOST_SEED}")
    prompt = processor.motion_prompt(text)
    num_codes = None if seconds is None else _num_codes(seconds, processor.feature_extractor)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        outputs = model.generate_motion(
            **processor(text=prompt), num_codes=num_codes, do_sample=True
        )
    rate_hz = float(processor.feature_extractor.sampling_rate)
    (joints,) = processor.decode_motion(outputs)
    if len(joints) < MIN_WALK_S * rate_hz:
        raise ValueError(
            f"the model ended the walk after {len(joints) / rate_hz:g} s, expected at least "
            f"{MIN_WALK_S:g} s: give its seconds, or another seed"
        )
    return JointMotion(
        joints, rate_hz, marker_set="generated from words", source="the generated motion"
    )


def generation_notes(model, text: str, seed: int) -> dict[str, str | int]:
    """What a file of a generated walk says beside its joints."""
    return {
        "text": one_line(text),
        "model": model_text(model_provenance(model)),
        "seed": seed,
        "note": f"{SIMULATED} {NOTICE}",
    }


def _num_codes(seconds: float, extractor) -> int:
    longest = extractor.max_frames / extractor.sampling_rate
    if not MIN_WALK_S <= seconds <= longest:
        raise ValueError(f"seconds is {seconds:g}, expected {MIN_WALK_S:g} to {longest:g}")
    return round(seconds * extractor.sampling_rate / extractor.downsampling_factor)
