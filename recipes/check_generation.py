"""Check that generated walks follow their prompts: short and long steps.

    python recipes/check_generation.py --model runs/tiny/generative            # 100 prompts
    python recipes/check_generation.py --model runs/tiny/generative --prompts 6
    python recipes/check_generation.py --sides                                 # 26 requests

Half of the prompts describe short steps (0.25 to 0.35 m; heel strike and toe clearance markedly
reduced), half long steps (0.65 to 0.75 m; the other parameters normal), in sentences like those of
the corpus. These sentences do not mention speed. Speed and step length are measured on the
generated walks. A pair is one walk of each half; it is in the right order if the second walk is
faster, or its steps are longer. In the simulation, walks with short steps are slow.

`--sides` checks requests that name a side, such as "Left arm still", as `agir generate` answers
them: which of the asked properties are measured in one walk that the model draws from the text,
and in the walk that is chosen from several and their mirror images by the measured gait.
"""

import argparse

import numpy as np
from tqdm import tqdm

import agir_hf
from agir_hf.annotation.rule_writer import write_rationale
from agir_hf.assessment import load_model
from agir_hf.assessment.generation import generate
from agir_hf.assessment.generation_check import YES, check_request
from agir_hf.assessment.generation_request import SIDES, parse_request
from agir_hf.assessment.generation_walks import generate_walk
from agir_hf.cli.console import add_device
from agir_hf.constants_agir import SCORES
from agir_hf.gait import measure, reference
from agir_hf.gait.applied_norms import AppliedNorms
from agir_hf.motion import JointMotion
from agir_hf.training.script_utils import run
from agir_hf.utils.command_line import Parser, positive_int
from agir_hf.utils.devices import explain_memory_errors

NAMES = ("step_length_m", "speed_m_per_s")
SIDE_REQUESTS = (  # {0} is one side, {1} the other
    "The {0} arm is still.",
    "The {0} arm does not swing, the {1} arm swings normally.",
    "Arm swing is markedly reduced on the {0}.",
    "Arm swing is moderately reduced on the {0} and normal on the {1}.",
    "No arm movement on the {0}.",
    "The {0} arm swings less than the {1}.",
    "Arm swing is absent on the {0}, but mildly reduced on the {1}.",
    "Short {0} steps.",
    "Step length is markedly reduced on the {0}, but normal on the {1}.",
    "The {0} step is mildly shorter.",
    "Step length is moderately reduced on the {0}.",
    "Short steps, {0} arm still.",
    "Long steps and no arm swing on the {0}.",
)
GRADED = ("foot_strike_angle_deg", "toe_clearance_m")
# kind → range of step lengths in m; number of SD of the other parameters below the healthy mean
KINDS = {"short": ((0.25, 0.35), 4.0), "long": ((0.65, 0.75), 0.0)}


def parse() -> argparse.Namespace:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model",
        default=agir_hf.DEFAULT_MODEL,
        help="folder or Hub name (default: the embedded checkpoint)",
    )
    parser.add_argument(
        "--prompts", type=int, default=100, help="number of prompts, half of each kind"
    )
    parser.add_argument(
        "--seconds", type=float, default=6.0, help="duration of each walk in seconds (default: 6)"
    )
    parser.add_argument(
        "--batch-size", type=positive_int, default=10, help="walks in a batch (default: 10)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the random generator")
    parser.add_argument(
        "--sides", action="store_true", help="check requests that name a side, one after the other"
    )
    add_device(parser)
    options = parser.parse_args()
    if options.prompts < 2:
        parser.error(f"--prompts is {options.prompts}, expected at least 2: one of each kind")
    if not options.seconds >= 1:
        parser.error(f"--seconds is {options.seconds:g}, expected at least 1")
    return options


def description(kind: str, rng: np.random.Generator) -> tuple[str, float]:
    """Draw a description of the feet as in the corpus, and its step length in metres."""
    (shortest, longest), deviations = KINDS[kind]
    step_length_m = float(rng.uniform(shortest, longest))
    parameters = {"step_length_m": step_length_m}
    for name in GRADED:
        norm = reference(name)
        parameters[name] = norm.mean - deviations * norm.sd
    score = max(SCORES) if deviations else min(SCORES)
    return write_rationale(parameters, score, rng).foot, step_length_m


