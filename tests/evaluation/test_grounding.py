import json
import subprocess
import sys
from pathlib import Path

import pytest

import agir_hf
from agir_hf.gait import build_norms, reference, save_norms
from agir_hf.gait.grades import cut_offs

FOLDER = Path(agir_hf.__file__).parent / "evaluation" / "grounding"


def test_evaluate_loads_the_metric_from_its_folder(tmp_path):
    evaluate = pytest.importorskip("evaluate")
    metric = evaluate.load(str(FOLDER), cache_dir=str(tmp_path))
    slow = json.dumps({"speed_m_per_s": 0.6})
    result = metric.compute(
        predictions=["Speed is reduced. Speed is 1.2 m/s.", "There is a tremor."],
        references=[slow, slow],
    )
    assert result == {"grounding": 0.5, "near": 0, "coverage": pytest.approx(2 / 3), "claims": 3}


@pytest.fixture
def metric(tmp_path):
    evaluate = pytest.importorskip("evaluate")
    return evaluate.load(str(FOLDER), cache_dir=str(tmp_path))


def test_near_claims_are_in_the_denominator_and_counted_of_their_own(metric):
    limit = cut_offs("speed_m_per_s", reference("speed_m_per_s"))[-1]
    walk = json.dumps({"speed_m_per_s": limit + 0.01, "cadence_steps_per_min": 110})
    result = metric.compute(
        predictions=["Speed is mildly reduced. Cadence is normal."], references=[walk]
    )
    assert (result["grounding"], result["near"], result["coverage"]) == (0.5, 0.5, 1)


def test_ages_and_sexes_of_each_walk_select_the_norms(metric):
    walks = [json.dumps({"speed_m_per_s": 1.0})] * 3
    texts = ["Speed is normal."] * 3
    result = metric.compute(
        predictions=texts, references=walks, ages=[30, 86, 9], sexes=["male", "female", None]
    )
    assert result["grounding"] == 0.5 and result["coverage"] == pytest.approx(2 / 3)
    assert metric.compute(predictions=texts, references=walks)["coverage"] == 1
    with pytest.raises(ValueError, match="2 ages and 3 predictions"):
        metric.compute(predictions=texts, references=walks, ages=[30, 86])


def test_the_norms_of_a_laboratory_replace_the_published_ones(metric, tmp_path):
    slow = [(f"S{i}", 60, None, {"speed_m_per_s": 0.5 + i / 50}) for i in range(8)]
    save_norms(build_norms(slow, "slow"), tmp_path / "norms.json")
    case = {"predictions": ["Speed is normal."], "references": [json.dumps({"speed_m_per_s": 0.6})]}
    assert metric.compute(**case)["grounding"] == 0
    assert metric.compute(**case, norms=str(tmp_path / "norms.json"))["grounding"] == 1


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
