"""Joints of HumanML3D from the keypoints of markerless systems.

Keypoints of hips, knees, ankles, shoulders, elbows and wrists are estimated joint centres and are
used as they are. The joints that no keypoint is at (pelvis, spine, neck, collars, head, ball of the
foot) are computed from the keypoints around them, with the proportions of the skeleton of
HumanML3D and of `agir_hf.motion.joint_centres`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..humanml3d import JOINT_NAMES
from .joint_centres import SPINE_SHARES
from .keypoint_paths import clean_keypoints
from .keypoint_sets import SIDES, KeypointSet, recognise_keypoints
from .recording import Conventions, GaitEvent, JointMotion, RecordingError

# Heights of pelvis joint and neck joint above the mid-points of hips and shoulders, as shares of
# the distance between these mid-points: between those of HumanML3D's mean posture (0.16, 0.17) and
# those of joint centres from markers (0.24, 0.33).
_PELVIS_SHARE, _NECK_SHARE = 0.20, 0.25
_RAISED = 0.08  # a keypoint of pelvis or neck raised by more than this share is such a joint
# Position of the ball of the foot (heads of the metatarsals, 0.73 of the length of the foot from
# the heel) on the lines from heel and ankle to the toe keypoints. Tips of the big and the small
# toe are at 1.00 and 0.82 of the length, the ankle at 0.25 (Winter 2009, figure 4.1; Drillis and
# Contini 1966).
_BALL_FROM_HEEL = {"both": 0.80, "big_toe": 0.73, "toe": 0.73, "ball": 1.0, "foot": 1.0}
_BALL_FROM_ANKLE = {"both": 0.73, "big_toe": 0.64, "toe": 0.64, "ball": 1.0, "foot": 1.0}
_KINECT_FOOT = 0.8  # its foot joint is between the ball and the tips of the toes
# Feet of files without foot keypoints: flat, relative to the length of the shank.
_FLAT_FOOT_AHEAD, _FLAT_FOOT_DOWN = 0.31, 0.12
# Hanging arms of files without arm keypoints, relative to the length of the trunk.
_UPPER_ARM, _FOREARM, _FOREARM_AHEAD = 0.50, 0.46, 0.20
_HEAD_FROM_NECK = (0.0, 0.12, 0.12)  # left, up, forward, relative to the length of the trunk
_HALF_WIDTHS_M = {  # of recordings in two dimensions: half the distances between left and right
    "hip": 0.09, "knee": 0.08, "ankle": 0.07, "foot": 0.08, "shoulder": 0.18, "elbow": 0.20,
    "wrist": 0.20, "collar": 0.08,
}  # fmt: skip
_FLAT_M = 1e-6  # range along one axis of recordings in two dimensions
_AT_HIPS_M = 0.01  # distance of the hips from the origin in root-relative recordings
_ARM = ("elbow", "wrist")


def keypoints_to_joints(
    labels: Sequence[str],
    positions: np.ndarray,
    rate_hz: float,
    *,
    source: str = "",
    conventions: Conventions | None = None,
    events: tuple[GaitEvent, ...] = (),
    start_s: float = 0.0,
    remarks: tuple[str, ...] = (),
    keypoint_set: KeypointSet | None = None,
) -> JointMotion | None:
    """Convert the keypoints of a markerless system to joints.

    Gaps of up to 0.25 s are filled, and frames at the start and the end without hips, legs, feet or
    shoulders are removed. Arms with longer gaps, and feet that the file does not have, are set
    from the rest of the body and named in ``unmeasured`` and ``remarks`` of the result.

    Args:
        labels: M labels.
        positions: Positions (T, M, 3) in metres, Y up; NaN where missing.
        rate_hz: Frames per second.
        source: The file, for messages.
        conventions: Units and axes of the file.
        events: Gait events of the file, in seconds from the first frame.
        start_s: Time of the first frame in seconds on the clock of the file.
        remarks: What was repaired or left out before.
        keypoint_set: Keypoints of the file, if they were recognised before.

    Returns:
        Joints (T, 22, 3) float32 in metres at the frame rate of the file; None if the labels name
        no keypoint set.

    Raises:
        RecordingError: A keypoint of legs, feet or shoulders is missing for too long, left and
            right are swapped, or the hips are at the origin in every frame.
    """
    keypoint_set = keypoint_set or recognise_keypoints(labels)
    if keypoint_set is None:
        return None
    source = source or "the recording"
    paths = {
        name: np.asarray(positions[:, column], dtype=np.float64)
        for name, column in keypoint_set.columns.items()
    }
    _check_origin(paths, source)
    _check_image(paths, conventions, source)
    cleaned = clean_keypoints(paths, rate_hz, source, labels, keypoint_set.columns)
    joints, unmeasured, notes = keypoint_joints(cleaned.paths, keypoint_set.name)
    _check_sides(joints, "left_foot" not in unmeasured, source)
    first_s, stop_s = cleaned.first / rate_hz, (cleaned.first + len(joints)) / rate_hz
    return JointMotion(
        joints=joints.astype(np.float32),
        rate_hz=rate_hz,
        gaps_filled=cleaned.gaps.filled,
        longest_gap_s=cleaned.gaps.longest_s,
        trimmed_s=(len(positions) - len(joints)) / rate_hz,
        marker_set=keypoint_set.name,
        source=source,
        conventions=conventions,
        events=tuple(
            GaitEvent(event.time_s - first_s, event.side, event.kind)
            for event in events
            if first_s <= event.time_s < stop_s
        ),
        start_s=start_s + first_s,
        remarks=tuple(dict.fromkeys((*remarks, *cleaned.remarks, *notes))),
        unmeasured=unmeasured,
        heels=_heels(_with_depth(cleaned.paths)[0]),
    )


def _heels(paths: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Left and right heel (T, 2, 3) float32; None if a heel has no keypoint."""
    names = [f"{side}_heel" for side in SIDES]
    if not set(names) <= paths.keys():
        return None
    return np.stack([paths[name] for name in names], axis=1).astype(np.float32)


