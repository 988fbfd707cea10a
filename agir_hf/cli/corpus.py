"""`agir corpus`: simulate cohorts, and build, review and publish motion-rationale corpora."""

import argparse
from pathlib import Path

from .console import UsageError
from .person_options import add_norms_file, norms_file

_MAX_SHOWN = 8  # recordings that are printed one by one


def add_commands(commands) -> None:
    """Add `corpus` to the command line."""
    corpus = commands.add_parser("corpus", help="build a motion-rationale corpus")
    subcommands = corpus.add_subparsers(title="steps", metavar="STEP", required=True)
    _add_simulate(subcommands)
    _add_build(subcommands)
    _add_review(subcommands)
    publish = subcommands.add_parser("publish", help="upload a corpus to the Hub")
    publish.add_argument("corpus", metavar="CORPUS", type=Path, help="folder of a corpus")
    publish.add_argument("repo", metavar="REPO", help="repository of the data set on the Hub")
    publish.add_argument("--private", action="store_true", help="create a private repository")
    publish.set_defaults(run=_publish)


def _add_simulate(subcommands) -> None:
    simulate = subcommands.add_parser(
        "simulate",
        help="simulate a cohort with ground truth",
        description="Simulate subjects OFF and ON medication. By default the files have the layout "
        "of the Shida data set: C3D files by session, static trials and the clinical table. With "
        "--layout varied each session is recorded by another system (markers or joints, 30 to 200 "
        "Hz). The ground truth of the simulation is written next to the files.",
    )
    simulate.add_argument("out", metavar="OUT", type=Path, help="folder to write")
    simulate.add_argument(
        "--subjects", type=int, default=26, help="number of subjects (default: 26)"
    )
    simulate.add_argument("--walks", type=int, default=6, help="walks per session (default: 6)")
    simulate.add_argument(
        "--seed", type=int, default=0, help="seed of the random generator (default: 0)"
    )
    simulate.add_argument("--workers", type=int, default=1, help="worker processes (default: 1)")
    simulate.add_argument(
        "--layout", choices=("shida", "varied"), default="shida",
        help="layout of the Shida data set (default), or several recording systems with a "
        "clinical.csv",
    )  # fmt: skip
    simulate.add_argument(
        "--controls", type=int, metavar="N",
        help="number of healthy controls of 20 to 85 years (default: 0, with --layout varied 10)",
    )  # fmt: skip
    simulate.set_defaults(run=_simulate)


def _add_build(subcommands) -> None:
    build = subcommands.add_parser(
        "build",
        help="build the corpus of a cohort",
        description="Measure every recording of a cohort, write rationales, and write Parquet "
        "files with a card; load_dataset(OUT) reads the result. SOURCE is the Shida data set, "
        "CARE-PD pickles, a folder with clinical.csv (subject, session, file, score), a simulated "
        "cohort, or a folder of several of these. The same command continues an interrupted build.",
    )
    build.add_argument("source", metavar="SOURCE", type=Path, help="folder of the cohort")
    build.add_argument("out", metavar="OUT", type=Path, help="folder of the corpus")
    build.add_argument(
        "--fit", choices=("body", "centres"), default="body",
        help="markers to joints by a fitted body (MoSh, default) or by anatomical regression "
        "(centres); other recordings have joints",
    )  # fmt: skip
    build.add_argument(
        "--body", type=Path, metavar="FILE",
        help="your SMPL file, .pkl or .npz (default: that in AGIR_SMPL, or else the open body)",
    )  # fmt: skip
    build.add_argument(
        "--num-scores", type=int, default=3, choices=(3, 4),
        help="number of scores: 3 for 0 to 2 (default), 4 for 0 to 3 as in CARE-PD; recordings "
        "with a higher score are left out",
    )  # fmt: skip
    build.add_argument("--workers", type=int, default=1, help="worker processes (default: 1)")
    build.add_argument(
        "--seed", type=int, default=0,
        help="seed of splits, instructions and preference pairs (default: 0)",
    )  # fmt: skip
    build.add_argument(
        "--quantities", metavar="FILE|A,B,C",
        help="names of the quantities that the rules may speak of, such as step_length,speed, or a "
        "text file with them (default: all)",
    )  # fmt: skip
    add_norms_file(build)
    _add_language_model(build)
    build.set_defaults(run=_build)


