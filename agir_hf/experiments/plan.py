"""What a table of the paper trains, on which folds and devices, and the training itself."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path

from tqdm import tqdm

from ..assessment.messages import one_line
from ..corpus.files import corpus_file, corpus_num_scores
from ..corpus.loading import ALL_SUBJECTS
from ..corpus.splits import SPLITS_FILE
from ..utils.devices import resolve_device, resolve_dtype
from .configurations import (
    DEFAULT_CONFIGS,
    START,
    check_settings,
    configs_folder,
    read_settings,
    recipes_folder,
)
from .cross_validation import SMOKE, CrossValidation, TrainingBudget
from .errors import ExperimentError
from .estimate import estimate_table
from .folds import FoldSubjects, check_folds, read_folds
from .inference import EvaluationSet, all_walks, judged_walks
from .stages import Stage, StageError, exclusive_folder
from .starting_points import check_start, prepare_start, tokenizer_folder

SMOKE_FOLDS = 2
WORKERS = 2  # on the CPU


@dataclass(frozen=True)
class TableOptions:
    """Options of both tables, as the command line takes them.

    Attributes:
        corpus: Folder of a corpus, or its name on the Hub.
        output: Folder for the trainings and the report. Both tables can share it.
        seeds: Seeds of the trainings, different numbers from 0 on.
        steps: Supervised updates of a configuration. None: 300 for the configurations "tiny", and
            for others the number in their YAML files.
        workers: Trainings that run at the same time. None: 2 on the CPU, one core each, and one on
            each GPU.
        smoke: Train tiny networks for a few steps on two folds, to try the command.
        encoder: Encoder for BERTScore, name or folder. None leaves BERTScore out.
        recipes: Folder of the recipes. None takes those of the package.
        norms: File of a laboratory's norms, for the reasoning table. None takes published norms.
        public_weights: Network name → file of its authors' weights, for the linear probe.
        configs: Folder with a YAML file for each configuration, or the name of a folder of
            ``recipes/ablation``, such as "tiny".
        model: Folder or Hub name of a complete model. All configurations start from it, with its
            motion tokenizer, and it is judged as it is in a further row.
        t5: Folder or Hub name of a T5 that configurations without another start begin with.
        vqvae: Folder or Hub name of a motion tokenizer, or of a complete model whose tokenizer is
            used, such as a converted MotionGPT; the linear probe then has a row of that model. None
            trains a tokenizer on every fold.
        device: Device of trainings and predictions. None: the CPU if the configurations ask for it,
            as "tiny" does, else a GPU if there is one.
        devices: Several devices of one type, which train different folds at the same time.
        precision: "fp32", "bf16" or "fp16". None takes that of the YAML files.
        scheme: Folds of the trainings, "stratified" or "leave_one_subject_out".
    """

    corpus: str | Path
    output: Path
    seeds: Sequence[int] = (0,)
    steps: int | None = None
    workers: int | None = None
    smoke: bool = False
    encoder: str | None = None
    recipes: Path | None = None
    norms: Path | None = None
    public_weights: Mapping[str, Path | None] | None = None
    configs: str | Path = DEFAULT_CONFIGS
    model: str | None = None
    t5: str | None = None
    vqvae: str | None = None
    device: str | None = None
    devices: tuple[str, ...] = ()
    precision: str | None = None
    scheme: str = "stratified"


@dataclass(frozen=True)
class TablePlan:
    """What is trained, and on which subjects.

    Attributes:
        cross: Folders, recipes and budget of the trainings.
        walks: Every walk of the corpus that has a score.
        folds_by_name: Fold name, such as "stratified/fold0" → subjects of its parts.
        seeds: Seeds of the trainings.
        smoke: Whether the networks are too small for results that mean anything.
        devices: Device of each stage that runs at the same time.
        classes: Scores of the corpus, in order.
        remarks: Sentences for the report on scores that a fold cannot learn.
        loading_seconds: Measured time to load the corpus, which every stage does.
    """

    cross: CrossValidation
    walks: EvaluationSet
    folds_by_name: dict[str, FoldSubjects]
    seeds: list[int]
    smoke: bool
    devices: tuple[str, ...] = ("cpu",)
    classes: tuple[int, ...] = (0, 1, 2)
    remarks: tuple[str, ...] = ()
    loading_seconds: float = 0.0

    @property
    def folds(self) -> list[str]:
        """Names of the folds."""
        return list(self.folds_by_name)

    @property
    def subjects(self) -> dict[str, tuple[str, ...]]:
        """Fold name → subjects whose walks are tested in that fold."""
        return {name: fold.test for name, fold in self.folds_by_name.items()}

    def fold_of(self, subject: str) -> str:
        """Return the fold in which a subject is tested."""
        return next(fold for fold, tested in self.subjects.items() if subject in tested)

    def seeds_of(self, name: str) -> list[int]:
        """Return the seeds of a configuration; the model that is judged as it is has one."""
        return self.seeds[:1] if name == START else self.seeds

    def tested_walks(self) -> EvaluationSet:
        """Return the test walks of all folds, limited by the budget's `test_rows`."""
        rows = self.cross.budget.test_rows
        if rows is None:
            tested = [name for names in self.subjects.values() for name in names]
            return self.walks.of_subjects(tested)
        corpus = self.cross.corpus
        ids = {name for fold in self.folds for name in judged_walks(corpus, "test", rows, fold).ids}
        return self.walks.select(i for i, name in enumerate(self.walks.ids) if name in ids)

    def stages(self, names: Sequence[str], all_subjects: bool = False) -> list[Stage]:
        """List the stages that train configurations on every fold and seed, and predict.

        Args:
            names: Names of `CONFIGURATIONS`, or `START`, which does not depend on the seed.
            all_subjects: Also train the two-stage model on all subjects, for the naive row.

        Returns:
            Stages, each after those it needs; those of the longest chain first.
        """
        trainings = [
            ([name for name in names if seed in self.seeds_of(name)], fold, seed)
            for fold in self.folds
            for seed in self.seeds
        ]
        if all_subjects:
            trainings.insert(0, (["generative_reasoning"], ALL_SUBJECTS, self.seeds[0]))
        return [stage for training in trainings for stage in self.cross.stages(*training)]


