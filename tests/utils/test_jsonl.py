"""Files of JSON lines: rows are read back, and an interrupted write loses one row at most."""

import pytest

from agir_hf.utils.jsonl import append_line, read_lines


def test_lines_are_read_back_in_order(tmp_path):
    path = tmp_path / "deep" / "lines.jsonl"
    assert read_lines(path) == []
    rows = [{"a": 1}, {"text": "schön\u2028, \u0085 and\nmore"}, {"a": [1, None]}]
    for row in rows:
        append_line(path, row)
    assert read_lines(path) == rows


@pytest.mark.parametrize("incomplete", ['{"a": "sch\u00f6n', '{"a": 1', "{", "\x00\x00"])
def test_an_incomplete_line_is_skipped_and_the_next_is_whole(tmp_path, incomplete):
    path = tmp_path / "lines.jsonl"
    append_line(path, {"n": 1})
    content = incomplete.encode()
    with path.open("ab") as file:
        file.write(content[:-1] if incomplete.endswith("\u00f6n") else content)
    assert read_lines(path) == [{"n": 1}]
    append_line(path, {"n": 2})
    append_line(path, {"n": 3})
    assert read_lines(path) == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_a_line_cut_at_any_byte_loses_only_that_line(tmp_path):
    whole = tmp_path / "whole.jsonl"
    append_line(whole, {"n": 1, "text": "ä"})
    append_line(whole, {"n": 2, "text": "ö"})
    content = whole.read_bytes()
    first = content.index(b"\n") + 1
    for cut in range(first, len(content) - 1):
        path = tmp_path / "cut.jsonl"
        path.write_bytes(content[:cut])
        append_line(path, {"n": 3})
        assert [row["n"] for row in read_lines(path)] == [1, 3]
