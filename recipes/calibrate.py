"""Fit a model's temperature, and the level below which it is uncertain, on validation walks.

    python recipes/calibrate.py --model runs/tiny/reasoning --corpus runs/tiny/corpus --test

The model assesses the validation split; ``score_temperature``, ``score_bias`` and
``uncertain_below`` are fitted to its probabilities and written into the ``config.json`` of its
folder, where nothing else changes. The bias is for a model that prefers one score to another.
Where no level keeps the error rate that is asked for, every answer is called uncertain. Figures on
validation walks flatter, as the fit has seen them: ``--test`` prints the honest ones beside.
Whoever trains the model further calibrates it anew.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from transformers import AutoModelForSeq2SeqLM, AutoProcessor

from agir_hf.evaluation.metrics import calibration as c
from agir_hf.evaluation.metrics.classification import calibration_error
from agir_hf.experiments.inference import assess, judged_walks
from agir_hf.training.script_utils import run
from agir_hf.utils.files import write_text_atomic

CALIBRATION = "calibration.json"  # on what it was fitted


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="folder; its config.json changes")
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--error", type=float, default=0.1, help="highest rate above the level")
    parser.add_argument("--test", action="store_true", help="figures on the test split as well")
    parser.add_argument("--batch-size", type=int, default=64)
    return parser.parse_args()


def figures(truth: list[int], before: np.ndarray, scaling: tuple, level: float) -> str:
    """Lines of figures at temperature 1, without a bias, and as fitted."""
    after = c.apply_temperature(before, *scaling)
    kept, wrong = after.max(1) >= level, after.argmax(1) != truth
    told = f"{wrong[kept].mean():.3f} of them wrong" if kept.any() else "every answer is uncertain"
    lines = [
        f"  temperature {t:.3f}: ECE {calibration_error(truth, table):.3f}, "
        f"NLL {c.negative_log_likelihood(truth, table):.3f}"
        for t, table in ((1, before), (scaling[0], after))
    ]
    risks = (f"{share}: {risk:.3f}" for share, risk in c.risk_at(truth, after).items())
    lines.append(f"  confidence of {level:.3f} or more: {kept.sum()} of {len(kept)} walks, {told}")
    return "\n".join([*lines, f"  risk at coverage {', '.join(risks)}"])


def write(path: Path, **changes) -> None:
    """Change fields of a JSON file, or make one: it is written beside its place and moved there."""
    settings = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    settings |= changes
    write_text_atomic(path, json.dumps(settings, indent=2, sort_keys=True) + "\n")


def main() -> None:
    options = parse()
    if not (options.model / "config.json").is_file():
        raise FileNotFoundError(f"{options.model} has no config.json, expected a model's folder")
    model = AutoModelForSeq2SeqLM.from_pretrained(options.model).eval()
    model.config.score_temperature, model.config.score_bias = 1.0, None  # fitted anew
    processor = AutoProcessor.from_pretrained(options.model)
    splits = ("validation", "test") if options.test else ("validation",)
    walks = {split: judged_walks(options.corpus, split) for split in splits}
    tables = {}
    for split, rows in walks.items():
        assessments, _ = assess(model, processor, rows.motions, options.batch_size, free=False)
        tables[split] = np.array([one.probabilities for one in assessments])
    truth, table = walks["validation"].scores, tables["validation"]
    temperature, bias = scaling = c.fit_scaling(truth, table)
    level = c.threshold_for(truth, c.apply_temperature(table, *scaling), options.error)
    if level is None:
        print(f"no level keeps the error rate at {options.error}: every answer is uncertain")
        level = 1.0
    notes = {"validation": "fitted here, so these figures flatter", "test": "nothing fitted here"}
    for split, rows in walks.items():
        walkers = len(set(rows.subjects))
        print(f"{split}, {len(rows.scores)} {rows.about} of {walkers} walkers; {notes[split]}")
        print(figures(rows.scores, tables[split], scaling, level))
    fields = {"score_temperature": temperature, "score_bias": bias.tolist()}
    write(options.model / "config.json", **fields, uncertain_below=level)
    fitted = {"walks": len(truth), "walkers": len(set(walks["validation"].subjects))}
    write(options.model / CALIBRATION, error=options.error, **fitted)
    print(
        f"{options.model / 'config.json'}: temperature {temperature:.3f}, level {level:.3f}, "
        f"bias {', '.join(f'{one:+.3f}' for one in bias)}"
    )


if __name__ == "__main__":
    run(main)
