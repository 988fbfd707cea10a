"""BVH files as real software writes them: encodings, frames, frame times, units, persons."""

import importlib.util
import re
import time
from pathlib import Path

import numpy as np
import pytest

from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import RecordingError, read_recording
from agir_hf.motion.readers.bvh import read_bvh
from agir_hf.motion.readers.bvh_file import MOST_JOINTS
from agir_hf.motion.recording import ReadOptions

spec = importlib.util.spec_from_file_location(
    "bvh_writer", Path(__file__).with_name("bvh_writer.py")
)
bvh_writer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bvh_writer)
FRAMES, SKELETON, TEXT = bvh_writer.FRAMES, bvh_writer.SKELETON, bvh_writer.text()
HEAD, ROWS = TEXT.split("MOTION\n")[0], TEXT.splitlines()[-FRAMES:]
NAMES = [name for name, *_ in SKELETON]


def with_rows(rows, frames=None, frame_time="0.0166667", head=HEAD):
    frames = len(rows) if frames is None else frames
    return f"{head}MOTION\nFrames: {frames}\nFrame Time: {frame_time}\n" + "\n".join(rows) + "\n"


def walking(steps_per_s=1.8, rate_hz=60.0, frames=240, radians=False):
    """Rows of the skeleton with swinging legs and bending knees; values as text."""
    angles = np.zeros((frames, len(SKELETON), 3))
    phase = np.pi * steps_per_s * np.arange(frames) / rate_hz
    for side, shift in (("Left", 0.0), ("Right", np.pi)):
        angles[:, NAMES.index(f"{side}UpLeg"), 1] = -25 * np.sin(phase + shift)
        angles[:, NAMES.index(f"{side}Leg"), 1] = 25 + 25 * np.cos(phase + shift)
    angles = np.radians(angles) if radians else angles
    text = bvh_writer.text(angles=angles, frames=frames)
    return text.splitlines()[-frames:]


@pytest.fixture
def read(tmp_path):
    def read_text(content, encoding="utf-8", **options):
        path = tmp_path / "walk.bvh"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return read_bvh(path, ReadOptions(**options))

    return read_text


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace("\n", "\r\n"),
        lambda t: t.replace("\n", "\r"),
        lambda t: t.replace(" ", "\t"),
        lambda t: "\n# exported\n" + t.replace("\n", "\n\n"),
        lambda t: re.sub(r"\n\s*\{", " {", t),
        lambda t: t.replace("End Site", "END SITE toe_end"),
        lambda t: t.replace("HIERARCHY", "hierarchy").replace("JOINT", "Joint"),
        lambda t: t.replace("Frame Time: 0.0166667", "\tFrame Time:\t0,0166667"),
        lambda t: HEAD + "MOTION" + t.split("MOTION")[1].replace(".", ","),
        lambda t: with_rows([", ".join(row.split()) for row in ROWS]),
        lambda t: with_rows([";".join(row.split()) for row in ROWS]),
        lambda t: "\ufeff" + t,
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "latin-1"])
def test_line_ends_separators_and_encodings(read, change, encoding):
    content = change(TEXT.replace("Spine", "Wirbels\xe4ule"))
    if encoding == "latin-1":
        content = content.replace("\ufeff", "")
    motion = read(content, encoding)
    assert np.allclose(motion.joints, read(TEXT).joints, atol=1e-6) and not motion.remarks
    assert motion.rate_hz == pytest.approx(60, abs=0.01)


@pytest.mark.parametrize(
    ("rows", "stated", "frames", "remark"),
    [
        (ROWS, 90, 70, "the file states 90 frames and has 70: read 70"),
        (ROWS, 60, 70, "the file states 60 frames and has 70: read 70"),
        (ROWS, 10**12, 70, "has 70: read 70"),
        ([*ROWS[:-1], ROWS[-1][:50]], 70, 69, "the last frame is incomplete and left out"),
        ("\n".join(ROWS).replace(" ", "\n", 70 * 20).split("\n"), 70, 70, "several lines"),
    ],
)
def test_wrong_numbers_of_frames_and_cut_rows_are_said(read, rows, stated, frames, remark):
    motion = read(with_rows(rows, stated))
    assert len(motion.joints) == frames and remark in " ".join(motion.remarks)
    assert np.allclose(motion.joints, read(TEXT).joints[:frames], atol=1e-6)


def missing(row, count, word="nan"):
    return " ".join([*[word] * count, *row.split()[count:]])


@pytest.mark.parametrize("word", ["nan", "-nan(ind)", "1.#QNAN", "inf", "1e99"])
def test_short_gaps_are_filled_and_said(read, word):
    rows = [missing(row, 6, word) if 30 <= i < 33 else row for i, row in enumerate(ROWS)]
    motion = read(with_rows(rows))
    assert np.allclose(motion.joints, read(TEXT).joints, atol=1e-4)
    assert motion.remarks == ("3 frame(s) without values filled or cut",)


