"""Show a corpus' walks to a model in other ways, and compare its scores OFF and ON medication.

    python recipes/consistency.py --model agir_hf/assets/agir-tiny --corpus runs/tiny/corpus

Prints two tables and, with ``--output``, writes their figures. The first tells how often the
score of a walk changes when it is mirrored, turned, cropped, resampled or noised, and nothing of
the right answer; the second whether the expected score moves between a walker's sessions as the
true one does. Scores are the most probable ones of what ``generate_assessment`` answers.
``--rows`` is of the first table, which scores its walks seven times; the second has all walks of
the split, for otherwise a session may lack its other one.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm
from transformers import AutoModelForSeq2SeqLM, AutoProcessor

import agir_hf
from agir_hf.evaluation.robustness import consistency, markdown, medication
from agir_hf.experiments.inference import judged_walks
from agir_hf.processing_agir import MAX_ANSWER_TOKENS
from agir_hf.training.script_utils import run


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=agir_hf.DEFAULT_MODEL)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rows", type=int, help="walks to show in other ways; all by default")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn for each walk")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args()


def scorer(model, processor, batch_size: int) -> Callable[[list[np.ndarray]], np.ndarray]:
    """Function of features, a list of (N, 263) → (W, 3) probabilities of the scores."""

    @torch.no_grad()
    def score(motions: list[np.ndarray]) -> np.ndarray:
        found = []
        for start in tqdm(range(0, len(motions), batch_size), desc="scores", unit="batch"):
            inputs = processor(motion=list(motions[start : start + batch_size]))
            outputs = model.generate_assessment(**inputs, max_new_tokens=MAX_ANSWER_TOKENS)
            found.append(outputs.probabilities.cpu().numpy())
        return np.concatenate(found)

    return score


def main() -> None:
    options = parse()
    model = AutoModelForSeq2SeqLM.from_pretrained(options.model).eval()
    score = scorer(model, AutoProcessor.from_pretrained(options.model), options.batch_size)
    shown = judged_walks(options.corpus, options.split, options.rows)
    changes = consistency(score, shown.motions, shown.ids, shown.subjects, options.seed)
    asked = judged_walks(options.corpus, options.split)
    chances = score(asked.motions)
    expected = chances @ np.arange(chances.shape[1])
    sessions = medication(
        asked.subjects, asked.medications, asked.scores, chances.argmax(1), expected
    )
    print(markdown(changes, asked.simulated), markdown(sessions, asked.simulated), sep="\n\n")
    if options.output:
        results = {
            "model": model.config.training_data,
            "split": options.split,
            "simulated": asked.simulated,
            "consistency": changes.to_dict(),
            "medication": sessions.to_dict(),
        }
        options.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
