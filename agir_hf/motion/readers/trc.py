"""TRC files of Motion Analysis and OpenSim: marker positions as a text table.

Layout: https://opensimconfluence.atlassian.net/wiki/spaces/OpenSim/pages/53089972. Many programs
write variants of it: other encodings and separators, rounded times, rows or columns that the header
does not state.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from ...utils.formatting import printable
from ..recording import JointMotion, MarkerRecording, ReadOptions, RecordingError
from .points import Points, points_to_recording
from .trc_table import TextTable, read_rows, split_fields, text_lines
from .trc_times import Clock, read_clock

_HEADER_LINES = 30  # lines in which the line of labels is searched
_BETWEEN = 5  # lines between labels and rows
_KEYS = {  # names in the header, in lower case and without other characters → meaning
    "datarate": "rate", "framerate": "rate", "rate": "rate", "frequency": "rate",
    "numframes": "frames", "nframes": "frames", "numberofframes": "frames",
    "nummarkers": "markers", "nmarkers": "markers", "numberofmarkers": "markers",
    "units": "unit", "unit": "unit",
}  # fmt: skip
_SPACED_KEY = re.compile(r"\b(data|frame|num|number of)[ _]+(rate|frames|markers)", re.IGNORECASE)
_AXIS = re.compile(r"(?P<stem>.*?)[\s._:\-]*(?P<axis>[xyz])", re.IGNORECASE)
_SHOWN = 4


def read_trc(path: Path, options: ReadOptions | None = None) -> MarkerRecording | JointMotion:
    """Read the markers of a TRC file; empty fields or three zeros are missing positions.

    Args:
        path: The file.
        options: Settings of the user.

    Raises:
        RecordingError: It is not a TRC file, or its columns, labels and times do not agree.
    """
    options = options or ReadOptions()
    lines = enumerate(text_lines(path), start=1)
    head, label_line = _head(lines, path)
    header = _header(head)
    table = read_rows(_after_axes(lines), str(path))
    if not table.rows:
        raise RecordingError(f"{path} has no rows of positions: export it again")
    columns, labels, remarks = _columns(label_line, table, header, path)
    values, remarks_rows = _values(table, columns, path)
    if len(values) < 2:
        raise RecordingError(
            f"{path} has {len(values)} frame, expected at least two: export it again"
        )
    clock = read_clock(values, _rate(header), options.rate_hz, str(path))
    stated = _integer(header.get("frames"))
    remarks = [*table.remarks, *remarks_rows, *remarks]
    if stated is not None and stated != len(values):
        remarks.append(f"the header states {stated} frames, the file has {len(values)}")
    labels, positions, renamed = _seen(labels, _positions(values, clock, columns), path)
    points = Points(
        labels,
        positions,
        clock.rate_hz,
        str(path),
        unit=header.get("unit"),
        start_s=clock.start_s,
        remarks=(*remarks, *renamed, *clock.remarks),
    )
    return points_to_recording(points, options)


def _head(lines: Iterator[tuple[int, str]], path: Path) -> tuple[list[str], str]:
    """Lines of the header, and the line of labels."""
    head = []
    for _, line in islice(lines, _HEADER_LINES):
        if re.match(r"\W*frame[\w #.]*?\W+time\b", line, re.IGNORECASE):
            return head, line
        head.append(line)
    text = "\n".join(head).lower()
    if "pathfiletype" in text or "datarate" in text:
        raise RecordingError(
            f"{path} has no line of markers, expected Frame#, Time and labels in line 4: export it "
            "again"
        )
    raise RecordingError(
        f"{path} is not a TRC file, expected a first line 'PathFileType …': export it as TRC"
    )


def _header(head: list[str]) -> dict[str, str]:
    """Values of rate, frames, markers and unit that the header states; empty if it has none."""
    head = [line for line in head if line.strip()]
    for names, values in zip(head, head[1:], strict=False):
        names = re.sub(
            r"(?i)\b(data|frame|num|number of)[ _]+(rate|frames|markers)", r"\1\2", names
        )
        keys = [re.sub(r"[^a-z]", "", name.lower()) for name in split_fields(names)]
        if sum(key in _KEYS for key in keys) < 2:
            continue
        fields = split_fields(values)
        stated = {}
        for key, value in zip(keys, fields, strict=False):
            if key in _KEYS and value:
                stated.setdefault(_KEYS[key], value)
        if not re.search("[a-zA-Z]", stated.get("unit", "")):
            words = [field for field in fields if re.fullmatch("[a-zA-Z]+", field)]
            stated.pop("unit", None)
            stated.update({"unit": words[0]} if words else {})
        return stated
    return {}


def _number(text: str | None) -> float | None:
    """Positive number in a header, with a decimal point or comma; None if there is none."""
    try:
        value = float((text or "").replace(",", "."))
    except ValueError:
        return None
    return value if np.isfinite(value) and value > 0 else None


def _rate(header: dict[str, str]) -> float | None:
    return _number(re.sub(r"(?i)\s*(hz|fps)$", "", header.get("rate", "")))


def _integer(text: str | None) -> int | None:
    value = _number(text)
    return int(value) if value is not None else None


def _after_axes(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Numbered lines from the first row on; the row X1, Y1, Z1, … and blank lines are skipped."""
    for number, line in islice(lines, _BETWEEN):
        if any(re.match(r"[+-]?[.,]?\d", field) for field in split_fields(line)):
            yield number, line
            break
    yield from lines


