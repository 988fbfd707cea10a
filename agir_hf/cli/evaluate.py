"""``agir evaluate``: judge a model on labelled walks, next to baselines."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..constants_agir import NOTICE
from .console import UsageError, add_batch_size, add_device, add_model, check_device
from .person_options import add_norms_file, norms_file

SEEDS = (0, 1, 2)


def add_commands(commands) -> None:
    """Add ``evaluate`` to the command line."""
    evaluate = commands.add_parser(
        "evaluate", help="judge a model on labelled walks, next to baselines", epilog=NOTICE
    )
    kinds = evaluate.add_subparsers(title="evaluations", metavar="KIND", required=True)
    _add_external(kinds)
    _add_embeddings(kinds)
    _add_reasoning(kinds)
    _add_linear_probe(kinds)


def _add_external(kinds) -> None:
    parser = kinds.add_parser(
        "external",
        help="scores and rationales on any folder of recordings of people",
        description="Assess every recording of a table, as 'agir assess' does, and report scores "
        "by group, healthy against impaired people, confident errors, claims that the measured "
        "gait supports, and how specific a rationale is to its walk, with confidence intervals "
        "over people and next to baselines. DIR has a table recordings.csv with the columns file, "
        "person, group and optionally score (0, 1 or 2), age, sex; an annotations.csv with the "
        "columns name and label of the benchmark hubertshum is read too. Recordings that cannot be "
        "read are listed and left out. An interrupted run continues where it stopped. Writes "
        "tables.md, report.html, figures.json and a picture.",
        epilog=NOTICE,
    )
    _add_recordings(parser)
    parser.add_argument("--table", type=Path, metavar="FILE", help="table in another file")
    parser.add_argument(
        "--healthy", metavar="NAME", help="healthy group (default: that called healthy or control)"
    )
    parser.add_argument(
        "--training",
        metavar="CORPUS",
        help="folder or Hub name of a corpus: adds a random forest on gait parameters and logistic "
        "regression on features, fitted on its training walks",
    )
    parser.add_argument(
        "--method",
        choices=("centres", "body"),
        default="centres",
        help="how markers become joints: joint centres by regression (default), or a fitted body",
    )
    add_norms_file(parser)
    add_batch_size(parser, 8, "windows of at most one minute")
    parser.set_defaults(run=_external)


def _add_embeddings(kinds) -> None:
    parser = kinds.add_parser(
        "embeddings",
        help="frozen embeddings on the benchmark hubertshum",
        description="Train a LayerNorm and a linear layer on frozen embeddings of clips, leave one "
        "subject out at a time, and take a vote of each walk's clips. Baselines: a random forest "
        "and logistic regression on measured gait parameters, means and standard deviations of "
        "the features, and the majority class. The labels do not distinguish left and right, so "
        "each embedding is also averaged with that of the clip's mirror image. Writes "
        "results.json, tables (Markdown, LaTeX), figures and a section for a model card.",
        epilog=NOTICE,
    )
    _add_recordings(parser)
    parser.add_argument(
        "--seed", type=int, nargs="+", default=SEEDS, help="seeds of the random forest"
    )
    parser.add_argument(
        "--tokenizer",
        metavar="NAME_OR_PATH",
        help="add rows of another motion tokenizer, as recipes/train_vqvae.py writes it",
    )
    add_batch_size(parser, 64, "clips")
    parser.set_defaults(run=_embeddings)


def _add_recordings(parser: argparse.ArgumentParser) -> None:
    """Add folder, output, model and workers of an evaluation of recordings."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="recordings and their table")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", required=True, help="folder of the reports"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes that read recordings")
    add_model(parser)
    add_device(parser)


def _add_reasoning(kinds) -> None:
    parser = kinds.add_parser(
        "reasoning",
        help="the paper's Table 2: five configurations, cross-validated by subject",
        description="Train every configuration on every fold of a corpus with the recipes, predict "
        "the walks of the held-out subjects, and judge scores and rationales next to baselines and "
        "a control with shuffled scores. Claims are checked against the norms of the age and sex "
        "in the corpus. The number of stages, their time and disk space are printed first. An "
        "interrupted run continues where it stopped.",
        epilog=NOTICE,
    )
    _add_training(parser)
    parser.add_argument(
        "--scheme", metavar="NAME", default="stratified",
        help="folds: stratified (five, by score; default), leave-one-subject-out (as in the "
        "paper); for a corpus of several cohorts also within-cohort, leave-one-cohort-out, "
        "all-together, and cross-cohort/A (trained on cohort A, tested on each other one)",
    )  # fmt: skip
    add_norms_file(parser)
    parser.set_defaults(run=_reasoning)


def _add_linear_probe(kinds) -> None:
    parser = kinds.add_parser(
        "linear-probe",
        help="the paper's Table 1: frozen embeddings, one subject left out at a time",
        description="Predict the score from frozen embeddings of clips with a linear layer: "
        "embeddings of the tokenizer, of language models trained without the subject, and of "
        "skeleton networks, next to baselines on measured gait. Uses the trainings of "
        "'agir evaluate reasoning' with the same OUT.",
        epilog=NOTICE,
    )
    _add_training(parser)
    parser.add_argument(
        "--language-models-per", choices=("fold", "subject"), default="fold",
        help="train language models once for each of five folds (default), or for each left-out "
        "subject as in the paper",
    )  # fmt: skip
    for name in ("MotionAGFormer", "PoseFormerV2"):
        parser.add_argument(
            f"--{name.lower()}", type=Path, metavar="FILE", help=f"public weights of {name}"
        )
    parser.set_defaults(run=_linear_probe)


