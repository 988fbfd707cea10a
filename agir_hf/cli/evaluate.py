"""``agir evaluate``: how good a model is, beside the baselines that keep us honest."""

from __future__ import annotations

import argparse
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..constants_agir import NOTICE
from .console import UsageError, add_model, load_model, load_tokenizer, one_line

if TYPE_CHECKING:
    import numpy as np

BENCHMARKS = ("hubertshum",)
SEEDS = (0, 1, 2)


def add_commands(commands) -> None:
    """Add ``evaluate`` to the command line."""
    evaluate = commands.add_parser(
        "evaluate", help="judge a model on labelled walks, beside baselines", epilog=NOTICE
    )
    kinds = evaluate.add_subparsers(title="evaluations", metavar="KIND", required=True)
    external = kinds.add_parser(
        "external",
        help="frozen embeddings on recordings that others labelled",
        description="Leave one subject out: a LayerNorm and a linear layer on frozen embeddings "
        "of clips, whose votes count, beside a random forest and logistic regression on measured "
        "gait parameters, plain means and spreads of the features, and the majority class. The "
        "labels know no left and right: each embedding is also averaged with that of the clip's "
        "mirror image. "
        "Writes results.json, tables (Markdown, LaTeX), pictures and a section for a model card.",
        epilog=NOTICE,
    )
    external.add_argument("benchmark", choices=BENCHMARKS, help="whose layout the folder has")
    external.add_argument("folder", type=Path, metavar="DIR", help="recordings and annotations")
    external.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="folder")
    external.add_argument("--workers", type=int, default=1, help="processes that read recordings")
    external.add_argument("--seed", type=int, nargs="+", default=SEEDS, help="of the forest")
    external.add_argument(
        "--tokenizer",
        metavar="NAME_OR_PATH",
        help="a motion tokenizer of its own, as recipes/train_vqvae.py writes it: more rows",
    )
    add_model(external)
    external.set_defaults(run=_external)
    for add, run in ((_add_reasoning, "reasoning"), (_add_linear_probe, "linear_probe")):
        add(kinds).set_defaults(run=partial(_paper_table, run))


def _add_reasoning(kinds) -> argparse.ArgumentParser:
    parser = kinds.add_parser(
        "reasoning",
        help="the paper's Table 2: five configurations, cross-validated by subject",
        description="Train every configuration on every fold of a corpus with the recipes, let it "
        "answer the walks of the subjects left out, and judge scores and rationales beside "
        "baselines and a control with shuffled scores. A run that was stopped goes on.",
        epilog=NOTICE,
    )
    _add_training(parser)
    return parser


def _add_linear_probe(kinds) -> argparse.ArgumentParser:
    parser = kinds.add_parser(
        "linear-probe",
        help="the paper's Table 1: frozen embeddings, one subject left out at a time",
        description="Probe what embeddings of clips tell about the score: of the tokenizer, of "
        "language models that have not seen the subject, of skeleton networks, beside baselines on "
        "measured gait. Shares its trainings with 'agir evaluate reasoning' of the same OUT.",
        epilog=NOTICE,
    )
    _add_training(parser)
    for name in ("motionagformer", "poseformerv2"):
        parser.add_argument(f"--{name}", type=Path, help="file of its authors' weights")
    return parser


def _add_training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", type=Path, metavar="CORPUS", help="folder of a corpus")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="folder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of the trainings")
    parser.add_argument("--steps", type=int, default=300, help="updates of a language stage")
    parser.add_argument("--workers", type=int, default=2, help="trainings at a time, a core each")
    parser.add_argument("--smoke", action="store_true", help="all as small as can be, to try it")
    parser.add_argument("--encoder", help="for BERTScore: name or folder")
    parser.add_argument("--recipes", type=Path, help="folder of the recipes; the repository's")


def check_output(path: Path) -> None:
    """Refuse a file where a folder is to be.

    Raises:
        UsageError: it is one.
    """
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is a file, expected a folder to write: name another")


def _paper_table(name: str, options: argparse.Namespace) -> int:
    from ..experiments import paper_tables

    check_output(options.output)
    return getattr(paper_tables, name)(options)


