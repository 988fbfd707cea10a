import base64
import html
import json
import re

import numpy as np
import pytest

import agir_hf
from agir_hf.assessment import prepare_recording
from agir_hf.gait.report.viewer import walk as viewer


@pytest.fixture
def joints():
    return np.random.default_rng(0).uniform(-2, 2, (40, 22, 3))


def content(element: str) -> dict:
    (data,) = re.findall(r'data-scene="([^"]*)"', element)
    return json.loads(html.unescape(data))


def unpacked(record: dict, key: str) -> np.ndarray:
    raw = np.frombuffer(base64.b64decode(record[key]), "<i2")
    return raw.reshape(record["frames"], -1, 3)


def test_joints_are_transmitted_with_an_error_of_at_most_half_a_unit(joints):
    (record,) = content(viewer.scene([viewer.Walk("a", joints, 20.0)]))["walks"]
    shift = joints[:, 0].mean(0) * [1, 0, 1]
    decoded = unpacked(record, "joints") * record["unit_m"] + shift
    assert np.abs(decoded - joints).max() <= record["unit_m"] / 2 + 1e-9
    assert record["unit_m"] == 0.001 and record["rate_hz"] == 20


def test_a_high_frame_rate_is_reduced_and_times_are_kept(joints):
    walk = viewer.Walk("a", np.repeat(joints, 10, axis=0), 150.0, {"left": [0.5, 1.25]})
    (record,) = content(viewer.scene([walk]))["walks"]
    assert record["rate_hz"] == 25 and record["frames"] == -(-400 // 6)
    assert record["strikes"] == {"left": [0.5, 1.25], "right": []}


def test_a_long_recording_is_reduced_to_the_maximum_number_of_frames(joints):
    walk = viewer.Walk("a", np.repeat(joints, 200, axis=0), 20.0)
    (record,) = content(viewer.scene([walk]))["walks"]
    assert record["frames"] <= viewer.MAX_FRAMES


def test_a_walk_over_a_long_distance_is_complete(joints):
    far = joints + np.linspace(0, 90, 40)[:, None, None]
    (record,) = content(viewer.scene([viewer.Walk("a", far, 20.0)]))["walks"]
    assert (unpacked(record, "joints") != -32768).all() and record["unit_m"] > 0.001


def test_missing_markers_have_the_code_of_missing(joints):
    markers = joints[:, :3].copy()
    markers[5, 1] = np.nan
    (record,) = content(viewer.scene([viewer.Walk("a", joints, 20.0, {}, markers)]))["walks"]
    missing = (unpacked(record, "markers") == -32768).all(axis=2)
    assert np.argwhere(missing).tolist() == [[5, 1]]


def test_labels_are_escaped(joints):
    label = "\"><script>alert('x')</script>"
    element = viewer.scene([viewer.Walk(label, joints, 20.0)] * 2, title=label)
    assert element.count("<") == 2 and element.count('"') == 2
    assert content(element)["walks"][1]["label"] == label == content(element)["title"]


@pytest.mark.parametrize("count", [0, 3])
def test_no_walk_and_more_than_two_walks_are_refused(joints, count):
    with pytest.raises(ValueError, match="expected 1 or 2"):
        viewer.scene([viewer.Walk("a", joints, 20.0)] * count)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"joints": np.zeros((4, 21, 3))}, "22, 3"),
        ({"joints": np.full((4, 22, 3), np.nan)}, "missing"),
        ({"markers": np.zeros((3, 5, 3))}, "markers have shape"),
    ],
)
def test_walks_that_cannot_be_drawn_are_refused(joints, change, message):
    with pytest.raises(ValueError, match=message):
        viewer.Walk(**{"label": "a", "joints": joints[:4], "rate_hz": 20.0, **change})


def test_the_markers_of_a_recording_are_at_their_measured_positions(tmp_path):
    prepared = prepare_recording(agir_hf.SAMPLE_RECORDING)
    walk = viewer.walk_of(prepared, "sample")
    assert walk.markers.shape == (len(walk.joints), 44, 3) and walk.rate_hz >= 100
    heel = prepared.recording.labels.index("L.Heel")
    distance_m = np.linalg.norm(walk.markers[:, heel] - walk.joints[:, 7], axis=1)
    assert np.nanmax(distance_m) < 0.15  # the left heel is near the left ankle in every frame
    assert len(walk.heel_strikes["left"]) >= 3 and len(walk.heel_strikes["right"]) >= 3


def test_the_script_makes_no_network_request():
    assert not re.search(r"https?://|import\s*\(|fetch\(", str(viewer.viewer_head()))


@pytest.fixture(scope="module")
def body_motion():
    """Two seconds of the mean body with swinging arms at 25 Hz."""
    from agir_hf.motion import BodyMotion

    poses = np.zeros((50, 24, 3), np.float32)
    poses[:, 16, 1] = np.sin(np.linspace(0, 6, 50))
    translation = np.zeros((50, 3), np.float32)
    translation[:, 2] = np.linspace(0, 2, 50)
    return BodyMotion(np.zeros(10, np.float32), poses, translation, 25.0, body="open")


def volume(vertices, faces) -> float:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def test_the_decimated_surface_keeps_the_volume_and_the_orientation_of_the_body():
    from agir_hf.gait.report.viewer.surface import decimate
    from agir_hf.motion.body import load_body

    body = load_body()
    kept, faces = decimate(body, np.zeros(0))
    rest = body.rest(np.zeros(0))[0].numpy()
    full_volume = volume(rest, body.faces)
    assert len(kept) < 1500 and len(faces) < 3000
    assert full_volume > 0 and volume(rest[kept], faces) == pytest.approx(full_volume, rel=0.1)


def test_a_body_motion_is_drawn_with_its_surface(body_motion):
    from agir_hf.assessment import PreparedRecording
    from agir_hf.motion import to_joints

    prepared = PreparedRecording("x", body_motion, to_joints(body_motion))
    walk = viewer.walk_of(prepared)
    assert walk.surface.rate_hz == 12.5 and len(walk.surface.vertices) == 25
    (record,) = content(viewer.scene([walk]))["walks"]
    raw = np.frombuffer(base64.b64decode(record["surface"]["vertices"]), "<i2")
    vertices = raw.reshape(25, -1, 3) * record["unit_m"]
    joints = unpacked(record, "joints") * record["unit_m"]
    assert np.abs(vertices[0].mean(0) - joints[0].mean(0)).max() < 0.2  # same frame and same origin
    assert np.ptp(vertices[0, :, 1]) > 1.4


def test_a_long_walk_has_no_surface(body_motion):
    from dataclasses import replace

    from agir_hf.gait.report.viewer.surface import MAX_FRAMES, surface_of

    frames = 2 * MAX_FRAMES + 2
    poses = np.zeros((frames, 24, 3), np.float32)
    assert surface_of(replace(body_motion, poses=poses, translation=poses[:, 0])) is None
