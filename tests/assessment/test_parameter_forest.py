"""The forest without scikit-learn predicts what scikit-learn predicts."""

import json
import shutil
import sys

import numpy as np
import pytest

from agir_hf.assessment import ModelError, ParameterForest, load_model, load_parameter_forest
from agir_hf.assessment.feature_distance import FeatureDistance
from agir_hf.assessment.parameter_forest import FILE, forest_of, other_side
from agir_hf.experiments.uncertainty_limits import fit_parameter_forest

NAMES = ("speed_m_per_s", "step_length_left_m", "step_length_right_m", "arm_swing_left_deg",
         "arm_swing_right_deg", "turn_steps")  # fmt: skip


def walks_and_scores(number=300):
    """Walks whose score follows from speed and the shorter step; turns are rarely measured."""
    generator = np.random.default_rng(0)
    table = generator.normal(1, 0.3, (number, len(NAMES)))
    scores = (table[:, 0] < 1).astype(int) + (table[:, 1:3].min(1) < 0.9)
    walks = [dict(zip(NAMES, map(float, row), strict=True)) for row in table]
    for i, walk in enumerate(walks):
        if i % 10:
            del walk["turn_steps"]
        if i % 7 == 0:
            walk["arm_swing_left_deg"] = None
    return walks, scores.tolist()


@pytest.fixture(scope="module")
def fitted():
    """Forest, the scikit-learn forest that it was made of, walks and scores."""
    walks, scores = walks_and_scores()
    forest, estimator = fit_parameter_forest(walks, scores)
    return forest, estimator, walks, scores


def test_predictions_equal_those_of_scikit_learn(fitted):
    forest, estimator, walks, _ = fitted
    table = forest.table(walks)
    np.testing.assert_allclose(forest.predict(table), estimator.predict_proba(table), atol=1e-3)


def test_parameters_that_are_rarely_measured_are_left_out(fitted):
    forest, _, walks, _ = fitted
    assert forest.names == tuple(sorted(NAMES[:-1]))
    speeds = [walk["speed_m_per_s"] for walk in walks]
    assert forest.medians[forest.names.index("speed_m_per_s")] == pytest.approx(np.median(speeds))


def test_the_forest_has_learned_the_scores(fitted):
    forest, _, walks, scores = fitted
    assert (forest(walks).argmax(1) == scores).mean() > 0.9
    np.testing.assert_allclose(forest(walks).sum(1), 1, atol=2e-3)


def test_a_missing_parameter_counts_as_the_median(fitted):
    forest, _, walks, _ = fitted
    medians = dict(zip(forest.names, forest.medians.tolist(), strict=True))
    walk = {k: v for k, v in walks[1].items() if k != "speed_m_per_s"}
    without, none, median = forest([walk, walk | {"speed_m_per_s": None}, {**medians, **walk}])
    assert without.tolist() == none.tolist() == median.tolist()


def test_a_walk_and_its_mirror_image_have_the_same_prediction(fitted):
    forest, _, walks, _ = fitted
    mirror = [{other_side(name): value for name, value in walk.items()} for walk in walks]
    np.testing.assert_allclose(forest(walks), forest(mirror), atol=1e-12)
    table = forest.table(walks)
    assert np.abs(forest.predict(table) - forest.predict(forest.table(mirror))).max() > 0.01
    assert other_side("arm_swing_left_deg") == "arm_swing_right_deg"
    assert other_side("speed_m_per_s") == "speed_m_per_s"


def test_a_saved_forest_is_small_and_predicts_the_same(fitted, tmp_path):
    forest, _, walks, _ = fitted
    assert load_parameter_forest(str(tmp_path)) is None
    path = forest.save(tmp_path)
    assert path == tmp_path / FILE and path.stat().st_size <= 300_000
    loaded = load_parameter_forest(str(tmp_path))
    assert loaded.names == forest.names and loaded.distance is None
    np.testing.assert_array_equal(loaded(walks), forest(walks))


def test_the_distance_from_the_training_walks_is_in_the_same_file(
    fitted, processor, motions, tmp_path
):
    distance = FeatureDistance.fit(motions, processor.feature_extractor)
    forest, _, walks, _ = fitted
    parts = {k: getattr(forest, k) for k in ParameterForest.__dataclass_fields__}
    ParameterForest(**{**parts, "distance": distance}).save(tmp_path)
    values = processor.feature_extractor.normalize(motions[0])
    assert load_parameter_forest(str(tmp_path)).distance(values) == distance(values)


def test_a_damaged_file_is_an_error_of_one_line(tmp_path):
    (tmp_path / FILE).write_bytes(b"nothing")
    with pytest.raises(ModelError, match="no parameter forest .* write it again") as error:
        load_parameter_forest(str(tmp_path))
    assert "\n" not in str(error.value)


LOAD = """
from agir_hf.assessment import load_parameter_forest
print(load_parameter_forest("me/with")([{}]).tolist(), load_parameter_forest("me/without"))
"""


def test_a_forest_of_the_hub_is_loaded(fitted, hub, run_on_hub, tmp_path):
    content = fitted[0].save(tmp_path).read_bytes()
    for name, files in (("with", {FILE: content}), ("without", {})):
        hub.repositories["model", f"me/{name}"] = [("1" * 40, {"config.json": b"{}"} | files)]
    result = run_on_hub(sys.executable, "-c", LOAD)
    assert result.stdout == f"{fitted[0]([{}]).tolist()} None\n", result.stderr


def test_a_model_without_limits_has_no_forest(fitted, saved_model, tmp_path):
    folder = shutil.copytree(saved_model, tmp_path / "model")
    fitted[0].save(folder)
    assert forest_of(load_model(str(folder))[0]) is None
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | {"uncertainty": {"disagreement": 1}}))
    model, _ = load_model(str(folder))
    assert forest_of(model).names == fitted[0].names
    assert forest_of(model) is forest_of(model)
