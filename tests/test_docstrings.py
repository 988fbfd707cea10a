"""Docstrings: argument descriptions are sentences, and public names are documented in full."""

import ast
import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

import agir_hf

ROOT = Path(agir_hf.__file__).resolve().parents[1]
FOLDERS = ("agir_hf", "recipes", "spaces_app")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
TEST_FILES = sorted((ROOT / "tests").rglob("*.py"))
SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises|Examples?|Note|Source):\s*$")
VAGUE = {"one", "found", "told", "place", "known", "given", "way"}  # codespell:ignore told
# The names that users meet: those of the README, the public functions of the folders, the metrics.
PUBLIC = """
agir_hf: AgirConfig MotionVQVAEConfig AgirFeatureExtractor AgirProcessor AgirForGaitAssessment
agir_hf: MotionVQVAE GaitAssessment GaitAssessmentPipeline AgirAssessmentOutput MotionVQVAEOutput
agir_hf: ScoreParseError
agir_hf: AgirProcessor.__call__ AgirProcessor.decode_assessments AgirProcessor.parse_assessment
agir_hf: AgirProcessor.motion_prompt AgirProcessor.description_prompt AgirProcessor.from_t5
agir_hf: AgirForGaitAssessment.forward AgirForGaitAssessment.generate_assessment
agir_hf: AgirForGaitAssessment.describe AgirForGaitAssessment.generate_motion
agir_hf: AgirForGaitAssessment.from_t5 AgirForGaitAssessment.score_probabilities
agir_hf: MotionVQVAE.encode MotionVQVAE.decode MotionVQVAE.from_motiongpt
agir_hf: AgirFeatureExtractor.features AgirFeatureExtractor.normalize
agir_hf.handler_agir: EndpointHandler
agir_hf.humanml3d: joints_to_features features_to_joints
agir_hf.motion: read_recording to_joints MarkerRecording BodyMotion JointMotion GaitEvent
agir_hf.motion: Conventions NotAWalkError RecordingError
agir_hf.motion.fitting.mosh: fit_shape fit_pose SubjectShape residual_report
agir_hf.motion.body: load_body body_joints
agir_hf.motion.resampling: fill_gaps resample
agir_hf.motion.export: write
agir_hf.gait: detect_events measure extract_claims check_claims grounding_score reference
agir_hf.gait: build_norms load_norms save_norms
agir_hf.gait: GaitMeasurement GaitPhases Measured
agir_hf.gait.kinematics: kinematics_of pooled norm_band gait_profile episodes_of Variable
agir_hf.gait.kinematics: Curve Kinematics Band GaitProfile Episode
agir_hf.gait.report: ReportInput sections_of write_report write_pdf curve_panel CurveGroup
agir_hf.gait.report: report_name
agir_hf.simulation.cohort: simulate_cohort simulate_subject
agir_hf.annotation.rule_writer: write_rationale write_references spoken_of RuleWriter
agir_hf.annotation.rejected_texts: write_counterfactual write_wrong_walk
agir_hf.annotation.llm_writer: EndpointWriter
agir_hf.corpus.build: build_corpus
agir_hf.corpus.cohorts: read_source
agir_hf.corpus.loading: load_corpus fold_subjects
agir_hf.corpus.protocols: cohort_folds
agir_hf.corpus.review: export_review import_review
agir_hf.corpus.splits: load_folds stratified_folds leave_one_subject_out
agir_hf.training.motiongpt: convert_motiongpt
agir_hf.training.initialization: starting_model
agir_hf.evaluation.metrics.classification: classification_metrics confusion_matrix
agir_hf.evaluation.metrics.classification: calibration_error risk_coverage
agir_hf.evaluation.metrics.calibration: fit_temperature apply_temperature
agir_hf.evaluation.metrics.text: cider bert_f1 rationale_of well_formed text_metrics
agir_hf.evaluation.metrics.significance: subject_bootstrap paired_comparison mcnemar
agir_hf.assessment: assess_recording prepare_recording assess_prepared measure_recording check_text
agir_hf.assessment: load_model load_tokenizer model_provenance AssessedWalk choose_sentences
agir_hf.assessment: assess_uncertainty load_parameter_forest Uncertainty ParameterForest
agir_hf.assessment: Subject Trust Identity RecordingIdentity file_stem identify
agir_hf.assessment: Session Comparison compare_walks write_comparison_report
agir_hf.hub.upload: push
agir_hf.hub.upload_plan: UploadPlan
agir_hf.hub.model: model_plan
agir_hf.hub.plans: dataset_plan space_plan metric_plans publish_corpus
"""
NAMES = [
    (module, name)
    for module, _, names in (line.partition(": ") for line in PUBLIC.strip().splitlines())
    for name in names.split()
]


