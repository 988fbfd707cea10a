"""The paper's configurations, trained with the recipes on every fold of a corpus.

Each fold and seed consists of stages, one process each: the motion tokenizer, then every
configuration after the one whose weights it starts from, then its predictions for the test
subjects and for the validation subjects, on which its temperature is fitted. Finished stages are
not run again, and an interrupted training resumes from its last checkpoint.
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..corpus.loading import ALL_SUBJECTS
from ..corpus.splits import SPLITS_FILE
from ..utils.files import write_text_atomic
from .configurations import (
    CONFIGURATIONS,
    START,
    TOKENIZER,
    TOKENIZER_SETTINGS,
    Configuration,
    read_settings,
    with_starts,
)
from .stages import Stage, run_stages
from .training_length import updates_of

SETTINGS_FILE = "trained.json"
TEST_PREDICTIONS, VALIDATION_PREDICTIONS = "answers.json", "validation.json"
WEIGHTS = "model.safetensors"
TWO_STAGES = "generative_reasoning"
# Schemes whose folds have names that no other scheme uses.
_OWN_NAMES = ("stratified", "leave_one_subject_out")


@dataclass(frozen=True)
class TrainingBudget:
    """Length of the trainings; all other settings are in the YAML files.

    Every configuration gets the same number of supervised updates: the two stages of the two-stage
    configuration share them. None takes the number of updates from the YAML file of the stage.

    Attributes:
        tokenizer_steps: Updates of the motion tokenizer.
        language_steps: Updates of the supervised language stages of a configuration.
        preference_steps: Updates of a preference stage, after the supervised stages.
        evaluations: Evaluations by generation in a stage; the checkpoint with the best CIDEr on
            the validation walks is kept. The other stages write as many checkpoints.
        generate_rows: Validation walks of each of these evaluations.
        test_rows: Walks of a split that each fold's models predict. None takes all.
        options: Recipe → further options of its stages, such as smaller networks.
    """

    tokenizer_steps: int | None = 800
    language_steps: int | None = 300
    preference_steps: int | None = 36
    evaluations: int = 3
    generate_rows: int = 48
    test_rows: int | None = None
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)


_TINY_NETWORK = (
    "--d_model", "32", "--d_ff", "64", "--num_layers", "1", "--num_heads", "2",
    "--gradient_accumulation_steps", "1",
)  # fmt: skip
SMOKE = TrainingBudget(
    tokenizer_steps=4,
    language_steps=4,
    preference_steps=2,
    evaluations=1,
    generate_rows=4,
    test_rows=6,
    options={
        "train_vqvae": ("--width", "24", "--code_dim", "16", "--num_residual_blocks", "1"),
        **{name: _TINY_NETWORK for name in ("sft_generative", "sft_reasoning")},
    },
)


@dataclass(frozen=True)
class StartingPoint:
    """What the trainings start from; folders are absolute paths.

    Attributes:
        model: Folder or Hub name of a complete model. Every configuration starts from it, with its
            tokenizer, and it is judged as it is in a further row.
        t5: Folder or Hub name of a T5, for configurations that otherwise start from scratch.
        vqvae: Folder or Hub name of a motion tokenizer. None trains one on every fold.
        vqvae_model: Complete model whose tokenizer is in `vqvae`; the linear probe judges it as it
            is.
    """

    model: str | None = None
    t5: str | None = None
    vqvae: str | None = None
    vqvae_model: str | None = None


@dataclass(frozen=True)
class CrossValidation:
    """Trainings of a corpus and their folders.

    Attributes:
        corpus: Folder of the corpus, absolute, or its name on the Hub.
        folder: Folder of all trainings (`fold0/seed_0/reasoning_only` and so on), absolute.
            Stages run in it.
        recipes: Folder of the recipes, absolute.
        configs: Folder of the configurations, absolute.
        budget: Length of the trainings.
        start: What the trainings start from.
        precision: "fp32", "bf16" or "fp16" for language stages and predictions. None takes that of
            the YAML files and of the trained models.
    """

    corpus: str
    folder: Path
    recipes: Path
    configs: Path
    budget: TrainingBudget = TrainingBudget()
    start: StartingPoint = StartingPoint()
    precision: str | None = None

    def lock_config(self, splits: bytes) -> None:
        """Write the settings into the folder, or compare them with those of earlier trainings.

        Args:
            splits: Content of the corpus's file of splits.

        Raises:
            ValueError: The folder holds trainings of another corpus or with other settings.
        """
        files = {path.name: _digest(path.read_bytes()) for path in self.configs.glob("*.yaml")}
        settings = {
            "corpus": self.corpus,
            SPLITS_FILE: _digest(splits),
            "configs": dict(sorted(files.items())),
            **asdict(self.start),
            "precision": self.precision,
            **asdict(self.budget),
        }
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
            name: Name of a configuration, `TOKENIZER` or `START`.
            fold: Name of the fold, such as "stratified/fold0".
            seed: Seed of the training.

        Returns:
            Folder of model, predictions and logs; it need not exist yet.
        """
        scheme, _, name_in_scheme = fold.partition("/")
        label = name_in_scheme if scheme in _OWN_NAMES else fold
        plain = re.sub(r"[^A-Za-z0-9_.-]", "_", label)
        if plain != label:  # the name of a subject may have characters that folders cannot have
            plain += f"-{_digest(label.encode())[:6]}"
        return self.folder / plain / f"seed_{seed}" / name

    @property
    def trains_tokenizer(self) -> bool:
        """Whether a motion tokenizer is trained on every fold."""
        return not (self.start.model or self.start.vqvae)

    def stages(self, names: Sequence[str], fold: str, seed: int) -> list[Stage]:
        """List the stages of a fold and seed, each after those it needs.

        Args:
            names: Configurations that are evaluated, or `START`. Those they start from are trained
                too.
            fold: Name of the fold; `ALL_SUBJECTS` has no test subjects, so nothing is predicted.
            seed: Seed of the trainings.

        Returns:
            Stages in an order in which they can run.
        """
        stages, codes = [], None
        configurations = with_starts([name for name in names if name != START])
        if configurations and self.trains_tokenizer:
            tokenizer = self.output_folder(TOKENIZER, fold, seed)
            codes = tokenizer / WEIGHTS
            stages = [Stage(codes, self._tokenizer_command(tokenizer, fold, seed))]
        for name in configurations:
            folder, start = self.output_folder(name, fold, seed), CONFIGURATIONS[name].start
            weights = folder / WEIGHTS
            before = self.output_folder(start, fold, seed) / WEIGHTS if start else codes
            stages.append(Stage(weights, self._training_command(name, fold, seed), before))
            if name in names and name != "generative":
                stages += self._predictions(folder, str(folder), fold, weights)
        if START in names:
            folder = self.output_folder(START, fold, seed)
            stages += self._predictions(folder, self.start.model, fold)
        return stages

    def run(
        self,
        stages: Sequence[Stage],
        devices: Sequence[str | None],
        on_finished: Callable[[Stage], None],
    ) -> None:
        """Run stages in the folder of the trainings, see `stages.run_stages`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        run_stages(stages, devices, on_finished, self.folder)

    def updates(self, name: str, fold: str) -> int:
        """Return the updates of a stage.

        Args:
            name: Name of a configuration, or `TOKENIZER`.
            fold: Name of the fold; it matters where the YAML file states epochs.

        Returns:
            Number of updates, at least 1.
        """
        row, budget = self._row(name), self.budget
        if name == TOKENIZER:
            steps = budget.tokenizer_steps
        else:
            steps = budget.preference_steps if row.preference else budget.language_steps
        if steps is None:
            return updates_of(self.settings(name), row.recipe, self.corpus, fold)
        if name in ("generative", TWO_STAGES):
            steps = steps // 2 if name == "generative" else steps - steps // 2
        return max(1, steps)

    def settings(self, name: str) -> dict:
        """Return the options in the YAML file of a configuration, or of `TOKENIZER`."""
        return read_settings(self.configs / self._row(name).settings)

    @staticmethod
    def _row(name: str) -> Configuration:
        return TOKENIZER_SETTINGS if name == TOKENIZER else CONFIGURATIONS[name]

    def _common(self, name: str, folder: Path, fold: str, seed: int) -> list[str]:
        """Words of every training: it saves checkpoints and resumes from the last one."""
        row, steps = self._row(name), self.updates(name, fold)
        every = str(max(1, steps // self.budget.evaluations))
        return [
            str(self.recipes / f"{row.recipe}.py"), "--config", str(self.configs / row.settings),
            "--corpus", self.corpus, "--fold", fold, "--output_dir", str(folder),
            "--seed", str(seed), *self.budget.options.get(row.recipe, ()), *row.options,
            "--max_steps", str(steps), "--eval_strategy", "no", "--save_strategy", "steps",
            "--save_steps", every, "--save_total_limit", "1", "--resume_from_checkpoint", "auto",
        ]  # fmt: skip

    def _tokenizer_command(self, folder: Path, fold: str, seed: int) -> list[str]:
        return self._common(TOKENIZER, folder, fold, seed)

    def _training_command(self, name: str, fold: str, seed: int) -> list[str]:
        row, folder = CONFIGURATIONS[name], self.output_folder(name, fold, seed)
        command = self._common(name, folder, fold, seed) + self._start_words(name, fold, seed)
        if self.precision:
            for kind in ("bf16", "fp16"):
                command += [f"--{kind}", str(self.precision == kind).lower()]
        if row.recipe == "sft_generative":
            return command
        every = command[command.index("--save_steps") + 1]
        command[command.index("--eval_strategy") + 1] = "steps"
        return [
            *command, "--eval_steps", every, "--load_best_model_at_end", "true",
            "--metric_for_best_model", "cider", "--greater_is_better", "true",
            "--generate", "true", "--generate_rows", str(self.budget.generate_rows),
        ]  # fmt: skip

    def _start_words(self, name: str, fold: str, seed: int) -> list[str]:
        """Words that name the model, or the tokenizer and T5, that a training starts from."""
        start, settings = CONFIGURATIONS[name].start, self.settings(name)
        if start or self.start.model:
            model = self.output_folder(start, fold, seed) if start else self.start.model
            return ["--model", str(model)]
        vqvae = self.start.vqvae or str(self.output_folder(TOKENIZER, fold, seed))
        words = ["--vqvae", vqvae]
        if settings.get("model"):  # that of the file is for use without the tables
            words += ["--model", ""]
        is_smoke = self.budget is SMOKE
        if self.start.t5 or (is_smoke and settings.get("t5")):  # a smoke run is from scratch
            words += ["--t5", self.start.t5 or ""]
        return words

    def _predictions(
        self, folder: Path, model: str, fold: str, after: Path | None = None
    ) -> list[Stage]:
        """Stages that predict the validation walks and the test walks of a fold."""
        if fold == ALL_SUBJECTS:
            return []
        stages = []
        for file, split in ((VALIDATION_PREDICTIONS, "validation"), (TEST_PREDICTIONS, "test")):
            command = ["-m", "agir_hf.experiments.predict", "--model", model]
            command += ["--corpus", self.corpus, "--fold", fold, "--split", split]
            command += ["--output", str(folder / file)]
            rows = self.budget.test_rows
            command += [] if rows is None else ["--rows", str(rows)]
            command += ["--precision", self.precision] if self.precision else []
            stages.append(Stage(folder / file, command, after))
        return stages


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
