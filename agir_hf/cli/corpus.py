"""``agir corpus``: simulated cohorts and motion-rationale corpora."""

import argparse
from pathlib import Path

from .console import UsageError

_MOST_SHOWN = 8


def add_commands(commands) -> None:
    """Add ``corpus`` to the command line."""
    corpus = commands.add_parser("corpus", help="make a motion-rationale corpus")
    kinds = corpus.add_subparsers(title="steps", metavar="STEP", required=True)
    _add_simulate(kinds)
    _add_build(kinds)
    _add_review(kinds)
    publish = kinds.add_parser("publish", help="upload a corpus to the Hub")
    publish.add_argument("corpus", metavar="CORPUS", type=Path, help="folder of a corpus")
    publish.add_argument("repo", metavar="REPO", help="name of the data set on the Hub")
    publish.add_argument("--private", action="store_true", help="make a private repository")
    publish.set_defaults(run=_publish)


def _add_simulate(kinds) -> None:
    simulate = kinds.add_parser(
        "simulate",
        help="simulate a cohort as a laboratory hands it over",
        description="Simulate walkers OFF and ON medication and write what a laboratory would: "
        "C3D files by session, static trials, the clinical table, in the layout of the Shida data "
        "set; and beside them what only a simulation knows.",
    )
    simulate.add_argument("out", metavar="OUT", type=Path, help="folder to write")
    simulate.add_argument("--subjects", type=int, default=26, help="walkers (default: 26)")
    simulate.add_argument("--walks", type=int, default=6, help="of each session (default: 6)")
    simulate.add_argument("--seed", type=int, default=0, help="the same seed, the same cohort")
    simulate.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
    simulate.set_defaults(run=_simulate)


def _add_build(kinds) -> None:
    build = kinds.add_parser(
        "build",
        help="make a corpus of a cohort",
        description="Measure every recording of a cohort, write rationales, and put all of it "
        "together as Parquet with a card; load_dataset(OUT) reads it. SOURCE is the Shida "
        "download, CARE-PD pickles, a folder with clinical.csv (subject, session, file, score), "
        "or a simulated cohort. The same command goes on after a stop.",
    )
    build.add_argument("source", metavar="SOURCE", type=Path, help="folder of the cohort")
    build.add_argument("out", metavar="OUT", type=Path, help="folder of the corpus")
    build.add_argument(
        "--fit", choices=("centres", "body"), default="centres",
        help="markers to joints by anatomical regression (default) or by a fitted body",
    )  # fmt: skip
    build.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
    build.add_argument("--seed", type=int, default=0, help="of splits, instructions and pairs")
    model = build.add_argument_group(
        "rationales by a language model",
        "By default rationales are written by rule, offline. The key is read from the environment "
        "(AGIR_API_KEY; for the Hub also HF_TOKEN) and kept nowhere.",
    )
    model.add_argument("--model", help="name of the model")
    model.add_argument("--base-url", metavar="URL", help="any OpenAI-compatible address")
    model.add_argument("--provider", help="inference provider of the Hub")
    model.add_argument(
        "--requests-per-minute", type=int, default=60, metavar="N", help="at most (default: 60)"
    )
    model.add_argument(
        "--concurrent", type=int, default=4, metavar="N", help="requests at once (default: 4)"
    )
    build.set_defaults(run=_build)


def _add_review(kinds) -> None:
    review = kinds.add_parser("review", help="hand rationales to a reviewer and take them back")
    ways = review.add_subparsers(title="ways", metavar="WAY", required=True)
    for way, text in (
        ("export", "write the texts as a table"),
        ("import", "take a reviewer's changes in"),
    ):
        one = ways.add_parser(way, help=text)
        one.add_argument("corpus", metavar="CORPUS", type=Path, help="folder of a corpus")
        one.add_argument("table", metavar="TABLE.csv", type=Path, help="the table")
        one.set_defaults(run=_export if way == "export" else _import)


def _simulate(options: argparse.Namespace) -> int:
    from ..simulation.cohort import simulate_cohort

    try:
        simulate_cohort(options.out, options.subjects, options.walks, options.seed, options.workers)
    except (ValueError, RuntimeError) as error:
        raise UsageError(str(error)) from error
    return 0


def _build(options: argparse.Namespace) -> int:
    from ..corpus.build import build_corpus

    command = f"agir corpus build SOURCE OUT --fit {options.fit} --seed {options.seed}"
    command += f" --model {options.model}" if options.model else ""
    try:
        built = build_corpus(
            options.source,
            options.out,
            fit=options.fit,
            workers=options.workers,
            writer=_writer(options),
            seed=options.seed,
            command=command,
        )
    except (ValueError, RuntimeError, ImportError) as error:
        raise UsageError(str(error)) from error
    for name, reason in list(built.excluded.items())[:_MOST_SHOWN]:
        print(f"  left out: {name}: {reason}")
    if len(built.excluded) > _MOST_SHOWN:
        print(f"  and {len(built.excluded) - _MOST_SHOWN} more, see {built.folder}/report.json")
    left_out = f", {len(built.excluded)} left out" if built.excluded else ""
    print(f"corpus of {built.recordings} recordings{left_out}: {built.folder}")
    return 0


def _writer(options: argparse.Namespace):
    """The writer asked for; None for the rules."""
    from ..corpus.store import WORK

    if not options.model:
        if options.base_url or options.provider:
            raise UsageError("--base-url and --provider go with --model: name the model")
        return None
    from ..annotation.llm_writer import EndpointWriter

    return EndpointWriter(
        options.model,
        base_url=options.base_url,
        provider=options.provider,
        cache=options.out / WORK / "answers.jsonl",
        workers=options.concurrent,
        requests_per_minute=options.requests_per_minute,
        seed=options.seed,
    )


def _export(options: argparse.Namespace) -> int:
    from ..corpus.review import export_review

    try:
        count = export_review(options.corpus, options.table)
    except (ValueError, RuntimeError) as error:
        raise UsageError(str(error)) from error
    print(f"{count} texts to review: {options.table}")
    return 0


def _import(options: argparse.Namespace) -> int:
    from ..corpus.review import import_review

    try:
        taken = import_review(options.corpus, options.table)
    except (ValueError, RuntimeError) as error:
        raise UsageError(str(error)) from error
    for name in taken.flagged[:_MOST_SHOWN]:
        print(f"  the measured gait contradicts the revised text of {name}")
    print(f"{taken.revised} texts revised, {taken.unchanged} unchanged: {options.corpus}")
    return 0


def _publish(options: argparse.Namespace) -> int:
    from ..hub.spaces import publish_corpus

    try:
        address = publish_corpus(options.corpus, options.repo, private=options.private)
    except (ValueError, RuntimeError) as error:
        raise UsageError(str(error)) from error
    print(f"published: {address}")
    return 0
