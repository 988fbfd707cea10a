"""Identity and provenance of a report as rows of name and text."""

from __future__ import annotations

from collections.abc import Mapping

from ...version import __version__
from .names import report_name
from .report_input import ReportInput

SHORT_HASH = 12  # characters of the SHA-256 that are shown


def header_rows(report: ReportInput) -> list[tuple[str, str]]:
    """Return who and what a report is of, for its header.

    Args:
        report: What the report shows.

    Returns:
        Name and text, without what is not known.
    """
    who = report.who
    rows = [
        ("Identifier", who.get("id") or "not stated"),
        ("Person", _person(report)),
        ("Recording", who.get("file")),
        ("Recorded", who.get("recorded") or "not stated in the file"),
        ("Assessed" if report.result else "Measured", who.get("assessed")),
    ]
    return [(name, str(text)) for name, text in rows if text] if who else []


def page_identity(report: ReportInput) -> str:
    """Return identifier, file and date in one line, for the margin of printed pages.

    Args:
        report: What the report shows.
    """
    who = report.who
    parts = (who.get("id"), who.get("file") or report.title, who.get("assessed"))
    return " · ".join(str(part) for part in parts if part)


def _person(report: ReportInput) -> str:
    person: Mapping = (report.result or {}).get("person") or {}
    age = person.get("age") or report.applied.age
    sex = person.get("sex") or report.applied.sex
    height_m = person.get("height_m")
    parts = (
        f"{age:g} years" if age is not None else "",
        sex or "",
        f"{height_m:.2f} m" if height_m else "",
    )
    return ", ".join(part for part in parts if part)


def provenance_rows(report: ReportInput) -> list[tuple[str, str, str]]:
    """Return what was read, how, by which model and software, and against which norms.

    Args:
        report: What the report shows.

    Returns:
        Name, text, and the full text where the text is shortened.
    """
    who = report.who
    sha256 = who.get("sha256") or ""
    software = who.get("software") or f"agir_hf {__version__}"
    stated = {
        "identifier": (who.get("id"), ""),
        "file": (who.get("file"), ""),
        "SHA-256": (sha256[:SHORT_HASH], sha256),
        "recorded": (who.get("recorded"), ""),
        "assessed" if report.result else "measured": (who.get("assessed"), ""),
        "model": (_model(who), ""),
        "trained on": (who.get("trained_on"), ""),
        "software": (software, ""),
        "norms": (report.applied.text(), ""),
    }
    rows = {name: pair for name, pair in stated.items() if pair[0]}
    if sources := _norm_sources(report):
        rows["sources of the norms"] = (sources, "")
    repeated = {"recording": who.get("file"), "made by": software}
    rows |= {
        name: (text, "")
        for name, text in report.provenance.items()
        if name not in rows and repeated.get(name) != text
    }
    return [(name, str(text), full) for name, (text, full) in rows.items()]


def _norm_sources(report: ReportInput) -> str:
    """Source of the norm of each measured parameter, parameters of one source together."""
    if not report.is_measured:
        return ""
    names: dict[str, list[str]] = {}
    for name, norm in report.applied.of_walk(report.measured.parameters).items():
        label = report_name(name).removesuffix(", left").removesuffix(", right")
        labels = names.setdefault(norm.source, [])
        labels += [label] if label not in labels else []
    return "; ".join(f"{', '.join(of)}: {source}" for source, of in names.items())


def _model(who: Mapping) -> str:
    revision = who.get("model_revision")
    return (
        f"{who['model']}, revision {revision}"
        if who.get("model") and revision
        else (who.get("model") or "")
    )
