"""Score the walks of a corpus' split, beside the majority class.

    python recipes/evaluate.py --model agir_hf/assets/agir-tiny --corpus runs/tiny/corpus

Prints and, with ``--output``, writes accuracy, macro-F1, balanced accuracy and the confusion
matrix, with the numbers of walks and walkers.
"""

import argparse
import json
from pathlib import Path

import torch
from tqdm import tqdm
from transformers import AutoModelForSeq2SeqLM, AutoProcessor

import agir_hf
from agir_hf.evaluation.metrics import classification_metrics
from agir_hf.training.data import load_corpus


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=agir_hf.DEFAULT_MODEL)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


@torch.no_grad()
def assess(model, processor, motions, batch_size: int) -> list:
    """Assessments of motions, through the same path as the command line's."""
    found = []
    for start in tqdm(range(0, len(motions), batch_size), unit="batch"):
        inputs = processor(motion=list(motions[start : start + batch_size]))
        found += processor.decode_assessments(model.generate_assessment(**inputs))
    return found


def main() -> None:
    options = parse()
    rows = load_corpus(options.corpus, "reasoning")[options.split]
    model = AutoModelForSeq2SeqLM.from_pretrained(options.model).eval()
    processor = AutoProcessor.from_pretrained(options.model)
    motions = [rows[i]["motion"] for i in range(len(rows))]
    assessments = assess(model, processor, motions, options.batch_size)
    results = {
        "model": model.config.training_data,
        "split": options.split,
        "walks": len(rows),
        "walkers": len(set(rows["subject"])),
        "simulated": bool(all(rows["simulated"])),
        **classification_metrics(
            [int(score) for score in rows["score"]], [a.score for a in assessments]
        ),
    }
    print(json.dumps(results, indent=2))
    if options.output:
        options.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
