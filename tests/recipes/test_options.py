"""Options that a recipe refuses before it reads a corpus or writes a file."""

import pytest
import torch

RECIPES = ("train_vqvae.py", "sft_generative.py", "sft_reasoning.py", "dpo.py")
no_gpu = pytest.mark.skipif(torch.accelerator.is_available(), reason="needs a machine without GPU")


@pytest.fixture
def refused(run_recipe, tmp_path, capsys, monkeypatch):
    """Function that runs a recipe with a YAML text, and returns its error message."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def refused(recipe, text, **options):
        (tmp_path / "config.yaml").write_text(f"corpus: none\nmodel: none\n{text}")
        if recipe == "train_vqvae.py":
            (tmp_path / "config.yaml").write_text(f"corpus: none\n{text}")
        with pytest.raises(SystemExit) as stopped:
            run_recipe(recipe, config=tmp_path / "config.yaml", output_dir="out", **options)
        assert stopped.value.code == 2 and not (tmp_path / "out").exists()
        lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
        assert len(lines) == 1
        return lines[0]

    return refused


@pytest.mark.parametrize("recipe", RECIPES)
def test_an_unknown_key(refused, recipe):
    message = refused(recipe, "gradient_accumulation_step: 2")
    assert message == (
        "error: the configuration has the unknown key 'gradient_accumulation_step': did you mean "
        "gradient_accumulation_steps? (--help lists all options)"
    )


@pytest.mark.parametrize("recipe", RECIPES)
def test_an_unknown_option(refused, recipe):
    message = refused(recipe, "seed: 0", learning_rat_e="1e-4")
    assert message.startswith("error: the option --learning_rat_e is unknown: did you mean --lear")


@no_gpu
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_gpu_that_is_absent(refused, recipe):
    message = refused(recipe, "use_cpu: true", device="cuda:0")
    assert message.startswith("error: device is 'cuda:0', but torch does not find this GPU: pass")


@no_gpu
@pytest.mark.parametrize("recipe", RECIPES)
def test_gpus_of_a_launcher_that_are_absent(refused, recipe, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert refused(recipe, "seed: 0").startswith("error: CUDA_VISIBLE_DEVICES is 0, but torch find")
