"""TRC files as programs write them: encodings, separators, headers, labels, times and gaps."""

import numpy as np
import pytest

from agir_hf.motion import RecordingError, read_recording

HEADER = "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigNumFrames"
FIRST_ROW = 6  # index of the first row in the lines


@pytest.fixture
def write_trc(tmp_path, walk):
    """Write the embedded walk as TRC in millimetres; ``change`` is applied to its lines."""

    def write(
        change=lambda lines: lines,
        frames=60,
        labels=None,
        end="\r\n",
        rate=150.0,
        decimals=6,
        encoding="latin-1",
        times=None,
    ):
        labels = list(labels or walk.labels)
        positions = walk.positions[:frames] * 1000
        times = np.arange(frames) / rate if times is None else times
        head = [
            "PathFileType\t4\t(X/Y/Z)\twalk.trc",
            HEADER,
            f"{rate}\t{rate}\t{frames}\t{len(labels)}\tmm\t{rate}\t{frames}",
            "Frame#\tTime\t" + "\t\t\t".join(labels) + "\t\t",
            "\t\t" + "\t".join(f"{a}{i + 1}" for i in range(len(labels)) for a in "XYZ"),
            "",
        ]
        for t, frame in enumerate(positions):
            values = "\t".join("" if np.isnan(v) else f"{v:.5f}" for v in frame.reshape(-1))
            head.append(f"{t + 1}\t{times[t]:.{decimals}f}\t{values}")
        path = tmp_path / "walk.trc"
        path.write_bytes((end.join(change(head)) + end).encode(encoding))
        return path

    return write


def replaced(index, old, new):
    def change(lines):
        assert old in lines[index]
        lines[index] = lines[index].replace(old, new, 1)
        return lines

    return change


def in_rows(function):
    """Change of the lines of positions."""
    return lambda lines: lines[:FIRST_ROW] + [function(line) for line in lines[FIRST_ROW:]]


def everywhere(old, new):
    return lambda lines: [line.replace(old, new) for line in lines]


def test_a_written_file_is_read_unchanged(write_trc, walk):
    recording = read_recording(write_trc())
    assert recording.labels == walk.labels and recording.rate_hz == 150
    assert np.allclose(recording.positions, walk.positions[:60], atol=2e-5, equal_nan=True)
    assert str(recording.conventions).startswith("mm (file), +Y up")
    assert recording.remarks == () and recording.start_s == 0


def test_prefixes_gaps_and_line_ends_of_unix_are_read(write_trc, walk):
    def hide(lines):
        fields = lines[8].split("\t")
        fields[2:5] = ["", "", ""]
        lines[8] = "\t".join(fields)
        fields = lines[9].split("\t")
        fields[5:8] = ["0", "0.0", "0"]
        lines[9] = "\t".join(fields)
        return lines

    labels = [f"Subject 1:{label}" for label in walk.labels]
    recording = read_recording(write_trc(hide, labels=labels, end="\n"))
    assert recording.labels == walk.labels
    missing = np.isnan(recording.positions).all(axis=2)
    assert missing[2, 0] and missing[3, 1] and missing.sum() == 2


def decimal_comma(lines):
    header = lines[2].replace(".", ",")
    return in_rows(lambda line: line.replace(".", ","))([*lines[:2], header, *lines[3:]])


