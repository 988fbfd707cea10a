"""Numbers and foreign texts for tables and terminals."""

from pathlib import Path

import pytest

from agir_hf.utils.formatting import format_number, printable, printable_values


@pytest.mark.parametrize(
    ("value", "options", "text"),
    [
        (0.12345, {}, "0.123"),
        (-0.12345, {}, "−0.123"),
        (0.5, {"spec": "+.1f"}, "+0.5"),
        (1234.5, {"spec": ".3g"}, "1.23e+03"),
        (None, {}, "–"),
        (None, {"missing": "none"}, "none"),
    ],
)
def test_numbers_have_a_typographic_minus_and_a_text_if_missing(value, options, text):
    assert format_number(value, **options) == text


def test_characters_that_control_a_terminal_are_escaped():
    text = printable("a\x1b[31m\x07\u202e\udcff\x9b\n Müller 日本 😀")
    assert text == r"a\x1b[31m\x07\u202e\udcff\x9b\n Müller 日本 😀"
    assert printable("two\nlines\r", keep="\n") == "two\nlines\\r"
    assert printable(Path("walk.c3d")) == "walk.c3d"


def test_all_texts_of_a_result_are_escaped_and_other_values_are_kept():
    result = {"file\x1b": ["\x00", 1.5, None, {"a": ("\t",)}]}
    assert printable_values(result) == {r"file\x1b": [r"\x00", 1.5, None, {"a": [r"\t"]}]}
