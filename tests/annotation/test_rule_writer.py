import re

import numpy as np
import pytest

from agir_hf.annotation.llm_writer import Request
from agir_hf.annotation.rule_writer import (
    SIGNS,
    MeasuredWalk,
    RuleWriter,
    grade_signs,
    write_counterfactual,
    write_rationale,
)
from agir_hf.gait import PARAMETERS, grounding_score, reference

NAMES = [parameter.name for parameter in PARAMETERS]
IMPAIRED = {parameter.name: parameter.impaired for parameter in PARAMETERS}


def parameters(severity, rng):
    """Parameters of an invented walk, each about ``severity`` SD from its norm."""
    values = {}
    for name in NAMES:
        norm = reference(name)
        if norm is not None:
            direction = {"low": -1, "high": 1}.get(IMPAIRED[name], rng.choice([-1, 1]))
            z = direction * (severity + rng.normal())
            values[name] = max(norm.mean + z * norm.sd, 0.02 * norm.mean)
    return values


def walks(count):
    rng = np.random.default_rng(4)
    return [parameters(severity, rng) for severity in rng.uniform(0, 4.5, count)]


HEALTHY = parameters(0, np.random.default_rng(0)) | {
    name: reference(name).mean for name in NAMES if reference(name)
}
ILL = {
    name: reference(name).mean
    + {"low": -1, "high": 1}.get(IMPAIRED[name], 1) * 3.2 * reference(name).sd
    for name in NAMES
    if reference(name)
}


def test_extreme_walks_have_extreme_grades():
    assert set(grade_signs(MeasuredWalk(HEALTHY)).values()) == {0}
    assert set(grade_signs(MeasuredWalk(ILL)).values()) == {2}


@pytest.mark.slow
def test_500_rationales_are_grounded_and_different():
    texts = []
    for i, values in enumerate(walks(500)):
        written = write_rationale(values, np.random.default_rng(i))
        result = grounding_score(written.rationale, values)
        assert result.score == 1.0, written.rationale
        assert result.coverage == 1.0, written.rationale
        texts.append(written.rationale)
    assert len(set(texts)) >= 400


def test_every_part_is_about_its_body_part():
    written = write_rationale(ILL, np.random.default_rng(0))
    assert re.search("step|heel|foot", written.foot.lower())
    assert "arm" in written.arm.lower() and "speed" in written.overall.lower()
    assert written.rationale == f"{written.foot} {written.arm} {written.overall}"
    assert written.rationale.isascii()


def test_the_score_is_neither_named_nor_paraphrased():
    for i, values in enumerate(walks(30)):
        text = write_rationale(values, np.random.default_rng(i)).rationale.lower()
        assert not re.search(r"\bscore|\bimpair|updrs|\bgrade", text)


def test_parameters_that_were_not_measured_are_not_mentioned():
    arms = {name: value for name, value in ILL.items() if not name.startswith("arm")}
    assert "does not show enough of the arms" in write_rationale(arms, np.random.default_rng(0)).arm
    nothing = write_rationale({}, np.random.default_rng(0))
    assert grounding_score(nothing.rationale, {}).checked == ()


def test_the_arm_with_less_swing_is_named_if_arms_differ():
    uneven = ILL | {"arm_swing_left_deg": 2.0, "arm_swing_right_deg": 12.0,
                    "arm_swing_asymmetry_percent": 143.0}  # fmt: skip
    texts = [write_rationale(uneven, np.random.default_rng(i)).arm for i in range(10)]
    assert all("on the left" in text and "on the right" not in text for text in texts)


@pytest.mark.parametrize(("score", "severity"), [(0, 0.2), (1, 1.9), (2, 3.8)])
def test_counterfactuals_are_contradicted_by_the_measured_gait(score, severity):
    shares = []
    for i in range(30):
        values = parameters(severity, np.random.default_rng(i))
        text, wrong = write_counterfactual(values, score, np.random.default_rng(i))
        checked = grounding_score(text.rationale, values)
        verdicts = [row.verdict for row in checked.checked]
        assert wrong != score and verdicts.count("contradicted") >= 1
        shares.append(checked.score)
    assert np.mean(shares) < 0.5


def test_counterfactuals_differ_only_in_claims():
    """The same draws: both texts have the same sentences with other words of grade."""
    chosen = write_rationale(ILL, np.random.default_rng(3))
    rejected, wrong = write_counterfactual(ILL, 2, np.random.default_rng(3))
    assert wrong == 0
    first, second = (set(re.findall(r"\w+", t.rationale.lower())) for t in (chosen, rejected))
    assert len(first & second) > 0.5 * min(len(first), len(second))


def test_without_parameters_there_is_no_counterfactual():
    with pytest.raises(ValueError, match="contradicts none of the claims"):
        write_counterfactual({}, 1, np.random.default_rng(0))


def test_texts_are_equal_for_the_same_walk_and_seed():
    requests = [Request(f"walk{i}", values, 1) for i, values in enumerate(walks(6))]
    first = [answer.written for answer in RuleWriter(0).write(requests)]
    again = {answer.key: answer.written for answer in RuleWriter(0).write(reversed(requests))}
    assert [again[request.key] for request in requests] == first
    assert [answer.written for answer in RuleWriter(1).write(requests)] != first


def test_signs_are_parameters_with_norms():
    for name in SIGNS.values():
        assert name == "mean_arm_swing_deg" or reference(name) is not None