def sections(docstring: str) -> dict[str, list[str]]:
    """Section title → lines, of a docstring in Google's layout."""
    result: dict[str, list[str]] = {"": []}
    title = ""
    for line in inspect.cleandoc(docstring).splitlines():
        match = SECTION.match(line)
        if match:
            title = match[1]
            result[title] = []
        else:
            result[title].append(line)
    return result


def descriptions(lines: list[str]) -> dict[str, str]:
    """Argument → description, of an Args section."""
    result: dict[str, str] = {}
    name = None
    for line in lines:
        entry = re.match(r"^ {4}(\*{0,2}\w[\w, *]*?)(?: \(.*\))?:(?:\s+(.*))?$", line)
        if entry:
            name = entry[1]
            result[name] = entry[2] or ""
        elif name is not None:
            result[name] = f"{result[name]} {line.strip()}".strip()
    return result


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_argument_descriptions_are_whole(path):
    fragments = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        parts = sections(ast.get_docstring(node) or "")
        for title in ("Args", "Attributes"):
            for name, text in descriptions(parts.get(title, [])).items():
                if not re.match(r"[A-Z0-9`\"'(\[]", text) or not text.rstrip().endswith((".", "`")):
                    fragments.append(f"{node.name}: {name}: {text[:60]}")
    assert not fragments, "start with a capital letter, end with a full stop"


@pytest.mark.parametrize("path", [*FILES, *TEST_FILES], ids=lambda p: str(p.relative_to(ROOT)))
def test_variables_are_named_for_what_they_hold(path):
    vague = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        stored = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        name = node.id if stored else node.arg if isinstance(node, ast.arg) else None
        if name in VAGUE:
            vague.append(f"line {node.lineno}: {name}")
    assert not vague


def resolve(module: str, name: str):
    value = importlib.import_module(module)
    for part in name.split("."):
        value = getattr(value, part)
    return value


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda value: value)
def test_public_names_are_documented_in_full(module, name):
    value = resolve(module, name)
    docstring = value.__doc__ or ""
    parts = sections(docstring)
    assert len(parts[""]) and parts[""][0].endswith(".")
    assert "Example" in parts or "Examples" in parts, "an example that runs"
    if inspect.isclass(value):
        fields = getattr(value, "__dataclass_fields__", {})
        described = {
            **descriptions(parts.get("Args", [])),
            **descriptions(parts.get("Attributes", [])),
        }
        missing = [field for field in fields if field not in described and field[0] != "_"]
        is_config = "Config" in name or "Output" in name
        assert is_config or not missing, f"fields without a description: {missing}"
        return
    arguments = [
        parameter.name
        for parameter in inspect.signature(value).parameters.values()
        if parameter.name not in ("self", "cls") and parameter.kind.name[:4] != "VAR_"
    ]
    described = ", ".join(descriptions(parts.get("Args", [])))
    missing = [argument for argument in arguments if not re.search(rf"\b{argument}\b", described)]
    assert not missing, f"arguments without a description: {missing}"
    if inspect.signature(value).return_annotation not in (None, "None"):
        assert "Returns" in parts or "Yields" in parts


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda value: value)
def test_examples_run(module, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    value = resolve(module, name)
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    text = inspect.cleandoc(value.__doc__ or "").replace("```", "")
    test = parser.get_doctest(text, {}, f"{module}.{name}", None, 0)
    assert test.examples, "an example with >>>"
    output: list[str] = []
    runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)
