"""A session as a table: one row for each recording, as values and as a CSV file."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..utils.files import atomic_path
from ..utils.spreadsheets import safe_row

if TYPE_CHECKING:
    from .session import Session
    from .session_walks import SessionWalk

_SIDES = ("left", "right")
_DIGITS = 6  # significant ones of a number
# Parameters with a value for each side; step length and arm swing have parameters of their own.
SIDED = (
    "stride_length_m", "stride_time_s", "step_time_s", "stance_percent", "swing_percent",
    "step_height_m", "toe_clearance_m", "foot_strike_angle_deg", "hip_range_deg", "knee_range_deg",
    "ankle_range_deg", "margin_of_stability_ap_m", "margin_of_stability_ml_m",
)  # fmt: skip
# Column → what it has. The columns of parameters, angles and probabilities are added to these.
COLUMNS = {
    "recording": "path relative to the folder that was passed, and the walk of a file with several",
    "kind": "walk, static trial, or left out",
    "reason": "why a recording is left out; empty for a walk",
    "id": "identifier of the person, as stated by the user",
    "subject": "subject as the path states it, such as SUB01",
    "medication": "on or off, as the path states it",
    "age": "age in years, as stated by the user; norms depend on it",
    "sex": "male or female, as stated by the user",
    "height_m": "height of the person in metres, as stated by the user",
    "file": "name of the file",
    "sha256": "SHA-256 of the content of the file",
    "recorded": "date of the recording, as the file states it",
    "simulated": "whether the file states that its subject is simulated",
    "assessed": "date of this assessment",
    "model": "name of the model; empty if gait was only measured",
    "model_revision": "commit of the model on the Hub, or start of the SHA-256 of its weights",
    "trained_on": "what the model was trained on",
    "software": "name and version of this package",
    "marker_set": "marker set, or source of the joints",
    "duration_s": "duration of the recording in seconds",
    "strides": "number of measured strides of straight walking",
    "leg_length_m": "length of thigh and shank in metres, mean of both legs, from the joints",
    "score": "score; empty if it is withheld or if there is no model",
    "withheld": "why the score is withheld",
    "certain": "whether the checks of the score agree",
    "uncertain_because": "reasons why the score is uncertain",
    "claims_supported": "claims of the reasoning that the measured gait supports",
    "claims_made": "claims of the reasoning",
    "knowledge": "whether the motion is within or outside what the model knows",
    "cautions": "what is doubtful in the walk",
}


def column_texts(session: Session) -> dict[str, str]:
    """Return the columns of the table of a session, each with what it has.

    Args:
        session: A session; the number of its scores decides the number of probabilities.

    Returns:
        Column → description, in the order of the table.
    """
    from ..gait.kinematics import VARIABLES
    from ..gait.parameters import PARAMETERS, in_words

    columns = dict(COLUMNS)
    for score in _scores(session):
        columns[f"probability_{score}"] = f"probability of the score {score}"
    for parameter in PARAMETERS:
        unit = parameter.unit or "ratio"
        words = in_words(parameter.name)
        columns[parameter.name] = f"{words} ({unit}): {parameter.formula}"
        columns[f"{parameter.name}_sd"] = f"{words}: SD over steps or strides ({unit})"
        columns[f"{parameter.name}_n"] = f"{words}: number of steps, strides, sides or turns"
        if parameter.name in SIDED:
            for side in _SIDES:
                columns[f"{parameter.name}_{side}"] = f"{words}, {side} ({unit})"
    columns["gps_deg"] = "Gait Profile Score of both sides (°)"
    columns |= {f"gps_{side}_deg": f"Gait Profile Score, {side} (°)" for side in _SIDES}
    for variable in VARIABLES:
        for side in _SIDES:
            name = f"{variable.name}_{side}"
            words = f"{variable.label.lower()}, {side}"
            columns[f"{name}_range_deg"] = f"{words}: range of the mean over the stride (°)"
            columns[f"{name}_rms_deg"] = f"{words}: RMS difference from the mean of the norm (°)"
    return columns


def _scores(session: Session) -> list[int]:
    scores = {
        score for walk in session.walks for score in (walk.assessment or {}).get("scores", ())
    }
    return sorted(scores)


def rows_of(session: Session) -> list[dict]:
    """Return a row for each recording of a session, also for those that are left out.

    Args:
        session: A session; what has not been read is read.

    Returns:
        Column of `column_texts` → text, number, True, False or None.
    """
    columns = column_texts(session)
    rows = [_row(walk) for walk in session.walks]
    return [{column: row.get(column) for column in columns} for row in rows]


def _row(walk: SessionWalk) -> dict:
    identity, assessment = walk.identity, walk.assessment or {}
    trust = assessment.get("trust") or {}
    row = {
        "recording": walk.shown,
        "kind": walk.kind,
        "reason": walk.error or None,
        "subject": walk.subject_name,
        "medication": walk.medication,
        **identity.as_json(),
        "model": identity.model or None,
        "trained_on": identity.trained_on or None,
        **walk.subject.person(),
        "marker_set": walk.marker_set or None,
        "duration_s": _rounded(walk.duration_s),
        "strides": walk.strides if walk.is_measured else None,
        "leg_length_m": _rounded(walk.leg_length_m),
        "score": assessment.get("score"),
        "withheld": assessment.get("withheld"),
        "certain": trust.get("certain"),
        "uncertain_because": "; ".join(trust.get("reasons", ())) or None,
        "claims_supported": trust.get("claims_supported"),
        "claims_made": trust.get("claims_made"),
        "knowledge": trust.get("knowledge"),
        "cautions": "; ".join(walk.cautions) or None,
    }
    for score, probability in enumerate(assessment.get("probabilities") or ()):
        row[f"probability_{score}"] = probability
    return row | _parameter_cells(walk) | _angle_cells(walk)


def _parameter_cells(walk: SessionWalk) -> dict:
    cells = {}
    for name, measured in (walk.parameters or {}).items():
        cells[name] = _rounded(measured.value)
        cells[f"{name}_sd"] = _rounded(measured.sd)
        cells[f"{name}_n"] = measured.n
    for name in SIDED:
        for side, measured in (walk.sides or {}).get(name, {}).items():
            cells[f"{name}_{side}"] = _rounded(measured.value)
    return cells


def _angle_cells(walk: SessionWalk) -> dict:
    """Ranges of the mean curves, and the profile against the norm."""
    from ..gait.kinematics import gait_profile

    if walk.kinematics is None:
        return {}
    cells = {
        f"{variable}_{side}_range_deg": _rounded(float(curve.mean.max() - curve.mean.min()))
        for (variable, side), curve in walk.kinematics.curves.items()
    }
    profile = gait_profile(walk.kinematics)
    if profile is None:
        return cells
    cells["gps_deg"] = _rounded(profile.overall_deg)
    cells |= {f"gps_{side}_deg": _rounded(value) for side, value in profile.gps_deg.items()}
    return cells | {
        f"{variable}_{side}_rms_deg": _rounded(value)
        for (variable, side), value in profile.scores.items()
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{float(value):.{_DIGITS}g}")


def write_rows(path: str | os.PathLike, columns: Sequence[str], rows: Sequence[dict]) -> Path:
    """Write rows as a CSV file, in UTF-8; no cell becomes a formula in a spreadsheet program.

    Args:
        path: File to write. It is written under a temporary name and moved into place.
        columns: Names of the columns.
        rows: Column → value; None gives an empty cell.

    Returns:
        The file.

    Raises:
        FileNotFoundError: The folder of the file does not exist.
    """
    path = Path(path)
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(f"the folder {path.parent} of the table does not exist: create it")
    # a byte of a file name that is not UTF-8 is written as an escape
    options = {"newline": "", "encoding": "utf-8", "errors": "backslashreplace"}
    with atomic_path(path) as draft, open(draft, "w", **options) as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow(safe_row({k: "" if v is None else v for k, v in row.items()}))
    return path
