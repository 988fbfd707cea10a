"""``agir corpus``: motion-rationale corpora."""

import argparse
from pathlib import Path

from .console import UsageError


def add_commands(commands) -> None:
    """Add ``corpus`` to the command line."""
    corpus = commands.add_parser("corpus", help="make a motion-rationale corpus")
    kinds = corpus.add_subparsers(title="corpora", metavar="KIND", required=True)
    simulate = kinds.add_parser(
        "simulate",
        help="simulate walkers of three severities",
        description="Simulate a cohort of walkers and write their motions, measured parameters "
        "and rationales as Parquet with a card; load_dataset(OUT) reads it.",
    )
    simulate.add_argument("out", metavar="OUT", type=Path, help="folder to write")
    simulate.add_argument("--subjects", type=int, default=60, help="walkers (default: 60)")
    simulate.add_argument("--walks", type=int, default=4, help="walks of each (default: 4)")
    simulate.add_argument("--seed", type=int, default=0, help="the same seed, the same cohort")
    simulate.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
    simulate.add_argument("--c3d", action="store_true", help="also write the marker recordings")
    simulate.set_defaults(run=_simulate)


def _simulate(options: argparse.Namespace) -> int:
    from ..corpus.cohort import simulate_cohort

    try:
        simulate_cohort(
            options.out,
            subjects=options.subjects,
            walks_per_subject=options.walks,
            seed=options.seed,
            workers=options.workers,
            c3d=options.c3d,
        )
    except (ValueError, ImportError) as error:
        raise UsageError(str(error)) from error
    return 0
