"""Test the robustness of a model's scores, and compare its scores OFF and ON medication.

    python recipes/consistency.py --model agir_hf/assets/agir-tiny --corpus runs/tiny/corpus

Prints two tables and, with ``--output``, writes their numbers. The first table shows how often the
score of a walk changes when the walk is mirrored, turned, cropped, resampled or noisy; it does not
use the true score. The second shows whether the expected score changes between the sessions of a
subject as the true score does. Scores are the most probable ones of ``generate_assessment``.
``--rows`` applies to the first table, which scores each walk seven times; the second uses all walks
of the split, because with a selection a subject may have only one session.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

import agir_hf
from agir_hf.assessment import load_model
from agir_hf.cli.console import add_device
from agir_hf.evaluation.medication import medication
from agir_hf.evaluation.reporting.robustness_tables import robustness_markdown
from agir_hf.evaluation.robustness import consistency
from agir_hf.experiments.inference import judged_walks
from agir_hf.processing_agir import MAX_ANSWER_TOKENS
from agir_hf.training.script_utils import run
from agir_hf.utils.command_line import Parser, positive_int
from agir_hf.utils.devices import explain_memory_errors
from agir_hf.utils.files import write_text_atomic


def parse() -> argparse.Namespace:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model",
        default=agir_hf.DEFAULT_MODEL,
        help="folder or Hub name (default: the embedded checkpoint)",
    )
    parser.add_argument("--corpus", required=True, help="folder or Hub name of a corpus")
    parser.add_argument("--split", default="test", help="split of the corpus (default: test)")
    parser.add_argument(
        "--batch-size", type=positive_int, default=64, help="walks in a batch (default: 64)"
    )
    parser.add_argument("--rows", type=positive_int, help="walks of the first table (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random generator")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    add_device(parser)
    return parser.parse_args()


def scorer(model, processor, batch_size: int) -> Callable[[list[np.ndarray]], np.ndarray]:
    """Make a function of W walks, features (L, 263), → (W, 3) probabilities of the scores."""

    @torch.no_grad()
    def score(motions: list[np.ndarray]) -> np.ndarray:
        probabilities = []
        for start in tqdm(range(0, len(motions), batch_size), desc="scores", unit="batch"):
            batch = list(motions[start : start + batch_size])
            inputs = processor(motion=batch).to(model.device)
            with explain_memory_errors(model.device, batch_size):
                outputs = model.generate_assessment(**inputs, max_new_tokens=MAX_ANSWER_TOKENS)
            probabilities.append(outputs.probabilities.cpu().numpy())
        return np.concatenate(probabilities)

    return score


def main() -> None:
    options = parse()
    model, processor = load_model(options.model, options.device, options.precision)
    score = scorer(model, processor, options.batch_size)
    selected = judged_walks(options.corpus, options.split, options.rows)
    changes = consistency(score, selected.motions, selected.ids, selected.subjects, options.seed)
    walks = judged_walks(options.corpus, options.split)
    probabilities = score(walks.motions)
    expected = probabilities @ np.arange(probabilities.shape[1])
    sessions = medication(
        walks.subjects, walks.medications, walks.scores, probabilities.argmax(1), expected
    )
    print(
        robustness_markdown(changes, walks.simulated),
        robustness_markdown(sessions, walks.simulated),
        sep="\n\n",
    )
    if options.output:
        results = {
            "model": model.config.training_data,
            "split": options.split,
            "simulated": walks.simulated,
            "consistency": changes.to_dict(),
            "medication": sessions.to_dict(),
        }
        write_text_atomic(options.output, json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    run(main)