def _add_language_model(build) -> None:
    """Add the options of a language model that writes the rationales."""
    model = build.add_argument_group(
        "rationales by a language model",
        "By default rationales are written by rules, offline. With a model, the first of the five "
        "references of a walk is the text of the model, the others are written by rules. The API "
        "key is read from the environment (AGIR_API_KEY; for the Hub also HF_TOKEN) and is not "
        "stored.",
    )
    model.add_argument("--model", help="name of the model")
    model.add_argument("--base-url", metavar="URL", help="address of any OpenAI-compatible service")
    model.add_argument("--provider", help="inference provider of the Hub")
    model.add_argument(
        "--requests-per-minute",
        type=int,
        default=60,
        metavar="N",
        help="maximum number of requests per minute (default: 60)",
    )
    model.add_argument(
        "--concurrent",
        type=int,
        default=4,
        metavar="N",
        help="number of parallel requests (default: 4)",
    )


def _add_review(subcommands) -> None:
    review = subcommands.add_parser(
        "review", help="export rationales for a reviewer, import revisions"
    )
    directions = review.add_subparsers(title="directions", metavar="DIRECTION", required=True)
    for direction, text, run in (
        ("export", "write the texts as a table", _export),
        ("import", "read a reviewer's changes", _import),
    ):
        parser = directions.add_parser(direction, help=text)
        parser.add_argument("corpus", metavar="CORPUS", type=Path, help="folder of a corpus")
        parser.add_argument("table", metavar="TABLE.csv", type=Path, help="file of the table")
        parser.set_defaults(run=run)


def _simulate(options: argparse.Namespace) -> int:
    from ..simulation.cohort import simulate_cohort
    from ..simulation.varied_layout import simulate_varied_cohort

    size = (options.out, options.subjects, options.walks, options.seed, options.workers)
    try:
        if options.layout == "shida":
            simulate_cohort(*size, controls=options.controls or 0)
        else:
            controls = 10 if options.controls is None else options.controls
            simulate_varied_cohort(*size, controls=controls)
    except (ValueError, RuntimeError) as error:
        raise UsageError(str(error)) from error
    return 0


def _build(options: argparse.Namespace) -> int:
    from ..corpus.finished_build import finished_lines, keep_finished_lines, source_files

    settings = _finished_settings(options)
    if settings is not None:  # before the imports of a build, which take most of the time
        lines = finished_lines(options.source, options.out, settings)
        if lines is not None:
            print("\n".join(lines))
            return 0
    before = source_files(options.source) if options.source.exists() else {}
    lines = _lines(_built(options))
    if settings is not None:
        keep_finished_lines(options.source, options.out, settings, before, lines)
    print("\n".join(lines))
    return 0


def _finished_settings(options: argparse.Namespace) -> dict | None:
    """Settings on which a finished build depends; None if it is not looked for.

    The texts of a language model depend on more than the settings, and options that contradict each
    other are to be refused.
    """
    from ..corpus.finished_build import build_settings

    if options.model or options.base_url or options.provider or options.workers < 1:
        return None
    if options.body is not None and options.fit != "body":
        return None
    quantities = options.quantities
    try:
        if quantities is not None and Path(quantities).is_file():
            quantities = Path(quantities).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return build_settings(
        fit=options.fit, body=options.body, norms=options.norms, quantities=quantities,
        seed=options.seed, num_scores=options.num_scores,
        names=[str(options.out.resolve()), options.norms and options.norms.name],
    )  # fmt: skip