def walks(model, processor, texts: list[str], options: argparse.Namespace) -> list[JointMotion]:
    """Generate one walk for each text; it does not depend on the device or the batch."""
    extractor = processor.feature_extractor
    num_codes = round(options.seconds * extractor.sampling_rate / extractor.downsampling_factor)
    joints, first_seed = [], options.seed * len(texts)
    for start in tqdm(range(0, len(texts), options.batch_size), unit="batch", leave=False):
        batch = texts[start : start + options.batch_size]
        prompts = [processor.motion_prompt(text) for text in batch]
        seeds = range(first_seed + start, first_seed + start + len(batch))
        with explain_memory_errors(model.device, options.batch_size):
            outputs = model.generate_motion(
                **processor(text=prompts).to(model.device), num_codes=num_codes, seeds=seeds
            )
        joints += processor.decode_motion(outputs)
    return [JointMotion(positions, float(extractor.sampling_rate)) for positions in joints]


def right_order(low: np.ndarray, high: np.ndarray) -> float:
    """Share of pairs, one walk of each kind, with the second value larger; ties count half."""
    difference = high[:, None] - low
    return float(((difference > 0) + 0.5 * (difference == 0)).mean()) if difference.size else np.nan


def table(values: dict[str, dict[str, np.ndarray]]) -> str:
    """Format means, standard deviations, order and number of missing (NaN) values."""
    lines = [f"{'':16}{'short steps':>18}{'long steps':>18}{'right order':>13}   not measured"]
    for name in NAMES:
        low, high = (values[kind][name] for kind in KINDS)
        kept = [rows[np.isfinite(rows)] for rows in (low, high)]
        cells = [
            f"{rows.mean():.3f} ± {rows.std(ddof=1) if len(rows) > 1 else np.nan:.3f}"
            if len(rows)
            else "-"
            for rows in kept
        ]
        order = f"{right_order(*kept):.1%}"
        missing = " + ".join(f"{np.isnan(r).sum()} of {len(r)}" for r in (low, high))
        lines.append(f"{name:16}{cells[0]:>18}{cells[1]:>18}{order:>13}   {missing}")
    return "\n".join(lines)


def check_sides(model, processor, options: argparse.Namespace) -> str:
    """Count the properties of `SIDE_REQUESTS` that are measured, before and after the choice."""
    counts = {"one walk of the text": [], "chosen by measured gait": []}
    requests = [text.format(*s) for s in (SIDES, SIDES[::-1]) for text in SIDE_REQUESTS]
    for number, text in enumerate(tqdm(requests, unit="request", leave=False)):
        seed = options.seed * len(requests) + number
        asked, applied = parse_request(text).asked, AppliedNorms()
        single = measure(generate(model, processor, text, options.seconds, seed))
        walk = generate_walk(model, processor, text, options.seconds, seed)
        rows = check_request(asked, single.parameters, applied), walk.rows
        for name, checked in zip(counts, rows, strict=True):
            counts[name].append(checked)
    lines = [f"{'':26}{'asked':>10}{'other side':>13}{'whole request':>16}"]
    for name, checked in counts.items():
        parts = [
            [row.obeyed == YES for rows in checked for row in rows if row.asked.implied == implied]
            for implied in (False, True)
        ] + [[all(row.obeyed == YES for row in rows) for rows in checked]]
        cells = [f"{sum(part)} of {len(part)}" for part in parts]
        lines.append(f"{name:26}{cells[0]:>10}{cells[1]:>13}{cells[2]:>16}")
    return "\n".join(lines)


def main() -> None:
    options = parse()
    rng = np.random.default_rng(options.seed)
    model, processor = load_model(options.model, options.device, options.precision)
    if options.sides:
        print(check_sides(model, processor, options))
        return
    kinds = [list(KINDS)[i % 2] for i in range(options.prompts)]
    texts, prompted_m = zip(*(description(kind, rng) for kind in kinds), strict=True)
    motions = walks(model, processor, list(texts), options)
    values = {kind: {name: [] for name in NAMES} for kind in KINDS}
    for kind, motion in zip(kinds, motions, strict=True):
        measured = measure(motion).parameters
        for name in NAMES:
            values[kind][name].append(measured[name].value if name in measured else np.nan)
    means_m = {
        kind: np.mean([length for k, length in zip(kinds, prompted_m, strict=True) if k == kind])
        for kind in KINDS
    }
    print(
        f"{options.prompts} prompts, {options.seconds:g} s each, seed {options.seed}, model "
        f"trained on {model.config.training_data or 'data not stated'}\n"
        f"mean step length in the prompts: {means_m['short']:.2f} m and {means_m['long']:.2f} m"
    )
    print(table({k: {n: np.array(v) for n, v in rows.items()} for k, rows in values.items()}))


if __name__ == "__main__":
    run(main)
