r"""Draw preference pairs by evidence: the best and the worst of a model's own rationales of a walk.

    python recipes/draw_preferences.py --model runs/tiny/reasoning --corpus runs/tiny/corpus \
        --output runs/tiny/preferences.jsonl --rows 800

For random training walks the model draws ``--number`` rationales. The claims of each are checked
against the measured gait of the walk; the parameters choose among the model's own texts and are no
input of the model. A supported claim counts as one minus the share of walks of the same score in
which it holds, so that what distinguishes this walk from them counts most; a contradicted claim
costs ``--contradiction-weight``. The chosen text of a pair makes at least as many claims as the
rejected one. ``recipes/dpo.py --preferences FILE --kinds evidence`` trains on the pairs.

The output has one row per walk, without texts where no two rationales differ enough. A run that was
interrupted continues when the command is repeated.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
from tqdm import tqdm

from agir_hf.assessment import load_model
from agir_hf.cli.console import add_device
from agir_hf.corpus.corpus_norms import corpus_norms
from agir_hf.corpus.loading import check_scores, load_corpus, num_scores_of, require_columns
from agir_hf.corpus.schema import instructions
from agir_hf.training.data import check_num_scores_of
from agir_hf.training.evidence_preferences import (
    ClaimShares,
    MeasuredWalk,
    draw_rationales,
    preference_row,
    preference_summary,
    rank_text,
    start_file,
)
from agir_hf.training.script_utils import run
from agir_hf.utils.command_line import Parser
from agir_hf.utils.devices import explain_memory_errors
from agir_hf.utils.jsonl import append_line, read_lines

WEIGHTINGS = ("specificity", "equal")
COLUMNS = ("id", "subject", "motion", "score", "age", "sex")


def parse() -> argparse.Namespace:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="folder or Hub name of a model")
    parser.add_argument("--corpus", required=True, help="folder or Hub name of a corpus")
    parser.add_argument("--fold", help="fold of the corpus, such as stratified/fold0")
    parser.add_argument("--output", type=Path, required=True, help="JSON Lines file to write")
    parser.add_argument("--rows", type=int, default=800, help="training walks (default: 800)")
    parser.add_argument("--number", type=int, default=8, help="rationales of a walk (default: 8)")
    parser.add_argument(
        "--temperature", type=float, default=1.0, help="sampling temperature (default: 1.0)"
    )
    parser.add_argument(
        "--weighting",
        choices=WEIGHTINGS,
        default=WEIGHTINGS[0],
        help="weight of a supported claim: one minus the share of walks of the score in which it "
        "holds, or 1 (default: specificity)",
    )
    parser.add_argument(
        "--contradiction-weight",
        type=float,
        default=0.5,
        help="cost of a contradicted claim (default: 0.5)",
    )
    parser.add_argument(
        "--least-difference",
        type=float,
        default=1.0,
        help="smallest difference of the values of a pair (default: 1.0)",
    )
    parser.add_argument("--batch-size", type=int, default=8, help="walks in a batch (default: 8)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random generator")
    add_device(parser)
    options = parser.parse_args()
    for name, least in (("rows", 1), ("number", 2), ("batch_size", 1)):
        if getattr(options, name) < least:
            raise ValueError(f"{name} is {getattr(options, name)}, expected at least {least}")
    return options


def training_walks(options: argparse.Namespace) -> tuple:
    """Load the training walks: rows of the corpus with their motions, and the measured walks."""
    rows = load_corpus(options.corpus, "reasoning", ["train"], options.fold)["train"]
    require_columns(rows, COLUMNS)
    check_scores(rows)
    measured = load_corpus(options.corpus, "motion", ["train"], options.fold)["train"]
    parameters = {
        row["id"]: {name: value for name, value in row["parameters"].items() if value is not None}
        for row in measured.with_format(None).select_columns(["id", "parameters"])
    }
    texts = rows.with_format(None).select_columns([name for name in COLUMNS if name != "motion"])
    walks = [
        MeasuredWalk(
            row["id"], row["subject"], int(row["score"]), parameters[row["id"]], row["age"],
            row["sex"],
        )
        for row in texts
    ]  # fmt: skip
    return rows, walks


def settings_of(options: argparse.Namespace, model, num_walks: int) -> dict:
    """Return everything that the pairs of a walk depend on, to compare when a run continues."""
    weights = hashlib.sha256()
    for _, tensor in sorted(model.state_dict().items()):
        weights.update(tensor.detach().cpu().float().contiguous().numpy().tobytes())
    names = (
        "number", "temperature", "weighting", "contradiction_weight", "least_difference", "seed",
        "batch_size", "fold",
    )  # fmt: skip
    return {
        "weights": weights.hexdigest()[:16],
        "corpus": str(options.corpus),
        "training_walks": num_walks,
        **{name: getattr(options, name) for name in names},
    }


def row_of_walk(options, walk: MeasuredWalk, prompt: str, texts, shares: ClaimShares) -> dict:
    """Rank the rationales of a walk and return its row of the output."""
    weighted = options.weighting == "specificity"
    ranked = [
        rank_text(text, walk, shares, options.contradiction_weight, weighted) for text in texts
    ]
    return preference_row(walk, prompt, ranked, options.least_difference)


def main() -> None:
    options = parse()
    model, processor = load_model(options.model, options.device, options.precision)
    model.config.rationale_temperature = options.temperature
    model.config.read_mirror_image = False  # the rationales are about the walk itself
    rows, walks = training_walks(options)
    check_num_scores_of(model, num_scores_of(rows), str(options.model))
    shares = ClaimShares(walks, corpus_norms(options.corpus), seed=options.seed)
    finished = start_file(options.output, settings_of(options, model, len(walks)))
    rng = np.random.default_rng([options.seed, 5])
    templates = instructions(model.config.num_scores)["assess"]
    prompts = [templates[i] for i in rng.integers(len(templates), size=len(walks))]
    order = rng.permutation(len(walks))[: options.rows].tolist()
    remaining = sum(walks[i].id not in finished for i in order)
    with tqdm(
        total=len(order), initial=len(order) - remaining, unit="walk", desc="drawing"
    ) as progress:
        for start in range(0, len(order), options.batch_size):
            batch = order[start : start + options.batch_size]
            if all(walks[i].id in finished for i in batch):
                continue
            with explain_memory_errors(model.device, options.batch_size):
                drawn = draw_rationales(
                    model, processor, [rows[i]["motion"] for i in batch],
                    [prompts[i] for i in batch], options.number,
                )  # fmt: skip
            for i, texts in zip(batch, drawn, strict=True):
                if walks[i].id not in finished:
                    row = row_of_walk(options, walks[i], prompts[i], texts, shares)
                    append_line(options.output, row)
                    progress.update()
    print(f"{options.output}: {preference_summary(read_lines(options.output)[1:])}")


if __name__ == "__main__":
    run(main)
