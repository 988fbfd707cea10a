"""Statistics of the texts of a corpus: variety, support, specificity, parameters spoken of."""

import json

import numpy as np
import pytest

from agir_hf.corpus.figures import draw_figures
from agir_hf.corpus.store import Annotation, Recorded
from agir_hf.corpus.text_statistics import REASONS, sentence_sharing, text_statistics
from agir_hf.corpus.text_summary import parameter_rows, specificity_rows, summary_lines

EMPTY = np.empty(0, np.float32)
SPEEDS = {"A": 1.25, "B": 1.2, "C": 0.6, "D": 0.3}


def recorded(subject, **parameters):
    item = {"id": subject, "subject": subject, "score": 1, "age": None, "sex": None}
    return Recorded(item, EMPTY, EMPTY, parameters, {}, 100.0)


def annotation(subject, overall, **changes):
    foot, arm = f"Feet of {subject}.", "There is a tremor."
    return Annotation(subject, "", foot, arm, overall, "rules", **changes)


@pytest.fixture
def walks():
    """Four walks; the first two texts are right, the third is near, the fourth is wrong."""
    rows = [recorded(name, speed_m_per_s=speed) for name, speed in SPEEDS.items()]
    texts = ["Speed is normal.", "Speed is normal.", "Speed is mildly reduced.",
             "Speed is normal."]  # fmt: skip
    rows[2] = recorded("C", speed_m_per_s=0.78, step_height_m=0.1, stride_length_m=0.8)
    pairs = zip(SPEEDS, texts, strict=True)
    return rows, {name: annotation(name, text) for name, text in pairs}


def test_claims_are_counted_by_verdict(walks):
    statistics = text_statistics(*walks)
    assert (statistics.supported, statistics.near, statistics.contradicted) == (0.5, 0.25, 0.25)
    assert statistics.coverage == pytest.approx(0.5)  # a tremor is not measured


def test_distinct_texts_and_references_are_counted(walks):
    rows, texts = walks
    texts["B"] = annotation("A", "Speed is normal.", further=(texts["C"].written,))
    statistics = text_statistics(rows, texts)
    assert (statistics.texts, statistics.distinct_texts) == (4, 3)
    assert (statistics.references, statistics.distinct_references) == (5, 3)


def test_specificity_is_that_of_the_texts_by_score(walks):
    statistics = text_statistics(*walks)
    assert statistics.specificity["0"] is None and statistics.specificity["2"] is None
    result = statistics.specificity["all"]
    assert result == statistics.specificity["1"]
    # "normal" holds in one other walk of A and B and in two of D; "mildly reduced" in none
    assert (result.own, result.other) == (0.5, pytest.approx((1 / 3 + 1 / 3 + 0 + 2 / 3) / 4))
    assert result.value == pytest.approx(result.own - result.other)


def test_parameters_are_counted_by_reason(walks):
    counts = text_statistics(*walks).parameters["1"]
    assert list(counts) == list(REASONS) and sum(counts.values()) == pytest.approx(38)
    assert counts["spoken of"] == 1.0 and counts["no norm"] == 0.25
    assert set(text_statistics(*walks).parameters) == {"1", "all"}


def test_a_sentence_of_more_than_a_tenth_of_the_texts_is_shared():
    texts = [f"Text {i}. End." if i < 3 else f"Text {i}." for i in range(20)]
    assert sentence_sharing(texts) == (23, 3 / 23)
    texts[2] = "Text 2."
    assert sentence_sharing(texts) == (22, 0.0)


def test_a_sentence_of_one_text_is_not_shared():
    assert sentence_sharing(["One. Two."]) == (2, 0.0)
    assert sentence_sharing([]) == (0, 0.0)


def test_the_summary_states_the_figures_of_the_tables(walks):
    statistics = text_statistics(*walks)
    lines = summary_lines(statistics)
    assert lines[0].startswith("4 of 4 texts and 4 of 4 references are different; ")
    assert lines[1].startswith("claims: 50.0 % supported, 25.0 % near, 25.0 % contradicted; ")
    assert any(line.startswith("specificity, all walks: 0.17 (0.50 supported") for line in lines)
    assert specificity_rows(statistics)[-1] == "| all | 0.50 | 0.33 | 0.17 | 4 |"
    assert len(parameter_rows(statistics)) == 2


def test_statistics_are_values_for_json(walks):
    content = json.loads(json.dumps(text_statistics(*walks).as_json()))
    assert content["specificity"]["all"]["value"] == pytest.approx(1 / 6)


def test_the_figure_is_drawn_with_and_without_parameters(tmp_path):
    draw_figures(tmp_path, [(1, {"speed_m_per_s": 1.0})], simulated=True)
    few = (tmp_path / "parameters.png").read_bytes()
    draw_figures(tmp_path, [(1, {})], simulated=True)
    assert few and few != (tmp_path / "parameters.png").read_bytes()
