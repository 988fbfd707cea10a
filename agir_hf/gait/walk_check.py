"""Check that a recording is a walk, for every command in the same way.

A recording that can be read may still be of a person who is standing, waving, running or walking
backwards, or of movements that legs cannot make. `check_walk` refuses it on one line, or returns
cautions for a walk of which something is doubtful. The limits are far from what patients do.
"""

from __future__ import annotations

import numpy as np

from ..motion.landmarks import landmarks_of
from ..motion.marker_sets.checks import STATIC_SITES, reason_static
from ..motion.recording import (
    BodyMotion,
    JointMotion,
    MarkerRecording,
    NotAWalkError,
    Recording,
    RecordingError,
)
from .annotated_events import EventSource
from .parameters import GaitMeasurement, measure
from .signals import SIDES, Signals, Stride
from .speed_change import unsteady_text
from .step_measures import duration, step_length, stride_speed
from .treadmill import belt_speed
from .whole_walk import backward_share, braking_ratio, feet_alternate, forward_speed

__all__ = ["check_walk", "measure_walk", "nothing_measured"]

LOWEST_CADENCE, HIGHEST_CADENCE = 30.0, 220.0  # steps/min, from the median step time
RARE_CADENCE = 40.0, 170.0  # outside, there is a caution
# A walker's centre of mass moves on an arc around the foot; above speed² = g · leg length it would
# leave the arc (Alexander 1989, Physiol Rev 69:1199). People run from about half of that.
HIGHEST_FROUDE = 1.0
# Both feet are in the air for this share of the swing time, at a speed of at least this Froude
# number. Walks have 0.
FLIGHT_SHARE, RUNNING_FROUDE = 0.08, 0.25
LONGEST_STEP_LEGS = 1.4  # median step length / leg length; fast adults make 0.9
# Speed of the foot in single support over the speed of the walk; real walks have at most 0.10.
SLIDING_CAUTION, SLIDING_REFUSED = 0.25, 0.5
SLIDING_M_PER_S = 0.10  # slower feet are noise of the markers
FEWEST_STEPS = 3
# A pelvis that moves this far over the floor, at this speed on average, does not belong to a
# person who is standing or sitting.
STARTED_M, SLOWEST_M_PER_S = 0.3, 0.1
SHORTEST_S = 2.0  # a slow stride takes as long
ONE_SIDED_STRIKES = 4  # of one foot, and none of the other
BACKWARD_CAUTION = 0.15  # share of the recording
# A body goes backwards if its pelvis does so faster than this, and faster than this share of the
# feet's highest speed; a walker's pelvis has about a quarter of it.
BACKWARD_M_PER_S, BACKWARD_SHARE = 0.05, 0.15
# Ratio of the braking of the heel before it lands to its acceleration after it lifts: people have
# 1.0 to 2.7, so that a ratio below 1 is of a recording that runs backwards in time.
REVERSED_BELOW, FORWARD_ABOVE = 0.75, 1.15
_GRAVITY = 9.81


def measure_walk(
    recording: Recording, events: EventSource = "detected"
) -> tuple[GaitMeasurement, tuple[str, ...]]:
    """Measure the gait of a recording and check that it is a walk.

    Every command calls this function, so that all say the same of the same file.

    Args:
        recording: Markers, joints or a body in motion, as read.
        events: Gait events to use: "detected", or "file" for those annotated in the file.

    Returns:
        Measured gait, and the cautions of `check_walk`.

    Raises:
        NotAWalkError: It is not a walk.
        RecordingError: Gait cannot be measured on this recording.
    """
    check_static(recording)
    measured = measure(measurable(recording), events)
    return measured, check_walk(measured, recording.source)


