"""Fit a model's temperature, score bias and uncertainty threshold on validation walks.

    python recipes/calibrate.py --model runs/tiny/reasoning --corpus runs/tiny/corpus --test

The model assesses the validation split. ``score_temperature``, ``score_bias`` and
``uncertain_below`` are fitted to its probabilities and written into the ``config.json`` of its
folder; its other fields are unchanged. The bias corrects a model that prefers one score to another.
If no threshold achieves the requested error rate, every answer is uncertain. Metrics on validation
walks are optimistic, because the calibration was fitted on them; ``--test`` also prints metrics on
test walks. Calibrate again after every further training.
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

CALIBRATION = "calibration.json"  # which walks it was fitted on


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model", type=Path, required=True, help="folder of the model; its config.json is changed"
    )
    parser.add_argument("--corpus", required=True, help="folder or Hub name of a corpus")
    parser.add_argument(
        "--error",
        type=float,
        default=0.1,
        help="highest error rate (0 to 1) of answers above the threshold (default: 0.1)",
    )
    parser.add_argument("--test", action="store_true", help="also print metrics on the test split")
    parser.add_argument("--batch-size", type=int, default=64, help="walks in a batch (default: 64)")
    return parser.parse_args()


def metrics(truth: list[int], before: np.ndarray, scaling: tuple, threshold: float) -> str:
    """Format metrics at temperature 1 without a bias, and with the fitted scaling.

    Args:
        truth: True scores.
        before: (W, 3) probabilities without calibration.
        scaling: Fitted temperature and bias.
        threshold: Confidence below which an answer is uncertain.

    Returns:
        Lines of text.
    """
    after = c.apply_temperature(before, *scaling)
    certain, wrong = after.max(1) >= threshold, after.argmax(1) != truth
    error = f"error {wrong[certain].mean():.3f}" if certain.any() else "every answer is uncertain"
    lines = [
        f"  temperature {temperature:.3f}: ECE {calibration_error(truth, probabilities):.3f}, "
        f"NLL {c.negative_log_likelihood(truth, probabilities):.3f}"
        for temperature, probabilities in ((1, before), (scaling[0], after))
    ]
    risks = (f"{share}: {risk:.3f}" for share, risk in c.risk_at(truth, after).items())
    lines.append(
        f"  confidence {threshold:.3f} or more: {certain.sum()} of {len(certain)} walks, {error}"
    )
    return "\n".join([*lines, f"  risk at coverage {', '.join(risks)}"])


def write(path: Path, **changes) -> None:
    """Change fields of a JSON file, or write a new one, atomically."""
    settings = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    settings |= changes
    write_text_atomic(path, json.dumps(settings, indent=2, sort_keys=True) + "\n")


def main() -> None:
    options = parse()
    if not (options.model / "config.json").is_file():
        raise FileNotFoundError(
            f"{options.model} has no config.json, expected the folder of a model"
        )
    model = AutoModelForSeq2SeqLM.from_pretrained(options.model).eval()
    model.config.score_temperature, model.config.score_bias = 1.0, None  # to be fitted
    processor = AutoProcessor.from_pretrained(options.model)
    splits = ("validation", "test") if options.test else ("validation",)
    walks = {split: judged_walks(options.corpus, split) for split in splits}
    probabilities = {}
    for split, rows in walks.items():
        assessments, _ = assess(
            model, processor, rows.motions, options.batch_size, unconstrained=False
        )
        probabilities[split] = np.array([assessment.probabilities for assessment in assessments])
    truth, fitted_on = walks["validation"].scores, probabilities["validation"]
    temperature, bias = scaling = c.fit_scaling(truth, fitted_on)
    calibrated = c.apply_temperature(fitted_on, *scaling)
    threshold = c.threshold_for(truth, calibrated, options.error)
    if threshold is None:
        print(f"no threshold achieves an error rate of {options.error}: every answer is uncertain")
        threshold = 1.0
    notes = {
        "validation": "the calibration was fitted on these walks, so the metrics are optimistic",
        "test": "not used for fitting",
    }
    for split, rows in walks.items():
        subjects = len(set(rows.subjects))
        print(
            f"{split}, {len(rows.scores)} {rows.description} of {subjects} subjects; {notes[split]}"
        )
        print(metrics(rows.scores, probabilities[split], scaling, threshold))
    fields = {"score_temperature": temperature, "score_bias": bias.tolist()}
    write(options.model / "config.json", **fields, uncertain_below=threshold)
    counts = {"walks": len(truth), "walkers": len(set(walks["validation"].subjects))}
    write(options.model / CALIBRATION, error=options.error, **counts)
    print(
        f"{options.model / 'config.json'}: temperature {temperature:.3f}, threshold "
        f"{threshold:.3f}, bias {', '.join(f'{value:+.3f}' for value in bias)}"
    )


if __name__ == "__main__":
    run(main)