def keypoint_joints(
    paths: Mapping[str, np.ndarray], set_name: str = ""
) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """Compute the joints of HumanML3D from keypoints, frame by frame.

    Args:
        paths: Keypoint → positions (T, 3) in metres, Y up. Hips, knees, ankles and shoulders are
            complete. Keypoints of arms may be NaN in any frames; others are complete or absent.
        set_name: Name of the set, which decides where its foot keypoint is.

    Returns:
        Joints (T, 22, 3) in metres, names of the joints that were not measured ("depth" if the
        keypoints have two dimensions only), and remarks about them.
    """
    paths, is_flat = _with_depth(paths)
    joints = {name: path for name, path in paths.items() if name in JOINT_NAMES}
    frame, trunk_m = _trunk_frame(paths)
    joints |= _trunk(paths, frame, trunk_m)
    head, has_head = _head(paths, joints["neck"], frame, trunk_m)
    joints["head"] = head
    unmeasured: list[str] = []
    # no gait parameter needs the head, as for marker sets without head markers
    remarks = [] if has_head else ["the head has no keypoints and is set from the trunk"]
    for side in SIDES:
        arm, absent = _arm(paths, side, frame, trunk_m, joints["spine3"])
        ball, has_foot = _ball(paths, side, set_name)
        joints |= {**arm, f"{side}_foot": ball}
        unmeasured += [*absent, *([] if has_foot else [f"{side}_foot"])]
        if absent:
            remarks.append(
                f"the {side} {' and '.join(name.partition('_')[2] for name in absent)} "
                f"{'is' if len(absent) == 1 else 'are'} not seen for long and held with the trunk"
            )
        if not has_foot:
            remarks.append(f"the {side} foot has no keypoints and is set flat from the ankle")
    if is_flat:
        unmeasured.append("depth")
        remarks.append(
            "the keypoints have two dimensions: distances between left and right are set, not "
            "measured"
        )
    return (
        np.stack([joints[name] for name in JOINT_NAMES], axis=1),
        tuple(unmeasured),
        tuple(remarks),
    )


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _middle(paths: Mapping[str, np.ndarray], part: str) -> np.ndarray:
    return (paths[f"left_{part}"] + paths[f"right_{part}"]) / 2