def _external(options: argparse.Namespace) -> int:
    import numpy as np
    from tqdm import tqdm

    from ..corpus.benchmarks import HUBERTSHUM_LABELS, BenchmarkError, read_hubertshum
    from ..evaluation.reporting.report import check_folder, write_report

    questions = {  # folder: title, names of the classes, label → class
        "labels": ("four labels", HUBERTSHUM_LABELS, HUBERTSHUM_LABELS.index),
        "healthy_or_not": (
            "healthy or not",
            ("Healthy", "Pathological"),
            lambda label: int(label != HUBERTSHUM_LABELS[0]),
        ),
    }
    check_output(options.output)
    try:
        for name in questions:
            check_folder(options.output / name)
        model = load_model(options.model)
        tokenizer = load_tokenizer(options.tokenizer) if options.tokenizer else None
        watch = partial(tqdm, desc="reading", unit="walk", disable=None)
        walks = read_hubertshum(options.folder, options.workers, watch)
    except (BenchmarkError, FileExistsError) as error:
        raise UsageError(one_line(error)) from error
    tables = _embedded(model, tokenizer, [walk.features for walk in walks])
    for name, (title, classes, label_of) in questions.items():
        labels = np.array([label_of(walk.label) for walk in walks])
        results = _external_results(options, walks, tables, title, classes, labels)
        write_report(results, options.output / name)
        print((options.output / name / "tables.md").read_text(encoding="utf-8"))
    print(f"evaluation: {options.output}")
    return 0


def _embedded(model, tokenizer, motions: list[np.ndarray]) -> dict:
    """Row → its clips, as they are and averaged with their mirror images.

    Args:
        model: with its processor.
        tokenizer: with its feature extractor, or None.
        motions: (L, 263) features, not normalised.
    """
    from ..evaluation.probing.baseline_rows import MIRRORED
    from ..evaluation.probing.linear_probe import Clips, cut
    from ..experiments.inference import embeddings, tokenizer_embeddings
    from ..motion.augmentation import mirrored_features

    owner, parts = cut(motions)
    found = []
    for clips in (parts, [mirrored_features(one) for one in parts]):
        rows = embeddings(*model, clips)
        if tokenizer:
            for name, values in tokenizer_embeddings(*tokenizer, clips).items():
                rows[name.replace("tokenizer", "other tokenizer", 1)] = values
        found.append(rows)
    tables = {name: Clips(values, owner) for name, values in found[0].items()}
    for name, values in found[0].items():
        tables[MIRRORED.format(name)] = Clips((values + found[1][name]) / 2, owner)
    return tables


def _external_results(options, walks, tables, title: str, names, labels: np.ndarray):
    """Every row of one question."""
    from ..evaluation.probing.baseline_rows import plain_rows
    from ..evaluation.probing.linear_probe import CLIP_FRAMES, CLIP_STRIDE, Walks, leave_one_out
    from ..evaluation.reporting.results import Results, versions

    try:
        who = Walks([w.name for w in walks], [w.subject for w in walks], labels, len(names))
    except ValueError as error:
        raise UsageError(f"{options.folder}: {error}") from error
    parameters = [walk.parameters for walk in walks]
    tokenizer = ""
    if options.tokenizer:
        tokenizer = f" --tokenizer {shlex.quote(Path(options.tokenizer).resolve().name)}"
    rows = plain_rows([w.features for w in walks], parameters, who, options.seed, mirrored=True)
    rows += [leave_one_out(name, table, who) for name, table in tables.items()]
    return Results(
        kind="external",
        title=f"hubertshum, {title}",
        data="recordings of people, by another laboratory",
        simulated=False,
        classes=list(range(len(names))),
        class_names=list(names),
        scheme=f"leave one subject out, {len(set(who.subjects))} subjects",
        command=f"agir evaluate external {options.benchmark} DIR -o OUT --model "
        f"{shlex.quote(Path(options.model).name)}{tokenizer}",
        config={
            "clip_frames": CLIP_FRAMES,
            "clip_stride": CLIP_STRIDE,
            "seeds": list(options.seed),
        },
        versions=versions(),
        rows=rows,
    )
