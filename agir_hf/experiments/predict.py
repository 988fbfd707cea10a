"""Predict the scores of a fold's test or validation walks, and write them into a file.

python -m agir_hf.experiments.predict --model M --corpus C --fold stratified/fold0 --output F
"""

import json
from pathlib import Path

from ..assessment.models import load_model
from ..training.data import check_num_scores_of
from ..training.script_utils import run
from ..utils.command_line import Parser, positive_int
from ..utils.files import write_text_atomic
from .inference import assess, judged_walks


def main() -> None:
    """Read the command line, predict, and write the file."""
    parser = Parser(description=__doc__.splitlines()[0])
    for name in ("--model", "--corpus", "--fold"):
        parser.add_argument(name, required=True)
    parser.add_argument("--split", default="test", choices=("test", "validation"))
    parser.add_argument(
        "--rows", type=positive_int, help="walks, evenly spaced in the split; default: all"
    )
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--device", help="device of the model; default: a GPU if there is one")
    parser.add_argument("--precision", help="fp32, bf16 or fp16; default: that of the checkpoint")
    parser.add_argument(
        "--batch-size", type=positive_int, default=64, help="walks in a batch; default: 64"
    )
    options = parser.parse_args()
    model, processor = load_model(options.model, options.device, options.precision)
    walks = judged_walks(options.corpus, options.split, options.rows, options.fold)
    check_num_scores_of(model, walks.num_scores, options.model)
    is_test = options.split == "test"  # of validation walks only the probabilities are needed
    assessments, well_formed = assess(
        model, processor, walks.motions, options.batch_size, unconstrained=is_test
    )
    well_formed = well_formed if is_test else [None] * len(assessments)
    rows = [
        {"id": name, "text": assessment.reasoning, "score": assessment.score, "truth": truth,
         "probabilities": assessment.probabilities, "well_formed": formed,
         "candidates": assessment.candidates if is_test else ()}
        for name, assessment, truth, formed
        in zip(walks.ids, assessments, walks.scores, well_formed, strict=True)
    ]  # fmt: skip
    write_text_atomic(options.output, json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    run(main)
