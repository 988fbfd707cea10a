"""Auto classes know ours, whichever is imported first; and nothing heavy comes before its time."""

import subprocess
import sys

import pytest

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


def run(script):
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300
    )


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
def test_auto_classes_know_ours(order):
    outcome = run(ORDERS[order])
    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.parametrize("module", ["agir_hf", "agir_hf.cli", "agir_hf.motion"])
def test_nothing_heavy_is_imported_before_its_time(module):
    outcome = run(f"import sys, {module}; print([m for m in ('torch', 'transformers') "
                  "if m in sys.modules])")  # fmt: skip
    assert outcome.stdout.strip() == "[]", outcome.stderr


def test_public_names_are_there():
    import agir_hf

    assert all(getattr(agir_hf, name) is not None for name in agir_hf.__all__)
    assert set(agir_hf.__all__) <= set(dir(agir_hf))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        agir_hf.Nothing  # noqa: B018
