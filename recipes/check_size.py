r"""Run two training steps of a configuration with random weights of its size: memory, time, FLOPs.

    python recipes/check_size.py --config recipes/reasoning/flan_t5_base.yaml
    python recipes/check_size.py --config recipes/reasoning/flan_t5_base.yaml --device cpu \
        --micro-batch 4 --flops 1e13 1e14

Nothing is downloaded, and nothing is read but the YAML file and those that it starts from. The
steps are those of the trainer of the recipe, on random walks as long as those of the paper. It
prints parameters, peak memory, seconds and FLOPs of a step, and the time of the whole training on
this machine and at stated rates. ``--micro-batch`` replaces a micro-batch that does not fit here;
then a step has one micro-batch, and the time of a step of the configuration is computed from it.
"""

import argparse
import json
import runpy
import tempfile
from dataclasses import asdict
from pathlib import Path

import torch
from transformers import TrainingArguments, set_seed
from trl import DPOConfig, ModelConfig, SFTConfig

from agir_hf.training.random_models import WalkSize
from agir_hf.training.script_arguments import parse_arguments, read_config
from agir_hf.training.script_utils import run
from agir_hf.training.size_check import STEPS, RecipeOptions, SizeCheck, check_size
from agir_hf.utils.command_line import Parser
from agir_hf.utils.files import write_text_atomic

RECIPES = Path(__file__).resolve().parent
RECIPE_OF = {  # folder of a configuration, or name of an ablation → recipe
    "vqvae": "train_vqvae",
    "generative": "sft_generative",
    "reasoning": "sft_reasoning",
    "reasoning_only": "sft_reasoning",
    "generative_reasoning": "sft_reasoning",
    "ego": "sft_reasoning",
    "dpo": "dpo",
    "ego_dpo": "dpo",
}
CLASSES = {"train_vqvae": (TrainingArguments,), "dpo": (DPOConfig, ModelConfig)}
OVERRIDES = (
    "--max_steps", str(STEPS), "--eval_strategy", "no", "--save_strategy", "no", "--logging_steps",
    "1", "--load_best_model_at_end", "false", "--report_to", "none", "--disable_tqdm", "true",
)  # fmt: skip
GIB, HOUR = 2**30, 3600


def parse() -> argparse.Namespace:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--config", type=Path, nargs="+", required=True, help="YAML files of recipes"
    )
    parser.add_argument(
        "--recipe",
        choices=sorted(set(RECIPE_OF.values())),
        help="its recipe (default: from the name of the file or of its folder)",
    )
    parser.add_argument("--device", help="cpu, cuda or cuda:1 (default: a GPU if there is one)")
    parser.add_argument("--micro-batch", type=int, help="rows of a micro-batch on this machine")
    parser.add_argument(
        "--rows", type=int, default=883, help="training walks (default: 883, those of the paper)"
    )
    parser.add_argument(
        "--frames", type=int, default=200, help="frames of a walk (default: 200, 10 s)"
    )
    parser.add_argument(
        "--answer-tokens", type=int, default=120, help="tokens of an answer (default: 120)"
    )
    parser.add_argument(
        "--flops", type=float, nargs="+", default=[1e13, 1e14], metavar="RATE",
        help="sustained FLOP/s for which the time is stated (default: 1e13 1e14)",
    )  # fmt: skip
    parser.add_argument(
        "--peak", type=float, help="peak FLOP/s of the device (default: measured matrix products)"
    )
    parser.add_argument("--output", type=Path, help="JSON file for the figures")
    return parser.parse_args()


def check_numbers(options: argparse.Namespace) -> None:
    """Check that all numbers of the command line are positive."""
    for name in ("rows", "frames", "answer_tokens", "micro_batch", "peak", "flops"):
        value = getattr(options, name)
        values = value if isinstance(value, list) else [value]
        if any(number is not None and number <= 0 for number in values):
            raise ValueError(f"--{name.replace('_', '-')} is {value}, expected a positive number")


def recipe_of(file: Path) -> str:
    """Return the recipe of a configuration, from the name of its file or of its folder.

    Args:
        file: YAML file.

    Raises:
        ValueError: Neither names a recipe.
    """
    for name in (file.stem, file.resolve().parent.name):
        if name in RECIPE_OF:
            return RECIPE_OF[name]
    raise ValueError(
        f"{file} is in no folder of a recipe ({', '.join(RECIPE_OF)}): name it with --recipe"
    )


