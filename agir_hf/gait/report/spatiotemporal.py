"""Table of the gait parameters: left, right, norm and z-scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from markupsafe import Markup

from ..applied_norms import AppliedNorms, z_text
from ..grades import NORMAL_SD, grade_of, grade_words
from ..norms import ROUGH, Reference
from ..parameters import PARAMETERS, SOURCES, GaitMeasurement, Measured
from .names import ARM_SWING, GROUPS, report_name
from .rendering import render
from .sides import side_values

_MAX_Z = 5.0  # z-scores are drawn within ± this value
_DECIMALS = {"m": 3, "s": 2, "m/s": 2, "%": 1, "°": 1, "steps/min": 0, "steps": 1, "": 2}
_ARM = "arm_swing_left_deg"  # definition and norm of the row of both arms
_DEFINITIONS = {parameter.name: parameter for parameter in PARAMETERS}
BAND_PERCENT = 50 - 48 * NORMAL_SD / _MAX_Z  # where the band of the bar starts and ends


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


def parameter_rows(
    measured: GaitMeasurement,
    applied: AppliedNorms,
    sided: Mapping[str, Mapping[str, Measured]] | None = None,
) -> list[tuple[str, list]]:
    """Return the rows of the table in groups, each with its cells as text.

    Args:
        measured: Measured gait, or another object with `parameters`, such as means over trials.
        applied: Norms, and the person that they are applied to.
        sided: Values of the sides. Default: those of `side_values`.

    Returns:
        Title of the group and its rows; groups without a measured parameter are left out.
    """
    norms = applied.of_walk(measured.parameters)
    sided = side_values(measured) if sided is None else sided
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
    of = sides or {"": measured.parameters[name]}
    shown = ("left", "right") if sides else ("",)
    cells = [_cell(parameter.name, of.get(side), norm, side) for side in shown]
    for cell in cells:
        cell["anchor"] = anchors.get(cell["side"], "")
    definition = f"{parameter.formula}. {SOURCES[parameter.source]}"
    return {
        "name": name,
        "label": label,
        "unit": parameter.unit,
        "definition": definition + (f". Norm: {norm.source}" if norm else ""),
        "cells": cells,
        "norm": "" if norm is None else _norm_cell(norm, parameter.unit),
        "n": " / ".join(str(cell["n"]) for cell in cells),
        "grade": _grades(cells),
        "is_impaired": any(cell["is_impaired"] for cell in cells),
        "bars": [cell for cell in cells if cell.get("position")],
    }


def _arms() -> tuple[str, str]:
    return "arm_swing_left_deg", "arm_swing_right_deg"


def _cell(name: str, row: Measured | None, norm: Reference | None, side: str) -> dict:
    if row is None:
        return {"side": side, "value": "", "sd": "", "n": "–", "z": "", "is_impaired": False}
    cell = {
        "side": side,
        "value": value_text(row.value, row.unit),
        "sd": "" if row.sd is None else value_text(row.sd, row.unit),
        "n": row.n,
        "z": "",
        "is_impaired": False,
    }
    if norm is None:
        return cell
    z = norm.z(row.value)
    grade = grade_of(name, row.value, norm)
    position = 50 + 48 * float(np.clip(z, -_MAX_Z, _MAX_Z)) / _MAX_Z
    return cell | {
        "z": z_text(z).replace("-", "\u2212"),
        "grade": grade_words(grade),
        "is_impaired": grade.impaired,
        "position": f"{position:.1f}",
    }


def value_text(value: float, unit: str) -> str:
    """Return a value with the decimals of its unit, such as three for metres.

    Args:
        value: Value in the unit.
        unit: Unit of a parameter, "" for a ratio.
    """
    decimals = _DECIMALS[unit]
    least = 10.0**-decimals
    if 0 < value < least / 2:
        return f"<{least:.{decimals}f}"
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "\u2212")


def _norm_cell(norm: Reference, unit: str) -> str:
    rough = "~" if norm.status == ROUGH else ""
    return f"{rough}{value_text(norm.mean, unit)} ± {value_text(norm.sd, unit)}"


def _grades(cells: Iterable[Mapping]) -> str:
    """Grades in words: left / right, once if they are the same or only differ in degree."""
    grades = [cell["grade"] for cell in cells if cell.get("grade")]
    if len(set(grades)) < 2:
        return grades[0] if grades else ""
    (left, _, left_word), (right, _, right_word) = (grade.partition(" ") for grade in grades)
    return f"{left} / {grades[1]}" if left_word == right_word else " / ".join(grades)
