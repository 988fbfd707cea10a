import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import RecordingError, read_recording, to_joints

# name, parent, offset in centimetres: a small standing skeleton that faces Z
SKELETON = [
    ("Hips", None, (0, 90, 0)),
    ("LeftUpLeg", "Hips", (9, -4, 0)),
    ("LeftLeg", "LeftUpLeg", (0, -40, 0)),
    ("LeftFoot", "LeftLeg", (0, -40, 0)),
    ("LeftToeBase", "LeftFoot", (0, -6, 12)),
    ("RightUpLeg", "Hips", (-9, -4, 0)),
    ("RightLeg", "RightUpLeg", (0, -40, 0)),
    ("RightFoot", "RightLeg", (0, -40, 0)),
    ("RightToeBase", "RightFoot", (0, -6, 12)),
    ("Spine", "Hips", (0, 45, 0)),
    ("Neck", "Spine", (0, 8, 0)),
    ("LeftShoulder", "Spine", (6, 4, 0)),
    ("LeftArm", "LeftShoulder", (12, 0, 0)),
    ("LeftForeArm", "LeftArm", (28, 0, 0)),
    ("LeftHand", "LeftForeArm", (25, 0, 0)),
    ("RightShoulder", "Spine", (-6, 4, 0)),
    ("RightArm", "RightShoulder", (-12, 0, 0)),
    ("RightForeArm", "RightArm", (-28, 0, 0)),
    ("RightHand", "RightForeArm", (-25, 0, 0)),
]
FRAMES = 70


def text(skeleton=SKELETON, order="ZXY", angles=None, scale=1.0, frames=FRAMES):
    """A BVH of that skeleton walking along Z; ``angles`` (T, J, 3) in degrees."""
    lines = ["HIERARCHY"]
    children = {name: [c for c in skeleton if c[1] == name] for name, *_ in skeleton}

    def add(joint, depth):
        name, parent, offset = joint
        pad = "  " * depth
        lines.append(f"{pad}{'JOINT' if parent else 'ROOT'} {name}")
        lines.append(pad + "{")
        lines.append(f"{pad}  OFFSET {' '.join(str(v * scale) for v in offset)}")
        rotations = " ".join(f"{axis}rotation" for axis in order)
        position = "" if parent else "Xposition Yposition Zposition "
        lines.append(f"{pad}  CHANNELS {3 if parent else 6} {position}{rotations}")
        for child in children[name]:
            add(child, depth + 1)
        if not children[name]:
            lines.extend([f"{pad}  End Site", pad + "  {", f"{pad}    OFFSET 0 -1 3", pad + "  }"])
        lines.append(pad + "}")

    add(skeleton[0], 0)
    angles = np.zeros((frames, len(skeleton), 3)) if angles is None else angles
    lines += ["MOTION", f"Frames: {frames}", "Frame Time: 0.0166667"]
    for t in range(frames):
        root = np.array([0, 90, 2.0 * t]) * scale
        row = [*root, *angles[t].reshape(-1)]
        lines.append(" ".join(f"{v:.6f}" for v in row))
    return "\n".join(lines) + "\n"


@pytest.fixture
def write(tmp_path):
    def write_bvh(content):
        path = tmp_path / "walk.bvh"
        path.write_text(content)
        return path

    return write_bvh


def joint(motion, name):
    return motion.joints[:, JOINT_NAMES.index(name)]


def test_joint_positions_follow_from_offsets_and_the_root(write):
    motion = read_recording(write(text()))
    assert motion.joints.shape == (FRAMES, 22, 3)
    assert motion.rate_hz == pytest.approx(60, abs=0.01)
    assert np.allclose(joint(motion, "left_knee")[3], [0.09, 0.46, 0.06], atol=1e-5)
    assert np.allclose(joint(motion, "right_wrist")[0], [-0.71, 1.39, 0], atol=1e-5)
    assert np.allclose(joint(motion, "left_collar")[0], [0.06, 1.39, 0], atol=1e-5)
    assert str(motion.conventions) == "cm (detected), +Y up (detected), walking along +Z"
    assert "derived" in motion.marker_set


@pytest.mark.parametrize("order", ["ZXY", "XYZ", "YZX"])
def test_rotations_are_intrinsic_in_the_order_of_the_channels(write, order):
    angles = np.zeros((FRAMES, len(SKELETON), 3))
    names = [name for name, *_ in SKELETON]
    hip, knee = (20.0, -10.0, 30.0), (-25.0, 5.0, 8.0)
    angles[:, names.index("LeftUpLeg")], angles[:, names.index("LeftLeg")] = hip, knee
    motion = read_recording(write(text(order=order, angles=angles)))
    upper = Rotation.from_euler(order, hip, degrees=True)
    lower = upper * Rotation.from_euler(order, knee, degrees=True)
    expected = [0.09, 0.86, 0] + upper.apply([0, -0.4, 0]) + lower.apply([0, -0.4, 0])
    assert np.allclose(joint(motion, "left_ankle")[0], expected, atol=1e-5)


