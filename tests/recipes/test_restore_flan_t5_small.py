"""A pre-trained Flan-T5-small from a package, and a short training from it."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from agir_hf.recipes import restore_flan_t5_small as recipe
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoProcessor,
    AutoTokenizer,
    T5ForConditionalGeneration,
)

from agir_hf.corpus.loading import load_corpus

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_matrices_of_a_stack_are_named_in_the_order_of_the_file():
    encoder, decoder = recipe.matrix_names("encoder"), recipe.matrix_names("decoder")
    assert len(encoder) == 56 and len(decoder) == 89
    assert encoder[4] == "encoder.block.0.layer.1.DenseReluDense.wi_0.weight"
    assert decoder[7] == "decoder.block.0.layer.1.EncDecAttention.o.weight"
    assert decoder[-1] == "lm_head.weight"


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(recipe, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="traceforge_title_model is not installed: pip install"):
        recipe.package_folder()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"has no encoder.onnx: pip install onnx"):
        recipe.restore(tmp_path)


@pytest.fixture(scope="module")
def restored(tmp_path_factory):
    for name in ("onnx", recipe.PACKAGE):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"no package {name}: {recipe.INSTALL}")
    folder = tmp_path_factory.mktemp("t5") / "flan_t5_small"
    command = [sys.executable, "recipes/restore_flan_t5_small.py", "--output", folder]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    return folder


@pytest.mark.slow
def test_the_restored_model_still_translates(restored):
    model = T5ForConditionalGeneration.from_pretrained(restored)
    tokenizer = AutoTokenizer.from_pretrained(restored)
    assert model.num_parameters() == 76_961_152 and len(tokenizer) == 32_100
    text = tokenizer("translate English to German: The house is wonderful.", return_tensors="pt")
    answer = model.generate(**text, max_new_tokens=20)
    assert tokenizer.decode(answer[0], skip_special_tokens=True).endswith("wunderbar.")


@pytest.mark.slow
def test_ten_steps_from_the_restored_model_give_a_model_that_assesses(
    restored, tmp_path, corpus, vqvae_folder, run_recipe, capsys
):
    settings = (REPOSITORY / "recipes/reasoning/flan_t5_small.yaml").read_text("utf-8")
    lines = [line for line in settings.splitlines() if not line.startswith("model:")]
    (tmp_path / "one_stage.yaml").write_text("\n".join(lines), encoding="utf-8")
    run_recipe(
        "sft_reasoning.py", config=tmp_path / "one_stage.yaml", t5=restored, vqvae=vqvae_folder,
        corpus=corpus, use_cpu="true", max_steps=10, per_device_train_batch_size=4,
        save_strategy="no", read_mirror_image="false", output_dir=tmp_path / "out",
        warmup_steps=1, logging_steps=1, disable_tqdm="true",
    )  # fmt: skip
    losses = [
        float(value) for value in re.findall(r"'loss_lm': '([\d.]+)'", capsys.readouterr().out)
    ]
    assert len(losses) == 10 and losses[-1] < losses[0] / 2
    model = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "out")
    processor = AutoProcessor.from_pretrained(tmp_path / "out")
    motion = load_corpus(str(corpus), "motion", ["test"])["test"]["motion"][0]
    inputs = processor(motion=[motion], text=["Assess the gait: <motion>"])
    torch.manual_seed(0)
    answers = model.generate_assessment(**inputs, max_new_tokens=60)
    assessment = processor.decode_assessments(answers)[0]
    assert assessment.reasoning
    assert abs(sum(assessment.probabilities) - 1) < 1e-5
