"""A page that shows a measured walk: table against norms, feet, joint angles, the walker in motion.

The page stands alone: plotly's code is written into it and nothing is fetched. It names no patient
beside the file's name.
"""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..constants_agir import NOTICE
from ..version import __version__
from . import report_figures as figures
from .grounding import CONTRADICTED, NOT_MEASURABLE, CheckedClaim
from .norms import CYCLE_SOURCE, reference
from .parameters import PARAMETERS, SOURCES, GaitMeasurement, in_words

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
    parts = [assessment, parameters_part(measured, age, sex)]
    parts += [absent_part(measured), _section("Feet and events", figures.feet(signals))]
    if signals.joints and signals.strides:
        note = f"The grey band is {CYCLE_SOURCE}; flexion is positive. At the "
        note += "ankle it is moved to this walk's mean: compare shape and range there."
        parts.append(_section("Joint angles over the stride", figures.angles(signals), note))
    if signals.joints:
        parts.append(_section(_ON_THE_SPOT, figures.walker(signals)))
    return _write_page(path, title, "Measured gait.", parts, provenance)


def recording_provenance(name: str, recording, measured: GaitMeasurement) -> dict[str, str]:
    """What a page says of the recording it shows: `provenance` of `write_report`.

    Args:
        name: of the recording.
        recording: as read, of any kind.
        measured: of it.
    """
    phases = measured.signals.phases
    belt = phases.belt_speed_m_per_s
    return {
        "recording": name,
        "rate": f"{recording.rate_hz:g} Hz, events timed to {phases.resolution_s * 1000:.0f} ms",
        "walked": "overground" if belt is None else f"on a treadmill at {belt:.2f} m/s",
        "units and axes": str(recording.conventions or "as the format has them"),
        "made by": "agir_hf " + __version__,
    }


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
    walker = _section(_ON_THE_SPOT, figures.walker(measured.signals))
    parts = [walker, parameters_part(measured), absent_part(measured)]
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
    marked = marked_text(reasoning, checked, _mark)
    chances = " · ".join(f"{k}: {p:.0%}" for k, p in enumerate(probabilities))
    rows = "".join(_claim_row(reasoning, row) for row in checked)
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


def marked_text(
    text: str, checked: Iterable[CheckedClaim], mark: Callable[[CheckedClaim, str], str]
) -> str:
    """HTML of a text with its claims marked; where claims overlap, each word is the narrowest's.

    "Step length, about 0.50 m, is reduced" holds a number and a state: the number's words show
    whether the number is right, the other words whether it is reduced.

    Args:
        text: plain.
        checked: claims of it.
        mark: a claim and its part of the text, escaped → HTML.
    """
    marked, reached = "", 0
    for row, start, end in _parts(text, list(checked)):
        marked += html.escape(text[reached:start]) + mark(row, html.escape(text[start:end]))
        reached = end
    return marked + html.escape(text[reached:])


def _parts(text: str, rows: list[CheckedClaim]) -> list[tuple[CheckedClaim, int, int]]:
    """Runs of a text that belong to one claim, in order: the shortest of those about a place.

    Of claims about the same words one that is contradicted comes first. Space and commas at the
    ends of a run are nobody's.
    """

    def first(row: CheckedClaim) -> tuple:
        return row.claim.end - row.claim.start, row.verdict != CONTRADICTED

    places = sorted({place for row in rows for place in (row.claim.start, row.claim.end)})
    runs: list[tuple[CheckedClaim, int, int]] = []
    for start, end in pairwise(places):
        about = [row for row in rows if row.claim.start <= start and end <= row.claim.end]
        if not about:
            continue
        row = min(about, key=first)
        if runs and runs[-1][0] is row and runs[-1][2] == start:
            start = runs.pop()[1]
        runs.append((row, start, end))
    trimmed = [(row, *_trimmed(text, start, end)) for row, start, end in runs]
    return [run for run in trimmed if run[1] < run[2]]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without space and commas at its ends."""
    end -= len(text[start:end]) - len(text[start:end].rstrip(" ,"))
    return start + len(text[start:end]) - len(text[start:end].lstrip(" ,")), end


def verdict_class(verdict: str) -> str:
    """The CSS class of a verdict."""
    return "unknown" if verdict == NOT_MEASURABLE else verdict


def _mark(row: CheckedClaim, text: str) -> str:
    note = row.verdict
    if row.parameter:
        note += f": {row.parameter} {row.value:.3g}"
        note += f", z {row.z:+.1f}" if row.z is not None else ""
    return f"<mark class='{verdict_class(row.verdict)}' title='{html.escape(note)}'>{text}</mark>"


def _claim_row(reasoning: str, row: CheckedClaim) -> str:
    text = html.escape(reasoning[row.claim.start : row.claim.end])
    value = "" if row.value is None else f"{row.value:.3g}"
    norm = "" if row.norm is None else f"{row.norm.mean:.3g}"
    z = "" if row.z is None else f"{row.z:+.1f}"
    kind = verdict_class(row.verdict)
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


def parameters_part(
    measured: GaitMeasurement, age: float | None = None, sex: str | None = None
) -> str:
    """HTML of the measured parameters against the norms of a walker's age and sex."""
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
            f"<tr title='{name}' id='gait-{parameter.name}'><td>{in_words(parameter.name)}</td>"
            f"<td>{row.value:.3g} {row.unit}</td><td>{spread}</td><td>{row.n}</td>"
            f"<td>{told}</td><td>{z}</td><td>{bar}</td></tr>"
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


def absent_part(measured: GaitMeasurement) -> str:
    """HTML of the parameters that a walk does not give, with the reasons; may be empty."""
    if not measured.absent:
        return ""
    rows = "".join(
        f"<tr><td>{in_words(name)}</td><td style='text-align:left'>{html.escape(reason)}</td></tr>"
        for name, reason in measured.absent.items()
    )
    return f"<h2>Not measured</h2><table>{rows}</table>"
