"""The paper's configurations, trained with the recipes on every fold of a corpus.

Each fold and seed consists of stages, one process each: the motion tokenizer, then every
configuration after the one whose weights it starts from, then its predictions for the test
subjects and for the validation subjects, on which its temperature is fitted. Finished stages are
not run again, so an interrupted run continues where it stopped.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path

import agir_hf

from ..corpus.loading import ALL_SUBJECTS
from ..corpus.splits import SPLITS_FILE
from ..utils.files import write_text_atomic

SETTINGS_FILE = "trained.json"
TEST_PREDICTIONS, VALIDATION_PREDICTIONS = "answers.json", "validation.json"
TOKENIZER = "vqvae"
_WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Configuration:
    """How a row of the paper's second table is trained.

    Attributes:
        recipe: Name of the script, without suffix.
        settings: YAML file of the script, relative to the folder of the recipes.
        start: Configuration whose weights the training starts from. None trains from scratch, on
            the fold's tokenizer.
        options: Further options of the script.
        title: Name of the row in tables.
    """

    recipe: str
    settings: str
    start: str | None = None
    options: tuple[str, ...] = ()
    title: str = ""

    @property
    def preference(self) -> bool:
        """Whether this is a stage of preference optimisation."""
        return self.recipe == "dpo"


CONFIGURATIONS = {
    "generative": Configuration(
        "sft_generative", "generative/config_tiny.yaml", title="first stage alone (MotionGPT-style)"
    ),
    "reasoning_only": Configuration(
        "sft_reasoning", "ablation/reasoning_only.yaml", title="reasoning only (one stage)"
    ),
    "ego": Configuration("sft_reasoning", "ablation/ego.yaml", title="EGO"),
    "dpo": Configuration("dpo", "ablation/dpo.yaml", "reasoning_only", title="DPO"),
    "ego_dpo": Configuration("dpo", "ablation/ego_dpo.yaml", "ego", title="EGO + DPO"),
    "generative_reasoning": Configuration(
        "sft_reasoning",
        "ablation/generative_reasoning.yaml",
        "generative",
        title="generative + reasoning (two stages)",
    ),
    "shuffled": Configuration(
        "sft_reasoning",
        "ablation/reasoning_only.yaml",
        options=("--shuffle_scores", "true"),
        title="control: reasoning only, scores shuffled in training",
    ),
}


@dataclass(frozen=True)
class TrainingBudget:
    """Length of the trainings; all other settings are in the YAML files.

    Attributes:
        tokenizer_steps: Updates of the motion tokenizer.
        language_steps: Updates of a supervised language stage.
        preference_steps: Updates of a preference stage.
        evaluations: Evaluations by generation in a reasoning stage; the checkpoint with the best
            CIDEr is kept.
        generate_rows: Validation walks of each of these evaluations.
        test_rows: Walks of a split that each fold's models predict. None takes all.
        options: Recipe → further options of its stages, such as smaller networks.
    """

    tokenizer_steps: int = 800
    language_steps: int = 300
    preference_steps: int = 36
    evaluations: int = 3
    generate_rows: int = 48
    test_rows: int | None = None
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)


SMOKE = TrainingBudget(
    tokenizer_steps=4,
    language_steps=4,
    preference_steps=2,
    evaluations=1,
    generate_rows=4,
    test_rows=6,
    options={
        "train_vqvae": ("--width", "24", "--code_dim", "16", "--num_residual_blocks", "1"),
        **{
            name: ("--d_model", "32", "--d_ff", "64", "--num_layers", "1", "--num_heads", "2")
            for name in ("sft_generative", "sft_reasoning")
        },
    },
)


@dataclass(frozen=True)
class Stage:
    """A process of a cross-validation.

    Attributes:
        result: File that the process writes; it exists when the stage is finished.
        command: Arguments of Python.
        after: Result of another stage that must exist first.
    """

    result: Path
    command: list[str]
    after: Path | None = None


class StageError(RuntimeError):
    """A stage failed; the message has the last line of its log and the path of the log."""


@dataclass(frozen=True)
class CrossValidation:
    """Trainings of a corpus and their folders.

    Attributes:
        corpus: Folder of the corpus, absolute.
        folder: Folder of all trainings (`fold0/seed_0/reasoning_only` and so on), absolute.
            Stages run in it.
        recipes: Folder of the recipes, absolute.
        budget: Length of the trainings.
    """

    corpus: Path
    folder: Path
    recipes: Path
    budget: TrainingBudget = TrainingBudget()

    def lock_config(self) -> None:
        """Write the settings into the folder, or compare them with those of earlier trainings.

        Raises:
            ValueError: The folder holds trainings of another corpus or with other settings.
        """
        digest = hashlib.sha256((self.corpus / SPLITS_FILE).read_bytes()).hexdigest()[:16]
        settings = {"corpus": str(self.corpus), "splits": digest, **asdict(self.budget)}
        settings = json.loads(json.dumps(settings))  # lists for tuples, as in the file
        path = self.folder / SETTINGS_FILE
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text_atomic(path, json.dumps(settings, indent=1) + "\n")
            return
        earlier = json.loads(path.read_text(encoding="utf-8"))
        different = [name for name in settings if earlier.get(name) != settings[name]]
        if different:
            name = different[0]
            raise ValueError(
                f"{self.folder} holds trainings with {name} {earlier.get(name)}, now it is "
                f"{settings[name]}: name another folder, or pass the earlier settings"
            )

    def output_folder(self, name: str, fold: str, seed: int) -> Path:
        """Return the folder of a stage's results.

        Args:
            name: Name of a configuration, or `TOKENIZER`.
            fold: Name of the fold, such as "stratified/fold0".
            seed: Seed of the training.

        Returns:
            Folder of model, predictions and logs; it need not exist yet.
        """
        return self.folder / fold.rpartition("/")[2] / f"seed_{seed}" / name

    def stages(self, names: Sequence[str], fold: str, seed: int) -> list[Stage]:
        """List the stages of a fold and seed, each after those it needs.

        Args:
            names: Configurations that are evaluated. Those they start from are trained too.
            fold: Name of the fold; `ALL_SUBJECTS` has no test subjects, so nothing is predicted.
            seed: Seed of the trainings.

        Returns:
            Stages in an order in which they can run.
        """
        tokenizer = self.output_folder(TOKENIZER, fold, seed)
        codes = tokenizer / _WEIGHTS
        stages = [Stage(codes, self._tokenizer_command(tokenizer, fold, seed))]
        needed = _with_starts(names)
        for name, configuration in CONFIGURATIONS.items():
            if name not in needed:
                continue
            folder, start = self.output_folder(name, fold, seed), configuration.start
            weights = folder / _WEIGHTS
            before = self.output_folder(start, fold, seed) / _WEIGHTS if start else codes
            stages.append(Stage(weights, self._training_command(name, fold, seed), before))
            if name in names and name != "generative" and fold != ALL_SUBJECTS:
                predictions = ((VALIDATION_PREDICTIONS, "validation"), (TEST_PREDICTIONS, "test"))
                for file, split in predictions:
                    command = self._prediction_command(folder / file, fold, split)
                    stages.append(Stage(folder / file, command, weights))
        return stages

    def run(
        self, stages: Sequence[Stage], workers: int, on_finished: Callable[[str], None]
    ) -> None:
        """Run stages in parallel, one core each, in the order of the list where possible.

        Args:
            stages: Stages, each after those it needs.
            workers: Stages that run at the same time.
            on_finished: Called with the folder of every finished stage, relative to `folder`.

        Raises:
            StageError: A stage failed. Running stages are finished first, no new one is started.
        """
        waiting, running = list(stages), {}
        missing = {stage.result for stage in stages}
        failure: StageError | None = None
        with ThreadPoolExecutor(workers) as pool:
            while running or (waiting and not failure):
                ready = [stage for stage in waiting if stage.after not in missing]
                for stage in ready[: 0 if failure else workers - len(running)]:
                    waiting.remove(stage)
                    running[pool.submit(self._run_if_missing, stage)] = stage
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    stage = running.pop(future)
                    missing.discard(stage.result)
                    try:
                        future.result()
                    except StageError as error:
                        failure = failure or error
                    else:
                        on_finished(str(stage.result.parent.relative_to(self.folder)))
        if failure:
            raise failure

    def _run_if_missing(self, stage: Stage) -> None:
        if not stage.result.exists():
            run_stage(stage.command, stage.result, self.folder)

    def _common(self, recipe: str, settings: str, folder: Path, fold: str, seed: int) -> list[str]:
        return [
            str(self.recipes / f"{recipe}.py"), "--config", str(self.recipes / settings),
            "--corpus", str(self.corpus), "--fold", fold, "--output_dir", str(folder),
            "--seed", str(seed), *self.budget.options.get(recipe, ()),
        ]  # fmt: skip

    def _tokenizer_command(self, folder: Path, fold: str, seed: int) -> list[str]:
        return [
            *self._common("train_vqvae", "vqvae/config_tiny.yaml", folder, fold, seed),
            "--max_steps", str(self.budget.tokenizer_steps),
            "--eval_strategy", "no", "--save_strategy", "no",
        ]  # fmt: skip

    def _training_command(self, name: str, fold: str, seed: int) -> list[str]:
        configuration, folder = CONFIGURATIONS[name], self.output_folder(name, fold, seed)
        recipe, start = configuration.recipe, configuration.start
        command = self._common(recipe, configuration.settings, folder, fold, seed)
        if start:
            command += ["--model", str(self.output_folder(start, fold, seed))]
        else:
            command += ["--vqvae", str(self.output_folder(TOKENIZER, fold, seed))]
        budget = self.budget
        steps = budget.preference_steps if configuration.preference else budget.language_steps
        command += [*configuration.options, "--max_steps", str(steps)]
        if recipe != "sft_reasoning":
            return [*command, "--eval_strategy", "no", "--save_strategy", "no"]
        every = str(max(1, steps // budget.evaluations))
        return [
            *command, "--eval_strategy", "steps", "--eval_steps", every,
            "--save_strategy", "steps", "--save_steps", every, "--save_total_limit", "1",
            "--load_best_model_at_end", "true", "--metric_for_best_model", "cider",
            "--greater_is_better", "true", "--generate", "true",
            "--generate_rows", str(budget.generate_rows),
        ]  # fmt: skip

    def _prediction_command(self, file: Path, fold: str, split: str) -> list[str]:
        command = ["-m", "agir_hf.experiments.predict", "--model", str(file.parent)]
        command += ["--corpus", str(self.corpus), "--fold", fold, "--split", split]
        command += ["--output", str(file)]
        rows = self.budget.test_rows
        return command if rows is None else [*command, "--rows", str(rows)]


def recipes_folder(folder: Path | None = None) -> Path:
    """Return the folder of the recipes.

    Args:
        folder: Folder that the user named. None takes the package's: `agir_hf.recipes` of an
            installed wheel, or `recipes` of the repository.

    Returns:
        Absolute path of the folder.

    Raises:
        FileNotFoundError: The folder has no recipes.
    """
    folder = _packaged_recipes() if folder is None else folder
    if not (folder / "sft_reasoning.py").is_file():
        raise FileNotFoundError(
            f"{folder} holds no recipes (sft_reasoning.py): clone the repository and pass its "
            "folder 'recipes'"
        )
    return folder.resolve()


def _packaged_recipes() -> Path:
    try:  # a wheel contains the repository's recipes as agir_hf.recipes
        script = Path(str(files("agir_hf.recipes") / "sft_reasoning.py"))
    except ModuleNotFoundError:  # a clone that is not installed
        return Path(agir_hf.__file__).parents[1] / "recipes"
    return script.parent


def _with_starts(names: Sequence[str]) -> set[str]:
    """Names of configurations, and of all configurations that they start from."""
    needed = set(names)
    for name in names:
        start = CONFIGURATIONS[name].start
        needed |= _with_starts([start]) if start else set()
    return needed


def run_stage(command: list[str], result: Path, folder: Path | None = None) -> None:
    """Run a script on one core, and remove its checkpoints when it is finished.

    Args:
        command: Arguments of Python.
        result: File that the script writes. The log has the same name with the suffix `.log`.
        folder: Working folder of the process. None takes that of this process.

    Raises:
        StageError: The script failed, or did not write the result.
    """
    result.parent.mkdir(parents=True, exist_ok=True)
    log = result.parent / f"{result.stem}.log"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
    with log.open("w") as file:
        finished = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    if finished.returncode or not result.exists():
        lines = log.read_text(errors="replace").strip().splitlines() or ["no output"]
        script, code = Path(command[0]).name, finished.returncode
        raise StageError(f"{script} ended with {code}: {lines[-1]} ({log})")
    for checkpoint in result.parent.glob("checkpoint-*"):
        shutil.rmtree(checkpoint, ignore_errors=True)