def _columns(
    line: str, table: TextTable, header: dict[str, str], path: Path
) -> tuple[np.ndarray, list[str], list[str]]:
    """Columns of the markers that have a label, counted in markers; labels; and remarks."""
    widths = [len(row) for row in table.rows]
    usual = _markers_in(Counter(widths).most_common(1)[0][0])
    labels = _labels(line, table.separator, usual, path)
    stated = _integer(header.get("markers"))
    expected, longest = max(usual, len(labels)), max(widths)
    markers = _markers_in(longest)
    if markers > max(expected * 3 // 2, expected + 5, stated or 0):
        raise RecordingError(
            f"{path} has {longest} columns in line {table.lines[int(np.argmax(widths))]}, expected "
            f"{2 + 3 * expected} for {expected} markers: export it again"
        )
    if table.separator is None and markers < len(labels):
        raise RecordingError(
            f"{path} has {len(labels)} labels and {longest} columns, expected "
            f"{2 + 3 * len(labels)} (frame, time, and three for each marker): export it with tabs "
            "between the columns"
        )
    total = max(markers, len(labels))
    unnamed, remarks = total - sum(label != "" for label in labels), []
    if unnamed:
        remarks.append(f"{unnamed} marker{'s' * (unnamed > 1)} without a label left out")
    if stated is not None and stated not in (total, total - unnamed):
        remarks.append(f"the header states {stated} markers, the table has {total}")
    # labels without any value in the table are markers that are always missing
    columns = [i for i, label in enumerate(labels[:markers]) if label]
    return np.array(columns, dtype=int), [labels[i] for i in columns], remarks


def _markers_in(columns: int) -> int:
    """Number of markers that a row of so many columns has; the last may be incomplete."""
    return max(-(-(columns - 2) // 3), 0)


def _labels(line: str, separator: str | None, markers: int, path: Path) -> list[str]:
    """Labels of the markers in the order of the columns; empty for a marker without one."""
    line = re.sub(r"(?i)\btime\s*[(\[]\w*[)\]]", "Time", line, count=1)  # with its unit
    line = re.sub(r"(?i)\bframe (no\.?|number|#)", "Frame#", line, count=1)
    cells = split_fields(line, separator)[2:]
    filled = [i for i, cell in enumerate(cells) if cell]
    names = [cells[i] for i in filled]
    strange = next((name for name in names if printable(name) != name), None)
    if strange is not None:
        raise RecordingError(
            f"{path} has control characters in the label '{printable(strange)}', expected a name: "
            "rename the marker, or export it again"
        )
    if not names:
        raise RecordingError(
            f"{path} has no labels, expected Frame#, Time and the names of the markers in line 4: "
            "export it again"
        )
    stems = _stems(names)
    if stems and len(names) > markers:
        return stems
    if all(i % 3 == 0 for i in filled):  # also markers without a name between others
        return [cells[i] for i in range(0, filled[-1] + 1, 3)]
    if len(names) not in (filled[-1] + 1, markers):
        raise RecordingError(
            f"{path} has {len(names)} labels that are not above their columns, expected "
            f"{markers}, one label in three columns: export it again"
        )
    return names


def _stems(names: list[str]) -> list[str]:
    """Labels from a line that has three for each marker, such as A_x, A_y, A_z; else empty."""
    if len(names) % 3:
        return []
    triples = [names[i : i + 3] for i in range(0, len(names), 3)]
    if all(len(set(triple)) == 1 for triple in triples):
        return [triple[0] for triple in triples]
    stems = []
    for triple in triples:
        matches = [_AXIS.fullmatch(name) for name in triple]
        if None in matches or [m["axis"].lower() for m in matches] != ["x", "y", "z"]:
            return []
        if len({m["stem"] for m in matches}) != 1 or not matches[0]["stem"]:
            return []
        stems.append(matches[0]["stem"])
    return stems


def _values(table: TextTable, columns: np.ndarray, path: Path) -> tuple[np.ndarray, list[str]]:
    """Numbers (T, 2 + 3 M) of frame, time and positions, NaN where missing; and remarks."""
    width = 2 + 3 * (int(columns.max(initial=-1)) + 1)
    widths = np.array([len(row) for row in table.rows])
    # between tabs, some programs leave out missing markers at the end of a row
    usual = np.bincount(widths).argmax()
    bad = widths != usual if table.separator is None else widths % 3 != 2
    rows, remarks = table.rows, []
    if len(rows) > 1 and (bad[-1] or widths[-1] < widths[:-1].min()) and not bad[:-1].any():
        remarks.append("the last row is incomplete: left out")
        rows = rows[:-1]
    elif bad.any():
        row = int(bad.argmax())
        raise RecordingError(
            f"{path} has {widths[row]} columns in line {table.lines[row]}, expected {width} for "
            f"{len(columns)} markers: export it again"
        )
    if len(rows) * width > 4 * widths.sum() + 1_000_000:  # more memory than the file has values
        raise RecordingError(
            f"{path} has rows of {widths.min()} to {widths.max()} columns, expected rows of the "
            "same length: export it again"
        )
    values = np.full((len(rows), width), np.nan)
    for i, row in enumerate(rows):
        values[i, : len(row)] = row[:width]
    values[~np.isfinite(values)] = np.nan
    return values, remarks


def _positions(values: np.ndarray, clock: Clock, columns: np.ndarray) -> np.ndarray:
    """Positions (T, M, 3) at all frames, NaN in frames without a row and for three zeros."""
    rows = values[clock.rows, 2:].reshape(len(clock.rows), -1, 3)[:, columns]
    rows[(rows == 0).all(axis=2) | ~np.isfinite(rows).all(axis=2)] = np.nan
    positions = np.full((clock.index[-1] + 1, *rows.shape[1:]), np.nan)
    positions[clock.index] = rows
    return positions


def _seen(
    labels: list[str], positions: np.ndarray, path: Path
) -> tuple[tuple[str, ...], np.ndarray, list[str]]:
    """Labels and positions of markers that are not always missing; repeated labels get a number."""
    seen = np.flatnonzero(np.isfinite(positions).all(axis=2).any(axis=0))
    if not len(seen):
        raise RecordingError(f"{path} has all markers missing in every frame: export it again")
    names, repeated = [], []
    originals = {labels[i] for i in seen}
    for i in seen:
        name, number = labels[i], 2
        while name in names or (name != labels[i] and name in originals):
            name, number = f"{labels[i]}_{number}", number + 1
        if name != labels[i]:
            repeated.append(f"{labels[i]} (as {name})")
        names.append(name)
    shown = ", ".join(repeated[:_SHOWN]) + (", …" if len(repeated) > _SHOWN else "")
    remarks = [f"labels more than once, the copies numbered: {shown}"] if repeated else []
    return tuple(names), positions[:, seen], remarks