def _forward_sign(paths: Mapping[str, np.ndarray], axis: int) -> float:
    """Sign along an axis of the direction that feet point to, or knees if there are no feet."""
    total = 0.0
    for side in SIDES:
        ankle = paths[f"{side}_ankle"]
        toe = next(
            (paths[f"{side}_{toe}"] for toe in _BALL_FROM_ANKLE if f"{side}_{toe}" in paths), None
        )
        if toe is None:
            ahead = paths[f"{side}_knee"] - (paths[f"{side}_hip"] + ankle) / 2
        else:
            ahead = toe - ankle
        total += np.nanmedian(ahead[:, axis])
    return float(np.sign(total)) or 1.0


def _with_depth(paths: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], bool]:
    """Keypoints with a distance between left and right, and whether they have two dimensions.

    Sports2D writes one constant position across the image plane, for all keypoints or for each.
    """
    seen = [path[np.isfinite(path).all(axis=1)] for path in paths.values()]
    flat = [
        axis
        for axis in (0, 2)
        if all(np.ptp(path[:, axis]) < _FLAT_M for path in seen if len(path))
    ]
    if len(flat) != 1:
        return dict(paths), False
    if np.ptp([np.nanmedian(paths[f"{side}_hip"][:, flat[0]]) for side in SIDES]) > _FLAT_M:
        return dict(paths), True
    ahead = np.zeros(3)
    ahead[2 - flat[0]] = _forward_sign(paths, 2 - flat[0])
    left = np.cross([0.0, 1.0, 0.0], ahead)
    spread = {}
    for name, path in paths.items():
        side, _, part = name.partition("_")
        part = "foot" if part in (*_BALL_FROM_ANKLE, "small_toe", "heel") else part
        half_m = _HALF_WIDTHS_M.get(part, 0.0) * {"left": 1, "right": -1}.get(side, 0)
        spread[name] = path + half_m * left
    return spread, True


def _trunk_frame(paths: Mapping[str, np.ndarray]) -> tuple[np.ndarray, float]:
    """Trunk frames (T, 3 axes, 3), left, up and forward, and the length of the trunk in metres."""
    spine = _middle(paths, "shoulder") - _middle(paths, "hip")
    across = paths["left_shoulder"] - paths["right_shoulder"]
    across = across + paths["left_hip"] - paths["right_hip"]
    up = _unit(spine)
    left = _unit(across - (across * up).sum(axis=1, keepdims=True) * up)
    frame = np.stack([left, up, np.cross(left, up)], axis=1)
    return frame, float(np.median(np.linalg.norm(spine, axis=1)))


def _raised(
    paths: Mapping[str, np.ndarray], name: str, base: np.ndarray, share: float, up, trunk_m: float
) -> np.ndarray:
    """Joint above a mid-point: the keypoint of that name if it is above it, or at a share.

    Args:
        paths: Keypoint → positions (T, 3).
        name: Name of the keypoint.
        base: Mid-point (T, 3) of hips or shoulders.
        share: Height above the mid-point as a share of the length of the trunk.
        up: Direction (T, 3) of the trunk.
        trunk_m: Length of the trunk in metres.
    """
    if name in paths:
        height = np.median(((paths[name] - base) * up).sum(axis=1))
        if height > _RAISED * trunk_m:
            return paths[name]
    return base + share * trunk_m * up