def check_static(recording: Recording) -> None:
    """Check that a recording of markers is not a static trial; other recordings are accepted.

    It also works where gait cannot be measured because of gaps.

    Args:
        recording: Recording of any kind.

    Raises:
        NotAWalkError: Pelvis and heels stay where they are.
    """
    if not isinstance(recording, MarkerRecording):
        return
    try:
        landmarks = landmarks_of(recording)
    except RecordingError:  # an unknown marker set, which `measure` reports
        return
    names = [f"{side}_{site}" for side in SIDES for site in STATIC_SITES]
    present = [name for name in names if name in landmarks.columns]
    reason = reason_static({name: landmarks.recorded(name) for name in present})
    if reason:
        source = recording.source or "the recording"
        raise NotAWalkError(f"{source} is a static trial: {reason}: pass a walking trial")


def measurable(recording: Recording) -> MarkerRecording | JointMotion:
    """Return a recording that gait can be measured on: a body in motion becomes joints.

    Args:
        recording: Recording of any kind.

    Returns:
        The recording itself, or the joints of the body at the frame rate of the recording.
    """
    if not isinstance(recording, BodyMotion):
        return recording
    from ..motion.body import body_joints

    return body_joints(recording)


def check_walk(measured: GaitMeasurement, source: str = "") -> tuple[str, ...]:
    """Check that a measured recording is a walk.

    Args:
        measured: Measured gait, from `measure`.
        source: The recording, for the error message.

    Returns:
        Cautions: one short sentence for each thing that is doubtful. A foot that could not be
        measured is none: `absent` has the reason.

    Raises:
        NotAWalkError: It is not a walk. The message names the file, what was seen, and what to do.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import measure
        >>> from agir_hf.gait.walk_check import check_walk
        >>> from agir_hf.motion import read_recording
        >>> check_walk(measure(read_recording(agir_hf.SAMPLE_RECORDING)))
        ()

        ```
    """
    signals = measured.signals
    if signals.phases.absent:
        return ()
    reason = _no_walk(signals) or _impossible(signals)
    if reason:
        raise NotAWalkError(f"{source or 'the recording'} is not a walk: {reason}")
    return _cautions(signals)


def nothing_measured(measured: GaitMeasurement) -> str:
    """Return why no parameter at all could be measured, or "" if at least one could.

    Args:
        measured: Measured gait, from `measure`.
    """
    if measured.parameters:
        return ""
    reason = measured.absent["cadence_steps_per_min"]
    if not measured.signals.phases.absent and not _strikes(measured.signals):
        reason = "no foot is seen to swing and to land: record a longer walk, or check the labels"
    return f"no gait parameter can be measured: {reason}"


def _strikes(signals: Signals) -> list:
    return [event for event in signals.phases.events if event.kind == "heel_strike"]


def _no_walk(signals: Signals) -> str:
    """Reason why there are no steps of both feet, or ""."""
    strikes = {side: sum(e.side == side for e in _strikes(signals)) for side in SIDES}
    if not any(strikes.values()):
        return _without_steps(signals)
    fewer, more = sorted(strikes, key=strikes.get)
    if strikes[fewer] == 0 and strikes[more] >= ONE_SIDED_STRIKES:
        return (
            f"the {more} foot takes {strikes[more]} steps and the {fewer} foot none: check the "
            "labels, or pass a recording of a walk"
        )
    return ""


def _without_steps(signals: Signals) -> str:
    """What a recording without any step shows."""
    moved_m = float(np.linalg.norm((signals.pelvis[-1] - signals.pelvis[0])[[0, 2]]))
    seconds = (len(signals.pelvis) - 1) / signals.rate_hz
    backwards = _backwards(signals)
    if backwards:
        return backwards
    if signals.phases.events and seconds < SHORTEST_S:
        return ""  # a foot that was lifted had no time to land
    if moved_m > STARTED_M and moved_m > SLOWEST_M_PER_S * seconds:
        speeds = {side: forward_speed(signals, path) for side, path in signals.heel.items()}
        if feet_alternate(speeds):
            return ""  # a part of a stride
        return (
            f"the body moves {moved_m:.2f} m in {seconds:.1f} s and no foot swings while the other "
            "stays: pass a recording of a walk"
        )
    reason = "the feet move and land where they were, as in stepping in place or swinging the legs"
    if not signals.phases.events:
        reason = signals.phases.no_steps or "no foot takes a step"
    return (
        f"{reason}; the pelvis moves {moved_m:.2f} m in {seconds:.1f} s: pass a recording of a walk"
    )


