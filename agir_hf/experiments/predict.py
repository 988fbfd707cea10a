"""A model's answers to the walks of a fold's test or validation subjects, into a file.

python -m agir_hf.training.answering --model M --corpus C --fold stratified/fold0 --output F
"""

import argparse
import json
from pathlib import Path

from transformers import AutoModelForSeq2SeqLM, AutoProcessor

import agir_hf  # noqa: F401 - registers the model with the Auto classes

from ..training.script_utils import run
from ..utils.files import write_text_atomic
from .inference import assess, judged_walks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--model", "--corpus", "--fold"):
        parser.add_argument(name, required=True)
    parser.add_argument("--split", default="test", choices=("test", "validation"))
    parser.add_argument("--rows", type=int, help="of the split, spread over it; all by default")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    model = AutoModelForSeq2SeqLM.from_pretrained(options.model).eval()
    processor = AutoProcessor.from_pretrained(options.model)
    walks = judged_walks(options.corpus, options.split, options.rows, options.fold)
    tested = options.split == "test"  # of the others only the probabilities are asked for
    found, formed = assess(model, processor, walks.motions, free=tested)
    formed = formed if tested else [None] * len(found)
    rows = [
        {"id": name, "text": one.reasoning, "score": one.score, "truth": truth,
         "probabilities": one.probabilities, "well_formed": right}
        for name, one, truth, right in zip(walks.ids, found, walks.scores, formed, strict=True)
    ]  # fmt: skip
    write_text_atomic(options.output, json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    run(main)
