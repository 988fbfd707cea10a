"""Plotly figures of a measured walk: heel heights, joint angles, the skeleton in motion.

plotly is imported only when a figure is made.
"""

from __future__ import annotations

import numpy as np

from ...humanml3d import JOINT_NAMES
from .. import step_measures
from ..reference_curves import cycle_reference
from ..signals import SIDES, Signals

_COLOURS = {"left": "#2b6cb0", "right": "#c05621"}
_TRUNK_COLOUR, _NORM_COLOUR, _SPAN_COLOUR = "#2d3748", "#718096", "#a0aec0"
_BONES = {  # part: chains of joint indices
    "trunk": ((0, 3, 6, 9, 12, 15),),
    "left": ((0, 1, 4, 7, 10), (9, 13, 16, 18, 20)),
    "right": ((0, 2, 5, 8, 11), (9, 14, 17, 19, 21)),
}
# Joint angle → joints of each side that it is computed from; that of the hip also needs the neck.
_ANGLE_JOINTS = {
    "hip": ("hip", "knee"), "knee": ("hip", "knee", "ankle"), "ankle": ("knee", "ankle", "foot"),
}  # fmt: skip
_CYCLE = np.linspace(0, 1, 101)
_ANIMATION_HZ = 12.5  # approximate frame rate of the skeleton


