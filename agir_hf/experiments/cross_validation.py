"""The paper's configurations, trained by the recipes on every fold of a corpus.

Each fold and seed has its stages, one process each: the motion tokenizer, every configuration
behind what it starts from, and its answers to the walks of the subjects who were left out, and to
those that its temperature is fitted on. What is done is not done again, so that a run that was
stopped goes on.
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
from pathlib import Path

import agir_hf

from ..corpus.loading import ALL_SUBJECTS
from ..corpus.splits import SPLITS_FILE
from ..utils.files import write_text_atomic

ABOUT, ANSWERS, VALIDATED = "trained.json", "answers.json", "validation.json"
TOKENIZER = "vqvae"
_WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Configuration:
    """How a row of the paper's second table is trained.

    Attributes:
        recipe: name of the script.
        settings: its YAML file, in the folder of the recipes.
        start: configuration it starts from; None: from scratch, on the fold's tokenizer.
        options: further ones.
        title: as tables name it.
    """

    recipe: str
    settings: str
    start: str | None = None
    options: tuple[str, ...] = ()
    title: str = ""

    @property
    def preference(self) -> bool:
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
    """How long stages train; the YAML files say all else.

    Attributes:
        tokenizer_steps, language_steps, preference_steps: updates.
        evaluations: of a language stage, by generation; the best CIDEr of them is kept.
        generate_rows: walks of validation that are generated for.
        test_rows: walks of a split that each fold's models answer; all by default.
        options: further ones of every stage by recipe, such as smaller sizes.
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
        result: file that is there when it is done.
        command: arguments of Python.
        after: result of another stage that must be there first.
    """

    result: Path
    command: list[str]
    after: Path | None = None


class StageError(RuntimeError):
    """A stage ended with an error; the message is its last line, and where its log lies."""


@dataclass(frozen=True)
class CrossValidation:
    """Trainings of a corpus, and where they lie.

    Attributes:
        corpus: folder.
        folder: of all trainings: ``fold0/seed_0/reasoning_only`` and so on.
        recipes: folder of the recipes.
        budget: of the stages.
    """

    corpus: Path
    folder: Path
    recipes: Path
    budget: TrainingBudget = TrainingBudget()

    def lock_config(self) -> None:
        """Note what the trainings of the folder are of; refuse trainings of anything else.

        Raises:
            ValueError: the folder holds trainings of another corpus or with other settings.
        """
        digest = hashlib.sha256((self.corpus / SPLITS_FILE).read_bytes()).hexdigest()[:16]
        about = {"corpus": str(self.corpus), "splits": digest, **asdict(self.budget)}
        about = json.loads(json.dumps(about))  # as it will be read again
        path = self.folder / ABOUT
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text_atomic(path, json.dumps(about, indent=1) + "\n")
            return
        known = json.loads(path.read_text(encoding="utf-8"))
        other = [name for name in about if known.get(name) != about[name]]
        if other:
            raise ValueError(
                f"{self.folder} holds trainings with {other[0]} {known.get(other[0])}, now it is "
                f"{about[other[0]]}: name another folder, or give what it was made with"
            )

    def place(self, name: str, fold: str, seed: int) -> Path:
        """Where a stage's result lies."""
        return self.folder / fold.rpartition("/")[2] / f"seed_{seed}" / name

    def stages(self, names: Sequence[str], fold: str, seed: int) -> list[Stage]:
        """Stages of a fold, each behind what it needs.

        A fold that leaves nobody out has nobody to answer.
        """
        tokenizer = self.place(TOKENIZER, fold, seed)
        codes = tokenizer / _WEIGHTS
        found = [Stage(codes, self._tokenizer(tokenizer, fold, seed))]
        wanted = _with_starts(names)
        for name, configuration in CONFIGURATIONS.items():
            if name not in wanted:
                continue
            place, start = self.place(name, fold, seed), configuration.start
            weights = place / _WEIGHTS
            before = self.place(start, fold, seed) / _WEIGHTS if start else codes
            found.append(Stage(weights, self._training(name, fold, seed), before))
            if name in names and name != "generative" and fold != ALL_SUBJECTS:
                for file, split in ((VALIDATED, "validation"), (ANSWERS, "test")):
                    command = self._answers(place / file, fold, split)
                    found.append(Stage(place / file, command, weights))
        return found

    def run(self, stages: Sequence[Stage], workers: int, done: Callable[[str], None]) -> None:
        """Run stages side by side, each on one core, the first that can be begun first.

        Args:
            stages: each behind what it needs.
            workers: stages at a time.
            done: told the name of every stage that is done.

        Raises:
            StageError: a stage failed; stages that run are waited for, no further one is begun.
        """
        waiting, running = list(stages), {}
        open_results = {stage.result for stage in stages}
        failed: StageError | None = None
        with ThreadPoolExecutor(workers) as pool:
            while running or (waiting and not failed):
                ready = [stage for stage in waiting if stage.after not in open_results]
                for stage in ready[: 0 if failed else workers - len(running)]:
                    waiting.remove(stage)
                    running[pool.submit(_unless_there, stage)] = stage
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    stage = running.pop(future)
                    open_results.discard(stage.result)
                    try:
                        future.result()
                    except StageError as error:
                        failed = failed or error
                    else:
                        done(str(stage.result.parent.relative_to(self.folder)))
        if failed:
            raise failed

    def _common(self, recipe: str, settings: str, place: Path, fold: str, seed: int) -> list[str]:
        return [
            str(self.recipes / f"{recipe}.py"), "--config", str(self.recipes / settings),
            "--corpus", str(self.corpus), "--fold", fold, "--output_dir", str(place),
            "--seed", str(seed), *self.budget.options.get(recipe, ()),
        ]  # fmt: skip

    def _tokenizer(self, place: Path, fold: str, seed: int) -> list[str]:
        return [
            *self._common("train_vqvae", "vqvae/config_tiny.yaml", place, fold, seed),
            "--max_steps", str(self.budget.tokenizer_steps),
            "--eval_strategy", "no", "--save_strategy", "no",
        ]  # fmt: skip

    def _training(self, name: str, fold: str, seed: int) -> list[str]:
        wanted, place = CONFIGURATIONS[name], self.place(name, fold, seed)
        command = self._common(wanted.recipe, wanted.settings, place, fold, seed)
        if wanted.start:
            command += ["--model", str(self.place(wanted.start, fold, seed))]
        else:
            command += ["--vqvae", str(self.place(TOKENIZER, fold, seed))]
        steps = self.budget.preference_steps if wanted.preference else self.budget.language_steps
        command += [*wanted.options, "--max_steps", str(steps)]
        if wanted.recipe != "sft_reasoning":
            return [*command, "--eval_strategy", "no", "--save_strategy", "no"]
        every = str(max(1, steps // self.budget.evaluations))
        return [
            *command, "--eval_strategy", "steps", "--eval_steps", every,
            "--save_strategy", "steps", "--save_steps", every, "--save_total_limit", "1",
            "--load_best_model_at_end", "true", "--metric_for_best_model", "cider",
            "--greater_is_better", "true", "--generate", "true",
            "--generate_rows", str(self.budget.generate_rows),
        ]  # fmt: skip

    def _answers(self, file: Path, fold: str, split: str) -> list[str]:
        command = ["-m", "agir_hf.experiments.predict", "--model", str(file.parent)]
        command += ["--corpus", str(self.corpus), "--fold", fold, "--split", split]
        command += ["--output", str(file)]
        rows = self.budget.test_rows
        return command if rows is None else [*command, "--rows", str(rows)]


def recipes_folder(folder: Path | None = None) -> Path:
    """The recipes: those that are named, or those of the repository this package stands in.

    Raises:
        FileNotFoundError: there are none.
    """
    found = folder or Path(agir_hf.__file__).parents[1] / "recipes"
    if not (found / "sft_reasoning.py").is_file():
        raise FileNotFoundError(
            f"{found} holds no recipes (sft_reasoning.py): clone the repository and give its "
            "folder 'recipes'"
        )
    return found


def _with_starts(names: Sequence[str]) -> set[str]:
    """The names, and what they start from."""
    found = set(names)
    for name in names:
        start = CONFIGURATIONS[name].start
        found |= _with_starts([start]) if start else set()
    return found


def _unless_there(stage: Stage) -> None:
    if not stage.result.exists():
        run_stage(stage.command, stage.result)


def run_stage(command: list[str], result: Path, folder: Path | None = None) -> None:
    """Run a script on one core; checkpoints on the way go when it is done.

    Args:
        command: arguments of Python.
        result: file that is there when it is done; the log lies beside it, named as it is.
        folder: to run in; where this process runs by default.

    Raises:
        StageError: it failed, or left no result.
    """
    place = result.parent
    place.mkdir(parents=True, exist_ok=True)
    log = place / f"{result.stem}.log"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
    with log.open("w") as file:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    if done.returncode or not result.exists():
        last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no word"]
        raise StageError(f"{Path(command[0]).name} ended with {done.returncode}: {last[0]} ({log})")
    for checkpoint in place.glob("checkpoint-*"):
        shutil.rmtree(checkpoint, ignore_errors=True)
