"""Packed rows have the values of the rows, and unpack only what is read."""

import json
from dataclasses import replace

import numpy as np
import pytest

from agir_hf.annotation.prompts import Written
from agir_hf.corpus.packed_rows import ById, Column, PackedRows, RowHead
from agir_hf.corpus.recording_rows import RecordingRow
from agir_hf.corpus.store import Annotation, Recorded, TextChecks

EMPTY = np.empty(0, np.float32)


def row(number):
    """Row of a walk; every fifth has no score, every seventh could not be measured."""
    name = f"S{number}_on/walk"
    if number % 7 == 6:
        return RecordingRow(name, "no markers")
    score = None if number % 5 == 4 else number % 3
    item = {"id": name, "subject": f"S{number}", "session": "on", "score": score, "age": 66.5,
            "sex": None, "cohort": "Köln"}  # fmt: skip
    parameters = {"stride_time_s": 1.0 + number / 7, "speed_m_per_s": 0.1 * number}
    recorded = Recorded(item, EMPTY, EMPTY, parameters, {}, 100.0, {"method": "centres"})
    written = Written("Foot: gehoben – ja.", "Arm.", f"Overall {number}.")
    text = Annotation(name, "k", **vars(written), writer="rules", flags=("f",), further=(written,))
    checks = TextChecks(name, "k", ("Wrong.", 2), (1.0, 0.0, 0.0, None), {"spoken of": number})
    return RecordingRow(name, "", recorded, text, checks)


ROWS = list(map(row, range(40)))


def test_packed_rows_have_the_values_of_the_rows():
    packed = PackedRows(iter(ROWS))
    assert len(packed) == len(ROWS)
    for own, expected in zip(packed, ROWS, strict=True):
        assert (own.id, own.reason) == (expected.id, expected.reason)
        assert own.annotation == expected.annotation and own.checks == expected.checks
        recorded, original = own.recorded, expected.recorded
        if original is None:
            assert recorded is None
            continue
        assert recorded.item == original.item and recorded.parameters == original.parameters
        assert (recorded.rate_hz, recorded.fit) == (original.rate_hz, original.fit)
        assert RowHead.of(original).item.items() <= original.item.items()


@pytest.mark.parametrize("value", [float("nan"), 3])
def test_parameters_that_are_no_plain_numbers_are_kept(value):
    changed = replace(
        ROWS[0].recorded, parameters={"speed_m_per_s": value, "of_a_later_version": 1.0}
    )
    (packed,) = PackedRows([replace(ROWS[0], recorded=changed)])
    assert json.dumps(packed.recorded.parameters) == json.dumps(changed.parameters)


def test_a_packed_row_is_small():
    packed = PackedRows(map(row, range(400)))
    sizes = [sum(len(part) for part in own._parts) for own in packed]
    plain = [len(json.dumps(row(number).as_columns(), default=str)) for number in range(400)]
    assert sum(sizes[16:]) < 0.6 * sum(plain[16:])


def test_a_text_is_read_without_the_rest_of_its_row():
    packed = PackedRows(ROWS)
    column = Column(packed, [8, 3], lambda own: own.annotation.overall)
    texts = ById({"a": 0, "b": 1}, column)
    assert list(column) == ["Overall 8.", "Overall 3."]
    packed._rows[3] = (*packed._rows[3][:2], b"damaged", *packed._rows[3][3:])
    assert (texts["b"], len(texts), list(texts)) == ("Overall 3.", 2, ["a", "b"])
    with pytest.raises(KeyError):
        texts["c"]
