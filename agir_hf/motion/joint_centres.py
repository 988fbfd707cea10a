"""Joint centres from markers by anatomical regression, in the joint order of HumanML3D.

Hips, knees, ankles, shoulders, elbows and wrists come from published regressions, cited at each
function. The skeleton of HumanML3D also has joints without an anatomical definition (three on the
spine, two collars, a head joint at the base of the skull). They are computed from the markers so
that real walks have the proportions and the mean posture of that skeleton.

Segment frames: x to the left of the subject, y up, z forward (metres).
"""

from __future__ import annotations

import numpy as np

from ..constants_agir import MIN_WALK_S
from ..humanml3d import FPS, JOINT_NAMES
from .landmarks import landmarks_of
from .marker_sets import check_sides, reason_static
from .recording import JointMotion, MarkerRecording, RecordingError
from .resampling import resample

# Half widths of joints with a lateral marker only, marker radius included: means of US adults
# (Gordon et al. 2014, ANSUR II: elbow 70, knee 100, ankle 72 mm).
HALF_ELBOW_M, HALF_KNEE_M, HALF_ANKLE_M = 0.042, 0.057, 0.043
# Offsets (left, up, forward) of joints of HumanML3D's skeleton without a marker, chosen so that
# real walks have nearly the mean posture of the HumanML3D data.
_SPINE3_FROM_SPINE2_M = (0.0, 0.045, 0.033)
_HEAD_FROM_NECK_M = (0.0, 0.068, 0.070)
_PELVIS_BEHIND_HIPS_M = 0.02
_LUMBAR_CURVE_M = 0.035
# Positions of the spine joints on the line from the pelvis joint to the neck joint, as fractions of
# its length, from the bone lengths of HumanML3D's skeleton.
SPINE_SHARES = np.cumsum([0.13157, 0.14319, 0.05736, 0.21936])
SPINE_SHARES = SPINE_SHARES / SPINE_SHARES[-1]
_SIDES, _ENDS = ("left", "right"), ("lateral", "medial")


def from_markers(recording: MarkerRecording) -> JointMotion:
    """Compute the joint centres of a walk at 20 fps.

    Gaps of the needed markers of up to `LONGEST_GAP_S` are filled. Frames at the start and the end
    in which a needed marker is missing are removed. The result states both.

    Args:
        recording: A walk of at least one second with a known marker set.

    Returns:
        Joints (T, 22, 3) float32, metres, Y up, with the position and the heading of the recording.

    Raises:
        RecordingError: The marker set is unknown or incomplete, the walk is too short, a gap is
            too long, left and right are swapped, or the trial is static.
    """
    source = recording.source or "the recording"
    if recording.duration_s < MIN_WALK_S:
        raise RecordingError(
            f"{source} is {recording.duration_s:.2f} s long, expected a walk of at least "
            f"{MIN_WALK_S:g} s: record a longer walk"
        )
    if np.isnan(recording.positions).all():
        raise RecordingError(f"{source} has all markers missing in every frame: export it again")
    landmarks = landmarks_of(recording)
    filled = landmarks.filled
    check_sides(filled.positions, source)
    static = reason_static(filled.positions)
    if static:
        raise RecordingError(f"{source} is a static trial: {static}: pass a walking trial")
    joints = resample(joint_centres(filled.positions), recording.rate_hz, FPS)
    return JointMotion(
        joints=joints.astype(np.float32),
        rate_hz=float(FPS),
        gaps_filled=filled.gaps.filled,
        longest_gap_s=filled.gaps.longest_s,
        trimmed_s=filled.trimmed_s,
        marker_set=landmarks.marker_set.name,
        source=recording.source,
        conventions=recording.conventions,
        start_s=recording.start_s,
        remarks=recording.remarks,
    )


def joint_centres(sites: dict[str, np.ndarray]) -> np.ndarray:
    """Joint centres from marker sites, frame by frame.

    Args:
        sites: Site → positions (T, 3) in metres, Y up, without gaps.

    Returns:
        Joint centres (T, 22, 3) in metres, in the order of `agir_hf.humanml3d.JOINT_NAMES`.

    Raises:
        KeyError: A joint cannot be computed from these sites.
    """
    joints = joint_paths(sites)
    return np.stack([joints[name] for name in JOINT_NAMES], axis=1)


