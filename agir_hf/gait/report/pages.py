"""Write the page of a measured recording, or of a generated motion."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from markupsafe import Markup

from ...constants_agir import NOTICE
from ...humanml3d import JOINT_NAMES
from ...motion.recording import JointMotion
from ...utils.files import write_text_atomic
from ...version import __version__
from ..annotated_events import agreement_json, agreement_text
from ..applied_norms import AppliedNorms
from ..norms import Norms
from ..parameters import GaitMeasurement
from .identity_rows import header_rows, page_identity
from .rendering import TEMPLATES, render
from .report_input import ReportInput
from .sections import sections_of

_MEASURED_LEAD = "Gait measured from a recording."
_ASSESSED_LEAD = "Gait score with its reasons, and the measured gait."
_PAIR = ("profile", "steps")  # sections of half the width of a page
_DARK = re.compile(r"\.dark \.agir-report\{([^}]*)\}")


def write_report(path: str | os.PathLike, report: ReportInput, viewer: bool = True) -> Path:
    """Write the page of a recording: score and reasons, tables, curves, steps, events, viewer.

    The page needs no other file and no network. It is written under a temporary name and moved
    into place.

    Args:
        path (`str` or `os.PathLike`):
            File to write; its name ends in .html or .htm, its folder exists.
        report ([`ReportInput`]):
            What the page shows.
        viewer (`bool`, defaults to `True`):
            Whether the page shows the walk in motion, which needs its script in the page.

    Returns:
        `Path`: The path of the page.

    Raises:
        ValueError: The path does not end in .html.
        FileNotFoundError: The folder does not exist.

    Example:
        ```python
        >>> import tempfile
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.gait import measure
        >>> from agir_hf.gait.report import ReportInput, write_report
        >>> from agir_hf.motion import read_recording
        >>> recording = read_recording(agir_hf.SAMPLE_RECORDING)
        >>> report = ReportInput("Sample", measure(recording), recording)
        >>> page = write_report(Path(tempfile.mkdtemp()) / "sample.html", report)
        >>> "<h1>Sample</h1>" in page.read_text("utf-8")
        True

        ```
    """
    path = checked_path(path)
    sections = sections_of(report, viewer=viewer)
    lead = report.lead or (_MEASURED_LEAD if report.result is None else _ASSESSED_LEAD)
    write_page(
        path,
        report.title,
        sections,
        lead=lead,
        identity=header_rows(report),
        print_identity=page_identity(report),
        simulated=report.simulated_text,
    )
    return path


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
    """
    applied = AppliedNorms(age, sex, norms)
    signals = measured.signals
    joints = np.stack([signals.joints[name] for name in JOINT_NAMES], axis=1)
    report = ReportInput(
        title,
        measured,
        JointMotion(joints, signals.rate_hz),
        applied=applied,
        provenance=provenance,
        lead="Gait measured from a motion.",
        simulated=lead,
    )
    path = checked_path(path)
    sections = sections_of(report)
    walker = {"walker": sections.pop("walker")} if "walker" in sections else {}
    write_page(path, title, walker | sections, lead=report.lead, simulated=report.simulated)
    return path


def recording_provenance(name: str, recording, measured: GaitMeasurement) -> dict[str, str]:
    """Describe a recording for the field `provenance` of a [`ReportInput`].

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


def checked_path(path: str | os.PathLike) -> Path:
    """Return the path of a page, after a check that a page can be written there.

    Args:
        path: File to write.

    Raises:
        ValueError: The path does not end in .html.
        FileNotFoundError: The folder does not exist.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"the file of the report is {path}, expected a name that ends in .html")
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(
            f"the folder {path.parent} of the report does not exist: create it first"
        )
    return path


def write_page(
    path: Path,
    title: str,
    sections: Mapping[str, Markup],
    *,
    lead: str = "",
    identity: list[tuple[str, str]] = (),
    print_identity: str = "",
    simulated: str = "",
) -> None:
    """Write a page of sections with the styles and scripts of a report.

    Args:
        path: File to write.
        title: Heading, and title of the window.
        sections: Name → HTML; the CSS class of a section is `part-NAME`.
        lead: Sentence below the heading.
        identity: Name and text of who and what the page is of, for its header.
        print_identity: The same in one line, for the margin of printed pages.
        simulated: Sentence that says that the walk is simulated; empty for a recording.
    """
    has_viewer = any("<gait-scene" in section for section in sections.values())
    page = render(
        "page.html.j2",
        title=title,
        styles=Markup(report_styles(page=True)),
        head=_viewer_head() if has_viewer else "",
        print_identity=_css_text(print_identity),
        identity=identity,
        simulated=simulated,
        lead=lead,
        notice=NOTICE,
        groups=_groups(sections),
        script=Markup(report_script()) if has_viewer else "",
    )
    write_text_atomic(path, page)


def _groups(sections: Mapping[str, Markup]) -> list[list[tuple[str, Markup]]]:
    """Sections in order; those of `_PAIR` that follow each other are next to each other."""
    groups: list[list[tuple[str, Markup]]] = []
    for name, section in sections.items():
        if name in _PAIR and groups and groups[-1][-1][0] in _PAIR:
            groups[-1].append((name, section))
        else:
            groups.append([(name, section)])
    return groups


def _viewer_head() -> Markup:
    from .viewer import viewer_head

    return viewer_head()


def _css_text(text: str) -> Markup:
    """Text in a string of CSS, within an HTML element `style`."""
    return Markup(re.sub(r"[^\w .,:;·()+-]", lambda match: f"\\{ord(match[0]):x} ", text))


@cache
def report_styles(page: bool = False) -> str:
    """Return the styles of the sections, as CSS.

    They apply within elements of the class `agir-report`, and are dark within one of the class
    `dark`, as Gradio sets it.

    Args:
        page: Whether the styles of a page of its own are added: background, dark by the setting of
            the system, and print on A4.
    """
    css = (TEMPLATES / "report.css").read_text("utf-8")
    if page:
        dark = _DARK.search(css)[1]
        css += (TEMPLATES / "page.css").read_text("utf-8").replace("DARK", dark)
    return css


@cache
def report_script() -> str:
    """Return the script of the cursor lines, as JavaScript.

    It moves the cursor lines of the figures with the event `agir-time` of the viewer, and sends
    `agir-seek` when a figure is clicked. Loading it twice has no effect.
    """
    return (TEMPLATES / "report.js").read_text("utf-8")