def _built(options: argparse.Namespace):
    """Build the corpus; return the `BuildResult`."""
    from ..corpus.build import build_corpus

    command = f"agir corpus build SOURCE OUT --fit {options.fit} --seed {options.seed}"
    command += f" --norms {options.norms.name}" if options.norms else ""
    command += f" --model {options.model}" if options.model else ""
    command += f" --num-scores {options.num_scores}" if options.num_scores != 3 else ""
    quantities = _quantities(options)
    command += f" --quantities {','.join(quantities)}" if quantities else ""
    norms_file(options)  # an error names the option
    try:
        return build_corpus(
            options.source,
            options.out,
            fit=options.fit,
            body=options.body,
            workers=options.workers,
            writer=_writer(options),
            norms=options.norms,
            seed=options.seed,
            command=command,
            quantities=quantities,
            num_scores=options.num_scores,
        )
    except (ValueError, RuntimeError, ImportError) as error:
        raise UsageError(str(error)) from error


def _lines(result) -> list[str]:
    """Lines to print about a `BuildResult`."""
    from ..corpus.text_summary import summary_lines

    lines = [
        f"  left out: {name}: {reason}"
        for name, reason in list(result.excluded.items())[:_MAX_SHOWN]
    ]
    if len(result.excluded) > _MAX_SHOWN:
        lines.append(
            f"  and {len(result.excluded) - _MAX_SHOWN} more, see {result.folder}/report.json"
        )
    lines += [f"  note: {remark}" for remark in result.remarks[:_MAX_SHOWN]]
    for fold, problem in list(result.absent_scores.items())[:1]:
        lines.append(
            f"  note: {len(result.absent_scores)} folds have a part without a score, such as "
            f"{fold}: {problem}; all are in {result.folder}/report.json"
        )
    left_out = f", {len(result.excluded)} left out" if result.excluded else ""
    if result.fit.body:
        static = len(result.fit.without_static)
        own = f" {static} sessions without static trial: shape from each walk." if static else ""
        lines.append(f"{result.fit.body} body. {result.fit.residuals()}{own}")
    lines += summary_lines(result.statistics)
    lines.append(f"corpus of {result.recordings} recordings{left_out}: {result.folder}")
    return lines


def _quantities(options: argparse.Namespace) -> tuple[str, ...] | None:
    """Quantities of the option, which is a list of names or a file with them."""
    from ..annotation.rules.signs import check_quantities

    if options.quantities is None:
        return None
    if options.model:
        raise UsageError("--quantities limits the texts of the rules: leave out --model")
    try:
        file = Path(options.quantities)
        text = file.read_text(encoding="utf-8") if file.is_file() else options.quantities
        return check_quantities(text.replace(",", " ").split())
    except (ValueError, OSError) as error:
        raise UsageError(f"--quantities: {error}") from error


def _writer(options: argparse.Namespace):
    """Writer of the rationales: a language model, or None for the default."""
    from ..corpus.store import WORK

    if not options.model:
        if options.base_url or options.provider:
            raise UsageError("--base-url and --provider need --model: name the model")
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
        result = import_review(options.corpus, options.table)
    except (ValueError, RuntimeError) as error:
        raise UsageError(str(error)) from error
    for name in result.flagged[:_MAX_SHOWN]:
        print(f"  the measured gait contradicts the revised text of {name}")
    for name in result.rejected[:_MAX_SHOWN]:
        print(f"  the reviewer rejected the text of {name} and wrote no other: it is unchanged")
    print(f"{result.revised} texts revised, {result.unchanged} unchanged: {options.corpus}")
    return 0


def _publish(options: argparse.Namespace) -> int:
    from ..hub.plans import publish_corpus

    try:
        address = publish_corpus(options.corpus, options.repo, private=options.private)
    except (ValueError, RuntimeError) as error:
        raise UsageError(str(error)) from error
    print(f"published: {address}")
    return 0
