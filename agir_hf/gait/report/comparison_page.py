"""Page of a comparison: two walks or sessions of one person, parameter by parameter."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ..applied_norms import AppliedNorms, z_text
from ..norms import ROUGH, Reference, norm_remark
from ..parameters import PARAMETERS, SOURCES, Measured
from .figures import SHORT, CurveGroup, curve_panel, side_groups
from .names import ARM_SWING, GROUPS, report_name
from .pages import checked_path, write_page
from .rendering import render
from .session_identity import distinct, print_identity
from .spatiotemporal import value_text
from .svg import legend

if TYPE_CHECKING:
    from ..kinematics import Kinematics

SIDES = ("left", "right")
MARK = "◆"  # of a difference beyond measurement error
_PANEL = (250.0, 215.0)  # width and height of a panel in pixels
_DEFINITIONS = {parameter.name: parameter for parameter in PARAMETERS}
_SIDED = {
    ARM_SWING: ("arm_swing_left_deg", "arm_swing_right_deg"),
    "step_length_m": ("step_length_m", "step_length_left_m", "step_length_right_m"),
}


@dataclass(frozen=True, eq=False)
class ComparisonPage:
    """Everything that the page of a comparison shows.

    Attributes:
        title: Heading.
        names: Names of the two, such as ("OFF", "ON").
        people: Rows of who and what the two are of: name, text of the first, text of the second.
        rows: Compared parameters, with the attributes of
            `agir_hf.assessment.comparison.Difference`.
        summary: Numbers of the rows: "compared", "beyond", "better" and "worse".
        notes: What measurement error means here, as sentences.
        kinematics: Joint angles of both, or None.
        curves: Differences of the curves, with the attributes of
            `agir_hf.assessment.compared_walks.CurveDifference`.
        gps: Rows of the Gait Profile Score: name, score of the first, of the second, and change, in
            degrees; empty without one.
        gps_text: Change of the overall score and what it means.
        gps_source: Variables and source of the score.
        cautions: Why the two may not be comparable.
        applied: Norms, and the person that they are applied to.
        simulated: Sentence that says which walks are simulated; empty for people.
    """

    title: str
    names: tuple[str, str]
    people: Sequence[tuple[str, str, str]]
    rows: Sequence[Any]
    summary: Mapping[str, int]
    notes: str = ""
    kinematics: tuple[Kinematics | None, Kinematics | None] = (None, None)
    curves: Sequence[Any] = ()
    gps: Sequence[tuple[str, float, float, float]] = ()
    gps_text: str = ""
    gps_source: str = ""
    cautions: Sequence[str] = ()
    applied: AppliedNorms = field(default_factory=AppliedNorms)
    simulated: str = ""


def write_comparison_page(path: str | os.PathLike, page: ComparisonPage) -> Path:
    """Write the page of a comparison; it needs no other file, no network and no script.

    Args:
        path: File to write; its name ends in .html or .htm, its folder exists. It is written under
            a temporary name and moved into place.
        page: What the page shows.

    Returns:
        The path of the page.

    Raises:
        ValueError: The path does not end in .html.
        FileNotFoundError: The folder does not exist.
    """
    path = checked_path(path)
    first, second = page.names
    write_page(
        path,
        page.title,
        comparison_sections(page),
        lead=f"Gait of {first} (A) compared with {second} (B).",
        simulated=page.simulated,
        print_identity=print_identity(page.title, [row[:2] for row in page.people]),
    )
    return path


def comparison_sections(page: ComparisonPage) -> dict[str, Markup]:
    """Render the sections of a comparison, for `report_styles`.

    Args:
        page: What the page shows.

    Returns:
        Name → HTML: "identity", "cautions", "summary", "spatiotemporal", "curves", "numbers"; those
        without content are left out.
    """
    summary = {"text": summary_text(page.summary), "gps_text": page.gps_text}
    cautions = Markup()
    if page.cautions:
        cautions = render("comparison_cautions.html.j2", cautions=page.cautions)
    sections = {
        "identity": render("comparison_identity.html.j2", names=page.names, people=page.people),
        "cautions": cautions,
        "summary": render("comparison_summary.html.j2", **summary),
        "spatiotemporal": _parameters_part(page),
        "curves": _curves_part(page),
        "numbers": _numbers_part(page),
    }
    return {name: html for name, html in sections.items() if html}


def summary_text(summary: Mapping[str, int]) -> str:
    """Return how many parameters changed, and how, as a sentence.

    Args:
        summary: "compared", "beyond", "better" and "worse", from
            `agir_hf.assessment.comparison.summary`.
    """
    beyond, better, worse = (summary[key] for key in ("beyond", "better", "worse"))
    text = (
        f"{beyond} of {summary['compared']} parameters differ by more than measurement error: "
        f"{better} nearer to the norm (better), {worse} farther from it (worse)"
    )
    others = beyond - better - worse
    return text + (f", {others} without a norm or unclear." if others else ".")


def _parameters_part(page: ComparisonPage) -> Markup:
    by_name = {row.name: row for row in page.rows}
    groups = []
    for title, names in GROUPS:
        expanded = [part for name in names for part in _SIDED.get(name, (name,))]
        shown = [_row(by_name[name]) for name in expanded if name in by_name]
        if shown:
            groups.append((title, shown))
    return render(
        "comparison_parameters.html.j2",
        groups=groups,
        names=page.names,
        norms=page.applied.text(),
        remark=page.applied.remark,
        notes=page.notes,
        mark=MARK,
        several=any(max(row.trials_a, row.trials_b) > 1 for row in page.rows),
    )


def _row(row: Any) -> dict:
    """Cells of a compared parameter as text."""
    parameter = _DEFINITIONS[row.name]
    return {
        "label": report_name(row.name),
        "unit": row.unit,
        "definition": f"{parameter.formula}. {SOURCES[parameter.source]}",
        "values": [_value(row.a), _value(row.b)],
        "change": "" if row.difference is None else _signed(row.difference, row.unit),
        "percent": "" if row.percent is None else f"{row.percent:+.0f} %".replace("-", "\u2212"),
        "limit": "" if row.limit is None else value_text(row.limit, row.unit),
        "norm": _norms(row.norm_a, row.norm_b, row.unit),
        "z": [_z(row.z_a), _z(row.z_b)],
        "is_beyond": bool(row.beyond),
        "verdict": verdict_of(row),
        "css": row.better if row.better in ("better", "worse") else "",
        "note": row.note,
    }


def verdict_of(row: Any) -> str:
    """Return what a difference means, in words.

    Args:
        row: A compared parameter.
    """
    if row.difference is None:
        return ""
    if row.limit is None:
        return "error unknown"
    if not row.beyond:
        return "within error"
    if row.better is None:
        return "changed, no norm"
    return "changed, unclear" if row.better == "unclear" else row.better


def _value(measured: Measured | None) -> tuple[str, str]:
    """Mean and SD as text."""
    if measured is None:
        return "", ""
    sd = "" if measured.sd is None else value_text(measured.sd, measured.unit)
    return value_text(measured.value, measured.unit), sd


def _signed(value: float, unit: str) -> str:
    """Difference with its sign; without a sign where it is shown as less than the last digit."""
    text = value_text(abs(value), unit)
    if text.startswith("<") or not value:
        return text
    return ("+" if value > 0 else "\u2212") + text


def _z(z: float | None) -> str:
    return "" if z is None else z_text(z).replace("-", "\u2212")


def _norms(a: Reference | None, b: Reference | None, unit: str) -> str:
    """Norm of both as text; two means where it depends on the speed of the walk."""
    norms = [norm for norm in (a, b) if norm is not None]
    if not norms:
        return ""
    rough = "~" if norms[0].status == ROUGH else ""
    means = list(dict.fromkeys(value_text(norm.mean, unit) for norm in norms))
    return f"{rough}{' → '.join(means)} ± {value_text(norms[0].sd, unit)}"


def _curves_part(page: ComparisonPage) -> Markup:
    """Both mean curves of each angle and side on the band of the norm."""
    from ..kinematics import VARIABLES

    a, b = page.kinematics
    if a is None or b is None or not page.curves:
        return Markup()
    remark = norm_remark(page.applied.age)
    rms = {(curve.variable, curve.side): curve.rms_deg for curve in page.curves}
    panels, sources = [], []
    for variable in VARIABLES:
        band = None if remark else a.band(variable.name)
        for side in SIDES:
            if (variable.name, side) not in rms:
                continue
            if band is not None:
                sources.append(f"{band.source}. {band.note}".strip(". ") + ".")
            title = f"{variable.label} {SHORT[side]}: RMS {rms[variable.name, side]:.1f}"
            curves = [
                _curve(walk, variable.name, side, name, style)
                for walk, name, style in ((a, page.names[0], ""), (b, page.names[1], "b"))
            ]
            words = (variable.positive, variable.negative)
            panels.append(curve_panel(curves, band, title, directions=words, size=_PANEL))
    return render(
        "comparison_curves.html.j2",
        panels=Markup().join(panels),
        legend=_legend(page.names, bool(sources)),
        remark=remark,
        remarks=list(dict.fromkeys((*a.remarks, *b.remarks))),
        source=distinct(sources),
    )


def _curve(walk: Kinematics, variable: str, side: str, name: str, style: str) -> CurveGroup:
    """Curve of a side, solid for A and dashed for B, without the times of the strides."""
    groups = {group.css.split()[0]: group for group in side_groups(walk, variable, name, style)}
    group = groups[side]
    return CurveGroup(group.label, group.css, group.mean, group.sd, group.toe_off_percent)


def _legend(names: Sequence[str], has_band: bool) -> Markup:
    entries = [
        ("line", f"{side} {style}".strip(), f"{letter}: {name}, {side}")
        for side in SIDES
        for letter, name, style in (("A", names[0], ""), ("B", names[1], "b"))
    ]
    return legend([*entries, *([("band", "norm", "norm ± 1 SD")] if has_band else [])])


def _numbers_part(page: ComparisonPage) -> Markup:
    """Root mean square differences and ranges of the curves, and the Gait Profile Score."""
    from ..kinematics import VARIABLES

    if not page.curves:
        return Markup()
    labels = {variable.name: variable.label for variable in VARIABLES}
    rows = [
        {
            "label": f"{labels[curve.variable]}, {curve.side}",
            "cells": [
                curve.rms_deg, curve.range_a_deg, curve.range_b_deg, curve.map_a_deg,
                curve.map_b_deg,
            ],
            "change": None
            if curve.map_a_deg is None or curve.map_b_deg is None
            else curve.map_b_deg - curve.map_a_deg,
        }
        for curve in page.curves
    ]  # fmt: skip
    return render(
        "comparison_numbers.html.j2",
        rows=[
            row | {"cells": [_degrees(x) for x in row["cells"]], "change": _change(row["change"])}
            for row in rows
        ],
        names=page.names,
        gps=[(n, _degrees(a), _degrees(b), _change(change)) for n, a, b, change in page.gps],
        text=page.gps_source,
    )


def _degrees(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _change(value: float | None) -> str:
    return "" if value is None else f"{value:+.1f}".replace("-", "\u2212")