def _add_training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", metavar="CORPUS", help="folder or Hub name of a corpus")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", required=True,
        help="folder of the trainings and the report",
    )  # fmt: skip
    _add_start(parser)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="seeds of the trainings")
    parser.add_argument(
        "--steps", type=int,
        help="supervised updates of each configuration, which two stages share (default: 300 with "
        "the configurations tiny, else those of the YAML files)",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=int,
        help="trainings at the same time (default: 2 on the CPU, one core each; one on each GPU)",
    )  # fmt: skip
    parser.add_argument(
        "--smoke", action="store_true", help="tiny networks and two folds, to try the command"
    )
    parser.add_argument("--encoder", help="encoder for BERTScore, name or folder")
    parser.add_argument("--recipes", type=Path, help="folder of the recipes (default: included)")


def _add_start(parser: argparse.ArgumentParser) -> None:
    """Add the options on configurations, models to start from, and devices."""
    parser.add_argument(
        "--configs", default="tiny", metavar="NAME_OR_FOLDER",
        help="configurations: a folder of recipes/ablation, such as tiny (default) or "
        "flan_t5_base, or your own folder with the same files",
    )  # fmt: skip
    parser.add_argument(
        "--model", metavar="NAME_OR_PATH",
        help="complete model that all configurations start from, with its motion tokenizer, such "
        "as a converted MotionGPT; it is also judged as it is, in a further row. Do not name a "
        "model that was trained on subjects of CORPUS",
    )  # fmt: skip
    parser.add_argument(
        "--t5",
        metavar="NAME_OR_PATH",
        help="T5 that the first stage of a configuration starts from",
    )
    parser.add_argument(
        "--vqvae", metavar="NAME_OR_PATH",
        help="motion tokenizer, or complete model such as a converted MotionGPT, whose tokenizer "
        "is used; then none is trained, and the linear probe has a row of that model",
    )  # fmt: skip
    add_device(parser)
    parser.add_argument(
        "--devices", nargs="+", default=[], metavar="NAME",
        help="several devices that train at the same time, such as cuda:0 cuda:1",
    )  # fmt: skip


def _external(options: argparse.Namespace) -> int:
    from ..experiments.external import ExternalOptions, external_validation

    check_device(options)
    norms_file(options)  # an error names the option
    return _run(
        external_validation,
        ExternalOptions(
            folder=options.folder,
            output=options.output,
            model=options.model,
            table=options.table,
            norms=options.norms,
            method=options.method,
            training=options.training,
            healthy=options.healthy,
            workers=_workers(options),
            **_placement(options),
        ),
    )


def _embeddings(options: argparse.Namespace) -> int:
    from ..experiments.embeddings_table import EmbeddingsOptions, embeddings_table

    check_device(options)
    return _run(
        embeddings_table,
        EmbeddingsOptions(
            folder=options.folder,
            output=options.output,
            model=options.model,
            tokenizer=options.tokenizer,
            seeds=tuple(options.seed),
            workers=_workers(options),
            **_placement(options),
        ),
    )


def _placement(options: argparse.Namespace) -> dict:
    names = ("device", "precision", "batch_size")
    return {name: getattr(options, name) for name in names}


def _workers(options: argparse.Namespace) -> int:
    if options.workers < 1:
        raise UsageError(f"--workers is {options.workers}, expected at least 1")
    return options.workers


def _reasoning(options: argparse.Namespace) -> int:
    from ..experiments.reasoning_table import reasoning_table

    norms_file(options)  # an error names the option
    name, slash, cohort = options.scheme.partition("/")
    scheme = name.replace("-", "_") + slash + cohort
    return _run(reasoning_table, _table_options(options, norms=options.norms, scheme=scheme))


def _linear_probe(options: argparse.Namespace) -> int:
    from ..experiments.linear_probe_table import linear_probe_table

    weights = {"MotionAGFormer": options.motionagformer, "PoseFormerV2": options.poseformerv2}
    by_subject = options.language_models_per == "subject"
    scheme = "leave_one_subject_out" if by_subject else "stratified"
    table_options = _table_options(options, public_weights=weights, scheme=scheme)
    return _run(linear_probe_table, table_options)


def _table_options(options: argparse.Namespace, **more):
    from ..experiments.plan import TableOptions

    return TableOptions(
        corpus=options.corpus,
        output=options.output,
        seeds=tuple(options.seeds),
        steps=options.steps,
        workers=options.workers,
        smoke=options.smoke,
        encoder=options.encoder,
        recipes=options.recipes,
        configs=options.configs,
        model=options.model,
        t5=options.t5,
        vqvae=options.vqvae,
        device=options.device,
        devices=tuple(options.devices),
        precision=options.precision,
        **more,
    )


def _run(experiment, options) -> int:
    """Run an experiment and print the tables of its reports."""
    from ..assessment import ModelError
    from ..experiments.errors import ExperimentError

    try:
        folders = experiment(options)
    except (ExperimentError, ModelError) as error:
        raise UsageError(str(error)) from error
    for folder in folders:
        print((folder / "tables.md").read_text(encoding="utf-8"))
        print(f"evaluation: {folder}")
    return 0
