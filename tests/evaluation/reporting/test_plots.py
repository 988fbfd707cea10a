import builtins
from dataclasses import replace

import numpy as np
import pytest

from agir_hf.evaluation.metrics.classification import calibration_error, classification_metrics
from agir_hf.evaluation.reporting.plots import (
    draw_all,
    draw_confusions,
    draw_folds,
    draw_reliability,
    draw_risk_coverage,
    reliability,
)
from agir_hf.evaluation.reporting.results import Prediction, Row

pytest.importorskip("matplotlib")


@pytest.fixture
def drawn(monkeypatch):
    """Figures that are drawn; none is written."""
    figures = []
    monkeypatch.setattr(
        "agir_hf.evaluation.reporting.plots._save",
        lambda figure, path: figures.append(figure) or path,
    )
    return figures


def words(figure):
    """All texts in a figure."""
    from matplotlib.text import Text

    return "\n".join(text.get_text() for text in figure.findobj(Text))


def without_probabilities(row):
    bare = [
        replace(fold, predictions=[replace(p, probabilities=None) for p in fold.predictions])
        for fold in row.folds
    ]
    return Row(row.name, bare, row.note)


def test_plots_are_written(evaluation, tmp_path):
    paths = draw_all(evaluation, tmp_path / "new")
    names = ["confusion.png", "folds.png", "reliability.png", "risk_coverage.png"]
    assert sorted(path.name for path in paths) == names
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == names
    for path in paths:
        assert path.read_bytes().startswith(b"\x89PNG")


def test_plots_without_data_are_left_out(evaluation, tmp_path):
    plain = replace(evaluation, rows=[without_probabilities(evaluation.rows[1])])
    assert [path.name for path in draw_all(plain, tmp_path)] == ["confusion.png", "folds.png"]
    assert draw_all(replace(evaluation, rows=evaluation.rows[2:]), tmp_path) == []


@pytest.mark.parametrize(
    "draw", [draw_confusions, draw_folds, draw_reliability, draw_risk_coverage]
)
def test_simulated_is_stated_in_the_plot(draw, evaluation, drawn, tmp_path):
    draw(evaluation, tmp_path / "x.png")
    draw(replace(evaluation, simulated=False), tmp_path / "x.png")
    assert "(simulated)" in words(drawn[0])
    assert "simulated" not in words(drawn[1])


def test_confusions_show_the_counts(evaluation, drawn, tmp_path):
    draw_confusions(evaluation, tmp_path / "x.png")
    text = words(drawn[0])
    for row in evaluation.rows[:2]:
        truth, predicted = zip(
            *((walk.truth, walk.predicted) for walk in row.predictions), strict=True
        )
        table = np.array(classification_metrics(truth, predicted)["confusion_matrix"])
        for line in table:
            assert f"{line[0]}\n{line[0] / line.sum():.0%}" in text
    assert "no\nanswer" in text
    # without missing answers the column is not drawn
    draw_confusions(replace(evaluation, rows=evaluation.rows[1:2]), tmp_path / "x.png")
    assert "no\nanswer" not in words(drawn[1])


def test_reliability_gives_the_calibration_error():
    rng = np.random.default_rng(0)
    table, truth = rng.dirichlet(np.ones(3), 200), rng.integers(0, 3, 200)
    confidence, accuracy, number = reliability(truth, table)
    gap = (number * np.abs(accuracy - confidence)).sum() / number.sum()
    assert gap == pytest.approx(calibration_error(truth, table))
    assert number.sum() == 200


def test_reliability_names_the_error_of_rows_with_probabilities(evaluation, drawn, tmp_path):
    rows = [evaluation.rows[0], without_probabilities(evaluation.rows[1])]
    draw_reliability(replace(evaluation, rows=rows), tmp_path / "x.png")
    predictions = evaluation.rows[0].predictions
    error = calibration_error(
        [walk.truth for walk in predictions], np.array([walk.probabilities for walk in predictions])
    )
    assert f"ECE {error:.3f}, 48 answers" in words(drawn[0])
    assert "linear probe" not in words(drawn[0])