def make_plan(options: TableOptions) -> TablePlan:
    """Check options, corpus, configurations and models before anything is trained.

    Args:
        options: Options of the table.

    Returns:
        The plan of the trainings.

    Raises:
        ExperimentError: A number is out of range, the corpus has fewer than three subjects or
            folds, a subject is tested twice, the recipes or a configuration are missing, a
            configuration has an unknown key, a device is absent, or a model to start from is of
            another type.
    """
    from datasets import disable_progress_bars  # of an extra

    _check_numbers(options)
    corpus = str(
        Path(options.corpus).resolve() if Path(options.corpus).is_dir() else options.corpus
    )
    _read_splits(corpus)
    disable_progress_bars()  # training has a progress bar of its own
    try:
        recipes = recipes_folder(options.recipes)
        configs = configs_folder(options.configs, recipes)
        devices = _devices(options, configs)
        folds = read_folds(corpus, options.scheme)
        started = time.monotonic()
        walks = all_walks(corpus)
        seconds = time.monotonic() - started
        folds, remarks = check_folds(corpus, folds, walks)
        check_settings(configs, recipes)
        classes = tuple(range(corpus_num_scores(corpus)))
        start = check_start(options.model, options.t5, options.vqvae, len(classes))
    except ExperimentError:
        raise
    except (OSError, ValueError) as error:
        raise ExperimentError(one_line(error)) from error
    if options.smoke:
        folds = dict(list(folds.items())[:SMOKE_FOLDS])
    remarks = tuple(remark for remark in remarks if remark.partition(":")[0] in folds)
    for remark in remarks:
        print(remark)
    folder = (options.output / "trained").resolve()
    if start.vqvae_model:
        start = replace(start, vqvae=str(tokenizer_folder(folder)))
    cross = CrossValidation(
        corpus,
        folder,
        recipes,
        configs,
        _budget(options, configs, recipes),
        start,
        options.precision,
    )
    return TablePlan(
        cross, walks, folds, list(options.seeds), options.smoke, devices, classes, remarks, seconds
    )