def recipe_options(file: Path, options: argparse.Namespace, folder: str) -> RecipeOptions:
    """Read a configuration as its recipe does, for two steps in a temporary folder.

    Args:
        file: YAML file.
        options: Options of this script.
        folder: Temporary folder.

    Returns:
        Options of the recipe.
    """
    recipe = options.recipe or recipe_of(file)
    names = runpy.run_path(str(RECIPES / f"{recipe}.py"))
    words = ["--config", str(file), *OVERRIDES, "--output_dir", folder]
    words += ["--device", options.device] if options.device else []
    if options.micro_batch:
        words += ["--per_device_train_batch_size", str(options.micro_batch)]
        words += ["--gradient_accumulation_steps", "1"]
    classes = (names["ScriptArguments"], *CLASSES.get(recipe, (SFTConfig, ModelConfig)))
    script, training, *adapters = parse_arguments(*classes, args=words)
    settings = read_config([file])
    adapter_options = adapters[0] if adapters else None
    return RecipeOptions(recipe, file, settings, script, training, adapter_options, names)


def describe(
    check: SizeCheck, recipe: RecipeOptions, options: argparse.Namespace
) -> list[tuple[str, str]]:
    """Format the figures.

    Args:
        check: The figures.
        recipe: Options of the recipe.
        options: Options of this script.

    Returns:
        Name and text of each line.
    """
    training = recipe.training
    device = training.device.type
    hardware = torch.cuda.get_device_name() if device == "cuda" else device
    if device == "cpu":
        hardware += f", {torch.get_num_threads()} threads"
    checkpointing = training.gradient_checkpointing and recipe.recipe != "train_vqvae"
    batch = f"{check.batch} rows"
    if check.rows != check.batch:
        batch += f"; here {check.rows}, and times are computed for {check.batch}"
    accumulated = check.rows // check.micro_batch
    walk = f"{options.frames} frames"
    if check.tokens:
        prompt, answer = check.tokens
        walk += f"; with padding, prompts of {prompt:.0f} and targets of {answer:.0f} tokens"
    else:
        walk += f", windows of {recipe.script.window}"
    flops = f"{check.flops:.2e}"
    if checkpointing:
        passes = (2 if recipe.adapted else 3) + (recipe.recipe == "dpo")
        flops += f", {check.flops * (passes + 1) / passes:.2e} with what checkpointing repeats"
    rate = "stated peak" if options.peak else "measured rate of matrix products"
    seconds = check.seconds_per_step
    hours = [f"{check.updates * seconds / HOUR:.1f} h here"]
    if device == "cpu":
        alone = check.core_seconds_per_step / torch.get_num_threads()
        hours[0] += f" ({check.updates * alone / HOUR:.1f} h without other programs)"
    hours += [
        f"{check.updates * check.flops / flop_rate / HOUR:.2f} h at {flop_rate:.0e} FLOP/s"
        for flop_rate in options.flops
    ]
    kind = "of the GPU" if device == "cuda" else "of the process"
    return [
        ("configuration", f"{recipe.file} ({recipe.recipe}.py), random weights"),
        ("parameters", f"{check.parameters:,}, trainable {check.trainable:,}"),
        ("device", f"{hardware}, {'bf16' if training.bf16 else 'fp32'}"),
        ("gradient checkpointing", "yes" if checkpointing else "no"),
        ("walk", walk),
        ("batch", batch),
        ("micro-batch", f"{check.micro_batch} rows, {accumulated} in a step here"),
        ("peak memory", f"{check.memory_bytes / GIB:.2f} GiB {kind}, "
                        f"{check.memory_before_bytes / GIB:.2f} GiB before the model was made"),
        ("loss, gradient norm", "; ".join(
            f"{loss:.3f}, {norm:.3f}"
            for loss, norm in zip(check.losses, check.gradient_norms, strict=True))),
        ("seconds a step", f"{seconds:.2f} (measured: {numbers(check.seconds)}, of which optimizer "
                           f"{numbers(check.optimizer_seconds)})"),
        ("FLOPs a step", flops),
        ("model FLOPs utilisation", f"{check.utilisation:.0%} of {check.rate:.2e} FLOP/s ({rate})"),
        ("training", f"{check.updates:,} steps, {check.epochs:.1f} epochs of {options.rows} walks"),
        ("time of the steps", ", ".join(hours)),
    ]  # fmt: skip


def numbers(values: list[float]) -> str:
    """Format numbers with two decimals."""
    return ", ".join(f"{value:.2f}" for value in values)


def main() -> None:
    options = parse()
    check_numbers(options)
    size, checks = WalkSize(options.frames, options.answer_tokens), []
    for file in options.config:
        set_seed(0)
        with tempfile.TemporaryDirectory() as folder:
            recipe = recipe_options(file, options, folder)
            check = check_size(recipe, options.rows, size, options.peak)
        lines = describe(check, recipe, options)
        print("\n".join(f"{name:24}{text}" for name, text in lines), flush=True)
        checks.append({**asdict(check), "description": dict(lines)})
        if options.output:
            options.output.parent.mkdir(parents=True, exist_ok=True)
            write_text_atomic(options.output, json.dumps(checks, indent=2) + "\n")
        del recipe, check  # the next configuration needs the memory


if __name__ == "__main__":
    run(main)