def test_risk_at_full_coverage_is_the_error_rate(evaluation, drawn, tmp_path):
    draw_risk_coverage(evaluation, tmp_path / "x.png")
    curve = drawn[0].axes[0].lines[1].get_xydata()
    wrong = np.mean([not walk.right for walk in evaluation.rows[1].predictions])
    np.testing.assert_allclose(curve[-1], [1, wrong])
    assert len(curve) == 24 - 9  # from ten answers on
    few = replace(evaluation.rows[1], folds=evaluation.rows[1].folds[:1])
    draw_risk_coverage(replace(evaluation, rows=[few]), tmp_path / "x.png")
    assert len(drawn[1].axes[0].lines[0].get_xydata()) == 1


def test_long_names_of_classes_and_rows_are_readable_on_confusion_matrices(
    evaluation, drawn, tmp_path
):
    """Names of classes do not overlap, and titles are inside the figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    classes = ["Joint Problem", "Muscle Weakness", "Neurological Defect"]
    name = "other tokenizer: code vectors, mean and spread"
    rows = [replace(evaluation.rows[1], name=f"{name}, {i}") for i in range(4)]
    draw_confusions(replace(evaluation, rows=rows, class_names=classes), tmp_path / "x.png")
    (figure,) = drawn
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
        assert all(left.x1 <= right.x0 for left, right in zip(boxes, boxes[1:], strict=False))
        title = axes.title.get_window_extent()
        assert figure.bbox.x0 <= title.x0 and title.x1 <= figure.bbox.x1


def test_many_rows_of_long_names_are_readable(evaluation, drawn, tmp_path):
    """Every name is inside the figure, and names do not overlap."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    name = "row {}: every layer of the other tokenizer, mean and spread, with the mirror image"
    rows = [replace(evaluation.rows[1], name=name.format(i)) for i in range(24)]
    for draw in (draw_risk_coverage, draw_folds):
        draw(replace(evaluation, rows=rows), tmp_path / "x.png")
        figure = drawn[-1]
        FigureCanvasAgg(figure).draw()
        legend = figure.axes[0].get_legend()
        labels = legend.get_texts() if legend else figure.axes[0].get_yticklabels()
        boxes = [label.get_window_extent() for label in labels if label.get_text()]
        assert len(boxes) >= 24
        for box in boxes:
            assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
            assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1
        heights = sorted((box.y0, box.y1) for box in boxes)
        assert all(low[1] <= high[0] for low, high in zip(heights, heights[1:], strict=False))


def test_each_fold_has_a_dot_and_the_majority_a_line(evaluation, drawn, tmp_path):
    draw_folds(evaluation, tmp_path / "x.png")
    lines = drawn[0].axes[0].lines
    dots, interval, pooled = lines[0].get_xydata(), lines[1].get_xdata(), lines[2].get_xdata()
    by_fold = {}
    for fold in evaluation.rows[0].folds:
        rights = [walk.right for walk in fold.predictions]
        by_fold.setdefault(fold.fold, []).append(np.mean(rights))
    np.testing.assert_allclose(sorted(dots[:, 0]), sorted(np.mean(v) for v in by_fold.values()))
    assert interval[0] <= pooled[0] <= interval[1]
    assert lines[-1].get_xdata()[0] == pytest.approx(1 / 3)


def test_a_single_walk_can_be_drawn(evaluation, tmp_path):
    fold = replace(
        evaluation.rows[0].folds[0], predictions=[Prediction("w", "s", 0, 0, (1.0, 0.0, 0.0))]
    )
    assert len(draw_all(replace(evaluation, rows=[Row("row", [fold])]), tmp_path)) == 4


def test_without_matplotlib_the_error_names_the_extra(evaluation, tmp_path, monkeypatch):
    importing = builtins.__import__

    def refuse(name, *rest, **further):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return importing(name, *rest, **further)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r'pip install "agir-hf\[plot\]"'):
        draw_confusions(evaluation, tmp_path / "x.png")
