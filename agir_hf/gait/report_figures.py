"""Figures of a measured walk, for the page of `report.py`: feet, joint angles, the walker.

They are plotly's; plotly is imported where a figure is made.
"""

from __future__ import annotations

import numpy as np

from ..humanml3d import JOINT_NAMES
from . import step_measures as m
from .norms import cycle_reference
from .signals import SIDES, Signals

_COLOURS = {"left": "#2b6cb0", "right": "#c05621"}
_BONES = {
    "trunk": ((0, 3, 6, 9, 12, 15),),
    "left": ((0, 1, 4, 7, 10), (9, 13, 16, 18, 20)),
    "right": ((0, 2, 5, 8, 11), (9, 14, 17, 19, 21)),
}
_CYCLE = np.linspace(0, 1, 101)
_FRAMES_PER_S = 12.5  # of the walker on the spot, about


def feet(signals: Signals):
    """Height of both heels over time, with events, turns and standing."""
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
            at = [e.time_s for e in signals.phases.events if (e.side, e.kind) == (side, kind)]
            figure.add_scatter(
                x=at, y=np.interp(at, times, height), mode="markers",
                name=f"{side} {kind.replace('_', ' ')}",
                marker={"symbol": symbol, "size": 10, "color": _COLOURS[side]},
            )  # fmt: skip
    for spans, name in ((signals.phases.turns, "turn"), (signals.phases.standing, "standing")):
        for start, end in spans:
            figure.add_vrect(x0=start, x1=end, fillcolor="#a0aec0", opacity=0.25, line_width=0,
                             annotation_text=name)  # fmt: skip
    figure.update_layout(xaxis_title="time in s", yaxis_title="heel height in cm", height=360)
    return figure


def angles(signals: Signals):
    """Hip, knee and ankle over the stride, mean and spread of each side, against the norm."""
    from plotly.subplots import make_subplots

    joints = ("hip", "knee", "ankle")
    figure = make_subplots(1, 3, subplot_titles=joints, shared_xaxes=True)
    percent = 100 * _CYCLE

    def band(mean, sd, colour, **options) -> None:
        figure.add_scatter(
            x=np.r_[percent, percent[::-1]], y=np.r_[mean + sd, (mean - sd)[::-1]].round(2),
            fill="toself", line_width=0, opacity=0.25, fillcolor=colour, hoverinfo="skip",
            **{"showlegend": False, **options},
        )  # fmt: skip

    for column, joint in enumerate(joints, 1):
        place = {"row": 1, "col": column}
        cycles = {side: _cycles(signals, joint, side) for side in SIDES}
        cycles = {side: rows for side, rows in cycles.items() if len(rows)}
        normal, sd = cycle_reference(joint, percent)
        if joint == "ankle":  # its zero is the marker set's: the band lies about this walk's mean
            normal = normal - normal.mean() + np.mean([rows.mean() for rows in cycles.values()])
        band(normal, sd, "#718096", name="norm ± SD", showlegend=column == 1, **place)
        for side, rows in cycles.items():
            band(rows.mean(0), rows.std(0), _COLOURS[side], **place)
            figure.add_scatter(
                x=percent, y=rows.mean(0).round(2), name=side, line={"color": _COLOURS[side]},
                showlegend=column == 1, **place,
            )  # fmt: skip
        figure.update_xaxes(title_text="% of the stride", row=1, col=column)
    figure.update_yaxes(title_text="degrees, mean ± SD of this walk", row=1, col=1)
    figure.update_layout(height=380)
    return figure


def _cycles(signals: Signals, joint: str, side: str) -> np.ndarray:
    """(strides, 101) degrees of a side's strides, heel strike to heel strike."""
    path = m.joint_angle(signals, joint, side)
    parts = [path[signals.span(s.start_s, s.end_s)] for s in signals.strides if s.side == side]
    return np.array([np.interp(_CYCLE, np.linspace(0, 1, len(part)), part) for part in parts])


def walker(signals: Signals):
    """The skeleton in motion, on the spot."""
    import plotly.graph_objects as go

    joints = np.stack([signals.joints[name] for name in JOINT_NAMES], axis=1)
    every = max(round(signals.rate_hz / _FRAMES_PER_S), 1)
    joints, shown_hz = joints[::every], signals.rate_hz / every
    joints = (joints - joints[:, :1] * [1, 0, 1]).round(3)  # on the spot: the pelvis stays
    # plotly's z is up; a right-handed frame stays one
    joints = joints[..., [0, 2, 1]] * [1, -1, 1]
    low, high = joints.reshape(-1, 3).min(0) - 0.1, joints.reshape(-1, 3).max(0) + 0.1

    def traces(frame: np.ndarray):
        drawn = []
        for part, chains in _BONES.items():
            gap = [[np.nan] * 3]
            x, y, z = np.concatenate([np.r_[frame[list(c)], gap] for c in chains]).T
            line = {"width": 6, "color": _COLOURS.get(part, "#2d3748")}
            drawn.append(
                go.Scatter3d(
                    x=x, y=y, z=z, mode="lines+markers", name=part, line=line,
                    marker={"size": 3, "color": line["color"]},
                )
            )  # fmt: skip
        return drawn

    frames = [go.Frame(data=traces(frame), name=str(i)) for i, frame in enumerate(joints)]
    figure = go.Figure(data=traces(joints[0]), frames=frames)
    pace = {"frame": {"duration": 1000 / shown_hz, "redraw": True}, "fromcurrent": True}
    steps = [
        {"method": "animate", "label": f"{i / shown_hz:.1f}",
         "args": [[str(i)], {"mode": "immediate", "frame": {"duration": 0, "redraw": True}}]}
        for i in range(len(joints))
    ]  # fmt: skip
    buttons = [
        {"label": "Walk", "method": "animate", "args": [None, pace]},
        {"label": "Pause", "method": "animate", "args": [[None], {"mode": "immediate"}]},
    ]
    left = signals.left.mean(axis=0)  # seen from the left, a little from the front and above
    ahead = signals.ahead.mean(axis=0)
    x, _, z = 1.35 * left + 0.45 * ahead
    eye = {"x": x, "y": -z, "z": 0.1}
    figure.update_layout(
        height=560,
        scene={
            "xaxis": {"range": [low[0], high[0]], "title": "m"},
            "yaxis": {"range": [low[1], high[1]], "title": "m"},
            "zaxis": {"range": [low[2], high[2]], "title": "height in m"},
            "aspectmode": "manual",  # to scale, the height fills the picture
            "aspectratio": dict(zip("xyz", (high - low) / (high - low)[2], strict=True)),
            "camera": {"eye": eye},
        },
        sliders=[{"steps": steps, "currentvalue": {"prefix": "s: "}, "pad": {"t": 30}}],
        updatemenus=[
            {"type": "buttons", "direction": "left", "buttons": buttons, "x": 0, "y": 1.1}
        ],
    )  # fmt: skip
    return figure
