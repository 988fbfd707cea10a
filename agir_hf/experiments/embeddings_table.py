"""Frozen embeddings on recordings of people that another laboratory labelled."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..assessment.messages import one_line
from ..assessment.models import load_model, load_tokenizer
from ..corpus.benchmarks import HUBERTSHUM_LABELS, BenchmarkError, LabelledWalk, read_hubertshum
from ..evaluation.probing.baseline_rows import MIRRORED, plain_rows
from ..evaluation.probing.linear_probe import (
    CLIP_FRAMES,
    CLIP_STRIDE,
    Clips,
    Walks,
    cut,
    leave_one_out,
)
from ..evaluation.reporting.report import write_report
from ..evaluation.reporting.results import Results, versions
from ..humanml3d import mirrored_features
from .errors import ExperimentError
from .inference import embeddings, tokenizer_embeddings
from .reports import report_folder

BENCHMARK = "hubertshum"
BATCH_SIZE = 64


@dataclass(frozen=True)
class EmbeddingsOptions:
    """Options of the table of embeddings, as the command line takes them.

    Attributes:
        folder: Folder of the benchmark hubertshum: recordings and their labels.
        output: Folder for the reports.
        model: Folder or Hub name of the model.
        tokenizer: Folder or Hub name of another motion tokenizer, or None.
        seeds: Seeds of the random forest.
        workers: Processes that read recordings.
        device: Device of model and tokenizer, or None for a GPU if there is one.
        precision: "fp32", "bf16" or "fp16" of the model, or None for that of its files.
        batch_size: Clips that the model reads at the same time.
    """

    folder: Path
    output: Path
    model: str
    tokenizer: str | None = None
    seeds: Sequence[int] = (0, 1, 2)
    workers: int = 1
    device: str | None = None
    precision: str | None = None
    batch_size: int = BATCH_SIZE


@dataclass(frozen=True)
class Task:
    """A classification task on the labels of a benchmark.

    Attributes:
        folder: Name of the report's folder.
        title: Name in the report's title.
        classes: Names of the classes.
        class_of: Label of the benchmark → index of its class.
    """

    folder: str
    title: str
    classes: tuple[str, ...]
    class_of: Callable[[str], int]


TASKS = (
    Task("labels", "four labels", HUBERTSHUM_LABELS, HUBERTSHUM_LABELS.index),
    Task(
        "healthy_or_not",
        "healthy or not",
        ("Healthy", "Pathological"),
        lambda label: int(label != HUBERTSHUM_LABELS[0]),
    ),
)


def embeddings_table(options: EmbeddingsOptions) -> list[Path]:
    """Probe embeddings of a benchmark's recordings, and write a report for each task.

    Args:
        options: Folder, model and settings.

    Returns:
        Folders of the reports, `labels` and `healthy_or_not` in the output folder.

    Raises:
        ExperimentError: The folder is not the benchmark's, or the output folder is wrong.
        ModelError: The model or the tokenizer cannot be loaded.
    """
    folders = [report_folder(options.output, task.folder) for task in TASKS]
    model = load_model(options.model, options.device, options.precision)
    tokenizer = load_tokenizer(options.tokenizer, options.device) if options.tokenizer else None
    progress = partial(tqdm, desc="reading", unit="walk", disable=None)
    try:
        walks = read_hubertshum(options.folder, options.workers, progress)
    except BenchmarkError as error:
        raise ExperimentError(one_line(error)) from error
    motions = [walk.features for walk in walks]
    tables = clip_embeddings(model, tokenizer, motions, options.batch_size)
    for task, folder in zip(TASKS, folders, strict=True):
        write_report(task_results(options, walks, tables, task), folder)
    return folders


def clip_embeddings(
    model: tuple,
    tokenizer: tuple | None,
    motions: list[np.ndarray],
    batch_size: int = BATCH_SIZE,
) -> dict:
    """Embed the clips of all motions.

    Args:
        model: Model and processor.
        tokenizer: Motion tokenizer and feature extractor, or None.
        motions: HumanML3D features of each walk, shape (L, 263), 20 fps, not normalised.
        batch_size: Clips in a batch.

    Returns:
        Row name → `Clips`: each embedding, and its mean with that of the clip's mirror image.
    """
    owner, clips = cut(motions)
    sides = []
    for side in (clips, [mirrored_features(clip) for clip in clips]):
        rows = embeddings(*model, side, batch_size)
        if tokenizer:
            for name, values in tokenizer_embeddings(*tokenizer, side, batch_size).items():
                rows[name.replace("tokenizer", "other tokenizer", 1)] = values
        sides.append(rows)
    original, mirrored = sides
    tables = {name: Clips(values, owner) for name, values in original.items()}
    for name, values in original.items():
        tables[MIRRORED.format(name)] = Clips((values + mirrored[name]) / 2, owner)
    return tables


def task_results(
    options: EmbeddingsOptions, walks: list[LabelledWalk], tables: dict[str, Clips], task: Task
) -> Results:
    """Judge every walk of a task, one subject left out at a time.

    Args:
        options: Options of the table.
        walks: Walks of the benchmark.
        tables: Row name → embeddings of the clips.
        task: Classes that are predicted.

    Returns:
        Results with the rows of the baselines and of the embeddings.

    Raises:
        ExperimentError: Fewer than two subjects.
    """
    ids, subjects = [walk.name for walk in walks], [walk.subject for walk in walks]
    labels = np.array([task.class_of(walk.label) for walk in walks])
    try:
        labelled = Walks(ids, subjects, labels, len(task.classes))
    except ValueError as error:
        raise ExperimentError(f"{options.folder}: {one_line(error)}") from error
    features, parameters = [w.features for w in walks], [w.parameters for w in walks]
    rows = plain_rows(features, parameters, labelled, options.seeds, mirrored=True)
    rows += [leave_one_out(name, table, labelled) for name, table in tables.items()]
    return Results(
        kind="external",
        title=f"{BENCHMARK}, {task.title}",
        data="recordings of people, by another laboratory",
        simulated=False,
        classes=list(range(len(task.classes))),
        class_names=list(task.classes),
        scheme=f"leave one subject out, {len(set(subjects))} subjects",
        command=_command(options),
        config={
            "clip_frames": CLIP_FRAMES,
            "clip_stride": CLIP_STRIDE,
            "seeds": list(options.seeds),
        },
        versions=versions(),
        rows=rows,
    )


def _command(options: EmbeddingsOptions) -> str:
    """The command of the report, without folders of the user's machine."""
    command = "agir evaluate embeddings DIR -o OUT"
    command += f" --model {shlex.quote(Path(options.model).name)}"
    if options.tokenizer:
        command += f" --tokenizer {shlex.quote(Path(options.tokenizer).resolve().name)}"
    return command
