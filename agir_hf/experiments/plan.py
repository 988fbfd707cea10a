"""What a table of the paper trains, on which folds, and the training itself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from ..assessment.messages import one_line
from ..corpus.loading import ALL_SUBJECTS
from ..corpus.splits import SPLITS_FILE, load_folds
from .cross_validation import SMOKE, CrossValidation, StageError, TrainingBudget, recipes_folder
from .errors import ExperimentError
from .inference import EvaluationSet, all_walks, judged_walks

SCHEME = "stratified"
SMOKE_FOLDS = 2
MIN_SUBJECTS, MIN_FOLDS = 3, 3


@dataclass(frozen=True)
class TableOptions:
    """Options of both tables, as the command line takes them.

    Attributes:
        corpus: Folder of a corpus.
        output: Folder for the trainings and the report. Both tables can share it.
        seeds: Seeds of the trainings, different numbers from 0 on.
        steps: Updates of a language stage.
        workers: Trainings that run at the same time, one core each.
        smoke: Train tiny networks for a few steps on two folds, to try the command.
        encoder: Encoder for BERTScore, name or folder. None leaves BERTScore out.
        recipes: Folder of the recipes. None takes those of the package.
        norms: File of a laboratory's norms, for the reasoning table. None takes published norms.
        public_weights: Network name → file of its authors' weights, for the linear probe.
    """

    corpus: Path
    output: Path
    seeds: Sequence[int] = (0,)
    steps: int = 300
    workers: int = 2
    smoke: bool = False
    encoder: str | None = None
    recipes: Path | None = None
    norms: Path | None = None
    public_weights: Mapping[str, Path | None] | None = None


@dataclass(frozen=True)
class TablePlan:
    """What is trained, and on which subjects.

    Attributes:
        cross: Folders, recipes and budget of the trainings.
        walks: Every walk of the corpus that has a score.
        subjects: Fold name → subjects whose walks are tested in that fold.
        seeds: Seeds of the trainings.
        smoke: Whether the networks are too small for results that mean anything.
    """

    cross: CrossValidation
    walks: EvaluationSet
    subjects: dict[str, tuple[str, ...]]
    seeds: list[int]
    smoke: bool

    @property
    def folds(self) -> list[str]:
        """Names of the folds."""
        return list(self.subjects)

    def fold_of(self, subject: str) -> str:
        """Return the fold in which a subject is tested."""
        return next(fold for fold, tested in self.subjects.items() if subject in tested)

    def tested_walks(self) -> EvaluationSet:
        """Return the test walks of all folds, limited by the budget's `test_rows`."""
        rows = self.cross.budget.test_rows
        if rows is None:
            tested = [name for names in self.subjects.values() for name in names]
            return self.walks.of_subjects(tested)
        corpus = str(self.cross.corpus)
        ids = {name for fold in self.folds for name in judged_walks(corpus, "test", rows, fold).ids}
        return self.walks.select(i for i, name in enumerate(self.walks.ids) if name in ids)


def make_plan(options: TableOptions) -> TablePlan:
    """Check options, corpus and recipes before anything is trained.

    Args:
        options: Options of the table.

    Returns:
        The plan of the trainings.

    Raises:
        ExperimentError: A number is out of range, the folder is not a corpus with at least three
            subjects and folds, a subject is tested twice, or the recipes are missing.
    """
    from datasets import disable_progress_bars  # of an extra

    _check_numbers(options)
    if not (options.corpus / SPLITS_FILE).is_file():
        raise ExperimentError(
            f"{options.corpus} has no {SPLITS_FILE}, expected a corpus: make one with 'agir corpus "
            "build'"
        )
    disable_progress_bars()  # training has a progress bar of its own
    try:
        recipes = recipes_folder(options.recipes)
        folds = load_folds(options.corpus, SCHEME)
        walks = all_walks(str(options.corpus))
    except KeyError as error:
        raise ExperimentError(
            f"{options.corpus / SPLITS_FILE} has no {error}: build the corpus again"
        ) from error
    except (OSError, ValueError) as error:
        raise ExperimentError(one_line(error)) from error
    number = len(set(walks.subjects))
    if number < MIN_SUBJECTS or len(folds) < MIN_FOLDS:
        raise ExperimentError(
            f"{options.corpus} has {number} subjects with a score in {len(folds)} folds, expected "
            "at least 3 of each (training, validation, test): build a larger corpus"
        )
    subjects = {f"{SCHEME}/{fold.name}": fold.test for fold in folds}
    _check_folds(subjects, walks)
    if options.smoke:
        subjects = dict(list(subjects.items())[:SMOKE_FOLDS])
    budget = SMOKE if options.smoke else TrainingBudget(language_steps=options.steps)
    cross = CrossValidation(
        options.corpus.resolve(), (options.output / "trained").resolve(), recipes, budget
    )
    return TablePlan(cross, walks, subjects, list(options.seeds), options.smoke)


def _check_numbers(options: TableOptions) -> None:
    for name in ("steps", "workers"):
        if getattr(options, name) < 1:
            raise ExperimentError(
                f"--{name} is {getattr(options, name)}, expected at least 1: pass another number"
            )
    if min(options.seeds) < 0 or len(set(options.seeds)) < len(options.seeds):
        raise ExperimentError(
            f"--seeds are {' '.join(map(str, options.seeds))}, expected different numbers from 0 "
            "on: pass others"
        )


def _check_folds(subjects: dict[str, tuple[str, ...]], walks: EvaluationSet) -> None:
    """Check that no subject is tested twice; print which scores a fold cannot learn."""
    counts = Counter(name for tested in subjects.values() for name in tested)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise ExperimentError(
            f"subject {repeated[0]} is tested in two folds: build the corpus again"
        )
    scored = list(zip(walks.subjects, walks.scores, strict=True))
    for fold, tested in subjects.items():
        missing = set(walks.scores) - {score for name, score in scored if name not in tested}
        if missing:
            print(
                f"{fold}: no training subject has score {min(missing)}, so it cannot be predicted"
            )


def train_configurations(
    plan: TablePlan, names: Sequence[str], workers: int, all_subjects: bool = False
) -> None:
    """Train the configurations of every fold and seed, and predict; finished stages are skipped.

    Args:
        plan: What is trained.
        names: Names of `CONFIGURATIONS`.
        workers: Stages that run at the same time.
        all_subjects: Also train the two-stage model on all subjects, for the naive row.

    Raises:
        ExperimentError: A stage failed, or the folder holds trainings with other settings.
    """
    try:
        plan.cross.lock_config()
    except ValueError as error:
        raise ExperimentError(one_line(error)) from error
    trainings = [(names, fold, seed) for fold in plan.folds for seed in plan.seeds]
    if all_subjects:  # first, because its stages are the longest chain
        trainings.insert(0, (["generative_reasoning"], ALL_SUBJECTS, plan.seeds[0]))
    stages = [stage for training in trainings for stage in plan.cross.stages(*training)]
    print(f"{len(stages)} stages of {len(trainings)} trainings: {plan.cross.folder}")
    with tqdm(total=len(stages), unit="stage", disable=None) as bar:

        def on_finished(name: str) -> None:
            bar.set_postfix_str(name)
            bar.update()

        try:
            plan.cross.run(stages, workers, on_finished)
        except StageError as error:
            raise ExperimentError(one_line(error)) from error