LAYOUTS = {
    "commas": everywhere("\t", ","),
    "commas and spaces": everywhere("\t", ", "),
    "semicolons": everywhere("\t", ";"),
    "semicolons, decimal comma": lambda lines: everywhere("\t", ";")(decimal_comma(lines)),
    "tabs, decimal comma": lambda lines: decimal_comma(lines),
    "spaces, decimal comma": in_rows(lambda line: line.replace(".", ",").replace("\t", "  ")),
    "spaces": lambda lines: [
        " ".join(line.split("\t")) if i != 3 else " ".join(line.split())
        for i, line in enumerate(lines)
    ],
    "rows with spaces": in_rows(lambda line: line.replace("\t", "   ")),
    "a tab at the end": in_rows(lambda line: line + "\t"),
    "spaces around numbers": in_rows(lambda line: line.replace("\t", " \t ")),
    "no blank line": lambda lines: [line for line in lines if line],
    "no row of axes": lambda lines: lines[:4] + lines[5:],
    "neither": lambda lines: lines[:4] + lines[6:],
    "a row of units": lambda lines: [*lines[:5], "\t\t" + "mm\t" * 132, *lines[5:]],
    "no first line": lambda lines: lines[1:],
    "blank lines between rows": in_rows(lambda line: line + "\r\n"),
    "other names": replaced(1, "DataRate", "Data Rate"),
    "lower case": replaced(1, HEADER, HEADER.lower()),
    "short values": replaced(2, "mm\t150.0\t60", "mm"),
    "other order": lambda lines: [
        lines[0], "NumMarkers\tUnits\tNumFrames\tDataRate", "44\tmm\t60\t150", *lines[3:],
    ],
    "values with spaces": replaced(2, "60\t44", "    60\t  44"),
    "two blank columns less": lambda lines: [*lines[:3], lines[3].replace("\t\t\t", "\t"),
                                             *lines[4:]],
    "labels three times": lambda lines: [*lines[:3], "Frame#\tTime\t" + "\t".join(
        f"{label}_{axis}" for label in lines[3].split("\t")[2::3] for axis in "xyz"), *lines[4:]],
    "as a spreadsheet saves it": lambda lines: [
        ";".join((line.split("\t") + [""] * 134)[:136]) for line in [*decimal_comma(lines), "", ""]
    ],
    "time with its unit": replaced(3, "Time", "Time (s)"),
    "spaces, time with its unit": lambda lines: [
        " ".join(line.replace("Time", "Time [s]").split()) for line in lines
    ],
    "number of the frame": replaced(3, "Frame#", "Frame Number"),
    "quoted labels": lambda lines: [*lines[:3], lines[3].replace("CLAV", '"CLAV"'), *lines[4:]],
    "end of file of DOS": lambda lines: [*lines, "\x1a"],
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_programs_give_the_same_recording(write_trc, walk, layout):
    recording = read_recording(write_trc(LAYOUTS[layout]))
    assert recording.labels == walk.labels and recording.rate_hz == 150
    assert np.allclose(recording.positions, walk.positions[:60], atol=2e-5, equal_nan=True)
    assert recording.remarks == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "utf-16-le"])
def test_labels_and_numbers_are_read_in_any_encoding(write_trc, walk, encoding):
    labels = ["Brüstbein", *walk.labels[1:]]
    recording = read_recording(write_trc(labels=labels, encoding=encoding, frames=30))
    assert recording.labels == tuple(labels)
    assert np.allclose(recording.positions, walk.positions[:30], atol=2e-5)


@pytest.mark.parametrize(
    "word",
    ["", "nan", "NaN", "-nan", "-nan(ind)", "nan(snan)", "1.#QNAN", "-1.#IND00", "1.#INF", "null",
     "NA", "n/a", "-", "--", "inf", "-Infinity", "None", "#N/A", '""'],
)  # fmt: skip
def test_words_for_missing_values_are_gaps(write_trc, walk, word):
    def hide(lines):
        fields = lines[8].split("\t")
        fields[5:8] = [word] * 3
        lines[8] = "\t".join(fields)
        return lines

    for layout in (lambda lines: lines, LAYOUTS["tabs, decimal comma"]):
        recording = read_recording(write_trc(lambda lines, f=layout: f(hide(lines)), frames=30))
        missing = np.isnan(recording.positions).all(axis=2)
        assert missing[2, 1] and missing.sum() == 1


def test_a_marker_without_all_coordinates_is_missing(write_trc):
    def hide(lines):
        fields = lines[8].split("\t")
        fields[-1] = ""
        lines[8] = "\t".join(fields)
        return lines

    recording = read_recording(write_trc(hide, frames=30))
    assert np.isnan(recording.positions[2, -1]).all()
    assert np.isnan(recording.positions).sum() == 3


def test_markers_missing_at_the_end_of_a_row_may_be_left_out(write_trc):
    def shorten(lines):
        lines[8] = "\t".join(lines[8].split("\t")[:-6])
        return lines

    recording = read_recording(write_trc(shorten, frames=30))
    assert np.isnan(recording.positions[2, -2:]).all()
    assert np.isnan(recording.positions).sum() == 6


def test_markers_without_a_label_are_left_out_and_reported(write_trc, walk):
    end = in_rows(lambda line: line + "\t1.0\t2.0\t3.0\t4.0\t5.0\t6.0")
    recording = read_recording(write_trc(end))
    assert recording.labels == walk.labels
    assert recording.remarks == ("2 markers without a label left out",)

    middle = read_recording(write_trc(replaced(3, "STRN", "")))
    assert middle.labels == tuple(label for label in walk.labels if label != "STRN")
    assert np.allclose(middle.positions[:, 1], walk.positions[:60, 2], atol=2e-5)
    assert middle.remarks == ("1 marker without a label left out",)


