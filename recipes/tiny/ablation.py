"""Run the paper's ablation on the tiny model: five configurations, several seeds, one table.

    python recipes/tiny/ablation.py --seeds 0 1

Trains every configuration in `ROWS` with its YAML file in ``recipes/ablation/tiny`` for every
seed, on the corpus and the VQ-VAE that ``recipes/tiny/train.py`` made, evaluates it on the test
split with ``recipes/evaluate.py``, and writes ``runs/tiny/ablation/ablation.json``. Seeds run in
parallel, one core each. Finished stages are not run again; an interrupted stage starts over. This
script works in a clone of the repository only: it reads and writes ``runs/tiny`` there, from any
current folder.
"""

import argparse
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from agir_hf.experiments.configurations import CONFIGURATIONS
from agir_hf.experiments.stages import Stage, run_stage
from agir_hf.training.script_utils import check_clone, run
from agir_hf.utils.command_line import Parser, positive_int
from agir_hf.utils.files import write_text_atomic

REPOSITORY = Path(__file__).resolve().parents[2]
RUN = REPOSITORY / "runs/tiny"
ROWS = {  # without the control with shuffled scores, which has extra options
    name: configuration
    for name, configuration in CONFIGURATIONS.items()
    if not configuration.options
}
METRICS = (
    "accuracy", "macro_f1", "balanced_accuracy", "cider", "bert_f1", "supported", "near",
    "well_formed_unconstrained",
)  # fmt: skip


def parse() -> argparse.Namespace:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[0, 1], help="seeds to train (default: 0 1)"
    )
    parser.add_argument(
        "--rows", nargs="+", choices=ROWS, default=list(ROWS), help="configurations (default: all)"
    )
    parser.add_argument(
        "--jobs", type=positive_int, default=2, help="seeds in parallel (default: 2)"
    )
    parser.add_argument(
        "--test-walks",
        type=positive_int,
        default=240,
        help="walks of the test split (default: 240)",
    )
    parser.add_argument(
        "--table", action="store_true", help="print the table of finished stages; train nothing"
    )
    parser.add_argument("--encoder", help="name or folder of the encoder of BERTScore")
    return parser.parse_args()


def config(row: str) -> Path:
    """Return the YAML file of a configuration."""
    return REPOSITORY / "recipes/ablation/tiny" / ROWS[row].settings


def epochs() -> str:
    """Read the number of epochs of the second stage from its YAML file."""
    text = config("generative_reasoning").read_text(encoding="utf-8")
    return re.search(r"num_train_epochs: (\S+)", text)[1]


def train(options: argparse.Namespace, seed: int) -> None:
    """Train and evaluate all configurations of a seed, one after the other."""
    for row in ROWS:
        if row not in options.rows:
            continue
        recipe, parent = ROWS[row].recipe, ROWS[row].start
        folder = RUN / "ablation" / f"seed_{seed}" / row
        command = [f"recipes/{recipe}.py", "--config", config(row), "--seed", seed]
        command += ["--output_dir", folder]
        command += ["--model", folder.with_name(parent)] if parent else []
        run_recipe(command, folder / "model.safetensors")
        if row != "generative":
            command = ["recipes/evaluate.py", "--model", folder, "--corpus", RUN / "corpus"]
            command += ["--output", folder / "results.json", "--rows", options.test_walks]
            command += ["--encoder", options.encoder] if options.encoder else []
            run_recipe(command, folder / "results.json")


def run_recipe(command: list, result: Path) -> None:
    """Run a recipe on one core, unless it is finished."""
    words = [str(word) for word in command]
    if not Stage(result, words).finished:
        print(f"python {' '.join(words)}", flush=True)
        run_stage(words, result, REPOSITORY)


def table(seeds: list[int], rows: list[str]) -> dict:
    """Collect the results of the finished seeds: configuration → metric → value of each seed."""
    values: dict[str, dict] = {}
    for row in rows:
        files = [RUN / "ablation" / f"seed_{seed}" / row / "results.json" for seed in seeds]
        results = [json.loads(f.read_text(encoding="utf-8")) for f in files if f.exists()]
        values[row] = {
            name: [result[name] for result in results if name in result] for name in METRICS
        }
    return values


def markdown(rows: dict[str, dict]) -> str:
    """Format a table of means and, for several seeds, standard deviations.

    Args:
        rows: Configuration → metric → value of each seed.

    Returns:
        The table in Markdown, with a column for the number of seeds.
    """

    def cell(values: list[float]) -> str:
        spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
        return f"{np.mean(values):.3f}{spread}"

    names = [name for name in METRICS if all(row.get(name) for row in rows.values())]
    lines = ["| | seeds | " + " | ".join(name.replace("_", " ") for name in names) + " |"]
    lines.append("|---|---|" + "---|" * len(names))
    for row, values in rows.items():
        cells = [str(max(map(len, values.values())))]
        cells += [cell(values[name]) for name in names]
        lines.append(f"| {row.replace('_', ' ')} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    options = parse()
    check_clone(REPOSITORY, "recipes/tiny/ablation.py")
    if not options.table:
        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(lambda seed: train(options, seed), options.seeds))
    rows = table(options.seeds, [row for row in options.rows if row != "generative"])
    target = RUN / "ablation" / "ablation.json"
    results = {
        "seeds": options.seeds,
        "test_walks": options.test_walks,
        "epochs": epochs(),
        "rows": rows,
    }
    write_text_atomic(target, json.dumps(results, indent=2) + "\n")
    print(markdown(rows))
    print(f"ablation: {target}")


if __name__ == "__main__":
    run(main)
