"""Checks of a body: its size, the lengths of its segments, and which end of it is up.

All figures are medians over the frames, so that single bad frames do not decide.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .recording import Conventions, RecordingError
from .units_axes import METRES, likely_unit, parse_unit
from .vectors import lengths

SHORTEST_M, TALLEST_M = 0.8, 2.3  # stature
# Thigh and shank of an adult between joint centres are 0.49 of the stature (Winter 2009, figure
# 4.1); with the markers of ASIS, knee and ankle they are 0.53. Small children have shorter legs.
LEG_OF_CENTRES, LEG_OF_MARKERS, CHILD_LEG = 0.49, 0.53, 0.8
# The same of the distance from the middle of the pelvis to a point of the upper trunk. A child has
# short legs and a long trunk: the mean of both statures is right within about 7 %.
_TRUNKS = {"neck": 0.32, "c7": 0.30, "jugular_notch": 0.25, "left_acromion": 0.25}
_ERROR = 0.93
# A segment is not rigid if its length differs from the median by more than this share, and by more
# than this distance, in more than this share of the frames.
BONE_CHANGE, BONE_M, BONE_FRAMES = 0.20, 0.04, 0.05
MARKER_CHANGE, MARKER_M = 0.30, 0.06  # the same of markers, which move on the skin
# Shares of the length of trunk and leg that are vertical. A person who is bent forward by 90° has a
# low trunk and an upright leg; one who crawls has neither.
LOW_TRUNK, LOW_LEG, FALLEN_LEG = 0.35, 0.65, 0.25
FALLEN_WHOLE, FALLEN_PART_S = 0.5, 0.5  # share of the frames; duration of a part that is reported

# Bones of joints. The trunk bends and is not among them.
_BONES = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
# Pairs of markers on one segment; those of legs and pelvis.
_SAME_SEGMENT = (
    ("knee_lateral", "ankle_lateral"), ("heel", "metatarsal_2"), ("heel", "metatarsal_1"),
    ("heel", "metatarsal_5"), ("heel", "ankle_lateral"), ("ankle_lateral", "metatarsal_5"),
    ("ankle_lateral", "metatarsal_2"), ("asis", "psis"),
)  # fmt: skip
_SIDES = ("left", "right")


def check_size(
    points: Mapping[str, np.ndarray], source: str, conventions: Conventions | None = None
) -> None:
    """Check that a body is that of a person of 0.8 to 2.3 m, also where the user set the unit.

    Args:
        points: Site or joint → positions (T, 3) in metres, Y up; NaN where missing.
        source: The recording, for the error message.
        conventions: Unit of the file and its origin, for the error message.

    Raises:
        RecordingError: The body is too small or too large.
    """
    leg_m = _leg_length(points)
    if leg_m is None:
        return
    by_leg = leg_m / (LEG_OF_CENTRES if "left_hip" in points else LEG_OF_MARKERS)
    by_trunk = _stature_of_trunk(points)
    if by_trunk is not None:
        fits = (by_leg + by_trunk) / 2 >= SHORTEST_M * _ERROR and by_leg >= SHORTEST_M * CHILD_LEG
    else:  # only legs, which do not show whether the person is a child
        is_forced = conventions is not None and conventions.unit_from == "forced"
        fits = by_leg >= SHORTEST_M * (_ERROR if is_forced else CHILD_LEG)
    if fits and by_leg <= TALLEST_M:
        return
    unit, remedy = _unit_and_remedy(by_leg, conventions)
    raise RecordingError(
        f"{source} has legs of {leg_m:.3g} m, those of a person about {by_leg:.3g} m tall{unit}, "
        f"expected {SHORTEST_M:g} to {TALLEST_M:g} m: {remedy}"
    )


def _leg_length(points: Mapping[str, np.ndarray]) -> float | None:
    """Median length in metres of thigh and shank; None if no leg is seen."""
    hip, ending = ("hip", "") if "left_hip" in points else ("asis", "_lateral")
    legs = []
    for side in _SIDES:
        names = [f"{side}_{hip}", f"{side}_knee{ending}", f"{side}_ankle{ending}"]
        if all(name in points for name in names):
            upper, knee, ankle = (points[name] for name in names)
            legs.append(_length(upper, knee) + _length(knee, ankle))
    legs = [leg for leg in legs if np.isfinite(leg)]
    return float(np.median(legs)) if legs else None


def _stature_of_trunk(points: Mapping[str, np.ndarray]) -> float | None:
    """Stature in metres of a person with a trunk of this length; None if the trunk is not seen."""
    pelvis = _middle(points, ("left_hip", "right_hip", "left_asis", "right_asis"))
    name = next((name for name in _TRUNKS if name in points), None)
    if pelvis is None or name is None:
        return None
    trunk = _length(_middle(points, (name, name.replace("left", "right"))), pelvis)
    return trunk / _TRUNKS[name] if np.isfinite(trunk) else None


def _unit_and_remedy(stature_m: float, conventions: Conventions | None) -> tuple[str, str]:
    """Unit of the file with its origin, and what to do: the unit with a usual stature."""
    remedy = "pass the right unit with --unit"
    if conventions is None:
        return "", remedy
    origin = "as set by --unit" if conventions.unit_from == "forced" else conventions.unit_from
    unit = f" in {conventions.unit} ({origin})"
    parsed = parse_unit(conventions.unit)
    if parsed is None:
        return unit, remedy
    name, metres = likely_unit(stature_m / parsed[1])
    likely_m = stature_m / parsed[1] * metres
    if name == parsed[0] or not SHORTEST_M <= likely_m <= TALLEST_M:
        return unit, remedy
    flag = f"{metres:.6g}" if name not in METRES else name
    return unit, f"pass --unit {flag} if the person is {likely_m:.2f} m tall"


def _length(first: np.ndarray, second: np.ndarray) -> float:
    """Median distance in metres of two paths (T, 3); NaN if they are never seen together."""
    distances = lengths(first - second)
    distances = distances[np.isfinite(distances)]
    return float(np.median(distances)) if len(distances) else float("nan")


def check_bones(joints: Mapping[str, np.ndarray], source: str) -> None:
    """Check that the bones of arms and legs have constant lengths.

    Args:
        joints: Joint → positions (T, 3) in metres.
        source: The recording, for the error message.

    Raises:
        RecordingError: A bone changes its length by more than 20 % in more than 5 % of the frames.
    """
    for side in _SIDES:
        for upper, lower in _BONES:
            first, second = f"{side}_{upper}", f"{side}_{lower}"
            if first not in joints or second not in joints:
                continue
            share, low, high = _change(joints[first], joints[second], BONE_CHANGE, BONE_M)
            if share > BONE_FRAMES:
                raise RecordingError(
                    f"{source} has a distance of {low:.2f} to {high:.2f} m from {first} to "
                    f"{second}, and it differs from its median by more than {BONE_CHANGE:.0%} in "
                    f"{share:.0%} of the frames, expected a constant length: check the order of "
                    "the joints and the tracking"
                )


def check_segments(sites: Mapping[str, np.ndarray], labels: Mapping[str, str], source: str) -> None:
    """Check that markers on one segment keep their distance.

    Args:
        sites: Site → positions (T, 3) in metres; NaN where missing.
        labels: Site → label in the file.
        source: The recording, for the error message.

    Raises:
        RecordingError: A marker changes its distance to others on its segment in more than 5 % of
            the frames. The message names the marker.
    """
    for side in _SIDES:
        changes = {}
        for names in _SAME_SEGMENT:
            first, second = (f"{side}_{name}" for name in names)
            if first in sites and second in sites:
                changes[first, second] = _change(
                    sites[first], sites[second], MARKER_CHANGE, MARKER_M
                )
        wrong = [pair for pair, (share, _, _) in changes.items() if share > BONE_FRAMES]
        if not wrong:
            continue
        site = max({s for pair in wrong for s in pair}, key=lambda s: sum(s in p for p in wrong))
        pair = next(pair for pair in wrong if site in pair)
        other = pair[1 - pair.index(site)]
        share, low, high = changes[pair]
        raise RecordingError(
            f"{source} has marker {labels[site]} at {low:.2f} to {high:.2f} m from "
            f"{labels[other]}, and in {share:.0%} of the frames not at their usual distance, "
            "expected a constant distance of markers on one segment: check their labels"
        )


def _change(first, second, limit: float, limit_m: float) -> tuple[float, float, float]:
    """Share of the frames with an unusual distance of two paths, and its usual range in metres."""
    distances = lengths(first - second)
    distances = distances[np.isfinite(distances)]
    if len(distances) < 4:
        return 0.0, 0.0, 0.0
    usual = float(np.median(distances))
    share = float((np.abs(distances - usual) > max(limit * usual, limit_m)).mean())
    low, high = np.percentile(distances, [1, 99])
    return share, float(low), float(high)


def fallen_frames(points: Mapping[str, np.ndarray]) -> tuple[np.ndarray, bool] | None:
    """Find the frames in which the trunk is not above the legs: lying, crawling, upside down.

    Args:
        points: Site or joint → positions (T, 3) in metres, Y up; NaN where missing.

    Returns:
        Mask (T,), and whether the body is mostly upside down in these frames; None if the points do
        not show it.
    """
    trunk = _middle(points, ("neck", "c7", "jugular_notch", "left_acromion", "right_acromion"))
    pelvis = _middle(points, ("pelvis",)) if "pelvis" in points else None
    if pelvis is None:
        pelvis = _middle(points, ("left_asis", "right_asis"))
    legs = [
        _middle(points, (f"{side}_ankle", f"{side}_ankle_lateral", f"{side}_heel"))
        for side in _SIDES
    ]
    if pelvis is None or any(leg is None for leg in legs):
        return None
    leg_m = _percentile([lengths(pelvis - leg) for leg in legs], 90)
    if not leg_m > 0:
        return None
    upright_leg = (pelvis[:, 1] - np.fmin(legs[0][:, 1], legs[1][:, 1])) / leg_m
    trunk_m = 0.0 if trunk is None else _percentile(lengths(trunk - pelvis), 50)
    if not trunk_m > 0:
        fallen = upright_leg < FALLEN_LEG
        return fallen, _percentile(upright_leg[fallen], 50) < -FALLEN_LEG
    upright_trunk = (trunk[:, 1] - pelvis[:, 1]) / trunk_m
    fallen = (upright_leg < FALLEN_LEG) | ((upright_leg < LOW_LEG) & (upright_trunk < LOW_TRUNK))
    return fallen, _percentile(upright_trunk[fallen], 50) < -LOW_TRUNK


def _percentile(values, percent: float) -> float:
    """Percentile of the values that are not missing; NaN if all are."""
    values = np.asarray(values, dtype=np.float64)
    values = values[np.isfinite(values)]
    return float(np.percentile(values, percent)) if len(values) else float("nan")


def _middle(points: Mapping[str, np.ndarray], names: tuple[str, ...]) -> np.ndarray | None:
    """Path (T, 3) of the first of these points that is there, or the mean of a left and a right."""
    present = [name for name in names if name in points]
    if not present:
        return None
    if present[0].startswith("left_") and len(present) > 1 and present[1].startswith("right_"):
        return (points[present[0]] + points[present[1]]) / 2
    return points[present[0]]


def check_upright(points: Mapping[str, np.ndarray], source: str, rate_hz: float) -> str:
    """Check that the trunk is above the legs in most frames.

    Args:
        points: Site or joint → positions (T, 3) in metres, Y up; NaN where missing.
        source: The recording, for the error message.
        rate_hz: Frames per second.

    Returns:
        A remark about the frames in which the body is lying, crawling or upside down; "" without.

    Raises:
        RecordingError: The body is lying, crawling or upside down in most of the recording.
    """
    result = fallen_frames(points)
    if result is None or not result[0].any():
        return ""
    fallen, upside = result
    posture = "is upside down" if upside else "is lying or crawling"
    if fallen.mean() > FALLEN_WHOLE:
        raise RecordingError(
            f"{source} has a body that {posture}: the trunk is not above the legs in "
            f"{fallen.mean():.0%} of the frames: pass the vertical axis with --up, or a recording "
            "of a walk"
        )
    edges = np.flatnonzero(np.diff(np.r_[False, fallen, False].astype(int))).reshape(-1, 2)
    first, stop = edges[np.diff(edges, axis=1)[:, 0].argmax()]
    if stop - first < FALLEN_PART_S * rate_hz:
        return ""
    return f"the body {posture} in frames {first + 1} to {stop}"
