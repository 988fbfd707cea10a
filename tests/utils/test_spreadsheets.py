"""No cell of a CSV file is a formula, and the original texts are read back."""

import pytest

from agir_hf.utils.spreadsheets import original_cell, safe_cell, safe_row

FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK(\"x\")",
            "=cmd|' /C calc'!A0", "-walk.c3d", "'=1", "''=1", "＝1"]  # fmt: skip
TEXTS = ["walk.c3d", "", "-", "–", "-0.5", "+3", "1e-3", "a=b", "'quoted'", "'", "5 % - low"]


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_get_an_apostrophe(text):
    assert safe_cell(text) == f"'{text}"
    assert original_cell(safe_cell(text)) == text


@pytest.mark.parametrize("text", TEXTS)
def test_other_texts_and_numbers_in_text_are_unchanged(text):
    assert safe_cell(text) == text == original_cell(text)


@pytest.mark.parametrize("value", [-0.5, 3, None, True])
def test_numbers_are_unchanged(value):
    assert safe_cell(value) is value


def test_rows():
    assert safe_row(("=a", -1.0)) == ["'=a", -1.0]
    assert safe_row({"id": "@b", "x": -1}) == {"id": "'@b", "x": -1}