def _trunk(paths: Mapping[str, np.ndarray], frame: np.ndarray, trunk_m: float) -> dict:
    """Pelvis, spine, neck and collars, from hips and shoulders."""
    up, forward = frame[:, 1], frame[:, 2]
    hips, shoulders = _middle(paths, "hip"), _middle(paths, "shoulder")
    pelvis = _raised(paths, "mid_hip", hips, _PELVIS_SHARE, up, trunk_m)
    neck = _raised(paths, "neck", shoulders, _NECK_SHARE, up, trunk_m)
    joints = {"pelvis": pelvis, "neck": neck}
    spine2 = pelvis + SPINE_SHARES[1] * (neck - pelvis)
    spine1 = pelvis + SPINE_SHARES[0] * (neck - pelvis) - 0.06 * trunk_m * forward
    spine3 = pelvis + SPINE_SHARES[2] * (neck - pelvis) + 0.04 * trunk_m * forward
    for name, path in (("spine1", spine1), ("spine2", spine2), ("spine3", spine3)):
        joints[name] = paths.get(name, path)
    base = (joints["spine3"] + neck) / 2
    for side in SIDES:
        shoulder = paths[f"{side}_shoulder"]
        # collars of SMPL are the same joints; clavicles of other systems begin at the neck
        collar = paths.get(f"{side}_collar") if "spine3" in paths else None
        joints[f"{side}_collar"] = base + 0.45 * (shoulder - base) if collar is None else collar
    return joints


def _head(
    paths: Mapping[str, np.ndarray], neck: np.ndarray, frame: np.ndarray, trunk_m: float
) -> tuple[np.ndarray, bool]:
    """Base of the skull (T, 3), and whether it was measured.

    The shares are of the lines from the neck joint to the keypoints, in upright posture.
    """
    forward = frame[:, 2]
    if "skull_base" in paths:
        return neck + 0.6 * (paths["skull_base"] - neck) + 0.08 * trunk_m * forward, True
    ears = {"left_ear", "right_ear"} <= paths.keys()
    if ears and "nose" in paths:
        middle = _middle(paths, "ear")
        return neck + 0.45 * (middle - neck) + 0.3 * (paths["nose"] - middle), True
    if ears:
        return neck + 0.45 * (_middle(paths, "ear") - neck) + 0.06 * trunk_m * forward, True
    if "nose" in paths:
        return neck + 0.5 * (paths["nose"] - neck), True
    if {"left_eye", "right_eye"} <= paths.keys():
        return neck + 0.5 * (_middle(paths, "eye") - neck), True
    for name in ("head_top", "head"):
        if name in paths:
            return neck + 0.27 * (paths[name] - neck) + 0.08 * trunk_m * forward, True
    return neck + trunk_m * np.einsum("tai,a->ti", frame, np.array(_HEAD_FROM_NECK)), False


def _ball(paths: Mapping[str, np.ndarray], side: str, set_name: str) -> tuple[np.ndarray, bool]:
    """Ball of the foot (T, 3), and whether it was measured."""
    ankle = paths[f"{side}_ankle"]
    keys = [key for key in _BALL_FROM_ANKLE if f"{side}_{key}" in paths]
    if not keys:
        shank_m = float(np.median(np.linalg.norm(paths[f"{side}_knee"] - ankle, axis=1)))
        left = paths["left_hip"] - paths["right_hip"]
        ahead = _unit(np.cross(left, [0.0, 1.0, 0.0]))
        down = np.array([0.0, -_FLAT_FOOT_DOWN, 0.0])
        return ankle + shank_m * (_FLAT_FOOT_AHEAD * ahead + down), False
    kind = "ball" if "ball" in keys else keys[0]
    toe = paths[f"{side}_{kind}"]
    if kind == "big_toe" and f"{side}_small_toe" in paths:
        kind, toe = "both", (toe + paths[f"{side}_small_toe"]) / 2
    if kind == "foot":
        return ankle + (_KINECT_FOOT if "Kinect" in set_name else 1.0) * (toe - ankle), True
    heel = paths.get(f"{side}_heel")
    if heel is None:
        return ankle + _BALL_FROM_ANKLE[kind] * (toe - ankle), True
    return heel + _BALL_FROM_HEEL[kind] * (toe - heel), True


