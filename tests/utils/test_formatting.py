"""Numbers as text."""

import pytest

from agir_hf.utils.formatting import format_number


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