def test_units_and_axes_can_be_forced(write):
    path = write(text())
    assert np.allclose(read_recording(path, unit="cm", up="Y").joints, read_recording(path).joints)
    with pytest.raises(RecordingError, match="--unit cm"):
        read_recording(path, unit="m")
    assert read_recording(path, rate_hz=30).rate_hz == 30


def test_unknown_names_are_listed_and_can_be_mapped(write):
    renamed = [(n.replace("LeftLeg", "Thing7"), p and p.replace("LeftLeg", "Thing7"), o)
               for n, p, o in SKELETON]  # fmt: skip
    path = write(text(renamed))
    with pytest.raises(RecordingError, match="Thing7.*left_knee.*--mapping"):
        read_recording(path)
    mapped = read_recording(path, mapping={"Thing7": "left_knee"})
    assert np.allclose(joint(mapped, "left_knee")[0], [0.09, 0.46, 0], atol=1e-5)
    with pytest.raises(RecordingError, match="no joint 'Tail'"):
        read_recording(path, mapping={"Tail": "left_knee"})
    with pytest.raises(RecordingError, match="'kneecap'"):
        read_recording(path, mapping={"Thing7": "kneecap"})


@pytest.mark.parametrize("prefix", ["mixamorig:", "Character1_", "mixamorig1:"])
def test_prefixes_of_names_are_ignored(write, prefix):
    renamed = [(prefix + n, p and prefix + p, o) for n, p, o in SKELETON]
    motion = read_recording(write(text(renamed)))
    assert np.allclose(joint(motion, "left_knee")[0], [0.09, 0.46, 0], atol=1e-5)


def test_swapped_sides_are_an_error(write):
    swap = {"Left": "Right", "Right": "Left"}

    def other(name):
        side = next((s for s in swap if name and name.startswith(s)), None)
        return name.replace(side, swap[side]) if side else name

    with pytest.raises(RecordingError, match="left and right swapped"):
        read_recording(write(text([(other(n), other(p), o) for n, p, o in SKELETON])))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace("HIERARCHY", "HELLO"), "expected a first line HIERARCHY"),
        (lambda t: t.replace("}\nMOTION", "MOTION"), "broken hierarchy in line .*MOTION"),
        (lambda t: t.replace("{", "", 1), "broken hierarchy in line 4"),
        (lambda t: t.replace("  OFFSET 0.0 -40.0 0.0\n", "", 1), "without OFFSET, LeftLeg"),
        (lambda t: t.replace("CHANNELS 3 ", "CHANNELS 4 ", 1), "4 channels stated, 3 named"),
        (lambda t: t.replace("Zrotation", "Wrotation", 1), "channel WROTATION"),
        (lambda t: t[: t.index("MOTION")], "no MOTION section"),
        (lambda t: t.replace("Frames: 70", "Frames: 90"), "70 frames, its header states 90"),
        (lambda t: t.replace("0.0166667", "0"), "frame time of 0 s"),
        (lambda t: t.replace("0.0166667", "soon"), "not a number in line"),
        (lambda t: t.rstrip("\n") + " 1.0\n", "values in line .*, expected"),
        (lambda t: t.replace("Frame Time:", "Rate:"), "lacks 'Frame Time:'"),
        (lambda t: "", "is not a BVH file"),
    ],
)
def test_damage_is_an_error_on_one_line_with_its_location(write, change, message):
    with pytest.raises(RecordingError, match=message) as excinfo:
        read_recording(write(change(text())))
    assert "\n" not in str(excinfo.value) and "walk.bvh" in str(excinfo.value)


def test_real_walks_with_twenty_joints_are_read(shared):
    paths = sorted((shared / "data/hubertshum_bvh").glob("*.bvh"))
    assert len(paths) == 56
    for path in paths:
        motion = read_recording(path)
        assert motion.conventions.unit == "cm" and motion.conventions.heading[1] == "Z"
        knee, ankle = joint(motion, "left_knee"), joint(motion, "left_ankle")
        shin = np.linalg.norm(knee - ankle, axis=1)
        assert np.ptp(shin) < 1e-3 and 0.3 < shin[0] < 0.55
        assert 0.35 < knee[:, 1].mean() < 0.65 and 0.8 < joint(motion, "pelvis")[:, 1].mean() < 1.2
        assert to_joints(motion).rate_hz == 20
