"""Markers → 22 joint centres by anatomical regression, in HumanML3D's order.

Hips, knees, ankles, shoulders, elbows and wrists come from published regressions, cited where they
stand. HumanML3D's skeleton also has joints that no anatomist names (three on the spine, two at the
collars, a head joint at the base of the skull): these are placed between markers so that real
walks get the proportions and mean posture of that skeleton.

Segment frames: x to the walker's left, y up, z forward (metres).
"""

from __future__ import annotations

import numpy as np

from ..constants_agir import MIN_WALK_S
from ..humanml3d import FPS, JOINT_NAMES
from .marker_sets import check_sides, reason_static, recognise, site_positions
from .recording import JointMotion, MarkerRecording, RecordingError
from .resampling import LONGEST_GAP_S, Gaps, fill_gaps, resample

# Half breadths of joints where only the lateral marker is there, marker radius included: means of
# US adults (Gordon et al. 2014, ANSUR II: elbow 70, knee 100, ankle 72 mm).
HALF_ELBOW_M, HALF_KNEE_M, HALF_ANKLE_M = 0.042, 0.057, 0.043
# Offsets (left, up, forward) of joints that HumanML3D's skeleton has and no marker shows, set so
# that real walks come near the mean posture of the skeleton's data.
_SPINE3_FROM_SPINE2_M = (0.0, 0.045, 0.033)
_HEAD_FROM_NECK_M = (0.0, 0.068, 0.070)
_PELVIS_BEHIND_HIPS_M = 0.02
_LUMBAR_CURVE_M = 0.035
# Shares of the way from the pelvis joint to the neck joint at which the spine joints lie, from the
# bone lengths of the same skeleton.
SPINE_SHARES = np.cumsum([0.13157, 0.14319, 0.05736, 0.21936])
SPINE_SHARES = SPINE_SHARES / SPINE_SHARES[-1]
_SIDES = ("left", "right")


def from_markers(recording: MarkerRecording) -> JointMotion:
    """Joint centres of a walk at 20 fps.

    Short gaps of the markers that are needed are filled (`LONGEST_GAP_S`); a start or an end at
    which one of them is not seen is left out. Both are told in the result.

    Args:
        recording: a walk of at least one second with a known marker set.

    Returns:
        [`JointMotion`] with joints (T, 22, 3) float32, metres, Y up. The place in the room and
        the heading are those of the recording.

    Raises:
        RecordingError: for an unknown or incomplete marker set, a walk that is too short, a gap
            that is too long (marker and frames are named), or a trial in which nobody walks.
    """
    source = recording.source or "the recording"
    if recording.duration_s < MIN_WALK_S:
        raise _too_short(source, recording.duration_s)
    if np.isnan(recording.positions).all():
        raise RecordingError(f"{source} has all markers missing in every frame: export it again")
    marker_set = recognise(recording.labels, source)
    columns = marker_set.columns(recording.labels)
    columns = _usable(recording, columns, marker_set, source)
    sites, gaps, trimmed_s = _gapless(recording, columns, source)
    check_sides(sites, source)
    still = reason_static(sites)
    if still:
        raise RecordingError(f"{source} is a static trial: {still}: give a walking trial")
    joints = resample(joint_centres(sites), recording.rate_hz, FPS)
    return JointMotion(
        joints=joints.astype(np.float32),
        rate_hz=float(FPS),
        gaps_filled=gaps.filled,
        longest_gap_s=gaps.longest_s,
        trimmed_s=trimmed_s,
        marker_set=marker_set.name,
        source=recording.source,
        conventions=recording.conventions,
    )


def joint_centres(sites: dict[str, np.ndarray]) -> np.ndarray:
    """Joint centres (T, 22, 3) from marker sites (T, 3), metres, at the markers' rate."""
    sites = dict(sites)
    pelvis_frame, hips = _hips(sites)
    joints = {"left_hip": hips["left"], "right_hip": hips["right"]}
    joints["pelvis"] = _pelvis(sites, pelvis_frame, hips)
    joints |= _trunk(sites, joints["pelvis"])
    for side in _SIDES:
        joints |= _leg(sites, side, hips[side], pelvis_frame[:, 0])
        joints |= _arm(sites, side, joints[f"{side}_shoulder"], joints["trunk_frame"][:, 0])
    return np.stack([joints[name] for name in JOINT_NAMES], axis=1)


