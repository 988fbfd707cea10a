import csv
from pathlib import Path

import pytest

from agir_hf.gait.parameter_table import PARAMETERS, in_words, unit_of


def test_limits_and_dependencies_have_their_recorded_values():
    """`parameters.tsv` is a record: a change of a limit has to change it, too."""
    with (Path(__file__).with_name("data") / "parameters.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["name"] for row in rows] == [parameter.name for parameter in PARAMETERS]
    for row, parameter in zip(rows, PARAMETERS, strict=True):
        limits = (float(row["lowest"]), float(row["highest"]))
        assert (parameter.lowest, parameter.highest) == limits
        assert (parameter.unit, parameter.impaired) == (row["unit"], row["impaired"])
        assert list(parameter.based_on) == row["based_on"].split()


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_values_outside_the_limits_are_rejected_and_the_limits_themselves_are_not(parameter):
    assert not parameter.reject(parameter.lowest)
    assert not parameter.reject(parameter.highest)
    span = parameter.highest - parameter.lowest
    for value in (parameter.lowest - 0.01 * span, parameter.highest + 0.01 * span):
        assert in_words(parameter.name) in parameter.reject(value)


def test_names_have_words_and_units():
    assert in_words("step_length_left_m") == "step length left"
    assert [unit_of(name) for name in ("speed_m_per_s", "turn_steps", "freezing_index")] == [
        "m/s", "steps", "",
    ]  # fmt: skip