def test_long_gaps_are_refused(read):
    rows = [missing(row, 1) if 20 <= i < 50 else row for i, row in enumerate(ROWS)]
    with pytest.raises(RecordingError, match=r"walk.bvh has no values in 30 frames in a row"):
        read(with_rows(rows))


@pytest.mark.parametrize(
    ("frame_time", "rate_hz", "meaning"),
    [
        ("30", 30, "a rate in Hz"),
        ("120", 120, "a rate in Hz"),
        ("29.97", 29.97, "a rate in Hz"),
        ("33.3333", 30, "milliseconds"),
        ("8.33333", 120, "milliseconds"),
        ("16.667", 60, "milliseconds"),
        ("40", 25, "milliseconds"),
        ("50", 20, "milliseconds"),
        ("50", 50, "a rate in Hz"),
        ("20", 20, "a rate in Hz"),
        ("20", 50, "milliseconds"),
    ],
)
def test_a_frame_time_that_is_a_rate_or_in_milliseconds(read, frame_time, rate_hz, meaning):
    motion = read(with_rows(walking(rate_hz=rate_hz), frame_time=frame_time))
    assert motion.rate_hz == pytest.approx(rate_hz, rel=1e-3)
    assert f"frame time {frame_time} is not in seconds, read as {meaning}" in motion.remarks[0]


@pytest.mark.parametrize("frame_time", ["0", "nan", "inf", "-0.01", "1", "", "16666"])
def test_the_rate_of_the_user_replaces_a_useless_frame_time(read, frame_time):
    with pytest.raises(RecordingError, match="walk.bvh has a frame time.*--rate"):
        read(with_rows(ROWS, frame_time=frame_time))
    assert read(with_rows(ROWS, frame_time=frame_time), rate_hz=50).rate_hz == 50


@pytest.mark.parametrize(
    ("scale", "unit"),
    [(10, "mm"), (1, "cm"), (0.01, "m"), (1 / 2.54, "inch"), (0.45 / 2.54, "CMU unit of 5.644 cm")],
)
def test_units_are_detected_from_the_stature(read, scale, unit):
    motion = read(bvh_writer.text(scale=scale))
    assert np.allclose(motion.joints, read(TEXT).joints, atol=1e-4)
    assert (motion.conventions.unit, motion.conventions.unit_from) == (unit, "detected")
    forced = read(bvh_writer.text(scale=scale), unit=str(0.01 / scale))
    assert np.allclose(forced.joints, motion.joints, atol=1e-4)


def test_stride_length_of_a_walk_in_inches(shared):
    for name in ("15_inches", "16_cmu_scale"):
        motion = read_recording(shared / f"data/recording_cases/{name}.bvh")
        truth = read_recording(shared / "data/recording_cases/36_bom.bvh")
        assert np.allclose(motion.joints, truth.joints, atol=1e-3), name


def test_angles_in_radians_are_read_and_said(read):
    degrees, radians = (read(with_rows(walking(radians=r))) for r in (False, True))
    assert np.allclose(degrees.joints, radians.joints, atol=1e-4)
    assert radians.remarks == ("angles are in radians, not degrees",) and not degrees.remarks


def test_a_still_person_is_not_read_in_radians(read):
    assert not read(with_rows([ROWS[0]] * FRAMES)).remarks


@pytest.mark.parametrize("held", [1, 20])
def test_a_reference_pose_at_the_start_is_cut_and_said(read, held):
    rest = " ".join(["0"] * len(ROWS[0].split()))
    rows = [re.sub(r"^\S+ \S+ \S+", "150 90 -80", row) for row in walking()]
    walk = read(with_rows(rows))
    motion = read(with_rows([rest] * held + rows))
    assert np.allclose(motion.joints, walk.joints, atol=1e-6)
    assert motion.remarks == (f"{held} frame(s) of a reference pose at the start left out",)
    assert motion.start_s == pytest.approx(held / 60, abs=1e-3) and walk.start_s == 0


def test_position_channels_of_every_joint(read):
    """With three position channels a joint is at them; displacements near zero keep the offset."""
    order = "Xposition Yposition Zposition "
    head = re.sub(r"CHANNELS 3 (\w+ \w+ \w+)", rf"CHANNELS 6 {order}\1", HEAD)
    for added in (False, True):
        rows = []
        for row in walking():
            values = row.split()
            parts = values[:6]
            for i, (_, _, offset) in enumerate(SKELETON[1:], start=1):
                parts += ["0"] * 3 if added else [str(v) for v in offset]
                parts += values[3 + 3 * i : 6 + 3 * i]
            rows.append(" ".join(parts))
        motion = read(with_rows(rows, head=head))
        assert np.allclose(motion.joints, read(with_rows(walking())).joints, atol=1e-5), added


def test_joints_with_positions_only(read):
    """No rotation channels: offsets and positions are relative to the parent."""
    head = re.sub(r"CHANNELS \d .*", "CHANNELS 3 Zposition Xposition Yposition", HEAD)
    rows = [
        " ".join(
            f"{v[2]} {v[0]} {v[1]}"
            for v in [(0, 90, 2.0 * t), *(offset for _, _, offset in SKELETON[1:])]
        )
        for t in range(FRAMES)
    ]
    assert np.allclose(read(with_rows(rows, head=head)).joints, read(TEXT).joints, atol=1e-5)


