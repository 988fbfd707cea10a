"""Configurations of the tables: recipes, files of settings, errors in them."""

import shutil
from pathlib import Path

import pytest

import agir_hf
from agir_hf.experiments import configurations
from agir_hf.experiments.configurations import (
    CONFIGURATIONS,
    TOKENIZER_SETTINGS,
    check_settings,
    configs_folder,
    recipes_folder,
    with_starts,
)
from agir_hf.experiments.errors import ExperimentError

SIZES = sorted(path.name for path in (recipes_folder() / "ablation").iterdir() if path.is_dir())


@pytest.mark.parametrize("size", SIZES)
def test_every_configuration_has_a_recipe_and_settings(size):
    folder = configs_folder(size, recipes_folder())
    for configuration in (TOKENIZER_SETTINGS, *CONFIGURATIONS.values()):
        assert (recipes_folder() / f"{configuration.recipe}.py").is_file()
        assert (folder / configuration.settings).is_file()
        assert configuration.start is None or configuration.start in CONFIGURATIONS
    assert all(row.title for row in CONFIGURATIONS.values())


@pytest.mark.parametrize("size", SIZES)
def test_every_key_of_the_configurations_is_an_option(size):
    check_settings(configs_folder(size, recipes_folder()), recipes_folder())


def test_settings_of_the_first_stages_are_those_of_the_embedded_checkpoint():
    from agir_hf.experiments.configurations import read_settings

    tiny = configs_folder("tiny", recipes_folder())
    for name, own in (("vqvae", "vqvae"), ("generative", "generative")):
        settings = read_settings(tiny / f"{name}.yaml")
        whole = read_settings(recipes_folder() / own / "config_tiny.yaml")
        assert {**settings, "output_dir": ""} == {**whole, "output_dir": ""}


@pytest.fixture
def configs(tmp_path):
    """A user's copy of the tiny configurations."""
    return Path(shutil.copytree(recipes_folder() / "ablation/tiny", tmp_path / "mine"))


def test_an_unknown_key_is_named_with_its_file_and_the_nearest_option(configs):
    with (configs / "ego.yaml").open("a") as file:
        file.write("clas_weight: 1.0\n")
    with pytest.raises(ExperimentError, match=r"ego.yaml has the unknown key 'clas_weight': did "
                       r"you mean class_weight\?"):  # fmt: skip
        check_settings(configs, recipes_folder())


def test_a_file_that_is_not_yaml_or_missing_is_named(configs):
    (configs / "dpo.yaml").write_text("- a\n- b\n")
    with pytest.raises(ExperimentError, match="dpo.yaml has no options, expected lines such as"):
        check_settings(configs, recipes_folder())
    (configs / "dpo.yaml").unlink()
    with pytest.raises(ExperimentError, match="mine has no dpo.yaml: copy .*tiny"):
        configs_folder(configs, recipes_folder())
    with pytest.raises(ExperimentError, match="--configs is huge, expected a folder or one of .*"):
        configs_folder("huge", recipes_folder())


def test_configurations_come_after_those_they_start_from():
    assert with_starts(["ego_dpo"]) == ["ego", "ego_dpo"]
    assert with_starts(["generative_reasoning", "dpo"]) == [
        "generative", "reasoning_only", "dpo", "generative_reasoning"
    ]  # fmt: skip


def test_recipes_of_an_installed_wheel_are_found(tmp_path, monkeypatch):
    (tmp_path / "sft_reasoning.py").touch()
    packages = {"agir_hf.recipes": tmp_path}
    monkeypatch.setattr(configurations, "files", packages.__getitem__)
    assert recipes_folder() == tmp_path.resolve()


def test_recipes_of_a_clone_that_is_not_installed_are_found(monkeypatch):
    def files(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(configurations, "files", files)
    assert recipes_folder() == Path(agir_hf.__file__).resolve().parents[1] / "recipes"


def test_missing_recipes_are_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no recipes .*: clone the repository"):
        recipes_folder(tmp_path)