def test_copies_of_a_label_are_numbered_and_reported(write_trc, walk):
    recording = read_recording(write_trc(replaced(3, "STRN", "CLAV")))
    assert recording.labels == ("CLAV", "CLAV_2", *walk.labels[2:])
    assert recording.remarks == ("labels more than once, the copies numbered: CLAV (as CLAV_2)",)


@pytest.mark.parametrize(
    ("index", "old", "new", "remark"),
    [
        (2, "60\t44", "70\t44", "the header states 70 frames, the file has 60"),
        (2, "60\t44", "50\t44", "the header states 50 frames, the file has 60"),
        (2, "60\t44", "60\t40", "the header states 40 markers, the table has 44"),
        (2, "150.0", "0", "the header states no rate: 150 Hz from the times"),
        (2, "150.0", "fast", "the header states no rate: 150 Hz from the times"),
        (1, "DataRate", "X", "the header states no rate: 150 Hz from the times"),
    ],
)
def test_a_wrong_header_is_reported_and_the_table_is_read(write_trc, index, old, new, remark):
    recording = read_recording(write_trc(replaced(index, old, new)))
    assert recording.remarks == (remark,)
    assert len(recording.positions) == 60 and recording.rate_hz == 150


@pytest.mark.parametrize("rate", [25, 30, 50, 60, 75, 100, 120, 150, 200, 240, 250, 300, 1000])
@pytest.mark.parametrize("decimals", [2, 3])
def test_rounded_times_give_the_rate_without_gaps(write_trc, rate, decimals):
    path = write_trc(rate=float(rate), decimals=decimals, frames=200)
    stated = read_recording(path)
    assert stated.rate_hz == rate and len(stated.positions) == 200 and stated.remarks == ()
    path = write_trc(replaced(2, f"{rate}.0", "0"), rate=float(rate), decimals=decimals, frames=200)
    measured = read_recording(path)
    error = 10.0**-decimals * rate / 200
    assert measured.rate_hz == pytest.approx(rate, rel=1.1 * error)
    assert len(measured.positions) == 200


def test_a_rate_near_the_stated_one_is_that_of_the_whole_span(write_trc):
    times = np.arange(200) / 59.94
    path = write_trc(rate=60.0, frames=200, times=times, decimals=7)
    assert read_recording(path).rate_hz == pytest.approx(59.94, abs=1e-3)


@pytest.mark.parametrize("decimals", [2, 3, 6])
@pytest.mark.parametrize("numbers", ["kept", "counted again"])
def test_missing_rows_are_a_gap_at_their_time(write_trc, walk, decimals, numbers):
    def cut(lines):
        lines = lines[: FIRST_ROW + 50] + lines[FIRST_ROW + 60 :]
        if numbers != "kept":
            rows = [line.split("\t", 1)[1] for line in lines[FIRST_ROW:]]
            lines[FIRST_ROW:] = [f"{i + 1}\t{row}" for i, row in enumerate(rows)]
        return replaced(2, "120\t44", "110\t44")(lines)

    recording = read_recording(write_trc(cut, frames=120, decimals=decimals))
    missing = np.isnan(recording.positions).all(axis=(1, 2))
    assert len(recording.positions) == 120 and recording.rate_hz == 150
    assert np.flatnonzero(missing).tolist() == list(range(50, 60))
    assert np.allclose(recording.positions[60:], walk.positions[60:120], atol=2e-5)
    assert recording.remarks == ("10 rows are missing in the file in one gap after 0.33 s",)


def test_single_missing_rows_are_gaps_also_without_a_stated_rate(write_trc):
    def cut(lines):
        kept = [line for i, line in enumerate(lines[FIRST_ROW:]) if i not in (30, 80, 81)]
        return lines[:2] + ["0\t0\t117\t44\tmm"] + lines[3:FIRST_ROW] + kept

    recording = read_recording(write_trc(cut, frames=120, rate=100.0, decimals=2))
    missing = np.isnan(recording.positions).all(axis=(1, 2))
    assert np.flatnonzero(missing).tolist() == [30, 80, 81] and recording.rate_hz == 100
    assert "3 rows are missing in the file in 2 gaps, the first after 0.29 s" in recording.remarks