def two_persons(first="Anna:", second="Ben:"):
    heads = [re.sub(r"(ROOT|JOINT) ", rf"\1 {name}", HEAD) for name in (first, second)]
    rows = [f"{a} {b}" for a, b in zip(ROWS, walking(frames=FRAMES), strict=True)]
    return with_rows(rows, head=heads[0] + heads[1].replace("HIERARCHY\n", ""))


def test_one_of_several_persons_is_chosen_by_name(read):
    with pytest.raises(RecordingError, match="2 persons .Anna, Ben.*--item"):
        read(two_persons())
    ben, anna = read(two_persons(), item="Ben"), read(two_persons(), item="anna")
    assert np.allclose(anna.joints, read(TEXT).joints, atol=1e-6)
    assert np.allclose(ben.joints, read(with_rows(walking(frames=FRAMES))).joints, atol=1e-6)
    assert "Ben read, Anna left out" in ben.remarks
    with pytest.raises(RecordingError, match="'Eve'.*Anna, Ben"):
        read(two_persons(), item="Eve")
    with pytest.raises(RecordingError, match="Hips, Hips 2"):
        read(two_persons("", ""))


def test_a_prop_next_to_the_person_is_left_out(read):
    prop = (
        "ROOT Crutch\n{\nOFFSET 0 0 0\nCHANNELS 6 Xposition Yposition Zposition Zrotation "
        "Xrotation Yrotation\nEnd Site\n{\nOFFSET 0 80 0\n}\n}\n"
    )
    motion = read(with_rows([row + " 0 0 0 0 0 0" for row in ROWS], head=HEAD + prop))
    assert np.allclose(motion.joints, read(TEXT).joints, atol=1e-6)
    assert motion.remarks == ("Hips read, Crutch left out",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("HIERARCHY\nROOT " + "a" * 10**6, "more than 10000 characters in line 2"),
        ("HIERARCHY\nROOT a\n{\n" + "OFFSET 0 0 0\nJOINT b\n{\n" * 10**5, f"{MOST_JOINTS} joints"),
        ("HIERARCHY\n" + "\n" * 1_200_000, "more than 1,000,000 lines"),
        (TEXT.replace("OFFSET 9.0", "OFFSET inf"), "without OFFSET, LeftUpLeg"),
        (TEXT.replace("OFFSET 9.0", "OFFSET 1e30"), "without OFFSET, LeftUpLeg"),
        (TEXT.replace("CHANNELS 3", "CHANNELS -3", 1), "-3 channels stated"),
        (TEXT.replace("CHANNELS 3", "CHANNELS " + "9" * 5000, 1), "channels stated, 3 named"),
        (TEXT.replace("CHANNELS 3 Z", "CHANNELS 3 X", 1), "named twice"),
        (with_rows([*ROWS[:20], ROWS[20][:40], *ROWS[21:]]), "values in line .*, expected"),
        (with_rows([], 5), "has no frames"),
        (bytes(range(256)) * 50, "is not a BVH file"),
    ],
    ids=range(11),
)  # fmt: skip
def test_huge_and_damaged_files_are_refused_at_once(read, content, message):
    start = time.process_time()
    with pytest.raises(RecordingError, match=message) as excinfo:
        read(content)
    text = str(excinfo.value)
    assert "walk.bvh" in text and "\n" not in text and text.isprintable() and len(text) < 600
    assert time.process_time() - start < 5


@pytest.mark.parametrize("nested", [True, False])
def test_large_hierarchies_without_a_person_are_refused_at_once(read, nested):
    """No recursion: a chain of 1,900 joints, and 1,900 children of one joint."""
    joint = "JOINT b\n{\nOFFSET 0 1 0\nCHANNELS 1 Xrotation\n"
    body = joint * 1900 + "}\n" * 1900 if nested else (joint + "}\n") * 1900
    head = f"HIERARCHY\nROOT a\n{{\nOFFSET 0 0 0\nCHANNELS 1 Xrotation\n{body}}}\n"
    start = time.process_time()
    with pytest.raises(RecordingError, match=r"has joints a, b, .* and \d+ more") as excinfo:
        read(with_rows(["0 " * 1901] * 3, head=head))
    assert len(str(excinfo.value)) < 600 and time.process_time() - start < 5


def test_hostile_files_are_one_line_with_advice(shared):
    paths = sorted((shared / "data/hostile_cases").glob("bvh_*"))
    assert len(paths) >= 6
    for path in paths:
        with pytest.raises(RecordingError, match=re.escape(path.name)) as excinfo:
            read_recording(path)
        message = str(excinfo.value)
        assert message.isprintable() and ": " in message, message


def test_the_joints_are_those_of_humanml3d(read):
    motion = read(TEXT)
    assert motion.joints.shape[1] == len(JOINT_NAMES) and motion.joints.dtype == np.float32
