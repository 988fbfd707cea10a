"""The steps from a download of the Shida data set to both tables of the paper, as data.

A step is a command of this package or one of its recipes, which a user can also run alone, or a
function that writes a page. `reproduce` runs the steps; a step is finished when its marker exists.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .configurations import check_settings, configs_folder, recipes_folder
from .errors import ExperimentError
from .reproduce_steps import Step, all_steps
from .shida_download import Download

PAPER_CONFIGS, SMALL_CONFIGS = "flan_t5_base", "tiny"


@dataclass(frozen=True)
class ReproduceOptions:
    """Options of `agir reproduce`.

    Attributes:
        download: Folder of the Shida data set.
        output: Folder to write.
        motiongpt: MotionGPT checkpoint that all stages start from. None trains a tokenizer first.
        mean: `.npy` file with the mean of the features that MotionGPT was trained with, unless the
            checkpoint has it.
        std: `.npy` file with their standard deviation, unless the checkpoint has it.
        t5: Folder or Hub name of the T5 to start from; with `motiongpt`, of the T5 that it started
            from. None takes that of the configurations.
        configs: Folder of the settings of all stages, or its name in ``recipes/ablation``. None
            takes the paper's size where there is a T5, MotionGPT or a GPU, otherwise "tiny".
        device: Device of training and prediction. None takes a GPU if there is one.
        precision: "fp32", "bf16" or "fp16". None takes that of the configurations.
        fit: Method from markers to joints, "body" or "centres". None takes that of the build.
        body: File of the body model that is fitted. None takes the open body.
        seeds: Seeds of the trainings of the tables; the first is that of the final model.
        scheme: Folds of the tables, "stratified" or "leave_one_subject_out".
        encoder: Encoder for BERTScore, name or folder. None leaves BERTScore out.
        tokenizer: Local folder of the tokenizer of `t5`, for the conversion of MotionGPT.
        workers: Processes that measure walks, and trainings of the tables at the same
            time. None: 2, and one on each GPU.
        smoke: Train tiny networks for a few steps, to try the command.
    """

    download: Path
    output: Path
    motiongpt: Path | None = None
    mean: Path | None = None
    std: Path | None = None
    t5: str | None = None
    configs: str | None = None
    device: str | None = None
    precision: str | None = None
    fit: str | None = None
    body: Path | None = None
    seeds: Sequence[int] = (0,)
    scheme: str | None = None
    encoder: str | None = None
    tokenizer: str | None = None
    workers: int | None = None
    smoke: bool = False


@dataclass(frozen=True)
class ReproducePlan:
    """Everything that a reproduction runs, and on what.

    Attributes:
        options: Options of the command, with absolute paths.
        download: Checked download.
        recipes: Folder of the recipes, absolute.
        configs: Folder of the settings of all stages, absolute.
        steps: Steps, each after those it uses.
    """

    options: ReproduceOptions
    download: Download
    recipes: Path
    configs: Path
    steps: tuple[Step, ...] = ()

    @property
    def output(self) -> Path:
        """Folder of all results, absolute."""
        return self.options.output

    def step(self, name: str) -> Step:
        """Return the step with a name."""
        return next(step for step in self.steps if step.name == name)

    def settings(self) -> dict[str, object]:
        """Return what the results depend on, as JSON values; device and workers are not part."""
        options = self.options
        return {
            "SHIDA_FOLDER": self.download.digest,
            "--motiongpt": _identity(options.motiongpt),
            "--mean": _identity(options.mean),
            "--std": _identity(options.std),
            "--t5": options.t5,
            "--configs": f"{self.configs.name} ({_content_digest(self.configs)})",
            "--precision": options.precision,
            "--fit": options.fit,
            "--body": _identity(options.body),
            "--seeds": list(options.seeds),
            "--scheme": options.scheme,
            "--encoder": options.encoder,
            "--smoke": options.smoke,
        }


def _identity(path: Path | None) -> str | None:
    """Name and size of a file, so that another file of the same name is noticed."""
    return None if path is None else f"{path.name} ({path.stat().st_size} bytes)"


def _content_digest(folder: Path) -> str:
    """Digest of the settings files of a folder."""
    content = b"".join(path.read_bytes() for path in sorted(folder.glob("*.yaml")))
    return hashlib.sha256(content).hexdigest()[:12]


def make_plan(
    options: ReproduceOptions, download: Download, pages: dict[str, Callable], gpu: bool
) -> ReproducePlan:
    """Choose the configurations, check their settings, and list the steps.

    Args:
        options: Options of the command, with absolute paths.
        download: Checked download.
        pages: Functions of the steps `COMPARISON` and `MODEL`.
        gpu: Whether the device is a GPU, which chooses the configurations where none are named.

    Returns:
        The plan.

    Raises:
        ExperimentError: The recipes or configurations are missing, or a setting is unknown.
    """
    try:
        recipes = recipes_folder()
    except FileNotFoundError as error:
        raise ExperimentError(str(error)) from error
    configs = configs_folder(chosen_configs(options, gpu), recipes)
    check_settings(configs, recipes)
    plan = ReproducePlan(options, download, recipes, configs)
    return replace(plan, steps=all_steps(plan, pages))


def chosen_configs(options: ReproduceOptions, gpu: bool) -> str:
    """Return the configurations that the user named, or those that fit the other options.

    Args:
        options: Options of the command.
        gpu: Whether the device is a GPU.

    Returns:
        A folder, or the name of one in ``recipes/ablation``.
    """
    if options.configs:
        return options.configs
    if options.smoke:
        return SMALL_CONFIGS
    return PAPER_CONFIGS if options.t5 or options.motiongpt or gpu else SMALL_CONFIGS
