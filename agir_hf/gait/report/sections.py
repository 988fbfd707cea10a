"""Sections of a report as HTML, shared by the report and the page of the Space."""

from __future__ import annotations

import re

from markupsafe import Markup

from ..norms import norm_remark
from .figures import curve_panel, heel_plot, profile_chart, side_groups, side_legend, step_plot
from .fragments import absent_part, reasons_part
from .identity_rows import provenance_rows
from .rendering import render
from .report_input import ReportInput
from .sides import step_values
from .spatiotemporal import spatiotemporal_part
from .svg import legend
from .trust_panel import trust_part


def sections_of(report: ReportInput, prefix: str = "", viewer: bool = True) -> dict[str, Markup]:
    """Render the sections of a report.

    Args:
        report ([`ReportInput`]):
            What the report shows.
        prefix (`str`, *optional*):
            Beginning of every id, so that sections of several walks can be on a page.
        viewer (`bool`, defaults to `True`):
            Whether there is a section with the viewer, which needs a script in the page.

    Returns:
        `dict[str, Markup]`: Name → HTML, in the order of the report, without empty sections:
        "trust", "reasons", "spatiotemporal", "curves", "profile", "steps", "events", "walker",
        "absent", "provenance". Their styles are those of `report_styles` within an element of the
        class `agir-report`.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import measure
        >>> from agir_hf.gait.report import ReportInput, sections_of
        >>> from agir_hf.motion import read_recording
        >>> recording = read_recording(agir_hf.SAMPLE_RECORDING)
        >>> report = ReportInput("Sample", measure(recording), recording)
        >>> sections = sections_of(report, viewer=False)
        >>> "step length" in sections["spatiotemporal"]
        True

        ```
    """
    sections = {"trust": _trust(report), "reasons": _reasons(report)}
    if report.is_measured:
        sections["spatiotemporal"] = spatiotemporal_part(report.measured, report.applied, prefix)
        sections["curves"] = curves_part(report)
        sections["profile"] = profile_part(report)
        sections["steps"] = steps_part(report)
        sections["events"] = events_part(report)
    if viewer:
        sections["walker"] = _walker(report)
    sections["absent"] = _absent(report)
    sections["provenance"] = render("provenance.html.j2", rows=provenance_rows(report))
    return {name: html for name, html in sections.items() if html}


def _trust(report: ReportInput) -> Markup:
    return Markup() if report.result is None else trust_part(report.result)


def _reasons(report: ReportInput) -> Markup:
    if report.result is None:
        return Markup()
    if report.result["withheld"]:
        return render("no_reasons.html.j2")
    return reasons_part(
        report.result["reasoning"],
        report.checked,
        norms=report.applied.text(),
        selection=report.selection,
        unaided=report.result["reasoning_unaided"],
        checked_unaided=report.checked_unaided,
    )


def curves_part(report: ReportInput) -> Markup:
    """Render the angles over the stride of both sides, one panel a variable.

    Args:
        report: What the report shows; its gait was measured.

    Returns:
        HTML, empty if no angle was measured.
    """
    from ..kinematics import VARIABLES

    kinematics = report.kinematics
    remark = norm_remark(report.applied.age)
    panels, sources, without_band = [], [], []
    for variable in VARIABLES:
        groups = side_groups(kinematics, variable.name)
        if not groups:
            continue
        band = None if remark else kinematics.band(variable.name)
        if band is None:
            without_band.append(variable.label.lower())
        else:
            sources += [band.source, *re.split(r"(?<=\.) (?=[A-Z])", band.note)]
        directions = (variable.positive, variable.negative)
        panels.append(curve_panel(groups, band, variable.label, directions=directions))
    if not panels:
        return Markup()
    labels = {variable.name: variable.label.lower() for variable in VARIABLES}
    note = "Mean of the strides of straight walking, with ± 1 SD; vertical lines are toe-offs."
    if remark:
        note += f" Without the band of healthy adults: {remark}."
    elif without_band:
        note += f" No norm is included for {', '.join(without_band)}."
    return render(
        "curves.html.j2",
        note=note,
        legend=side_legend(band=bool(sources), toe_off=True),
        panels=Markup().join(panels),
        absent={labels.get(name, name): why for name, why in kinematics.absent.items()},
        remarks=kinematics.remarks,
        source=" ".join(text.rstrip(".") + "." for text in dict.fromkeys(sources) if text),
    )


