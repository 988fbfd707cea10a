"""Devices, budget and corpus of a plan."""

import sys
from pathlib import Path

import pytest
import torch

from agir_hf.experiments import plan as plan_module
from agir_hf.experiments.configurations import configs_folder, recipes_folder
from agir_hf.experiments.cross_validation import SMOKE
from agir_hf.experiments.errors import ExperimentError
from agir_hf.experiments.plan import TableOptions, _budget, _devices

TINY = configs_folder("tiny", recipes_folder())
LARGE = configs_folder("flan_t5_base", recipes_folder())


def devices(configs=TINY, **options):
    return _devices(TableOptions("corpus", Path("out"), **options), configs)


@pytest.fixture
def two_gpus(monkeypatch):
    """A machine with two GPUs, of which only the names are used."""

    def resolve(name=None):
        return torch.device("cuda" if name is None else name)

    monkeypatch.setattr(plan_module, "resolve_device", resolve)


def test_the_tiny_configurations_train_two_at_a_time_on_the_cpu(two_gpus):
    assert devices() == ("cpu", "cpu")
    assert devices(workers=1) == ("cpu",)
    assert devices(LARGE, device="cpu", workers=3) == ("cpu",) * 3


def test_others_train_on_one_gpu_or_on_those_that_are_named(two_gpus):
    assert devices(LARGE) == ("cuda:0",)  # one, also where there are several
    assert devices(device="cuda") == ("cuda:0",)
    assert devices(LARGE, devices=("cuda:0", "cuda:1")) == ("cuda:0", "cuda:1")
    four = devices(LARGE, devices=("cuda:0", "cuda:1"), workers=4)
    assert four == ("cuda:0", "cuda:1", "cuda:0", "cuda:1")


def test_unknown_precisions_and_mixed_devices_are_errors(two_gpus):
    with pytest.raises(ValueError, match="precision is 'int8', expected one of fp32"):
        devices(precision="int8")
    with pytest.raises(ExperimentError, match="expected devices of one type"):
        devices(devices=("cpu", "cuda:1"))


def test_steps_default_to_those_of_the_configurations():
    def budget(configs, **options):
        return _budget(TableOptions("c", Path("out"), **options), configs, recipes_folder())

    assert budget(TINY).language_steps == 300 and budget(TINY).tokenizer_steps == 800
    assert budget(TINY, steps=7).language_steps == 7
    assert budget(LARGE).language_steps is None
    assert budget(LARGE, steps=7).language_steps == 7
    assert budget(LARGE, smoke=True) is budget(TINY, smoke=True) is SMOKE


PLAN = """
import sys
from pathlib import Path
from agir_hf.experiments.errors import ExperimentError
from agir_hf.experiments.plan import TableOptions, make_plan
name, absent, output = sys.argv[1:]
plan = make_plan(TableOptions(name, Path(output), smoke=True))
plan.cross.run(plan.stages(["generative"])[:2], ["cpu"], lambda stage: None)
print(plan.cross.corpus, len(plan.walks.ids), *plan.folds)
try:
    make_plan(TableOptions(absent, Path(output)))
except ExperimentError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_corpus_on_the_hub_is_planned_and_trained_on(hub, run_on_hub, tmp_path, simulated):
    corpus = simulated.corpus(tmp_path / "corpus", subjects=8)
    content = {
        path.relative_to(corpus).as_posix(): path.read_bytes()
        for path in corpus.rglob("*")
        if path.is_file() and "work" not in path.relative_to(corpus).parts
    }
    hub.repositories["dataset", "me/gait"] = [("1" * 40, content)]
    out = tmp_path / "out"
    run = run_on_hub(sys.executable, "-c", PLAN, "me/gait", "me/absent", str(out))
    assert run.returncode == 0, run.stderr
    *_, planned, error = run.stdout.splitlines()
    assert planned.startswith("me/gait 1") and planned.endswith("stratified/fold0 stratified/fold1")
    assert error.startswith("me/absent is no folder, and no data set of this name")
    for name in ("vqvae", "generative"):
        assert (out / "trained/fold0/seed_0" / name / "model.safetensors").is_file()