def _backwards(signals: Signals) -> str:
    """What a recording shows whose body moves against its heading, or ""."""
    speeds = {side: -forward_speed(signals, path) for side, path in signals.heel.items()}
    pelvis = -forward_speed(signals, signals.pelvis)
    belt = belt_speed(speeds, pelvis, signals.rate_hz)
    fastest = max(float(np.percentile(path, 95)) for path in speeds.values())
    moves = float(np.median(pelvis)) > max(BACKWARD_M_PER_S, BACKWARD_SHARE * fastest)
    if belt is None and not (moves and feet_alternate(speeds)):
        return ""
    speed = float(np.median(pelvis)) + (belt or 0.0)
    ratio = braking_ratio({side: path + (belt or 0.0) for side, path in speeds.items()})
    causes = (
        "left and right labels are swapped, the person walks backwards, or the recording is "
        "reversed in time: fix the labels, or pass a recording of a walk forwards"
    )
    if ratio < REVERSED_BELOW:
        causes = (
            "the feet start abruptly and stop slowly, so the recording is reversed in time: "
            "export it again"
        )
    elif ratio > FORWARD_ABOVE:
        causes = (
            "the person walks backwards, or left and right labels are swapped: pass a recording of "
            "a walk forwards, or fix the labels"
        )
    return f"the pelvis moves backwards at {speed:.2f} m/s; {causes}"


