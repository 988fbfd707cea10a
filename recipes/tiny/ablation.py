"""The paper's ablation on the tiny model: five configurations, several seeds, one table.

    python recipes/tiny/ablation.py --seeds 0 1

Trains every row of `ROWS` with its YAML in ``recipes/ablation`` for every seed, on the corpus and
the VQ-VAE that ``recipes/tiny/train.py`` made, scores unseen walkers with ``recipes/evaluate.py``,
and writes ``runs/tiny/ablation/ablation.json``. Seeds run side by side, one core each. What is done
is not done again; a stage that was stopped starts anew.
"""

import argparse
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from agir_hf.experiments.cross_validation import CONFIGURATIONS, run_stage

REPOSITORY = Path(__file__).resolve().parents[2]
RUN = REPOSITORY / "runs/tiny"
ROWS = {name: one for name, one in CONFIGURATIONS.items() if not one.options}  # no control
METRICS = (
    "accuracy", "macro_f1", "balanced_accuracy", "cider", "bert_f1", "grounding",
    "well_formed_unconstrained",
)  # fmt: skip


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--jobs", type=int, default=2, help="seeds at a time")
    parser.add_argument("--test-walks", type=int, default=240, help="of the test split")
    parser.add_argument("--table", action="store_true", help="of what is done; train nothing")
    parser.add_argument("--encoder", help="for BERTScore: name or folder")
    return parser.parse_args()


def config(row: str) -> Path:
    return REPOSITORY / "recipes" / ROWS[row].settings


def epochs() -> str:
    """Of the second stage, as the YAML file of its row has it."""
    text = config("generative_reasoning").read_text(encoding="utf-8")
    return re.search(r"num_train_epochs: (\S+)", text)[1]


def train(options: argparse.Namespace, seed: int) -> None:
    """All rows of a seed, one after the other."""
    for row in ROWS:
        if row not in options.rows:
            continue
        recipe, parent = ROWS[row].recipe, ROWS[row].start
        folder = RUN / "ablation" / f"seed_{seed}" / row
        command = [f"recipes/{recipe}.py", "--config", config(row), "--seed", seed]
        command += ["--output_dir", folder]
        command += ["--model", folder.with_name(parent)] if parent else []
        run(command, folder / "model.safetensors")
        if row != "generative":
            command = ["recipes/evaluate.py", "--model", folder, "--corpus", RUN / "corpus"]
            command += ["--output", folder / "results.json", "--rows", options.test_walks]
            command += ["--encoder", options.encoder] if options.encoder else []
            run(command, folder / "results.json")


def run(command: list, result: Path) -> None:
    """Run a recipe on one core unless its result is there."""
    if not result.exists():
        words = [str(word) for word in command]
        print(f"python {' '.join(words)}", flush=True)
        run_stage(words, result, REPOSITORY)


def table(seeds: list[int], rows: list[str]) -> dict:
    """Row → metric → its values by seed, of those seeds that are done."""
    found: dict[str, dict] = {}
    for row in rows:
        files = [RUN / "ablation" / f"seed_{seed}" / row / "results.json" for seed in seeds]
        results = [json.loads(f.read_text(encoding="utf-8")) for f in files if f.exists()]
        found[row] = {name: [one[name] for one in results if name in one] for name in METRICS}
    return found


def markdown(found: dict[str, dict]) -> str:
    """Mean and, of several seeds, standard deviation; how many there are stands in a column."""

    def cell(values: list[float]) -> str:
        spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
        return f"{np.mean(values):.3f}{spread}"

    names = [name for name in METRICS if all(row.get(name) for row in found.values())]
    lines = ["| | seeds | " + " | ".join(name.replace("_", " ") for name in names) + " |"]
    lines.append("|---|---|" + "---|" * len(names))
    for row, values in found.items():
        cells = [str(max(map(len, values.values())))]
        cells += [cell(values[name]) for name in names]
        lines.append(f"| {row.replace('_', ' ')} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    options = parse()
    if not options.table:
        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(lambda seed: train(options, seed), options.seeds))
    found = table(options.seeds, [row for row in options.rows if row != "generative"])
    target = RUN / "ablation" / "ablation.json"
    written = {
        "seeds": options.seeds,
        "test_walks": options.test_walks,
        "epochs": epochs(),
        "rows": found,
    }
    target.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    print(markdown(found))
    print(f"ablation: {target}")


if __name__ == "__main__":
    main()