def _arm(
    paths: Mapping[str, np.ndarray], side: str, frame: np.ndarray, trunk_m: float, base
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Elbow and wrist, and the names of those that are missing in some frames.

    Missing positions are interpolated in the frame of the trunk; an arm that is never seen hangs.
    """
    shoulder = paths[f"{side}_shoulder"]
    usual = {
        "elbow": trunk_m * np.array([0.0, -_UPPER_ARM, 0.0]),
        "wrist": trunk_m * np.array([0.0, -_UPPER_ARM - _FOREARM, _FOREARM_AHEAD]),
    }
    arm, absent = {}, []
    for part in _ARM:
        name = f"{side}_{part}"
        path = paths.get(name, np.full_like(shoulder, np.nan))
        seen = np.isfinite(path).all(axis=1)
        if not seen.all():
            absent.append(name)
            local = np.einsum("tai,ti->ta", frame, path - shoulder)
            local = _held(local, seen) if seen.any() else np.tile(usual[part], (len(path), 1))
            held = shoulder + np.einsum("tai,ta->ti", frame, local)
            path = np.where(seen[:, None], path, held)
        arm[name] = path
    return arm, tuple(absent)


def _held(local: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Positions (T, 3) interpolated linearly over the frames that were not seen."""
    frames = np.arange(len(local))
    return np.stack([np.interp(frames, frames[seen], column[seen]) for column in local.T], axis=1)


def _check_origin(paths: Mapping[str, np.ndarray], source: str) -> None:
    """Check that the hips are not at the origin in every frame."""
    distance = np.linalg.norm(_middle(paths, "hip"), axis=1)
    if np.isfinite(distance).any() and np.nanmax(distance) < _AT_HIPS_M:
        raise RecordingError(
            f"{source} has the hips at the origin in every frame, as world landmarks of MediaPipe "
            "have, so that it holds no movement over the floor: export keypoints in coordinates of "
            "the room, from two or more cameras"
        )


def _check_image(
    paths: Mapping[str, np.ndarray], conventions: Conventions | None, source: str
) -> None:
    """Check that positions are not normalised image coordinates: from 0 to 1, Y down."""
    if conventions is None or conventions.up != "-Y" or conventions.unit_from == "forced":
        return
    stacked = np.stack(list(paths.values()))
    x, down = stacked[..., 0], -stacked[..., 1]
    if min(np.nanmin(x), np.nanmin(down)) >= 0 and max(np.nanmax(x), np.nanmax(down)) <= 1:
        raise RecordingError(
            f"{source} has positions from 0 to 1 with Y down, which are coordinates in the image, "
            "expected metres in the room: export keypoints in three dimensions, from two or more "
            "cameras"
        )


def _check_sides(joints: np.ndarray, has_feet: bool, source: str) -> None:
    """Check that left is on the left: with the neck up, toes (or knees) point forward."""
    joint = {name: joints[:, i] for i, name in enumerate(JOINT_NAMES)}
    left = joint["left_hip"] - joint["right_hip"]
    up = joint["neck"] - joint["pelvis"]
    ahead = np.zeros_like(left)
    for side in SIDES:
        hip, knee, ankle, foot = (joint[f"{side}_{n}"] for n in ("hip", "knee", "ankle", "foot"))
        ahead = ahead + (foot - ankle if has_feet else knee - (hip + ankle) / 2)
    if np.median(np.sign((np.cross(left, up) * ahead).sum(axis=1))) < 0:
        raise RecordingError(
            f"{source} has left and right keypoints swapped, or is mirrored: with the "
            f"{'toes' if has_feet else 'knees'} forward, left keypoints are on the right: exchange "
            "the names of the sides, or fix the axes of the export"
        )