def _too_short(source: str, duration_s: float) -> RecordingError:
    return RecordingError(
        f"{source} is {duration_s:.2f} s long, expected a walk of at least {MIN_WALK_S:g} s"
    )


def _usable(recording, columns, marker_set, source) -> dict[str, int]:
    """Sites whose markers are seen often enough; optional ones with a long gap are left aside."""
    kept = {}
    for site, column in columns.items():
        seen = np.isfinite(recording.positions[:, column]).all(axis=1)
        if not seen.any():
            continue
        inside = np.flatnonzero(seen)
        longest_s = (np.diff(inside).max(initial=1) - 1) / recording.rate_hz
        if site not in marker_set.optional or longest_s <= LONGEST_GAP_S:
            kept[site] = column
    missing = marker_set.missing(kept)
    if missing:
        raise RecordingError(
            f"{source} has a marker that is never seen, or not for long enough, and that "
            f"{marker_set.name} needs: {', '.join(missing)}: label it, or cut the trial"
        )
    return kept


def _gapless(recording, columns, source) -> tuple[dict[str, np.ndarray], Gaps, float]:
    """Marker sites without gaps, cut to the frames between which all of them are seen."""
    seen = np.isfinite(recording.positions[:, list(columns.values())]).all(axis=2)
    first = int(seen.argmax(axis=0).max())
    stop = len(seen) - int(seen[::-1].argmax(axis=0).max())
    duration_s = (stop - first) / recording.rate_hz
    if duration_s < MIN_WALK_S:
        raise RecordingError(
            f"{source} has all needed markers in sight for {max(duration_s, 0):.2f} s only, "
            f"expected at least {MIN_WALK_S:g} s: label the markers further"
        )
    raw = site_positions(recording.positions[first:stop], columns)
    sites, filled = {}, []
    for site, signal in raw.items():
        label = recording.labels[columns[site]]
        sites[site], gaps = fill_gaps(signal, recording.rate_hz, f"{label} of {source}", first)
        filled.append(gaps)
    total = Gaps(sum(g.filled for g in filled), max(g.longest_s for g in filled))
    return sites, total, (len(seen) - (stop - first)) / recording.rate_hz


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _across(vectors: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """The part of ``vectors`` at right angles to the unit ``axis``."""
    return vectors - (vectors * axis).sum(axis=-1, keepdims=True) * axis


def _frame(left: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """Frames (T, 3 axes, 3): x along ``left``, z near ``forward``, y up."""
    x = _unit(left)
    z = _unit(_across(forward, x))
    return np.stack([x, np.cross(z, x), z], axis=1)


def _place(frame: np.ndarray, offset) -> np.ndarray:
    """An offset (left, up, forward) of segment frames (T, 3, 3) in the room (T, 3)."""
    return np.einsum("tai,a->ti", frame, np.asarray(offset, dtype=np.float64))


def _back_of_pelvis(sites) -> np.ndarray:
    if "left_psis" in sites and "right_psis" in sites:
        return (sites["left_psis"] + sites["right_psis"]) / 2
    return sites["sacrum"]


def _hips(sites) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Pelvis frame and hip joint centres.

    Harrington et al. 2007 (J Biomech 40:595), equations that need pelvic width and depth only.
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
        side: front + _place(frame, (sign * left, up, forward))
        for side, sign in (("left", 1), ("right", -1))
    }
    return frame, hips


def _pelvis(sites, frame: np.ndarray, hips: dict[str, np.ndarray]) -> np.ndarray:
    """HumanML3D's root: over the middle of the hips, level with the pelvic markers."""
    middle = (hips["left"] + hips["right"]) / 2
    front = (sites["left_asis"] + sites["right_asis"]) / 2
    up, forward = frame[:, 1], frame[:, 2]
    height = ((front - middle) * up).sum(axis=1, keepdims=True)
    return middle + height * up - _PELVIS_BEHIND_HIPS_M * forward


def _trunk(sites, pelvis: np.ndarray) -> dict[str, np.ndarray]:
    """Spine, neck, head, collars and shoulders, and the trunk's frame under "trunk_frame"."""
    notch, c7 = sites["jugular_notch"], sites["c7"]
    frame = _frame(sites["left_acromion"] - sites["right_acromion"], notch - c7)
    # upright along the spine rather than square to the slope from C7 to the notch
    up = _unit(_across(c7 + notch - 2 * pelvis, frame[:, 0]))
    frame = np.stack([frame[:, 0], up, np.cross(frame[:, 0], up)], axis=1)
    neck = c7 + 0.6 * (notch - c7) + 0.04 * up
    chest = pelvis + SPINE_SHARES[1] * (neck - pelvis)
    if "t10" in sites and "xiphoid" in sites:
        chest = sites["t10"] + 0.55 * (sites["xiphoid"] - sites["t10"])
    joints = {"trunk_frame": frame, "neck": neck, "spine2": chest}
    joints["spine1"] = pelvis + SPINE_SHARES[0] / SPINE_SHARES[1] * (chest - pelvis)
    joints["spine1"] -= _LUMBAR_CURVE_M * frame[:, 2]
    joints["spine3"] = chest + _place(frame, _SPINE3_FROM_SPINE2_M)
    joints["head"] = _head(sites, neck, frame)
    # Rab et al. 2002 (Gait Posture 15:113): below the acromion by 17 % of the distance between them
    breadth = np.linalg.norm(sites["left_acromion"] - sites["right_acromion"], axis=1)
    drop = 0.17 * float(np.median(breadth))
    base = (joints["spine3"] + neck) / 2
    for side in _SIDES:
        shoulder = sites[f"{side}_acromion"] - drop * up
        joints[f"{side}_shoulder"] = shoulder
        joints[f"{side}_collar"] = base + 0.45 * (shoulder - base)
    return joints


def _head(sites, neck: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Base of the skull: under the middle of the head markers, or straight on from the trunk.

    Sets without head markers (Shida-44) show nothing of the head: it goes with the trunk there.
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
    return neck + _place(frame, _HEAD_FROM_NECK_M)


def _inwards(outer: np.ndarray, before: np.ndarray, left: np.ndarray, side: str) -> np.ndarray:
    """Unit vectors from a lateral marker to the joint: across the bone, towards the midline."""
    sign = -1 if side == "left" else 1
    return _unit(_across(sign * left, _unit(outer - before)))


def _leg(sites, side: str, hip: np.ndarray, left: np.ndarray) -> dict[str, np.ndarray]:
    """Knee and ankle centres, and the ball of the foot.

    Centres lie midway between the lateral and medial epicondyles or malleoli (Wu et al. 2002,
    J Biomech 35:543). Where only the lateral marker is there, half a joint's breadth inwards from
    it and at right angles to the bone, as in Plug-in Gait (Davis et al. 1991; Kadaba et al. 1990).
    """
    knee = _middle(sites, f"{side}_knee", hip, left, side, HALF_KNEE_M)
    ankle = _middle(sites, f"{side}_ankle", knee, left, side, HALF_ANKLE_M)
    if f"{side}_metatarsal_1" in sites and f"{side}_metatarsal_5" in sites:
        ball = (sites[f"{side}_metatarsal_1"] + sites[f"{side}_metatarsal_5"]) / 2
    else:
        ball = sites[f"{side}_metatarsal_2"]
    return {f"{side}_knee": knee, f"{side}_ankle": ankle, f"{side}_foot": ball}


def _arm(sites, side: str, shoulder: np.ndarray, left: np.ndarray) -> dict[str, np.ndarray]:
    """Elbow midway between the epicondyles, or in from the lateral one; wrist between styloids."""
    elbow = _middle(sites, f"{side}_elbow", shoulder, left, side, HALF_ELBOW_M)
    ends = [f"{side}_wrist_lateral", f"{side}_wrist_medial"]
    wrist = np.mean([sites[end] for end in ends if end in sites], axis=0)
    return {f"{side}_elbow": elbow, f"{side}_wrist": wrist}


def _middle(sites, joint: str, before, left, side: str, half_m: float) -> np.ndarray:
    outer = sites[f"{joint}_lateral"]
    if f"{joint}_medial" in sites:
        return (outer + sites[f"{joint}_medial"]) / 2
    return outer + half_m * _inwards(outer, before, left, side)