def test_frame_numbers_that_jump_are_a_gap_although_times_do_not(write_trc):
    def cut(lines):
        rows = lines[FIRST_ROW : FIRST_ROW + 50] + lines[FIRST_ROW + 60 :]
        times = [line.split("\t")[1] for line in lines[FIRST_ROW:]]
        rows = [
            "\t".join([*row.split("\t")[:1], time, *row.split("\t")[2:]])
            for row, time in zip(rows, times, strict=False)
        ]
        return replaced(2, "120\t44", "110\t44")(lines[:FIRST_ROW] + rows)

    recording = read_recording(write_trc(cut, frames=120))
    missing = np.isnan(recording.positions).all(axis=(1, 2))
    assert np.flatnonzero(missing).tolist() == list(range(50, 60))
    assert recording.remarks[0].startswith("frame numbers jump from 50 to 61 while times do not")


def test_times_start_on_the_clock_of_the_file_and_may_be_in_milliseconds(write_trc):
    times = 3.067 + np.arange(60) / 150
    recording = read_recording(write_trc(times=times))
    assert recording.start_s == pytest.approx(3.067) and recording.remarks == ()
    recording = read_recording(write_trc(times=times * 1000, decimals=3))
    assert recording.start_s == pytest.approx(3.067) and recording.rate_hz == 150
    assert recording.remarks == ("times are in ms",)
    path = write_trc(replaced(2, "150.0", ""), times=times * 1000, decimals=3)
    assert read_recording(path).rate_hz == pytest.approx(150, abs=0.01)


@pytest.mark.parametrize("times", [np.zeros(60), np.full(60, np.nan), np.arange(60.0)])
def test_useless_times_leave_the_rate_to_the_header(write_trc, times):
    recording = read_recording(write_trc(times=times))
    assert recording.rate_hz == 150 and len(recording.positions) == 60
    assert "150 Hz from the header" in recording.remarks[0]
    with pytest.raises(RecordingError, match="--rate"):
        read_recording(write_trc(replaced(2, "150.0", "0"), times=times))
    path = write_trc(replaced(2, "150.0", "0"), times=times)
    assert read_recording(path, rate_hz=100).rate_hz == 100


def test_a_rate_of_the_user_that_the_times_contradict_is_used_and_reported(write_trc):
    recording = read_recording(write_trc(), rate_hz=100)
    assert recording.rate_hz == 100
    assert recording.remarks == (
        "rate 100 Hz from --rate, although the times of the file give 150 Hz",
    )
    path = write_trc(replaced(2, "150.0", "100.0"))
    with pytest.raises(RecordingError, match="states 100 Hz, its times give 150 Hz"):
        read_recording(path)
    recording = read_recording(path, rate_hz=150)
    assert recording.rate_hz == 150 and recording.remarks == ()


def test_times_of_a_camera_with_jitter_give_the_rate_of_the_whole_span(write_trc):
    rng = np.random.default_rng(0)
    regular = np.arange(200) / 29.97
    jitter = write_trc(times=regular + rng.uniform(-0.004, 0.004, 200), rate=30.0, frames=200)
    recording = read_recording(jitter)
    assert len(recording.positions) == 200 and recording.remarks == ()
    assert recording.rate_hz == pytest.approx(30, abs=0.1)
    drift = regular + 0.1 * np.sin(regular)
    recording = read_recording(write_trc(times=drift, rate=30.0, frames=200))
    assert len(recording.positions) == 200
    assert recording.remarks[0].startswith("times deviate by up to")


def test_repeated_and_unsorted_rows_are_repaired_and_reported(write_trc, walk):
    def repeat(lines):
        return replaced(2, "60\t44", "62\t44")([*lines[:20], lines[19], *lines[20:], lines[-1]])

    recording = read_recording(write_trc(repeat))
    assert len(recording.positions) == 60 and "2 repeated rows left out" in recording.remarks

    def swap(lines):
        lines[20], lines[30] = lines[30], lines[20]
        return lines

    recording = read_recording(write_trc(swap))
    assert np.allclose(recording.positions, walk.positions[:60], atol=2e-5)
    assert recording.remarks == ("2 rows were not in the order of their times: sorted",)


def test_a_file_that_ends_in_the_middle_of_a_row_is_read_without_it(write_trc):
    for cut in (lambda line: line[:200], lambda line: line[:200] + "\tx"):
        path = write_trc(lambda lines, f=cut: [*lines[:-1], f(lines[-1])])
        recording = read_recording(path)
        assert len(recording.positions) == 59
        assert "left out" in recording.remarks[0] and "has 59" in recording.remarks[1]


