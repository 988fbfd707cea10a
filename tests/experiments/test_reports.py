"""Protocol and command of a report, and rows of a model that is judged as it is."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agir_hf.evaluation.probing.linear_probe import Walks, cut
from agir_hf.evaluation.reporting.results import Results
from agir_hf.evaluation.reporting.tables import markdown
from agir_hf.experiments.configurations import START, configs_folder, recipes_folder
from agir_hf.experiments.cross_validation import (
    SMOKE,
    TEST_PREDICTIONS,
    VALIDATION_PREDICTIONS,
    CrossValidation,
    StartingPoint,
    TrainingBudget,
)
from agir_hf.experiments.folds import FoldSubjects
from agir_hf.experiments.inference import EvaluationSet
from agir_hf.experiments.linear_probe_table import _start_rows
from agir_hf.experiments.plan import TableOptions, TablePlan
from agir_hf.experiments.predictions import model_row
from agir_hf.experiments.reports import protocol, table_results

SUBJECTS = ("A", "B", "C")
GENERATOR = np.random.default_rng(0)
WALKS = EvaluationSet(
    ids=[f"{name}_walk" for name in SUBJECTS],
    subjects=list(SUBJECTS),
    motions=[GENERATOR.normal(size=(60, 263)).astype(np.float32) for _ in SUBJECTS],
    scores=[0, 1, 2],
    rationales=["Slow."] * 3,
    references=[["Slow.", "Speed is reduced."]] * 3,
    parameters=[{}] * 3,
    ages=[None] * 3,
    sexes=[None] * 3,
    medications=[None] * 3,
    simulated=True,
)


@pytest.fixture
def plan(tmp_path):
    """A plan of three folds, one for each subject, and two seeds."""
    recipes = recipes_folder()
    cross = CrossValidation(
        "corpus", tmp_path / "trained", recipes, configs_folder("tiny", recipes), TrainingBudget()
    )
    folds = {
        f"leave_one_subject_out/without_{name}": FoldSubjects(("B", "C"), ("A",), (name,))
        for name in SUBJECTS
    }
    return TablePlan(cross, WALKS, folds, [0, 1], False)


def with_start(plan, **start):
    return replace(plan, cross=replace(plan.cross, start=StartingPoint(**start)))


def text(plan, kind="reasoning"):
    return " ".join(protocol(plan, WALKS, kind))


def test_the_protocol_states_updates_checkpoints_references_and_weights(plan):
    stated = text(plan)
    assert "Every configuration has 300 supervised updates, which two stages share" in stated
    assert "a preference stage adds 36 further updates" in stated
    assert "best CIDEr on up to 48 validation walks is kept" in stated
    assert "all references of its walk (up to 2)" in stated
    assert "each score the same total weight" in stated
    assert "random weights; motion tokenizer: trained on each fold" in stated
    remark = "fold0: no training subject has score 2, so it cannot be predicted"
    assert f"{remark}." in text(replace(plan, remarks=(remark,)))


def test_the_protocol_states_what_the_trainings_start_from(plan, saved_model):
    stated = text(with_start(plan, t5="google/flan-t5-base", vqvae="me/codes"))
    assert "start from google/flan-t5-base; motion tokenizer: me/codes" in stated
    stated = text(with_start(plan, model=str(saved_model)))
    assert "All configurations start from a-model, with its motion tokenizer" in stated
    stated = text(with_start(plan, vqvae="x", vqvae_model=str(saved_model)))
    assert "motion tokenizer: of a-model, as it is" in stated
    configs = configs_folder("flan_t5_base", recipes_folder())
    large = replace(plan.cross, configs=configs, budget=TrainingBudget(None, None, None))
    stated = text(replace(plan, cross=large))
    assert "start from google/flan-t5-base" in stated and "that of its YAML file" in stated
    assert "random weights" in text(replace(plan, smoke=True, cross=replace(large, budget=SMOKE)))


def test_the_linear_probe_states_how_often_language_models_were_trained(plan):
    assert "trained again for each left-out subject" in text(plan, "linear-probe")
    folds = {"stratified/fold0": FoldSubjects(("C",), ("C",), ("A", "B"))}
    assert "once for each fold" in text(replace(plan, folds_by_name=folds), "linear-probe")


def results(plan, **options):
    row = model_row(plan, START, WALKS)
    chosen = TableOptions("corpus", Path("out"), (0, 1), **options)
    return table_results(plan, chosen, "reasoning", "Title", [row], WALKS)


@pytest.fixture
def judged(plan, saved_model):
    """The plan with predictions of a model that is judged as it is."""
    plan = with_start(plan, model=str(saved_model))
    for fold, name in zip(plan.folds, SUBJECTS, strict=True):
        folder = plan.cross.output_folder(START, fold, 0)
        folder.mkdir(parents=True)
        answer = {"id": f"{name}_walk", "text": "Slow.", "score": 1, "truth": 1,
                  "probabilities": [0.1, 0.7, 0.1, 0.1], "well_formed": True}  # fmt: skip
        (folder / TEST_PREDICTIONS).write_text(json.dumps([answer]))
        (folder / VALIDATION_PREDICTIONS).write_text("[]")
    return plan


def test_a_model_is_judged_as_it_is_once_for_all_seeds(judged):
    row = model_row(judged, START, WALKS)
    assert row.name == "a-model, as it is" and row.seeds == [0]
    assert [walk.predicted for walk in row.predictions] == [1, 1, 1]
    assert row.note.startswith("not trained here; not a result if this model was trained on")
    stages = judged.stages(["reasoning_only", START])
    assert sum(stage.result.parent.name == START for stage in stages) == 2 * 3
    assert sum(stage.result.parent.name == "reasoning_only" for stage in stages) == 3 * 2 * 3


def test_the_report_has_protocol_classes_and_command(judged, tmp_path, saved_model):
    plan = replace(judged, classes=(0, 1, 2, 3))
    whole = results(plan, scheme="leave_one_subject_out", model=str(saved_model), steps=7)
    assert whole.classes == [0, 1, 2, 3] and "one for each subject" in whole.scheme
    assert whole.command == (
        "agir evaluate reasoning CORPUS -o OUT --seeds 0 1 --steps 7 "
        "--scheme leave-one-subject-out --model a-model"
    )
    whole.save(tmp_path)
    again = Results.load(tmp_path)
    assert again.protocol == whole.protocol
    page = markdown(again)
    assert "Protocol\n\n- All configurations start from a-model" in page


def test_the_linear_probe_has_rows_of_the_model_that_is_judged_as_it_is(plan, saved_model):
    owner, clips = cut(WALKS.motions)
    labelled = Walks(WALKS.ids, WALKS.subjects, np.asarray(WALKS.scores), 3)
    assert _start_rows(plan, clips, owner, labelled) == []
    for start in ({"model": str(saved_model)}, {"vqvae": "x", "vqvae_model": str(saved_model)}):
        rows = _start_rows(with_start(plan, **start), clips, owner, labelled)
        assert [row.name for row in rows] == [
            "a-model, as it is, token embeddings", "a-model, as it is, encoder states"
        ]  # fmt: skip
        assert all(len(row.predictions) == 3 and "not a result if" in row.note for row in rows)
