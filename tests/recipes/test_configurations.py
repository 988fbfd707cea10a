"""YAML files of the recipes: known options, the device, and what ablations have in common."""

import runpy
from functools import cache
from pathlib import Path

import pytest
import yaml
from transformers import TrainingArguments
from trl import DPOConfig, ModelConfig, SFTConfig, TrlParser

from agir_hf.training.script_arguments import DeviceArguments, check_names

ROOT = Path(__file__).resolve().parents[2] / "recipes"
CLASSES = {"train_vqvae": (TrainingArguments,), "dpo": (DPOConfig, ModelConfig)}
FILES = sorted(path for path in ROOT.rglob("*.yaml") if path.parent.name != "accelerate")
FOLDERS = sorted(path for path in (ROOT / "ablation").iterdir() if path.is_dir())
PAPER_SIZE = [path for path in FILES if "flan_t5_base" in str(path) or path.stem == "motiongpt"]
MEMORY_KEYS = {
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "per_device_eval_batch_size",
}


@cache
def settings(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def parser_of(recipe):
    script = runpy.run_path(str(ROOT / f"{recipe}.py"))["ScriptArguments"]
    classes = CLASSES.get(recipe, (SFTConfig, ModelConfig))
    return TrlParser((script, *classes, DeviceArguments))


@cache
def recipe_of(path):
    return runpy.run_path(str(ROOT / "check_size.py"))["recipe_of"](path)


def name(path):
    return path.relative_to(ROOT).with_suffix("").as_posix()


def batch(path):
    values = settings(path)
    return values["per_device_train_batch_size"] * values.get("gradient_accumulation_steps", 1)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_key_is_an_option_of_its_recipe_with_a_value_of_its_type(path):
    parser = parser_of(recipe_of(path))
    check_names(parser, settings(path))
    types = {action.dest: action.type for action in parser._actions}
    for key, value in settings(path).items():
        if types[key] in (int, float) and value is not None:
            assert types[key](value) == value and not isinstance(value, (bool, str)), key


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_tiny_configurations_pin_the_cpu(path):
    tiny = settings(path)["output_dir"].startswith(("runs/tiny", "runs/varied"))
    assert tiny or not ({"use_cpu", "device"} & set(settings(path)))


@pytest.mark.parametrize("path", PAPER_SIZE, ids=name)
def test_configurations_of_the_size_of_the_paper_have_its_batch_and_precision(path):
    values, tokenizer = settings(path), recipe_of(path) == "train_vqvae"
    assert batch(path) == (256 if tokenizer else 16)
    assert not tokenizer or (values["learning_rate"], values["adam_beta2"]) == (2e-4, 0.99)
    assert tokenizer or (values["bf16"] and values["gradient_checkpointing"])
    rate = {"sft_generative": 2e-4, "sft_reasoning": 1e-4}.get(recipe_of(path))
    assert rate is None or values.get("use_peft") or values["learning_rate"] == rate


def test_there_is_a_configuration_of_the_size_of_the_paper_for_every_stage_and_memory():
    assert {name(path) for path in PAPER_SIZE if path.parent.parent == ROOT} == {
        "vqvae/motiongpt",
        *(
            f"{stage}/flan_t5_base{variant}"
            for stage in ("generative", "reasoning", "dpo")
            for variant in ("", "_16gb", "_lora")
        ),
    }
    assert {"flan_t5_base", "flan_t5_base_16gb", "flan_t5_base_lora"} <= {p.name for p in FOLDERS}


@pytest.mark.parametrize("path", [p for p in PAPER_SIZE if "16gb" in str(p)], ids=name)
def test_configurations_for_less_memory_differ_in_the_micro_batch_only(path):
    values, large = settings(path), settings(Path(str(path).replace("_16gb", "")))
    assert {key for key in large if values[key] != large[key]} <= MEMORY_KEYS
    assert set(values) == set(large)
    if recipe_of(path) != "train_vqvae":
        assert values["per_device_train_batch_size"] < large["per_device_train_batch_size"]


@pytest.mark.parametrize("folder", [p for p in FOLDERS if "flan_t5_base" in p.name], ids=name)
def test_all_ablations_have_the_same_updates_and_the_same_weights(folder):
    rows = {path.stem: settings(path) for path in folder.glob("*.yaml")}
    stages = {"reasoning_only", "ego", "generative", "generative_reasoning", "dpo", "ego_dpo"}
    assert set(rows) == stages | {"vqvae"}
    updates = {row: values["max_steps"] for row, values in rows.items()}
    assert updates["generative"] + updates["generative_reasoning"] == updates["reasoning_only"]
    assert updates["ego"] == updates["reasoning_only"] and updates["dpo"] == updates["ego_dpo"]
    for key in ("format_weight", "class_weight", "balance_scores", "metric_for_best_model"):
        assert len({rows[row].get(key) for row in stages - {"generative"}}) == 1, key
    pairs = (("reasoning_only", "ego"), ("reasoning_only", "generative_reasoning"), ("dpo",) * 2)
    own = {"output_dir", "model", "vqvae", "t5", "max_steps", "warmup_steps"}
    own |= {"embedded_weight", "embedded_share"}
    for first, second in (*pairs[:2], ("dpo", "ego_dpo")):
        keys = (set(rows[first]) | set(rows[second])) - own
        assert all(rows[first].get(key) == rows[second].get(key) for key in keys)


def test_preferences_with_adapters_train_the_attention_only():
    for path in PAPER_SIZE:
        if recipe_of(path) == "dpo" and settings(path).get("use_peft"):
            assert settings(path)["lora_target_modules"] == ["q", "k", "v", "o"]