def joint_paths(sites: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Joint centres that can be computed from some of the marker sites.

    Args:
        sites: Site → positions (T, 3) in metres, Y up, without gaps.

    Returns:
        Joint of HumanML3D → path (T, 3) in metres. Without the sites of a joint, or of a joint that
        it depends on, the joint is absent.
    """
    if not ({"left_asis", "right_asis"} <= sites.keys() and _has_back_of_pelvis(sites)):
        return {}
    ends = [f"{side}_sternoclavicular" for side in _SIDES]
    if "jugular_notch" not in sites and set(ends) <= sites.keys():  # it is between the two joints
        sites = sites | {"jugular_notch": (sites[ends[0]] + sites[ends[1]]) / 2}
    pelvis_frame, hips = _hips(sites)
    joints = {"left_hip": hips["left"], "right_hip": hips["right"]}
    joints["pelvis"] = _pelvis(sites, pelvis_frame, hips)
    for side in _SIDES:
        joints |= _leg(sites, side, hips[side], pelvis_frame[:, 0])
    if {"left_acromion", "right_acromion"} <= sites.keys():
        joints |= _upper_body(sites, joints["pelvis"])
    return joints


def _upper_body(sites, pelvis: np.ndarray) -> dict[str, np.ndarray]:
    """Joints of the arms; with the markers of the neck, also those of the trunk."""
    if {"jugular_notch", "c7"} <= sites.keys():
        joints = _trunk(sites, pelvis)
        left = joints.pop("trunk_frame")[:, 0]
    else:
        across = sites["left_acromion"] - sites["right_acromion"]
        left = _unit(across)
        middle = (sites["left_acromion"] + sites["right_acromion"]) / 2
        joints = _shoulders(sites, _unit(_perpendicular(middle - pelvis, left)))
    for side in _SIDES:
        joints |= _arm(sites, side, joints[f"{side}_shoulder"], left)
    return joints


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _perpendicular(vectors: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Component of ``vectors`` perpendicular to the unit vectors ``axis``."""
    return vectors - (vectors * axis).sum(axis=-1, keepdims=True) * axis


def _frame(left: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """Segment frames (T, 3 axes, 3): x along ``left``, z near ``forward``, y up."""
    x = _unit(left)
    z = _unit(_perpendicular(forward, x))
    return np.stack([x, np.cross(z, x), z], axis=1)


def _to_room(frame: np.ndarray, offset) -> np.ndarray:
    """Rotate an offset (left, up, forward) from segment frames (T, 3, 3) to the room, (T, 3)."""
    return np.einsum("tai,a->ti", frame, np.asarray(offset, dtype=np.float64))


def _has_back_of_pelvis(sites) -> bool:
    return {"left_psis", "right_psis"} <= sites.keys() or "sacrum" in sites


def _back_of_pelvis(sites) -> np.ndarray:
    if "left_psis" in sites and "right_psis" in sites:
        return (sites["left_psis"] + sites["right_psis"]) / 2
    return sites["sacrum"]


def _hips(sites) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Pelvis frame and hip joint centres.

    Harrington et al. 2007 (J Biomech 40:595), the equations in pelvic width and depth.
    """
    front = (sites["left_asis"] + sites["right_asis"]) / 2
    back = _back_of_pelvis(sites)
    across = sites["left_asis"] - sites["right_asis"]
    frame = _frame(across, front - back)
    width = float(np.median(np.linalg.norm(across, axis=1)))
    depth = float(np.median(np.linalg.norm(front - back, axis=1)))
    up, forward = -0.30 * width - 0.0109, -0.24 * depth - 0.0099
    left = 0.33 * width + 0.0073
    hips = {
        side: front + _to_room(frame, (sign * left, up, forward))
        for side, sign in (("left", 1), ("right", -1))
    }
    return frame, hips


def _pelvis(sites, frame: np.ndarray, hips: dict[str, np.ndarray]) -> np.ndarray:
    """HumanML3D's root: above the midpoint of the hips, at the height of the pelvic markers."""
    middle = (hips["left"] + hips["right"]) / 2
    front = (sites["left_asis"] + sites["right_asis"]) / 2
    up, forward = frame[:, 1], frame[:, 2]
    height = ((front - middle) * up).sum(axis=1, keepdims=True)
    return middle + height * up - _PELVIS_BEHIND_HIPS_M * forward


def _trunk(sites, pelvis: np.ndarray) -> dict[str, np.ndarray]:
    """Spine, neck, head, collars and shoulders; "trunk_frame" is the segment frame."""
    notch, c7 = sites["jugular_notch"], sites["c7"]
    frame = _frame(sites["left_acromion"] - sites["right_acromion"], notch - c7)
    # up is the direction of the spine, which is not perpendicular to the line from C7 to the notch
    up = _unit(_perpendicular(c7 + notch - 2 * pelvis, frame[:, 0]))
    frame = np.stack([frame[:, 0], up, np.cross(frame[:, 0], up)], axis=1)
    neck = c7 + 0.6 * (notch - c7) + 0.04 * up
    chest = pelvis + SPINE_SHARES[1] * (neck - pelvis)
    if "t10" in sites and "xiphoid" in sites:
        chest = sites["t10"] + 0.55 * (sites["xiphoid"] - sites["t10"])
    joints = {"trunk_frame": frame, "neck": neck, "spine2": chest}
    joints["spine1"] = pelvis + SPINE_SHARES[0] / SPINE_SHARES[1] * (chest - pelvis)
    joints["spine1"] -= _LUMBAR_CURVE_M * frame[:, 2]
    joints["spine3"] = chest + _to_room(frame, _SPINE3_FROM_SPINE2_M)
    joints["head"] = _head(sites, neck, frame)
    joints |= _shoulders(sites, up)
    base = (joints["spine3"] + neck) / 2
    for side in _SIDES:
        joints[f"{side}_collar"] = base + 0.45 * (joints[f"{side}_shoulder"] - base)
    return joints


def _shoulders(sites, up: np.ndarray) -> dict[str, np.ndarray]:
    """Shoulders, below the acromion by 17 % of the shoulder breadth.

    Rab et al. 2002 (Gait Posture 15:113).
    """
    breadth = np.linalg.norm(sites["left_acromion"] - sites["right_acromion"], axis=1)
    drop = 0.17 * float(np.median(breadth))
    return {f"{side}_shoulder": sites[f"{side}_acromion"] - drop * up for side in _SIDES}


def _head(sites, neck: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Base of the skull, below the centre of the head markers.

    For sets without head markers (Shida-44), it has a fixed position relative to the trunk.
    """
    corners = [
        sites[name]
        for side in _SIDES
        for name in (f"{side}_head_front", f"{side}_head_back")
        if name in sites
    ]
    if len(corners) == 4:
        front = (sites["left_head_front"] + sites["right_head_front"]) / 2
        middle = sum(corners) / 4
        return neck + 0.45 * (middle - neck) + 0.35 * (front - middle)
    return neck + _to_room(frame, _HEAD_FROM_NECK_M)


def _medial(outer: np.ndarray, proximal: np.ndarray, left: np.ndarray, side: str) -> np.ndarray:
    """Unit vectors from a lateral marker to the joint: medial, perpendicular to the bone."""
    sign = -1 if side == "left" else 1
    return _unit(_perpendicular(sign * left, _unit(outer - proximal)))


def _leg(sites, side: str, hip: np.ndarray, left: np.ndarray) -> dict[str, np.ndarray]:
    """Knee and ankle centres, and the ball of the foot.

    Centres are midway between the lateral and medial epicondyles or malleoli (Wu et al. 2002,
    J Biomech 35:543). With a lateral marker only, they are half a joint width medial to it,
    perpendicular to the bone, as in Plug-in Gait (Davis et al. 1991; Kadaba et al. 1990).
    """
    joints = {}
    if f"{side}_metatarsal_1" in sites and f"{side}_metatarsal_5" in sites:
        ball = sites[f"{side}_metatarsal_1"] + sites[f"{side}_metatarsal_5"]
        joints[f"{side}_foot"] = ball / 2
    elif f"{side}_metatarsal_2" in sites:
        joints[f"{side}_foot"] = sites[f"{side}_metatarsal_2"]
    if f"{side}_knee_lateral" not in sites:
        return joints
    knee = joints[f"{side}_knee"] = _centre(sites, f"{side}_knee", hip, left, side, HALF_KNEE_M)
    if f"{side}_ankle_lateral" in sites:
        ankle = _centre(sites, f"{side}_ankle", knee, left, side, HALF_ANKLE_M)
        joints[f"{side}_ankle"] = ankle
    return joints


def _arm(sites, side: str, shoulder: np.ndarray, left: np.ndarray) -> dict[str, np.ndarray]:
    """Elbow between the epicondyles, or medial to the lateral one; wrist between the styloids."""
    joints = {}
    ends = [sites[f"{side}_wrist_{end}"] for end in _ENDS if f"{side}_wrist_{end}" in sites]
    if not ends and f"{side}_wrist" in sites:
        ends = [sites[f"{side}_wrist"]]
    if ends:
        joints[f"{side}_wrist"] = np.mean(ends, axis=0)
    if f"{side}_elbow_lateral" in sites:
        joints[f"{side}_elbow"] = _centre(
            sites, f"{side}_elbow", shoulder, left, side, HALF_ELBOW_M
        )
    return joints


def _centre(sites, joint: str, proximal, left, side: str, half_m: float) -> np.ndarray:
    """Joint centre midway between its two markers, or ``half_m`` medial to the lateral marker."""
    outer = sites[f"{joint}_lateral"]
    if f"{joint}_medial" in sites:
        return (outer + sites[f"{joint}_medial"]) / 2
    return outer + half_m * _medial(outer, proximal, left, side)
