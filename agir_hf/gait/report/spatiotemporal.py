"""Table of the gait parameters: left, right, norm and z-scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from markupsafe import Markup

from ..applied_norms import AppliedNorms, norm_text, z_text
from ..grades import NORMAL_SD, grade_of, grade_words
from ..norms import Reference
from ..parameters import PARAMETERS, SOURCES, GaitMeasurement, Measured
from .names import ARM_SWING, GROUPS, report_name
from .rendering import render
from .sides import side_values

_MAX_Z = 5.0  # z-scores are drawn within ± this value
_ARM = "arm_swing_left_deg"  # definition and norm of the row of both arms
_DEFINITIONS = {parameter.name: parameter for parameter in PARAMETERS}
BAND_PERCENT = 50 - 50 * NORMAL_SD / _MAX_Z  # where the band of the bar starts and ends


def spatiotemporal_part(
    measured: GaitMeasurement, applied: AppliedNorms, prefix: str = ""
) -> Markup:
    """Render the table of the measured parameters with norms, z-scores and grades.

    Args:
        measured: Measured gait.
        applied: Norms, and the person that they are applied to.
        prefix: Beginning of every id, so that several tables can be on a page.

    Returns:
        HTML. The row of a parameter has the id `PREFIXgait-NAME`.
    """
    groups = parameter_rows(measured, applied)
    return render(
        "spatiotemporal.html.j2",
        groups=groups,
        prefix=prefix,
        norms=applied.text(),
        remark=applied.remark,
        normal_sd=NORMAL_SD,
        band=f"{BAND_PERCENT:.1f}",
        steps=len(measured.signals.steps),
        strides=len(measured.signals.strides),
    )


def parameter_rows(measured: GaitMeasurement, applied: AppliedNorms) -> list[tuple[str, list]]:
    """Return the rows of the table in groups, each with its cells as text.

    Args:
        measured: Measured gait.
        applied: Norms, and the person that they are applied to.

    Returns:
        Title of the group and its rows; groups without a measured parameter are left out.
    """
    norms, sided = applied.of_walk(measured.parameters), side_values(measured)
    groups = []
    for title, names in GROUPS:
        rows = [_row(name, measured, norms, sided.get(name)) for name in names]
        if shown := [row for row in rows if row is not None]:
            groups.append((title, shown))
    return groups


def _row(
    name: str,
    measured: GaitMeasurement,
    norms: Mapping[str, Reference],
    sides: Mapping[str, Measured] | None,
) -> dict | None:
    """Cells of a row, or None if the parameter was not measured."""
    if name == ARM_SWING:
        if not sides:
            return None
        parameter = _DEFINITIONS[_ARM]
        norm = next((norms[key] for key in _arms() if key in norms), None)
        label, anchors = "arm swing", dict(zip(("left", "right"), _arms(), strict=True))
    elif name in measured.parameters:
        parameter, norm, label = _DEFINITIONS[name], norms.get(name), report_name(name)
        anchors = {}
        if name == "step_length_m":
            anchors = {side: f"step_length_{side}_m" for side in ("left", "right")}
    else:
        return None
    cells = [
        _cell(parameter.name, sides.get(side), norm, side) if sides.get(side) else {"side": side}
        for side in ("left", "right")
    ] if sides else [_cell(name, measured.parameters[name], norm, "")]  # fmt: skip
    for cell in cells:
        cell["anchor"] = anchors.get(cell["side"], "")
    definition = f"{parameter.formula}. {SOURCES[parameter.source]}"
    return {
        "name": name,
        "label": label,
        "unit": parameter.unit,
        "definition": definition + (f". Norm: {norm.source}" if norm else ""),
        "cells": cells,
        "norm": "" if norm is None else norm_text(norm),
        "grade": _grades(cells),
        "is_impaired": any(cell.get("is_impaired") for cell in cells),
        "bars": [cell for cell in cells if cell.get("position")],
    }


def _arms() -> tuple[str, str]:
    return "arm_swing_left_deg", "arm_swing_right_deg"


def _cell(name: str, row: Measured, norm: Reference | None, side: str) -> dict:
    cell = {
        "side": side,
        "value": value_text(row.value),
        "sd": "" if row.sd is None else f"{row.sd:.2g}",
        "n": row.n,
        "z": "",
    }
    if norm is None:
        return cell
    z = norm.z(row.value)
    grade = grade_of(name, row.value, norm)
    position = 50 + 50 * float(np.clip(z, -_MAX_Z, _MAX_Z)) / _MAX_Z
    return cell | {
        "z": z_text(z).replace("-", "\u2212"),
        "grade": grade_words(grade),
        "is_impaired": grade.impaired,
        "position": f"{position:.1f}",
    }


def value_text(value: float) -> str:
    """Return a value with three significant digits, without an exponent.

    Args:
        value: Value in its unit.
    """
    return (
        (f"{value:.0f}" if abs(value) >= 1000 else f"{value:#.3g}")
        .rstrip(".")
        .replace("-", "\u2212")
    )


def _grades(cells: Iterable[Mapping]) -> str:
    """Grades of the sides in words, once if they are the same."""
    grades = {cell["side"]: cell["grade"] for cell in cells if cell.get("grade")}
    if len(set(grades.values())) == 1:
        return next(iter(grades.values()))
    return ", ".join(f"{side} {grade}" for side, grade in grades.items())