def appended(lines):
    rows = [line.split("\t", 1)[1] for line in lines[FIRST_ROW:]]
    return [*lines, *(f"{i + 61}\t{row}" for i, row in enumerate(rows))]


def far(lines):
    first, _, rest = lines[-1].split("\t", 2)
    return [*lines[:-1], f"{first}\t3000.0\t{rest}"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[:6], "has no rows"),
        (lambda lines: ["hello", "world"], "is not a TRC file"),
        (lambda lines: lines[:2], "has no line of markers"),
        (lambda lines: [*lines[:3], "Frame#\tTime\t\t\t", *lines[4:]], "has no labels"),
        (replaced(2, "150.0", "100.0"), "states 100 Hz, its times give 150 Hz"),
        (replaced(2, "mm", "m"), "--unit mm"),
        (replaced(7, "\t", "\tx"), "not a number in line 8"),
        (replaced(7, "\t", "\t1_0\t"), "not a number in line 8"),
        (lambda lines: [*lines[:9], "4\t0.02\t1\t2", *lines[10:]], "4 columns in line 10"),
        (lambda lines: [*lines[:9], lines[9] + "\t" + lines[10], *lines[11:]], "in line 10"),
        (lambda lines: [*lines[:8], lines[8] + "\t1.0", *lines[9:]], "in line 9"),
        (replaced(3, "\tSTRN\t\t\t", "\t\t"), "not above their columns"),
        (replaced(3, "STRN", "\x1b[2J"), "control characters in the label"),
        (appended, "goes back in time"),
        (far, "no rows for"),
        (lambda lines: lines[: FIRST_ROW + 1], "has 1 frame"),
        (in_rows(lambda line: "\t".join(line.split("\t")[:2] + ["nan"] * 132)), "markers missing"),
    ],
)
def test_damage_is_an_error_on_one_line_with_its_reason(write_trc, change, message):
    with pytest.raises(RecordingError, match=message) as excinfo:
        read_recording(write_trc(change))
    assert "\n" not in str(excinfo.value) and "walk.trc" in str(excinfo.value)


def test_a_frame_twice_with_different_values_is_refused(write_trc):
    def change(lines):
        copy = lines[20].replace("1", "2")
        fields = copy.split("\t")
        fields[:2] = lines[20].split("\t")[:2]
        return [*lines[:21], "\t".join(fields), *lines[21:]]

    with pytest.raises(RecordingError, match="frame 15 twice with different values"):
        read_recording(write_trc(change))


def test_a_mapping_renames_the_markers(write_trc, walk):
    labels = ["heel of the right" if label == "R.Heel" else label for label in walk.labels]
    path = write_trc(labels=labels)
    assert "heel of the right" in read_recording(path).labels
    mapped = read_recording(path, mapping={"heel of the right": "R.Heel"})
    assert mapped.labels == walk.labels
    with pytest.raises(RecordingError, match="has no RHEEL"):
        read_recording(path, mapping={"RHEEL": "R.Heel"})
    with pytest.raises(RecordingError, match="L.Heel twice"):
        read_recording(path, mapping={"heel of the right": "L.Heel"})


def test_rounded_times_of_a_published_file_give_its_rate(shared):
    recording = read_recording(shared / "data/healthy_adults/opensim_walk_free_01.trc")
    assert recording.rate_hz == 60 and len(recording.positions) == 73
    assert recording.start_s == pytest.approx(3.067)


@pytest.mark.parametrize(
    ("case", "frames", "remark"),
    [
        ("26a_bom", 450, ""),
        ("26b_decimal_comma", 450, ""),
        ("26d_unnamed_markers", 450, "1 marker without a label left out"),
        ("26f_short_header_values", 450, ""),
        ("26g_numframes_too_many", 450, "the header states 460 frames, the file has 450"),
        ("26h_rows_missing_in_the_middle", 450, "45 rows are missing in the file"),
        ("26j_null", 450, ""),
    ],
)
def test_imitated_files_of_programs_are_read(shared, case, frames, remark):
    recording = read_recording(shared / f"data/recording_cases/{case}.trc")
    assert recording.positions.shape[:2] == (frames, 30) and recording.rate_hz == 150
    assert not remark or any(text.startswith(remark) for text in recording.remarks)
