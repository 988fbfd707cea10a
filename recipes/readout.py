"""Measure which gait parameters the motion embedding of a model contains.

    python recipes/readout.py --model agir_hf/assets/agir-tiny --corpus runs/tiny/corpus

Prints a table of R² on test walks: ridge regression, fitted on training walks, reads each measured
gait parameter from the features, from the code vectors of the tokenizer, from the mean encoder
state at the motion tokens, and from mean, SD and changes of these states over time. The last column
says whether a rationale may speak of the parameter: R² of the encoder at least 0.85 of that of the
features; 0.6 for asymmetries and coefficients of variation. ``--output`` writes the numbers.
"""

import argparse
import json
from pathlib import Path

import agir_hf
from agir_hf.assessment import load_model
from agir_hf.cli.console import add_device
from agir_hf.experiments.readout import (
    readout_embeddings,
    readout_markdown,
    readout_table,
    readout_walks,
)
from agir_hf.training.script_utils import run
from agir_hf.utils.command_line import Parser, positive_int
from agir_hf.utils.files import write_text_atomic


def parse() -> argparse.Namespace:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model",
        default=agir_hf.DEFAULT_MODEL,
        help="folder or Hub name (default: the embedded checkpoint)",
    )
    parser.add_argument("--corpus", required=True, help="folder or Hub name of a corpus")
    parser.add_argument("--fold", help="fold of the corpus, such as stratified/fold0")
    parser.add_argument(
        "--train-rows", type=positive_int, default=700, help="walks to fit on (default: 700)"
    )
    parser.add_argument(
        "--test-rows", type=positive_int, default=300, help="walks to test on (default: 300)"
    )
    parser.add_argument(
        "--batch-size", type=positive_int, default=32, help="walks in a batch (default: 32)"
    )
    parser.add_argument("--output", type=Path, help="JSON file to write")
    add_device(parser)
    return parser.parse_args()


def main() -> None:
    options = parse()
    model, processor = load_model(options.model, options.device, options.precision)
    parts = []
    for split, number in (("train", options.train_rows), ("test", options.test_rows)):
        motions, parameters = readout_walks(options.corpus, split, number, options.fold)
        parts += [readout_embeddings(model, processor, motions, options.batch_size), parameters]
    table = readout_table(*parts)
    if not table:
        raise ValueError(
            f"no gait parameter is measured in 5 training and 2 test walks of {options.corpus}: "
            "use a corpus with more measured walks"
        )
    print(readout_markdown(table))
    if options.output:
        results = {
            "model": model.config.training_data,
            "train_walks": len(next(iter(parts[1].values()))),
            "test_walks": len(next(iter(parts[3].values()))),
            "r_squared": table,
        }
        write_text_atomic(options.output, json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    run(main)