def _read_splits(corpus: str) -> bytes:
    """Content of the file of splits, which every corpus has."""
    try:
        return corpus_file(corpus, SPLITS_FILE).read_bytes()
    except OSError as error:
        raise ExperimentError(one_line(error)) from error


def _budget(options: TableOptions, configs: Path, recipes: Path) -> TrainingBudget:
    """Budget of the trainings: that of a smoke run, of "tiny", or of the YAML files."""
    if options.smoke:
        return SMOKE
    if configs == configs_folder(DEFAULT_CONFIGS, recipes):
        return (
            TrainingBudget()
            if options.steps is None
            else TrainingBudget(language_steps=options.steps)
        )
    return TrainingBudget(None, options.steps, None)


def _devices(options: TableOptions, configs: Path) -> tuple[str, ...]:
    """Device of each stage that runs at the same time."""
    if options.device and options.devices:
        raise ExperimentError(
            f"--device is {options.device} and --devices {' '.join(options.devices)}: pass one of "
            "both options"
        )
    names = options.devices or ((options.device,) if options.device else ())
    if not names:
        on_cpu = bool(read_settings(configs / "reasoning_only.yaml").get("use_cpu"))
        names = (str(resolve_device("cpu" if on_cpu else None)),)
    # a trainer would divide a batch over all GPUs that "cuda" means
    names = ["cuda:0" if name == "cuda" else name for name in names]
    resolve_dtype(options.precision)
    kinds = {resolve_device(name).type for name in names}
    if len(kinds) > 1:
        raise ExperimentError(
            f"--devices are {' '.join(names)}, expected devices of one type: pass GPUs or the CPU"
        )
    number = options.workers or (WORKERS if kinds == {"cpu"} else len(names))
    return tuple(islice(cycle(names), number))


def _check_numbers(options: TableOptions) -> None:
    for name in ("steps", "workers"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise ExperimentError(f"--{name} is {value}, expected at least 1: pass another number")
    if min(options.seeds) < 0 or len(set(options.seeds)) < len(options.seeds):
        raise ExperimentError(
            f"--seeds are {' '.join(map(str, options.seeds))}, expected different numbers from 0 "
            "on: pass others"
        )


def train_configurations(
    plan: TablePlan, names: Sequence[str], report: Path, all_subjects: bool = False
) -> None:
    """Train the configurations of every fold and seed, and predict; finished stages are skipped.

    What is left to do, its time and its disk space are printed first.

    Args:
        plan: What is trained.
        names: Names of `CONFIGURATIONS`, or `START`.
        report: Folder of the report, which is printed.
        all_subjects: Also train the two-stage model on all subjects, for the naive row.

    Raises:
        ExperimentError: A stage failed, another run uses the folder, or the folder holds trainings
            with other settings.
    """
    try:
        with exclusive_folder(plan.cross.folder):
            plan.cross.lock_config(_read_splits(plan.cross.corpus))
            prepare_start(plan.cross.start, plan.cross.folder)
            stages = plan.stages(names, all_subjects)
            left = [stage for stage in stages if not stage.finished]
            print(f"{estimate_table(plan, stages).text}; report: {report}", flush=True)
            if left:
                _run(plan, left)
    except (StageError, ValueError) as error:
        raise ExperimentError(one_line(error)) from error


def _run(plan: TablePlan, stages: list[Stage]) -> None:
    """Run stages with a progress bar."""
    with tqdm(total=len(stages), unit="stage", disable=None) as bar:

        def on_finished(stage: Stage) -> None:
            bar.set_postfix_str(str(stage.result.parent.relative_to(plan.cross.folder)))
            bar.update()

        plan.cross.run(stages, plan.devices, on_finished)
