import numpy as np
import pytest

from agir_hf.motion import RecordingError, read_recording


@pytest.fixture
def write_trc(tmp_path, walk):
    """Write the embedded walk as TRC in millimetres; ``change`` is applied to its lines."""

    def write(change=lambda lines: lines, frames=60, labels=None, scale=1000.0, end="\r\n"):
        labels = list(labels or walk.labels)
        positions = walk.positions[:frames] * scale
        head = [
            "PathFileType\t4\t(X/Y/Z)\twalk.trc",
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigNumFrames",
            f"150.0\t150.0\t{frames}\t{len(labels)}\tmm\t150.0\t{frames}",
            "Frame#\tTime\t" + "\t\t\t".join(labels) + "\t\t",
            "\t\t" + "\t".join(f"{a}{i + 1}" for i in range(len(labels)) for a in "XYZ"),
            "",
        ]
        for t, frame in enumerate(positions):
            values = "\t".join("" if np.isnan(v) else f"{v:.5f}" for v in frame.reshape(-1))
            head.append(f"{t + 1}\t{t / 150:.6f}\t{values}")
        path = tmp_path / "walk.trc"
        path.write_bytes((end.join(change(head)) + end).encode("latin-1"))
        return path

    return write


def test_a_written_file_is_read_unchanged(write_trc, walk):
    recording = read_recording(write_trc())
    assert recording.labels == walk.labels and recording.rate_hz == 150
    assert np.allclose(recording.positions, walk.positions[:60], atol=2e-5, equal_nan=True)
    assert str(recording.conventions).startswith("mm (file), +Y up")


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


def replaced(index, old, new):
    def change(lines):
        assert old in lines[index]
        lines[index] = lines[index].replace(old, new, 1)
        return lines

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[:20], "truncated: it has 14 frames, its header states 60"),
        (lambda lines: ["hello", *lines[1:]], "is not a TRC file"),
        (lambda lines: lines[:2], "is not a TRC file"),
        (replaced(1, "DataRate", "Rate"), "damaged header"),
        (replaced(2, "150.0", "fast"), "DataRate as 'fast'"),
        (replaced(2, "150.0", "100.0"), "states 100 Hz, its times give 150 Hz"),
        (replaced(2, "mm", "inch"), "units inch .*--unit mm"),
        (replaced(2, "mm", "m"), "--unit mm"),
        (replaced(3, "STRN", "CLAV"), "CLAV more than once"),
        (replaced(7, "\t", "\tx"), "not a number in line 8"),
        (lambda lines: [*lines[:9], "4\t0.02\t1\t2", *lines[10:]], "4 columns in line 10"),
    ],
)
def test_damage_is_an_error_on_one_line_with_its_reason(write_trc, change, message):
    with pytest.raises(RecordingError, match=message) as excinfo:
        read_recording(write_trc(change))
    assert "\n" not in str(excinfo.value) and "walk.trc" in str(excinfo.value)


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
