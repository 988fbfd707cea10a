"""A page that shows a measured walk: table against norms, feet, joint angles, the walker in motion.

The page stands alone: plotly's code is written into it and nothing is fetched. It names no patient
beside the file's name.
"""

from __future__ import annotations

import html
import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..humanml3d import JOINT_NAMES
from . import measures as m
from .norms import CYCLE_SOURCE, cycle_reference, reference
from .parameters import PARAMETERS, SOURCES, GaitMeasurement, in_words
from .signals import SIDES, Signals

NOTICE = "Research use only. Not a medical device."
_COLOURS = {"left": "#2b6cb0", "right": "#c05621"}
_BONES = {
    "trunk": ((0, 3, 6, 9, 12, 15),),
    "left": ((0, 1, 4, 7, 10), (9, 13, 16, 18, 20)),
    "right": ((0, 2, 5, 8, 11), (9, 14, 17, 19, 21)),
}
_CYCLE = np.linspace(0, 1, 101)
_FRAMES_PER_S = 12.5  # of the walker on the spot, about
_ON_THE_SPOT = "The walk, on the spot"
_Z_SHOWN = 6.0  # a bar reaches the edge there
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1a202c;background:#fff;max-width:1000px;
margin:0 auto;padding:24px}h1{font-size:24px;margin:0}h2{font-size:18px;margin:32px 0 8px}
.muted{color:#4a5568}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:4px 8px;text-align:right;border-bottom:1px solid #e2e8f0}
th:first-child,td:first-child{text-align:left}.bar{position:relative;width:180px;height:14px;
background:#f1f5f9}.bar i{position:absolute;top:0;bottom:0;background:#cbd5e0;left:33.33%;
right:33.33%}.bar b{position:absolute;top:1px;width:6px;height:12px;border-radius:3px;
margin-left:-3px;background:#2f855a}.bar b.out{background:#c53030}
.supported{background:#c6f6d5}.contradicted{background:#fed7d7}.unknown{background:#e2e8f0}
td mark{white-space:nowrap}
mark{padding:0 2px;border-radius:3px;color:inherit}
.score{font-size:40px;font-weight:600}
.scroll{overflow-x:auto}
"""


def write_report(
    path: str | os.PathLike,
    title: str,
    measured: GaitMeasurement,
    *,
    provenance: dict[str, str],
    age: float | None = None,
    sex: str | None = None,
    assessment: str = "",
) -> Path:
    """Write the page of a measured walk; it is written beside its place and moved there.

    Args:
        path: file to write, ends in .html.
        title: heading, such as the recording's name.
        measured: from `measure`.
        provenance: what was read and how, name → text.
        age, sex: of the walker, for the norms.
        assessment: HTML of a score and its rationale, from `assessment_part`.

    Raises:
        ValueError: the path does not end in .html.
        FileNotFoundError: its folder is not there.
        ImportError: plotly is not installed.
    """
    path = _page_path(path)
    signals = measured.signals
    parts = [assessment, _table(measured, age, sex)]
    parts += [_absent(measured), _section("Feet and events", _feet(signals))]
    if signals.joints and signals.strides:
        note = f"The grey band is {CYCLE_SOURCE}; flexion is positive. At the "
        note += "ankle it is moved to this walk's mean: compare shape and range there."
        parts.append(_section("Joint angles over the stride", _angles(signals), note))
    if signals.joints:
        parts.append(_section(_ON_THE_SPOT, _walker(signals)))
    return _write_page(path, title, "Measured gait.", parts, provenance)


def write_motion_page(
    path: str | os.PathLike,
    title: str,
    measured: GaitMeasurement,
    *,
    lead: str,
    provenance: dict[str, str],
) -> Path:
    """Write the page of a motion that no recording stands behind: the walker, then its gait.

    Args:
        path: file to write, ends in .html.
        title: heading.
        measured: from `measure`, of joints.
        lead: what the motion is, in a sentence below the heading.
        provenance: what it was made of and how, name → text.

    Raises:
        As `write_report`.
    """
    path = _page_path(path)
    walker = _section(_ON_THE_SPOT, _walker(measured.signals))
    parts = [walker, _table(measured, None, None), _absent(measured)]
    return _write_page(path, title, lead, parts, provenance)


def _page_path(path: str | os.PathLike) -> Path:
    """The path as one, if a page can be written there."""
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"the report is to be {path}, expected a name that ends in .html")
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(f"the folder {path.parent} of the report is not there: make it")
    if find_spec("plotly") is None:
        raise ImportError('a report needs plotly: pip install "agir-hf[plot]"')
    return path


def _write_page(path: Path, title: str, lead: str, parts: list[str], provenance: dict) -> Path:
    """Write the page of some parts beside its place, then move it there."""
    from plotly.offline import get_plotlyjs

    rows = "".join(
        f"<tr><td>{html.escape(key)}</td><td style='text-align:left'>{html.escape(str(value))}</td>"
        for key, value in provenance.items()
    )
    page = (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style>"
        f"<script>{get_plotlyjs()}</script></head><body><h1>{html.escape(title)}</h1>"
        f"<p class='muted'>{html.escape(lead)} {NOTICE}</p>{''.join(parts)}"
        f"<h2>Where this comes from</h2><table>{rows}</table></body></html>"
    )
    draft = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        draft.write_text(page, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def assessment_part(score: int, probabilities, reasoning: str, checked, doubt: str = "") -> str:
    """HTML of a score with its probabilities, and the rationale with each claim marked.

    Args:
        score: 0 to 2.
        probabilities: of the scores.
        reasoning: the rationale.
        checked: `CheckedClaim`s of it.
        doubt: of an uncertain score: which it may be, and why.
    """
    classes = {"supported": "supported", "contradicted": "contradicted"}
    marked, reached = "", 0
    for row in sorted(checked, key=lambda row: (row.claim.start, -row.claim.end)):
        start, end = max(row.claim.start, reached), row.claim.end
        if end <= start:
            continue
        note = row.verdict
        if row.parameter:
            note += f": {row.parameter} {row.value:.3g}"
            note += f", z {row.z:+.1f}" if row.z is not None else ""
        kind = classes.get(row.verdict, "unknown")
        marked += html.escape(reasoning[reached:start])
        marked += f"<mark class='{kind}' title='{html.escape(note)}'>"
        marked += f"{html.escape(reasoning[start:end])}</mark>"
        reached = end
    marked += html.escape(reasoning[reached:])
    chances = " · ".join(f"{k}: {p:.0%}" for k, p in enumerate(probabilities))
    rows = "".join(_claim_row(reasoning, row, classes) for row in checked)
    unsure = f"<p><mark class='unknown'>Uncertain</mark> {html.escape(doubt)}</p>" if doubt else ""
    return (
        f"<h2>Score</h2><p><span class='score'>{score}</span> of 0-2, higher is more impaired. "
        f"Probabilities {chances}</p>{unsure}<p>{marked}</p>"
        "<p class='muted'>Claims: <mark class='supported'>supported</mark> "
        "<mark class='contradicted'>contradicted</mark> <mark class='unknown'>not measurable</mark>"
        " by the measured gait, which the score does not use.</p><div class='scroll'><table>"
        "<tr><th>claim</th><th>verdict</th><th>parameter</th><th>measured</th><th>norm</th>"
        f"<th>z</th></tr>{rows}</table></div>"
    )


def _claim_row(reasoning: str, row, classes: dict[str, str]) -> str:
    text = html.escape(reasoning[row.claim.start : row.claim.end])
    value = "" if row.value is None else f"{row.value:.3g}"
    norm = "" if row.norm is None else f"{row.norm.mean:.3g}"
    z = "" if row.z is None else f"{row.z:+.1f}"
    kind = classes.get(row.verdict, "unknown")
    return (
        f"<tr><td>{text}</td><td><mark class='{kind}'>{row.verdict}</mark></td>"
        f"<td>{row.parameter or ''}</td><td>{value}</td><td>{norm}</td><td>{z}</td></tr>"
    )


def _section(title: str, figure, note: str = "") -> str:
    figure.update_layout(
        template="simple_white", margin={"l": 60, "r": 20, "t": 60, "b": 50}, font={"size": 13}
    )
    body = figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False})
    return f"<h2>{title}</h2>{f'<p class=muted>{note}</p>' if note else ''}{body}"


def _table(measured: GaitMeasurement, age, sex) -> str:
    rows = []
    for parameter in PARAMETERS:
        row = measured.parameters.get(parameter.name)
        if row is None:
            continue
        norm = reference(parameter.name, age, sex)
        told = z = bar = ""
        if norm is not None:
            score = norm.z(row.value)
            told = f"{'~' if norm.standing == 'rough' else ''}{norm.mean:.3g} ± {norm.sd:.2g}"
            z, bar = f"{score:+.1f}", _bar(score)
        spread = "" if row.sd is None else f"{row.sd:.2g}"
        name = html.escape(f"{parameter.formula}. {SOURCES[parameter.source]}")
        rows.append(
            f"<tr title='{name}'><td>{in_words(parameter.name)}</td><td>{row.value:.3g} {row.unit}"
            f"</td><td>{spread}</td><td>{row.n}</td><td>{told}</td><td>{z}</td><td>{bar}</td></tr>"
        )
    who = f"{age:g} years" if age is not None else "70 years"
    who += f", {sex}" if sex else ", both sexes"
    return (
        f"<h2>Gait parameters</h2><p class='muted'>Norms of healthy older adults ({who}); ~ marks "
        "a rough one. The grey band of a bar is ± 2 SD.</p><div class='scroll'><table><tr>"
        "<th>parameter</th><th>value</th><th>SD</th><th>n</th><th>norm</th><th>z</th><th></th>"
        f"</tr>{''.join(rows)}</table></div>"
    )


def _bar(z: float) -> str:
    place = 50 + 50 * float(np.clip(z, -_Z_SHOWN, _Z_SHOWN)) / _Z_SHOWN
    out = " class='out'" if abs(z) > 2 else ""
    return f"<div class='bar'><i></i><b{out} style='left:{place:.1f}%'></b></div>"


def _absent(measured: GaitMeasurement) -> str:
    if not measured.absent:
        return ""
    rows = "".join(
        f"<tr><td>{in_words(name)}</td><td style='text-align:left'>{html.escape(reason)}</td></tr>"
        for name, reason in measured.absent.items()
    )
    return f"<h2>Not measured</h2><table>{rows}</table>"


def _feet(signals: Signals):
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


def _angles(signals: Signals):
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


def _walker(signals: Signals):
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
