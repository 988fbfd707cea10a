"""Write the page of a measured recording, or of a generated motion."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from markupsafe import Markup

from ...constants_agir import NOTICE
from ...humanml3d import JOINT_NAMES
from ...utils.files import write_text_atomic
from ...version import __version__
from ..annotated_events import agreement_json, agreement_text
from ..norms import Norms, norm_remark
from ..parameters import GaitMeasurement
from ..reference_curves import CYCLE_SOURCE
from . import figures
from .fragments import absent_part, parameters_part
from .rendering import render

_ANIMATION_TITLE = "The walk, relative to the pelvis"
_ANGLES_NOTE = (
    f"The grey band is {CYCLE_SOURCE}; flexion is positive. At the ankle the band is shifted to "
    "the mean of this walk: compare only shape and range there."
)


def write_report(
    path: str | os.PathLike,
    title: str,
    measured: GaitMeasurement,
    *,
    provenance: dict[str, str],
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    assessment: str = "",
) -> Path:
    """Write the page of a measured recording.

    The page shows the assessment if there is one, the parameters against their norms, the
    parameters that could not be measured, the heel heights with the events, the joint angles over
    the stride, and the skeleton in motion. It is written under a temporary name and moved into
    place.

    Args:
        path: File to write; its name ends in .html or .htm, its folder exists.
        title: Heading, such as the name of the recording.
        measured: Measurement from `measure`.
        provenance: What was read and how it was interpreted, as name → text.
        age: Age of the subject in years, for the norms; None uses 70 years. No norm applies below
            20 years, which the page then says.
        sex: "male", "female", or None for the mean of both, for the norms.
        norms: Norms of a laboratory, or None for the published norms.
        assessment: HTML of a score and its rationale, from `assessment_part`.

    Returns:
        The path of the page.

    Raises:
        ValueError: The path does not end in .html, the sex is neither of the two, or the age is
            not within 0 to 120 years.
        FileNotFoundError: The folder does not exist.
        ImportError: plotly is not installed.
    """
    path = _checked_path(path)
    signals = measured.signals
    table = parameters_part(measured, age, sex, norms)
    parts = [Markup(assessment), table, absent_part(measured)]
    parts.append(_figure_part("Feet and events", figures.heel_heights(signals)))
    is_whole = set(JOINT_NAMES) <= signals.joints.keys()
    if figures.angles_of(signals) and signals.strides:
        remark = norm_remark(age)
        angles = figures.joint_angles(signals, with_norm=not remark)
        note = f"Without the band of healthy adults: {remark}." if remark else _ANGLES_NOTE
        parts.append(_figure_part("Joint angles over the stride", angles, note))
    if is_whole:
        parts.append(_figure_part(_ANIMATION_TITLE, figures.skeleton_animation(signals)))
    return _write_page(path, title, "Measured gait.", parts, provenance)


def recording_provenance(name: str, recording, measured: GaitMeasurement) -> dict[str, str]:
    """Describe a recording for the argument `provenance` of `write_report`.

    Args:
        name: Name of the recording.
        recording: The recording as read, of any type.
        measured: Measurement of the recording.

    Returns:
        Name → text.
    """
    phases = measured.signals.phases
    belt = phases.belt_speed_m_per_s
    read = {"read": "; ".join(recording.remarks)} if recording.remarks else {}
    agreement = agreement_text(agreement_json(recording, phases))
    used = "; the events of the file are used" if phases.events_from == "file" else ""
    return {
        "recording": name,
        **read,
        **({"events of the file": agreement + used} if agreement else {}),
        "rate": f"{recording.rate_hz:g} Hz, events timed to {phases.resolution_s * 1000:.0f} ms",
        "walked": "overground" if belt is None else f"on a treadmill at {belt:.2f} m/s",
        "units and axes": str(recording.conventions or "as the format defines them"),
        "made by": "agir_hf " + __version__,
    }


def write_motion_page(
    path: str | os.PathLike,
    title: str,
    measured: GaitMeasurement,
    *,
    lead: str,
    provenance: dict[str, str],
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
) -> Path:
    """Write the page of a motion that is not a recording, such as a generated one.

    The page shows the skeleton in motion and the tables of gait parameters.

    Args:
        path: File to write; its name ends in .html or .htm, its folder exists.
        title: Heading.
        measured: Measurement from `measure`, of joints.
        lead: Sentence below the heading that says what the motion is.
        provenance: How the motion was made, as name → text.
        age: Age in years that the norms are of; None uses 70 years.
        sex: "male", "female", or None for the mean of both, for the norms.
        norms: Norms of a laboratory, or None for the published norms.

    Returns:
        The path of the page.

    Raises:
        ValueError: The path does not end in .html, the sex is neither of the two, or the age is
            not within 0 to 120 years.
        FileNotFoundError: The folder does not exist.
        ImportError: plotly is not installed.
    """
    path = _checked_path(path)
    animation = _figure_part(_ANIMATION_TITLE, figures.skeleton_animation(measured.signals))
    table = parameters_part(measured, age, sex, norms)
    parts = [animation, table, absent_part(measured)]
    return _write_page(path, title, lead, parts, provenance)


def _checked_path(path: str | os.PathLike) -> Path:
    """Return the path, after a check that a page can be written there."""
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"the file of the report is {path}, expected a name that ends in .html")
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(
            f"the folder {path.parent} of the report does not exist: create it first"
        )
    if find_spec("plotly") is None:
        raise ImportError('a report needs plotly: pip install "agir-hf[plot]"')
    return path


def _write_page(
    path: Path, title: str, lead: str, parts: list[Markup], provenance: dict[str, str]
) -> Path:
    from plotly.offline import get_plotlyjs

    page = render(
        "page.html.j2",
        title=title,
        lead=lead,
        notice=NOTICE,
        parts=[part for part in parts if part],
        provenance=provenance,
        plotly_js=Markup(get_plotlyjs()),
    )
    write_text_atomic(path, page)
    return path


def _figure_part(title: str, figure, note: str = "") -> Markup:
    figure.update_layout(
        template="simple_white", margin={"l": 60, "r": 20, "t": 60, "b": 50}, font={"size": 13}
    )
    html = figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False})
    return render("figure.html.j2", title=title, note=note, figure=Markup(html))
