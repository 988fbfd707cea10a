"""The paper's configurations: their recipes, the files of their settings, their starting points."""

import runpy
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import agir_hf

from .errors import ExperimentError

TOKENIZER = "vqvae"
DEFAULT_CONFIGS = "tiny"
ABLATION = "ablation"  # folder of the recipes with a folder of configurations for each size
START = "as_it_is"  # name of the row of the model that all stages start from
_CLASSES = ("ScriptArguments", "TrainingArguments", "SFTConfig", "DPOConfig", "ModelConfig")


@dataclass(frozen=True)
class Configuration:
    """How a row of the paper's second table is trained.

    Attributes:
        recipe: Name of the script, without suffix.
        settings: YAML file of the script, in the folder of the configurations.
        start: Configuration whose weights the training starts from. None starts from the model or
            T5 that the user names, or from scratch on the fold's tokenizer.
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
        "sft_generative", "generative.yaml", title="first stage alone (MotionGPT-style)"
    ),
    "reasoning_only": Configuration(
        "sft_reasoning", "reasoning_only.yaml", title="reasoning only (one stage)"
    ),
    "ego": Configuration("sft_reasoning", "ego.yaml", title="EGO"),
    "dpo": Configuration("dpo", "dpo.yaml", "reasoning_only", title="DPO"),
    "ego_dpo": Configuration("dpo", "ego_dpo.yaml", "ego", title="EGO + DPO"),
    "generative_reasoning": Configuration(
        "sft_reasoning",
        "generative_reasoning.yaml",
        "generative",
        title="generative + reasoning (two stages)",
    ),
    "shuffled": Configuration(
        "sft_reasoning",
        "reasoning_only.yaml",
        options=("--shuffle_scores", "true"),
        title="control: reasoning only, scores shuffled in training",
    ),
}
TOKENIZER_SETTINGS = Configuration("train_vqvae", "vqvae.yaml")


def with_starts(names: Sequence[str]) -> list[str]:
    """Return configurations and all that they start from, each after the one it starts from.

    Args:
        names: Names in `CONFIGURATIONS`.

    Returns:
        Names in the order of `CONFIGURATIONS`.
    """
    needed = set(names)
    for name in names:
        start = CONFIGURATIONS[name].start
        needed |= set(with_starts([start])) if start else set()
    return [name for name in CONFIGURATIONS if name in needed]


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


def configs_folder(configs: str | Path, recipes: Path) -> Path:
    """Return the folder of the configurations.

    Args:
        configs: Name of a folder of ``recipes/ablation``, such as "tiny", or the path of a folder.
        recipes: Folder of the recipes.

    Returns:
        Absolute path of a folder with a YAML file for each configuration and for the tokenizer.

    Raises:
        ExperimentError: There is no such folder, or a file is missing in it.
    """
    sizes = sorted(path.name for path in (recipes / ABLATION).glob("*") if path.is_dir())
    folder = recipes / ABLATION / configs if str(configs) in sizes else Path(configs)
    if not folder.is_dir():
        raise ExperimentError(
            f"--configs is {configs}, expected a folder or one of {', '.join(sizes)}: name another"
        )
    needed = [TOKENIZER_SETTINGS, *CONFIGURATIONS.values()]
    missing = sorted({row.settings for row in needed if not (folder / row.settings).is_file()})
    if missing:
        raise ExperimentError(
            f"{folder} has no {', '.join(missing)}: copy {recipes / ABLATION / DEFAULT_CONFIGS} "
            "and change the copy"
        )
    return folder.resolve()


def read_settings(path: Path) -> dict[str, Any]:
    """Read a YAML file of a recipe.

    Args:
        path: The file.

    Returns:
        Name of each option → value.

    Raises:
        ExperimentError: The file is not a YAML mapping.
    """
    from ..training.script_arguments import read_config

    try:
        return read_config([path])
    except ValueError as error:
        raise ExperimentError(f"{error} ({path})") from error


def check_settings(folder: Path, recipes: Path) -> None:
    """Check that every option of the configurations is one of its recipe, before any training.

    Args:
        folder: Folder of the configurations.
        recipes: Folder of the recipes.

    Raises:
        ExperimentError: A file has an unknown key, or is not a YAML mapping.
    """
    from ..training.script_arguments import nearest

    rows = {row.settings: row for row in (TOKENIZER_SETTINGS, *CONFIGURATIONS.values())}
    for row in rows.values():
        names = option_names(recipes / f"{row.recipe}.py")
        for key in read_settings(folder / row.settings):
            if key not in names:
                raise ExperimentError(
                    f"{folder / row.settings} has the unknown key {key!r}{nearest(key, names)}"
                )


def option_names(recipe: Path) -> set[str]:
    """Return the names of the options of a recipe, without running it.

    Args:
        recipe: Script that defines or imports its classes of options.

    Returns:
        Names as in a YAML file.
    """
    from ..training.script_arguments import DeviceArguments

    defined = runpy.run_path(str(recipe))
    classes = [DeviceArguments, *(defined[name] for name in _CLASSES if name in defined)]
    return {"env"}.union(*(option.__dataclass_fields__ for option in classes))