def heel_heights(signals: Signals):
    """Plot the height of both heels over time with events, turns and standing.

    Args:
        signals: Signals of the walk.

    Returns:
        `plotly.graph_objects.Figure`.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for side, heel in signals.heel.items():
        times = np.arange(len(heel)) / signals.rate_hz
        height = 100 * (heel[:, 1] - np.percentile(heel[:, 1], 2))
        step = max(int(signals.rate_hz / 50), 1)
        line = {"color": _COLOURS[side]}
        figure.add_scatter(x=times[::step].round(3), y=height[::step].round(2), name=f"{side} heel",
                           line=line)  # fmt: skip
        for kind, symbol in (("heel_strike", "triangle-down"), ("toe_off", "triangle-up-open")):
            event_times_s = [
                e.time_s for e in signals.phases.events if (e.side, e.kind) == (side, kind)
            ]
            figure.add_scatter(
                x=event_times_s, y=np.interp(event_times_s, times, height), mode="markers",
                name=f"{side} {kind.replace('_', ' ')}",
                marker={"symbol": symbol, "size": 10, "color": _COLOURS[side]},
            )  # fmt: skip
    for spans, name in ((signals.phases.turns, "turn"), (signals.phases.standing, "standing")):
        for start, end in spans:
            figure.add_vrect(x0=start, x1=end, fillcolor=_SPAN_COLOUR, opacity=0.25, line_width=0,
                             annotation_text=name)  # fmt: skip
    figure.update_layout(xaxis_title="time in s", yaxis_title="heel height in cm", height=360)
    return figure


def angles_of(signals: Signals) -> list[str]:
    """Joint angles that can be computed: of "hip", "knee" and "ankle".

    Args:
        signals: Signals of a walk.
    """
    return [
        joint
        for joint, needed in _ANGLE_JOINTS.items()
        if all(f"{side}_{name}" in signals.joints for side in SIDES for name in needed)
        and (joint != "hip" or "neck" in signals.joints)
    ]


def joint_angles(signals: Signals, with_norm: bool = True):
    """Plot the joint angles over the stride: mean ± SD of each side and of the norm.

    Args:
        signals: Signals of a walk with at least one angle of `angles_of` and one stride.
        with_norm: Whether the curves of healthy adults are shown.

    Returns:
        `plotly.graph_objects.Figure`.
    """
    from plotly.subplots import make_subplots

    joints = angles_of(signals)
    figure = make_subplots(1, len(joints), subplot_titles=joints, shared_xaxes=True)
    percent = 100 * _CYCLE

    def add_band(mean, sd, colour, **options) -> None:
        figure.add_scatter(
            x=np.r_[percent, percent[::-1]], y=np.r_[mean + sd, (mean - sd)[::-1]].round(2),
            fill="toself", line_width=0, opacity=0.25, fillcolor=colour, hoverinfo="skip",
            **{"showlegend": False, **options},
        )  # fmt: skip

    for column, joint in enumerate(joints, 1):
        subplot = {"row": 1, "col": column}
        cycles = {side: _cycles(signals, joint, side) for side in SIDES}
        cycles = {side: rows for side, rows in cycles.items() if len(rows)}
        norm, sd = cycle_reference(joint, percent)
        if joint == "ankle":  # its zero depends on the marker set: shift to the mean of this walk
            norm = norm - norm.mean() + np.mean([rows.mean() for rows in cycles.values()])
        if with_norm:
            add_band(norm, sd, _NORM_COLOUR, name="norm ± SD", showlegend=column == 1, **subplot)
        for side, rows in cycles.items():
            add_band(rows.mean(0), rows.std(0), _COLOURS[side], **subplot)
            figure.add_scatter(
                x=percent, y=rows.mean(0).round(2), name=side, line={"color": _COLOURS[side]},
                showlegend=column == 1, **subplot,
            )  # fmt: skip
        figure.update_xaxes(title_text="% of the stride", row=1, col=column)
    figure.update_yaxes(title_text="degrees, mean ± SD of this walk", row=1, col=1)
    figure.update_layout(height=380)
    return figure


def _cycles(signals: Signals, joint: str, side: str) -> np.ndarray:
    """Joint angle (strides, 101) in degrees over each stride of a side, from heel strike."""
    path = step_measures.joint_angle(signals, joint, side)
    parts = [path[signals.span(s.start_s, s.end_s)] for s in signals.strides if s.side == side]
    return np.array([np.interp(_CYCLE, np.linspace(0, 1, len(part)), part) for part in parts])


def skeleton_animation(signals: Signals):
    """Animate the skeleton, with the pelvis at a fixed horizontal position.

    Args:
        signals: Signals of a walk with joints.

    Returns:
        `plotly.graph_objects.Figure` with a frame for each point in time, a slider and two buttons.
    """
    import plotly.graph_objects as go

    joints = np.stack([signals.joints[name] for name in JOINT_NAMES], axis=1)
    frame_step = max(round(signals.rate_hz / _ANIMATION_HZ), 1)
    joints, shown_hz = joints[::frame_step], signals.rate_hz / frame_step
    joints = (joints - joints[:, :1] * [1, 0, 1]).round(3)  # X and Z of the pelvis are subtracted
    # Y up → plotly's Z up; the sign keeps the frame right-handed
    joints = joints[..., [0, 2, 1]] * [1, -1, 1]
    frames = [go.Frame(data=_bone_traces(frame), name=str(i)) for i, frame in enumerate(joints)]
    figure = go.Figure(data=_bone_traces(joints[0]), frames=frames)
    figure.update_layout(
        height=560,
        scene=_scene(signals, joints),
        sliders=[_slider(len(joints), shown_hz)],
        updatemenus=[_buttons(shown_hz)],
    )
    return figure


def _bone_traces(frame: np.ndarray) -> list:
    """Lines and points of one frame (22, 3)."""
    import plotly.graph_objects as go

    traces = []
    for part, chains in _BONES.items():
        separator = [[np.nan] * 3]  # interrupts the line between chains
        x, y, z = np.concatenate([np.r_[frame[list(chain)], separator] for chain in chains]).T
        colour = _COLOURS.get(part, _TRUNK_COLOUR)
        traces.append(
            go.Scatter3d(
                x=x, y=y, z=z, mode="lines+markers", name=part,
                line={"width": 6, "color": colour}, marker={"size": 3, "color": colour},
            )
        )  # fmt: skip
    return traces


def _scene(signals: Signals, joints: np.ndarray) -> dict:
    """Axes to scale, seen from the left, slightly from the front and from above."""
    low, high = joints.reshape(-1, 3).min(0) - 0.1, joints.reshape(-1, 3).max(0) + 0.1
    left, ahead = signals.left.mean(axis=0), signals.ahead.mean(axis=0)
    x, _, z = 1.35 * left + 0.45 * ahead
    return {
        "xaxis": {"range": [low[0], high[0]], "title": "m"},
        "yaxis": {"range": [low[1], high[1]], "title": "m"},
        "zaxis": {"range": [low[2], high[2]], "title": "height in m"},
        "aspectmode": "manual",  # equal scale on all axes, relative to the height
        "aspectratio": dict(zip("xyz", (high - low) / (high - low)[2], strict=True)),
        "camera": {"eye": {"x": x, "y": -z, "z": 0.1}},
    }


def _slider(count: int, shown_hz: float) -> dict:
    options = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}}
    steps = [
        {"method": "animate", "label": f"{i / shown_hz:.1f}", "args": [[str(i)], options]}
        for i in range(count)
    ]
    return {"steps": steps, "currentvalue": {"prefix": "s: "}, "pad": {"t": 30}}


def _buttons(shown_hz: float) -> dict:
    play = {"frame": {"duration": 1000 / shown_hz, "redraw": True}, "fromcurrent": True}
    buttons = [
        {"label": "Walk", "method": "animate", "args": [None, play]},
        {"label": "Pause", "method": "animate", "args": [[None], {"mode": "immediate"}]},
    ]
    return {"type": "buttons", "direction": "left", "buttons": buttons, "x": 0, "y": 1.1}