def profile_part(report: ReportInput) -> Markup:
    """Render movement analysis profile and gait profile score.

    Args:
        report: What the report shows; its gait was measured.

    Returns:
        HTML, empty where no norm applies or too little was measured.
    """
    from ..kinematics import VARIABLES, gait_profile

    profile = None if norm_remark(report.applied.age) else gait_profile(report.kinematics)
    if profile is None:
        return Markup()
    labels = {variable.name: variable.label for variable in VARIABLES}
    rows: dict[str, dict[str, float]] = {}
    for (variable, side), score in profile.scores.items():
        rows.setdefault(labels[variable], {})[side] = score
    gps = {side: score for side, score in profile.gps_deg.items() if score is not None}
    if gps:
        rows["GPS"] = gps
    sides = ", ".join(f"{side} {score:.1f}°" for side, score in gps.items())
    overall = profile.overall_deg
    score = "" if overall is None else f"{overall:.1f}°"
    return render(
        "profile.html.j2",
        score=score,
        count=len(profile.variables),
        sides=sides,
        note=profile.note,
        legend=legend([("column", side, side) for side in ("left", "right")]),
        figure=profile_chart(list(rows.items())),
        source=profile.source,
    )


def steps_part(report: ReportInput) -> Markup:
    """Render length and time of each step over time.

    Args:
        report: What the report shows; its gait was measured.

    Returns:
        HTML, empty without a step.
    """
    measured = report.measured
    figures = []
    for name, factor, axis in (
        ("step_length_m", 100, "step length (cm)"),
        ("step_time_s", 1, "step time (s)"),
    ):
        if name in measured.parameters:
            values = {
                side: [(time_s, factor * value) for time_s, value in rows]
                for side, rows in step_values(measured.signals, name).items()
            }
            figures.append(step_plot(measured, values, axis))
    if not figures:
        return Markup()
    return render(
        "figure.html.j2",
        is_wide=False,
        title="Step by step",
        legend=side_legend(shapes={"left": "circle", "right": "square"}),
        figures=figures,
        notes=["The side is that of the foot in front. Turns and standing are shaded."],
    )


def events_part(report: ReportInput) -> Markup:
    """Render heel heights with gait events, turns, pauses and possible freezing.

    Args:
        report: What the report shows; its gait was measured.
    """
    from ..kinematics import episodes_of

    episodes = episodes_of(report.measured)
    entries = [
        (kind, f"{side} {style}".strip(), f"{side} {words}")
        for side in ("left", "right")
        for kind, style, words in (
            ("line", "medium", "heel"),
            ("triangle-down", "", "heel strike"),
            ("triangle-up", "open", "toe-off"),
        )
    ]
    notes = [
        f"{row.kind.capitalize()} from {row.start_s:.1f} to {row.end_s:.1f} s: {row.text}."
        for row in episodes
    ] or ["No turn, no standing and no freezing was detected."]
    return render(
        "figure.html.j2",
        is_wide=True,
        title="Feet and events",
        legend=legend(entries),
        figures=[heel_plot(report.measured, episodes)],
        notes=notes,
    )


def _walker(report: ReportInput) -> Markup:
    """Viewer of the walk, empty if nothing can be drawn."""
    from .viewer import scene, walk_of

    walk = report.walk
    if walk is None:
        try:
            walk = walk_of(report)
        except (KeyError, ValueError, AttributeError):  # joints are missing
            return Markup()
    heading = Markup("<h2>The walk</h2>")
    return heading + Markup(scene([walk], title=report.title))


def _absent(report: ReportInput) -> Markup:
    if report.is_measured:
        return absent_part(report.measured)
    reason = " ".join(str(report.measured).split())
    return render("absent.html.j2", reasons={reason: ["all gait parameters"]})
