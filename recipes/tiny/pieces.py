"""Ablation of each piece of the second stage: the tiny model with one piece left out at a time.

    python recipes/tiny/pieces.py --seeds 0 1 --external DIR

Trains the second stage of the embedded checkpoint (``recipes/reasoning/config_tiny.yaml``) from the
first stage that ``recipes/tiny/train.py`` made, whole and with one piece left out, for few epochs
and every seed; calibrates and evaluates each on the test split; and with ``--external`` on a folder
of recordings of people (``agir evaluate external``). It prints and writes
``runs/tiny/pieces/pieces.json``. Seeds run in parallel, one core each. Finished stages are not run
again. This script works in a clone of the repository only.
"""

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from agir_hf.experiments.stages import Stage, run_stage
from agir_hf.training.script_utils import check_clone, run
from agir_hf.utils.command_line import Parser, positive_int
from agir_hf.utils.files import write_text_atomic

REPOSITORY = Path(__file__).resolve().parents[2]
RUN = REPOSITORY / "runs/tiny"
PIECES = {  # row: options that leave the piece out
    "everything": [],
    "free rows of motion tokens": ["--codebook_rows", "false"],
    "no gait parameters as targets": ["--parameter_weight", "0"],
    "no probe": ["--probe_loss_weight", "0"],
    "no mirror image": ["--read_mirror_image", "false"],
    "one reference": ["--use_references", "false"],
    "equal weights of tokens": ["--grade_weight", "1"],
}
METRICS = ("accuracy", "macro_f1", "log_loss", "supported", "own", "other", "specificity")
PEOPLE = {"auc": "AUC", "healthy_as_0": "healthy scored 0", "impaired_as_0": "impaired scored 0"}


def parse() -> argparse.Namespace:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[0], help="seeds to train (default: 0)"
    )
    parser.add_argument(
        "--pieces", nargs="+", choices=PIECES, default=list(PIECES), help="rows (default: all)"
    )
    parser.add_argument("--epochs", type=float, default=4.0, help="epochs (default: 4)")
    parser.add_argument(
        "--jobs", type=positive_int, default=2, help="trainings in parallel (default: 2)"
    )
    parser.add_argument(
        "--test-walks",
        type=positive_int,
        default=240,
        help="walks of the test split (default: 240)",
    )
    parser.add_argument("--external", type=Path, help="folder of recordings of people")
    return parser.parse_args()


def folder_of(piece: str, seed: int) -> Path:
    """Folder of a trained model."""
    return RUN / "pieces" / f"seed_{seed}" / piece.replace(" ", "_")


def train(options: argparse.Namespace, piece: str, seed: int) -> None:
    """Train, calibrate and evaluate one row with one seed."""
    folder = folder_of(piece, seed)
    start = ["recipes/sft_reasoning.py", "--config", "recipes/reasoning/config_tiny.yaml"]
    start += ["--output_dir", folder, "--seed", seed, "--num_train_epochs", options.epochs]
    start += ["--eval_strategy", "no", "--save_strategy", "no"]
    start += ["--load_best_model_at_end", "false", *PIECES[piece]]
    run_recipe(start, folder / "model.safetensors")
    corpus = ["--corpus", RUN / "corpus"]
    run_recipe(["recipes/calibrate.py", "--model", folder, *corpus], folder / "calibration.json")
    evaluation = ["recipes/evaluate.py", "--model", folder, *corpus, "--rows", options.test_walks]
    results = folder / "results.json"
    run_recipe([*evaluation, "--output", results], results)
    if options.external:
        people = folder / "people"
        command = ["-m", "agir_hf.cli", "evaluate", "external", options.external]
        run_recipe([*command, "-o", people, "--model", folder], people / "figures.json")


def run_recipe(command: list, result: Path) -> None:
    """Run a command on one core, unless it is finished."""
    words = [str(word) for word in command]
    if not Stage(result, words).finished:
        print(f"python {' '.join(words)}", flush=True)
        run_stage(words, result, REPOSITORY)


def figures(piece: str, seeds: list[int]) -> dict[str, list[float]]:
    """Collect the results of a row: name of the figure → value of each finished seed."""
    values: dict[str, list[float]] = {}
    for seed in seeds:
        folder = folder_of(piece, seed)
        results = read(folder / "results.json")
        for name in METRICS:
            if name in results:
                values.setdefault(name, []).append(results[name])
        judges = read(folder / "people/figures.json").get("judges", [{}])
        for name, title in PEOPLE.items():
            if judges[0].get(name):
                values.setdefault(title, []).append(judges[0][name]["value"])
    return values


def read(path: Path) -> dict:
    """Content of a JSON file; empty if it is absent."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def markdown(rows: dict[str, dict[str, list[float]]]) -> str:
    """Format a table of means and, for several seeds, standard deviations.

    Args:
        rows: Row → figure → value of each seed.
    """
    names = list(dict.fromkeys(name for values in rows.values() for name in values))
    lines = ["| left out | seeds | " + " | ".join(name.replace("_", " ") for name in names) + " |"]
    lines.append("|---|---|" + "---|" * len(names))
    for piece, values in rows.items():
        if values:
            seeds = str(max(map(len, values.values())))
            cells = [cell(values.get(name, [])) for name in names]
            label = "nothing" if piece == "everything" else piece
            lines.append(f"| {label} | {seeds} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(values: list[float]) -> str:
    """Mean and, for several seeds, standard deviation; empty without a value."""
    if not values:
        return ""
    spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"


def main() -> None:
    options = parse()
    check_clone(REPOSITORY, "recipes/tiny/pieces.py")
    jobs = [(piece, seed) for seed in options.seeds for piece in options.pieces]
    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(lambda job: train(options, *job), jobs))
    rows = {piece: figures(piece, options.seeds) for piece in options.pieces}
    target = RUN / "pieces" / "pieces.json"
    content = {"seeds": options.seeds, "epochs": options.epochs, "rows": rows}
    write_text_atomic(target, json.dumps(content, indent=2) + "\n")
    print(markdown(rows))
    print(f"ablation: {target}")


if __name__ == "__main__":
    run(main)
