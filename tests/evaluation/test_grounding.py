import json
import subprocess
import sys
from pathlib import Path

import pytest

import agir_hf

FOLDER = Path(agir_hf.__file__).parent / "evaluation" / "grounding"


def test_evaluate_loads_the_metric_from_its_folder(tmp_path):
    evaluate = pytest.importorskip("evaluate")
    metric = evaluate.load(str(FOLDER), cache_dir=str(tmp_path))
    slow = json.dumps({"speed_m_per_s": 0.6})
    result = metric.compute(
        predictions=["Speed is reduced. Speed is 1.2 m/s.", "There is a tremor."],
        references=[slow, slow],
    )
    assert result == {"grounding": 0.5, "coverage": pytest.approx(2 / 3), "claims": 3}


def test_auto_classes_find_the_model_after_evaluate_is_imported():
    """Libraries that import parts of transformers first do not prevent the registration."""
    pytest.importorskip("evaluate")
    code = (
        "import agir_hf, evaluate; from transformers import AutoConfig;"
        "print(AutoConfig.from_pretrained(agir_hf.DEFAULT_MODEL).model_type)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert process.stdout.strip() == "agir", process.stderr[-500:]
