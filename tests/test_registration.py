"""The Auto classes load our models in every order of imports; the command line starts quickly."""

import subprocess
import sys
from pathlib import Path

import pytest

import agir_hf
from agir_hf.utils.parallel import SKIP_REGISTRATION, in_processes

LOAD = """
config = AutoConfig.for_model("agir_motion_vqvae", width=8, code_dim=4, codebook_size=8)
assert type(AutoModel.from_config(config)).__module__ == "agir_hf.modeling_motion_vqvae"
"""
ORDERS = {
    "agir_hf first": "import agir_hf\nfrom transformers import AutoConfig, AutoModel\n" + LOAD,
    "transformers first": "from transformers import AutoConfig, AutoModel\nimport agir_hf\n" + LOAD,
    "transformers as a module": (
        "import agir_hf, transformers\nAutoModel = transformers.AutoModel\n"
        "AutoConfig = transformers.AutoConfig\n" + LOAD
    ),
    "a model file first": (
        "import agir_hf.modeling_agir\nfrom transformers import AutoConfig, AutoModel\n" + LOAD
    ),
    "a file that models import first": (
        "import agir_hf.generation_agir\nfrom transformers import AutoConfig, AutoModel\n" + LOAD
    ),
    "a name of ours first": (
        "from agir_hf import AgirProcessor\nfrom transformers import AutoConfig, AutoModel\n" + LOAD
    ),
}
# The installed `agir` command imports its entry point as `agir_launcher`, before the package.
LAUNCHER = f"""
import sys
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location(
    "agir_launcher", {str(Path(agir_hf.__file__).parent / "launcher" / "__init__.py")!r}
)
sys.modules["agir_launcher"] = agir_launcher = module_from_spec(spec)
spec.loader.exec_module(agir_launcher)
"""
SLOW_LIBRARIES = ("torch", "transformers", "scipy")
LIST_IMPORTED = f"print([name for name in {SLOW_LIBRARIES} if name in sys.modules])\n"


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=300
    )


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
def test_auto_classes_load_our_models(order):
    result = run(ORDERS[order])
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["agir_hf", "agir_hf.modeling_agir", "agir_hf.pipeline_agir"])
def test_model_files_import_in_any_order(name):
    result = run(f"import {name}, agir_hf\nassert agir_hf.AgirForGaitAssessment.describe")
    assert result.returncode == 0, result.stderr


def test_registering_again_changes_nothing():
    from transformers import AutoConfig

    agir_hf.register()
    agir_hf.register()
    assert AutoConfig.for_model("agir_motion_vqvae", width=8).width == 8


@pytest.mark.parametrize("name", ["agir_hf", "agir_hf.cli"])
def test_the_command_imports_no_slow_library(name):
    result = run(LAUNCHER + f"import {name}\n" + LIST_IMPORTED)
    assert result.stdout.strip() == "[]", result.stderr


@pytest.mark.parametrize("name", ["agir_hf.motion", "agir_hf.gait", "agir_hf.assessment.sandbox"])
def test_reading_recordings_imports_neither_torch_nor_transformers(name):
    result = run(f"{SKIP_REGISTRATION}\nimport {name}\n" + LIST_IMPORTED)
    assert result.stdout.strip() in ("[]", "['scipy']"), result.stderr


def test_worker_processes_import_neither_torch_nor_transformers():
    job = "__import__('agir_hf.motion') and sorted(__import__('sys').modules)"
    for modules in in_processes(eval, [job] * 2, workers=2):
        assert "agir_hf.motion" in modules
        assert not {"torch", "transformers"} & set(modules)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_command_answers_without_a_slow_library(option):
    script = (
        LAUNCHER + f"sys.argv = ['agir', {option!r}]\n"
        "try:\n    agir_launcher.main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
    )
    result = run(script + LIST_IMPORTED)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_the_command_registers_when_it_loads_a_model():
    script = LAUNCHER + (
        "from agir_hf.assessment import load_model\n"
        "assert 'transformers' not in sys.modules\n"
        "model, processor = load_model()\n"
        "print(type(model).__module__, type(processor).__module__)\n"
    )
    result = run(script)
    assert result.stdout.split() == ["agir_hf.modeling_agir", "agir_hf.processing_agir"]


@pytest.mark.slow
def test_the_command_registers_when_it_loads_a_model_to_publish():
    script = LAUNCHER + (
        "sys.argv = ['agir', 'push', 'model', 'me/gait', '--dry-run']\n"
        "sys.exit(agir_launcher.main())\n"
    )
    result = run(script)
    assert result.returncode == 0, result.stderr
    assert "dry run" in result.stdout


def test_public_names_are_there():
    assert all(getattr(agir_hf, name) is not None for name in agir_hf.__all__)
    assert set(agir_hf.__all__) <= set(dir(agir_hf))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        agir_hf.Nothing  # noqa: B018
