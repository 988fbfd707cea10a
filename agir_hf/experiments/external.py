"""External validation: a model on recordings of people that were not made for it."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..assessment import model_provenance
from ..assessment.messages import model_text, one_line
from ..assessment.models import load_model
from ..assessment.parameter_forest import ParameterForest, forest_of
from ..assessment.prediction import BATCH_SIZE
from ..evaluation.reporting.results import versions
from ..gait.applied_norms import AppliedNorms
from ..gait.laboratory_norms import load_norms
from .errors import ExperimentError
from .external_assessments import Assessment, Assessor, assess_all
from .external_baselines import judges
from .external_figures import ExternalFigures, group_figures, judge_figures
from .external_report import Provenance, check_output, write_external_report
from .external_table import ExternalRecording, healthy_group, read_table
from .external_texts import text_figures
from .inference import EvaluationSet, judged_walks

CACHE = "assessments.jsonl"
NO_HEALTHY = (
    "No group is called healthy or control, and none was named with --healthy: figures of healthy "
    "against impaired people are left out."
)
NO_TRAINING = (
    "No corpus was passed with --training: the logistic regression, which is fitted on training "
    "walks, is left out."
)
SAVED_FOREST = "The random forest is the one that was saved with the model."
NO_FOREST = "The random forest is left out too: none was saved with the model."
NO_CHECKED_TEXT = "The model chose no text by evidence: the row of that text is left out."


@dataclass(frozen=True)
class ExternalOptions:
    """Options of the external validation, as the command line takes them.

    Attributes:
        folder: Folder of the recordings.
        output: Folder of the report and of the results of each recording.
        model: Folder or Hub name of the model.
        table: CSV file that describes the recordings, or None for `recordings.csv` or
            `annotations.csv` in the folder.
        norms: File with the norms of a laboratory, or None for the published norms.
        method: How markers become joints, "centres" or "body".
        training: Folder or Hub name of the corpus whose training walks the baselines learn from,
            or None.
        healthy: Name of the healthy group, or None for the group that is called healthy or
            control.
        workers: Processes that read and measure recordings.
        device: Device of the model, or None for a GPU if there is one.
        precision: "fp32", "bf16" or "fp16" of the model, or None for that of its files.
        batch_size: Windows that the model reads at the same time.
    """

    folder: Path
    output: Path
    model: str
    table: Path | None = None
    norms: Path | None = None
    method: str = "centres"
    training: str | None = None
    healthy: str | None = None
    workers: int = 1
    device: str | None = None
    precision: str | None = None
    batch_size: int = BATCH_SIZE


def external_validation(options: ExternalOptions) -> list[Path]:
    """Assess a folder of recordings, and write a report about scores and texts.

    The result of each recording is kept in `assessments.jsonl` of the output folder, so that an
    interrupted run continues.

    Args:
        options: Recordings, model and settings.

    Returns:
        Folder of the report, as the only entry.

    Raises:
        ExperimentError: The table, the recordings, the corpus or the output folder are wrong.
        ModelError: The model cannot be loaded, or the device is absent.
        DeviceMemoryError: A batch needs too much memory.
    """
    check_output(options.output)
    recordings = read_table(options.folder, options.table)
    healthy = healthy_group([recording.group for recording in recordings], options.healthy)
    norms = load_norms(options.norms) if options.norms else None
    training = _training_walks(options.training)
    model = load_model(options.model, options.device, options.precision)
    assessor = Assessor(*model, options.method, norms, options.batch_size)
    walks, left_out = assess_all(recordings, assessor, options.workers, options.output / CACHE)
    forest = forest_of(assessor.model)
    figures = figures_of(walks, healthy, training, norms, left_out, forest)
    provenance = _provenance(options, assessor, training)
    return [write_external_report(figures, walks, provenance, options.output)]


def external_figures(
    model,
    processor,
    recordings: Sequence[ExternalRecording],
    *,
    healthy: str | None = None,
    training: EvaluationSet | None = None,
    norms=None,
    method: str = "centres",
    workers: int = 1,
    cache: Path | None = None,
    batch_size: int = BATCH_SIZE,
) -> ExternalFigures:
    """Assess recordings and compute the figures of the external validation.

    Args:
        model: Model in evaluation mode.
        processor: Processor of the model.
        recordings: Recordings from `external_table.read_table`.
        healthy: Name of the healthy group. Default: the group called healthy or control.
        training: Training walks with scores for the baselines, or None.
        norms: Norms of a laboratory. Default: the published norms.
        method: How markers become joints, "centres" or "body".
        workers: Processes that read and measure recordings.
        cache: JSON Lines file that keeps the result of each recording, or None.
        batch_size: Windows that the model reads at the same time.

    Returns:
        The figures; `to_dict` gives JSON values.

    Raises:
        ExperimentError: No recording can be assessed, or two have the same content.
    """
    healthy = healthy_group([recording.group for recording in recordings], healthy)
    assessor = Assessor(model, processor, method, norms, batch_size)
    walks, left_out = assess_all(recordings, assessor, workers, cache)
    return figures_of(walks, healthy, training, norms, left_out, forest_of(model))


def figures_of(
    walks: Sequence[Assessment],
    healthy: str | None,
    training: EvaluationSet | None = None,
    norms=None,
    left_out: dict[str, str] | None = None,
    forest: ParameterForest | None = None,
) -> ExternalFigures:
    """Compute the figures of assessed recordings.

    Args:
        walks: Assessed recordings.
        healthy: Name of the healthy group, or None, which leaves out what needs it.
        training: Training walks with scores for the baselines, or None.
        norms: Norms of a laboratory, or None for the published norms.
        left_out: File → reason, of the recordings that were left out.
        forest: Parameter forest that was saved with the model, or None. It is used where there are
            no training walks.

    Returns:
        The figures.
    """
    texts = text_figures(walks, norms)
    rows = judges(walks, training, forest)
    notes = [NO_HEALTHY] if healthy is None else []
    if training is None:
        notes += [NO_TRAINING, NO_FOREST if forest is None else SAVED_FOREST]
    notes += [NO_CHECKED_TEXT] if all(walk.checked is None for walk in walks) else []
    return ExternalFigures(
        people=len({walk.recording.person for walk in walks}),
        recordings=len(walks),
        healthy=healthy,
        groups=group_figures(walks),
        judges=[judge_figures(judge, walks, healthy) for judge in rows],
        texts=texts,
        left_out=left_out or {},
        notes=notes,
    )


def _training_walks(corpus: str | None) -> EvaluationSet | None:
    """Training walks of a corpus that have a score."""
    if corpus is None:
        return None
    try:
        import sklearn  # noqa: F401 (before a long run)

        return judged_walks(corpus, "train")
    except (ValueError, OSError) as error:
        raise ExperimentError(f"--training {corpus}: {one_line(error)}") from error


def _provenance(
    options: ExternalOptions, assessor: Assessor, training: EvaluationSet | None
) -> Provenance:
    libraries = ", ".join(f"{name} {version}" for name, version in versions().items())
    settings = {
        "model": model_text(model_provenance(assessor.model)),
        "markers to joints": {"centres": "joint centres", "body": "a fitted body"}[options.method],
        "norms": AppliedNorms(norms=assessor.norms).title,
    }
    if training is not None:
        subjects = len(set(training.subjects))
        settings["training walks of the baselines"] = (
            f"{len(training.scores)} {training.description} of {subjects} subjects"
        )
    return Provenance(
        title=f"External validation: {options.folder.resolve().name}",
        command=_command(options),
        settings=settings | {"versions": libraries},
    )


def _command(options: ExternalOptions) -> str:
    """The command of the report, without folders of the user's machine."""
    command = f"agir evaluate external DIR -o OUT --model {shlex.quote(Path(options.model).name)}"
    for name in ("table", "norms", "training"):
        value = getattr(options, name)
        if value:
            command += f" --{name} {shlex.quote(Path(value).resolve().name)}"
    if options.method != "centres":
        command += f" --method {options.method}"
    if options.healthy:
        command += f" --healthy {shlex.quote(options.healthy)}"
    return command