def leg_length_m(signals: Signals) -> float:
    """Length in metres of thigh and shank, or the height of the pelvis without joint centres.

    Args:
        signals: Signals of a recording.
    """
    joints = signals.joints
    if {f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle")} <= joints.keys():
        lengths = [
            np.linalg.norm(joints[f"{side}_{upper}"] - joints[f"{side}_{lower}"], axis=1)
            for side in SIDES
            for upper, lower in (("hip", "knee"), ("knee", "ankle"))
        ]
        return float(np.median(sum(lengths) / 2))
    floor = min(np.percentile(heel[:, 1], 2) for heel in signals.heel.values())
    return float(np.median(signals.pelvis[:, 1]) - floor)


def _cadence(signals: Signals) -> float:
    """Steps per minute, from the median step time."""
    return 60 / float(np.median([duration(signals, step) for step in signals.steps]))


def _impossible(signals: Signals) -> str:
    """Reason why the steps are not those of a walking person, or ""."""
    if not signals.steps:
        return ""
    leg_m, steps, cadence = leg_length_m(signals), signals.steps, _cadence(signals)
    if not LOWEST_CADENCE <= cadence <= HIGHEST_CADENCE:
        return (
            f"its cadence is {cadence:.0f} steps/min, expected {LOWEST_CADENCE:g} to "
            f"{HIGHEST_CADENCE:g}: check the frame rate (--rate)"
        )
    length_m = float(np.median([step_length(signals, step) for step in steps]))
    if length_m > LONGEST_STEP_LEGS * leg_m:
        return (
            f"its steps are {length_m:.2f} m long with legs of {leg_m:.2f} m, expected at most "
            f"{LONGEST_STEP_LEGS:g} times the leg: check units and labels"
        )
    return _too_fast(signals, leg_m) or _sliding_text(signals, SLIDING_REFUSED)


def _speed_and_froude(signals: Signals) -> tuple[float, float]:
    """Median speed of the strides in m/s, and its Froude number; both 0 without a stride."""
    if not signals.strides:
        return 0.0, 0.0
    speed = float(np.median([stride_speed(signals, stride) for stride in signals.strides]))
    return speed, speed**2 / (_GRAVITY * leg_length_m(signals))


def _too_fast(signals: Signals, leg_m: float) -> str:
    """Reason for a speed above that of walking, or for flight phases, or ""."""
    speed, froude = _speed_and_froude(signals)
    flight = _flight_share(signals)
    if flight > FLIGHT_SHARE and froude > RUNNING_FROUDE:
        return (
            f"the person runs: at {speed:.2f} m/s both feet are in the air for {flight:.0%} of the "
            "swing: pass a recording of a walk"
        )
    if froude > HIGHEST_FROUDE:
        return (
            f"it moves at {speed:.2f} m/s, expected below {np.sqrt(_GRAVITY * leg_m):.1f} m/s with "
            f"legs of {leg_m:.2f} m: check units and frame rate, or pass a recording of a walk"
        )
    return ""


def _flight_share(signals: Signals) -> float:
    """Share of the swing time in which both feet are in swing."""
    lifted = []
    for side in SIDES:
        in_air = np.zeros(len(signals.pelvis), dtype=bool)
        events = [event for event in signals.phases.events if event.side == side]
        for first, second in zip(events, events[1:], strict=False):
            if (first.kind, second.kind) == ("toe_off", "heel_strike"):
                in_air[signals.span(first.time_s, second.time_s)] = True
        lifted.append(in_air)
    return float((lifted[0] & lifted[1]).sum() / max((lifted[0] | lifted[1]).sum(), 1))


def _sliding_text(signals: Signals, limit: float) -> str:
    """Text about feet that slide in stance more than a share of the speed of the walk, or ""."""
    slides = [_slide(signals, stride) for stride in signals.strides]
    slides = np.array([slide for slide in slides if slide is not None])
    if not len(slides):
        return ""
    foot, walk = np.median(slides, axis=0)
    if foot < SLIDING_M_PER_S or foot < limit * walk:
        return ""
    return (
        f"the feet slide at {foot:.2f} m/s while they carry the body, at a walking speed of "
        f"{walk:.2f} m/s: check units and root translation"
    )


def _slide(signals: Signals, stride: Stride) -> tuple[float, float] | None:
    """Speed in m/s of the foot in the single support of a stride, and speed of the stride."""
    if np.isnan(stride.other_toe_off_s) or stride.side not in signals.heel:
        return None
    part = signals.span(stride.other_toe_off_s, stride.other_heel_strike_s)
    heel = signals.heel[stride.side]
    if part.stop - part.start < 5:
        return None
    feet = [
        float(np.median(np.linalg.norm(_over_floor(signals, path, part)[:, [0, 2]], axis=1)))
        for path in (heel, signals.toe.get(stride.side, heel))
    ]
    return min(feet), abs(stride_speed(signals, stride))


def _over_floor(signals: Signals, path: np.ndarray, part: slice) -> np.ndarray:
    """Velocity (N, 3) in m/s of a path over the floor or belt in a part of the recording."""
    velocity = np.gradient(path[part], 1 / signals.rate_hz, axis=0)
    return velocity + signals.belt * signals.ahead[part]


def _cautions(signals: Signals) -> tuple[str, ...]:
    count, strikes = len(signals.steps), len(_strikes(signals))
    cautions = []
    if count < FEWEST_STEPS:
        others = f" ({strikes} heel strikes in all)" if strikes else ""
        cautions.append(
            f"too little was measured: {count} steps of straight walking{others}, expected at "
            f"least {FEWEST_STEPS}: record a longer walk"
        )
    if count and not RARE_CADENCE[0] <= _cadence(signals) <= RARE_CADENCE[1]:
        cautions.append(f"its cadence is {_cadence(signals):.0f} steps/min: check the frame rate")
    cautions += filter(None, (_sliding_text(signals, SLIDING_CAUTION), unsteady_text(signals)))
    speed, froude = _speed_and_froude(signals)
    if froude > RUNNING_FROUDE * 2:
        cautions.append(f"at {speed:.2f} m/s most people run: check units and frame rate")
    share = backward_share(signals)
    if share > BACKWARD_CAUTION:
        cautions.append(f"the person moves backwards for {share:.0%} of the recording")
    return tuple(cautions)
