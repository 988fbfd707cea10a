"""Fit a model's calibration and its limits of uncertainty, on validation walks.

    python recipes/calibrate.py --model runs/tiny/reasoning --corpus runs/tiny/corpus --test

The model assesses the validation split. ``score_temperature``, ``probe_weight`` and ``score_bias``
combine the probabilities of score tokens and probe, and ``uncertain_below`` is the confidence above
which answers have the requested error rate. ``uncertainty`` has the limits of disagreement and of
motions unlike the training walks. They are written into the ``config.json`` of the model's folder;
its other fields are unchanged. A random forest on the gait parameters of the training walks, and
the distance of features from them, are written next to it as ``parameter_forest.safetensors``.

The bias corrects a model that prefers one score to another. If no threshold achieves the requested
error rate, every answer is uncertain. Metrics on validation walks are optimistic, because the
calibration was fitted on them; ``--test`` also prints metrics on test walks. The factors of the
limits were chosen on recordings of people (`agir_hf.experiments.uncertainty_limits`). Calibrate
again after every further training. This needs scikit-learn (extra "evaluation").
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from agir_hf.assessment import load_model
from agir_hf.assessment.feature_distance import FeatureDistance
from agir_hf.cli.console import add_device
from agir_hf.evaluation.metrics import calibration as c
from agir_hf.evaluation.metrics.classification import calibration_error
from agir_hf.experiments.inference import EvaluationSet, assess, judged_walks
from agir_hf.experiments.uncertainty_limits import fit_limits, fit_parameter_forest
from agir_hf.processing_agir import GaitAssessment
from agir_hf.training.data import check_num_scores_of
from agir_hf.training.script_utils import run
from agir_hf.utils.command_line import Parser, positive_int
from agir_hf.utils.files import write_text_atomic

CALIBRATION = "calibration.json"  # which walks it was fitted on


def parse() -> argparse.Namespace:
    parser = Parser(description=__doc__.splitlines()[0])
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
    parser.add_argument(
        "--batch-size", type=positive_int, default=64, help="walks in a batch (default: 64)"
    )
    add_device(parser)
    options = parser.parse_args()
    if not 0 <= options.error <= 1:
        parser.error(f"--error is {options.error:g}, expected a rate from 0 to 1")
    return options


def tables(assessments: Sequence[GaitAssessment]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the probabilities of score tokens and probe, which are not calibrated.

    Args:
        assessments: Assessments of W walks.

    Returns:
        (W, K) probabilities of the score tokens, and of the probe; None for a model without one.
    """
    tokens = np.array([assessment.token_probabilities for assessment in assessments])
    if assessments[0].probe_probabilities is None:
        return tokens, None
    return tokens, np.array([assessment.probe_probabilities for assessment in assessments])


def metrics(truth: list[int], before: np.ndarray, after: np.ndarray, threshold: float) -> str:
    """Format metrics of the score tokens alone, and of the calibrated combination.

    Args:
        truth: True scores.
        before: (W, K) probabilities of the score tokens, not calibrated.
        after: (W, K) calibrated probabilities.
        threshold: Confidence below which an answer is uncertain.

    Returns:
        Lines of text.
    """
    certain, wrong = after.max(1) >= threshold, after.argmax(1) != truth
    error = f"error {wrong[certain].mean():.3f}" if certain.any() else "every answer is uncertain"
    lines = [
        f"  {name}: accuracy {(table.argmax(1) == truth).mean():.3f}, ECE "
        f"{calibration_error(truth, table):.3f}, NLL {c.negative_log_likelihood(truth, table):.3f}"
        for name, table in (("score tokens", before), ("calibrated", after))
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


def load(folder: Path, device: str | None = None, precision: str | None = None) -> tuple:
    """Load a model without its calibration, and its processor.

    Args:
        folder: Folder of the model.
        device: Device of the model, or None for a GPU if there is one.
        precision: "fp32", "bf16" or "fp16", or None for the format of the checkpoint.
    """
    if not (folder / "config.json").is_file():
        raise FileNotFoundError(f"{folder} has no config.json, expected the folder of a model")
    model, processor = load_model(str(folder), device, precision)
    config = model.config
    config.score_temperature, config.score_bias, config.probe_weight = 1.0, None, 0.0
    return model, processor


def check_walks(walks: EvaluationSet, error: float) -> None:
    """Check that validation walks can be calibrated on, before the model generates for minutes.

    Equal probabilities of the scores are fitted, which raises what the fit of the model's would.

    Args:
        walks: Validation walks.
        error: Highest error rate of answers above the threshold.

    Raises:
        ValueError: There are too few walks, or the error rate is out of range.
    """
    equal = np.full((len(walks.scores), walks.num_scores), 1 / walks.num_scores)
    c.threshold_for(walks.scores, equal, error)


def main() -> None:
    options = parse()
    model, processor = load(options.model, options.device, options.precision)
    splits = ("validation", "test") if options.test else ("validation",)
    walks = {split: judged_walks(options.corpus, split) for split in (*splits, "train")}
    check_num_scores_of(model, walks["validation"].num_scores, str(options.model))
    check_walks(walks["validation"], options.error)
    training = walks.pop("train")
    forest, _ = fit_parameter_forest(
        training.parameters, training.scores, num_scores=training.num_scores
    )
    distance = FeatureDistance.fit(training.motions, processor.feature_extractor)
    forest = replace(forest, distance=distance)
    assessments = {
        split: assess(model, processor, rows.motions, options.batch_size, unconstrained=False)[0]
        for split, rows in walks.items()
    }
    probabilities = {split: tables(rows) for split, rows in assessments.items()}
    truth = walks["validation"].scores
    scaling = c.fit_scaling(truth, *probabilities["validation"])
    calibrated = {split: scaling(*rows) for split, rows in probabilities.items()}
    threshold = c.threshold_for(truth, calibrated["validation"], options.error)
    if threshold is None:
        print(f"no threshold achieves an error rate of {options.error}: every answer is uncertain")
        threshold = 1.0
    limits = fit_limits(model, processor, forest, walks["validation"], assessments["validation"])
    notes = {
        "validation": "the calibration was fitted on these walks, so the metrics are optimistic",
        "test": "not used for fitting",
    }
    for split, rows in walks.items():
        subjects = len(set(rows.subjects))
        print(
            f"{split}, {len(rows.scores)} {rows.description} of {subjects} subjects; {notes[split]}"
        )
        print(metrics(rows.scores, probabilities[split][0], calibrated[split], threshold))
        trees = (forest(rows.parameters).argmax(1) == rows.scores).mean()
        print(f"  parameter forest: accuracy {trees:.3f}")
    forest.save(options.model)
    fields = {
        "score_temperature": scaling.temperature,
        "probe_weight": scaling.probe_weight,
        "score_bias": list(scaling.bias),
        "uncertain_below": threshold,
        "uncertainty": limits,
    }
    write(options.model / "config.json", **fields)
    counts = {"walks": len(truth), "walkers": len(set(walks["validation"].subjects))}
    write(options.model / CALIBRATION, error=options.error, **counts)
    print(
        f"{options.model / 'config.json'}: temperature {scaling.temperature:.3f}, probe weight "
        f"{scaling.probe_weight:.3f}, threshold {threshold:.3f}, bias "
        f"{', '.join(f'{value:+.3f}' for value in scaling.bias)}, "
        f"{', '.join(f'{name} {value:.3f}' for name, value in limits.items())}"
    )


if __name__ == "__main__":
    run(main)
