"""Page of a session: its trials, mean and SD over them, and the curves of all strides."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ..applied_norms import AppliedNorms
from ..grades import NORMAL_SD
from ..norms import norm_remark
from ..parameters import UNITS, Measured
from .figures import CurveGroup, curve_panel, profile_chart, side_groups, side_legend
from .identity_rows import SHORT_HASH
from .names import report_name
from .pages import checked_path, write_page
from .rendering import render
from .session_identity import distinct, print_identity, simulated_text
from .spatiotemporal import BAND_PERCENT, parameter_rows, value_text
from .svg import legend

if TYPE_CHECKING:
    from ..kinematics import Kinematics

SIDES = ("left", "right")
MOST_LINES = 12  # trials whose own curves are drawn


@dataclass(frozen=True, eq=False)
class Trial:
    """One measured recording of a session.

    Attributes:
        name: Name under which the recording is shown.
        identity: Identifier, file, hash, dates, model and software, from `Identity.as_json`.
        parameters: Name → measured gait parameter.
        kinematics: Joint angles over the strides, or None.
        strides: Number of measured strides.
        duration_s: Duration of the recording in seconds.
        leg_length_m: Length of thigh and shank in metres.
        medication: "on" or "off" as the path states it, or None.
        assessment: "score", "withheld", "probabilities", "trust" and "reasoning" of
            `AssessedWalk.as_json`; None without a model.
        cautions: What is doubtful in the walk.
    """

    name: str
    identity: Mapping
    parameters: Mapping[str, Measured]
    kinematics: Kinematics | None = None
    strides: int = 0
    duration_s: float = 0.0
    leg_length_m: float | None = None
    medication: str | None = None
    assessment: Mapping | None = None
    cautions: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class SessionPage:
    """Everything that the page of a session shows.

    Attributes:
        title: Heading.
        trials: The measured recordings.
        statistics: Name → mean over trials, SD between trials and number of trials.
        sides: Name → side → the same of a side; both parameters of arm swing are "arm_swing_deg".
        kinematics: Joint angles of all strides of all trials, or None.
        applied: Norms, and the person that they are applied to.
        who: Name and text of who and what the page is of, for its header.
        left_out: Name, kind and reason of the recordings without measured gait.
        cautions: Why the recordings may not belong together.
        groups: Rows of subjects and medication states, if there are several: "name", "trials",
            "scores" and "parameters" (name → `Measured` over trials).
    """

    title: str
    trials: Sequence[Trial]
    statistics: Mapping[str, Measured]
    sides: Mapping[str, Mapping[str, Measured]]
    kinematics: Kinematics | None = None
    applied: AppliedNorms = field(default_factory=AppliedNorms)
    who: Sequence[tuple[str, str]] = ()
    left_out: Sequence[tuple[str, str, str]] = ()
    cautions: Sequence[str] = ()
    groups: Sequence[Mapping] = ()


def write_session_page(path: str | os.PathLike, page: SessionPage) -> Path:
    """Write the page of a session; it needs no other file, no network and no script.

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
    number = len(page.trials)
    write_page(
        path,
        page.title,
        session_sections(page),
        lead=f"Gait of {number} {'trial' if number == 1 else 'trials'} of a session.",
        identity=list(page.who),
        simulated=simulated_text([trial.identity for trial in page.trials]),
        print_identity=print_identity(page.title, page.who),
    )
    return path


def session_sections(page: SessionPage) -> dict[str, Markup]:
    """Render the sections of a session, for `report_styles`.

    Args:
        page: What the page shows.

    Returns:
        Name → HTML: "trials", "spatiotemporal", "curves", "profile", "recordings", "provenance";
        those without content are left out.
    """
    sections = {
        "trials": _trials_part(page),
        "spatiotemporal": _parameters_part(page),
        "curves": _curves_part(page),
        "profile": _profile_part(page),
        "recordings": _recordings_part(page),
    }
    return {name: html for name, html in sections.items() if html}


def overall_gps(kinematics: Kinematics | None) -> float | None:
    """Return the overall Gait Profile Score in degrees, or None without one.

    Args:
        kinematics: Joint angles of a walk, or None.
    """
    from ..kinematics import gait_profile

    profile = None if kinematics is None else gait_profile(kinematics)
    return None if profile is None else profile.overall_deg


def score_text(assessment: Mapping | None) -> str:
    """Return the score of a walk in a few words: "1", "1 (uncertain)" or "withheld".

    Args:
        assessment: "score", "withheld" and "trust" of a walk; None without a model.
    """
    if assessment is None:
        return ""
    if assessment["withheld"]:
        return "withheld"
    return f"{assessment['score']}" + ("" if assessment["trust"]["certain"] else " (uncertain)")


def _trials_part(page: SessionPage) -> Markup:
    has_norm = not page.applied.remark
    columns = ("speed_m_per_s", "cadence_steps_per_min", "step_length_m")
    rows = [
        {
            "anchor": f"trial-{number}",
            "number": number,
            "name": trial.name,
            "medication": (trial.medication or "").upper(),
            "recorded": trial.identity.get("recorded") or "",
            "strides": trial.strides,
            "values": [_value(trial.parameters.get(name)) for name in columns],
            "gps": _degrees(overall_gps(trial.kinematics)) if has_norm else "",
            "score": score_text(trial.assessment),
            "has_cautions": bool(trial.cautions),
        }
        for number, trial in enumerate(page.trials, 1)
    ]
    groups = [
        dict(group) | {"values": [_mean_sd(group["parameters"].get(name)) for name in columns]}
        for group in page.groups
    ]
    return render(
        "session_trials.html.j2",
        rows=rows,
        headings=[(report_name(name), UNITS[name]) for name in columns],
        cautions=page.cautions,
        left_out=page.left_out,
        groups=groups,
        has_scores=any(trial.assessment for trial in page.trials),
        has_gps=any(row["gps"] for row in rows),
        has_medication=any(row["medication"] for row in rows),
        has_dates=any(row["recorded"] for row in rows),
    )


def _value(measured: Measured | None) -> str:
    return "" if measured is None else value_text(measured.value, measured.unit)


def _mean_sd(measured: Measured | None) -> str:
    if measured is None:
        return ""
    sd = "" if measured.sd is None else f" ± {value_text(measured.sd, measured.unit)}"
    return value_text(measured.value, measured.unit) + sd


def _degrees(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _parameters_part(page: SessionPage) -> Markup:
    if not page.statistics:
        return Markup()
    means = SimpleNamespace(parameters=page.statistics)
    return render(
        "session_parameters.html.j2",
        prefix="",
        groups=parameter_rows(means, page.applied, page.sides),
        norms=page.applied.text(),
        remark=page.applied.remark,
        normal_sd=NORMAL_SD,
        band=f"{BAND_PERCENT:.1f}",
        trials=len(page.trials),
    )


def _curves_part(page: SessionPage) -> Markup:
    """Mean ± SD of all strides, with a thin line for the mean of each trial."""
    from ..kinematics import VARIABLES

    if page.kinematics is None:
        return Markup()
    remark = norm_remark(page.applied.age)
    lines = page.trials if 1 < len(page.trials) <= MOST_LINES else ()
    panels, sources = [], []
    for variable in VARIABLES:
        groups = _without_spans(side_groups(page.kinematics, variable.name))
        if not groups:
            continue
        thin = [line for trial in lines for line in _trial_lines(trial, variable.name)]
        band = None if remark else page.kinematics.band(variable.name)
        if band is not None:
            sources.append(f"{band.source}. {band.note}".strip(". ") + ".")
        words = (variable.positive, variable.negative)
        panels.append(curve_panel([*groups, *thin], band, variable.label, directions=words))
    if not panels:
        return Markup()
    return render(
        "curves.html.j2",
        note=_curves_note(page, bool(lines), remark),
        legend=side_legend(band=bool(sources), toe_off=True),
        panels=Markup().join(panels),
        absent={_label(name): why for name, why in page.kinematics.absent.items()},
        remarks=page.kinematics.remarks,
        source=distinct(sources),
    )


def _curves_note(page: SessionPage, has_lines: bool, remark: str) -> str:
    strides = sum(trial.strides for trial in page.trials)
    note = (
        f"Thick lines: mean of {strides} strides of {len(page.trials)} trials, with ± 1 SD between "
        "strides; vertical lines are toe-offs."
    )
    if has_lines:
        note += " Thin lines: mean of each trial."
    elif len(page.trials) > MOST_LINES:
        note += f" Lines of single trials are drawn for up to {MOST_LINES} trials."
    return note + (f" Without the band of healthy adults: {remark}." if remark else "")


def _label(variable: str) -> str:
    from ..kinematics import VARIABLES

    return next((row.label.lower() for row in VARIABLES if row.name == variable), variable)


def _without_spans(groups: Sequence[CurveGroup]) -> list[CurveGroup]:
    """Curves without the times of their strides, for a page without a viewer."""
    return [
        CurveGroup(group.label, group.css, group.mean, group.sd, group.toe_off_percent)
        for group in groups
    ]


def _trial_lines(trial: Trial, variable: str) -> list[CurveGroup]:
    if trial.kinematics is None:
        return []
    return [
        CurveGroup(f"{trial.name}, {group.label}", f"{group.css} thin", group.mean)
        for group in side_groups(trial.kinematics, variable)
    ]


def _profile_part(page: SessionPage) -> Markup:
    """Gait Profile Score of all strides, and of each trial."""
    from ..kinematics import gait_profile

    if page.kinematics is None or page.applied.remark:
        return Markup()
    profile = gait_profile(page.kinematics)
    if profile is None:
        return Markup()
    bars = {
        _label(name).capitalize(): {
            side: profile.scores[name, side] for side in SIDES if (name, side) in profile.scores
        }
        for name in profile.variables
    }
    rows = [("All strides", "", profile)]
    for number, trial in enumerate(page.trials, 1):
        own = gait_profile(trial.kinematics) if trial.kinematics is not None else None
        if own is not None:
            rows.append((trial.name, f"trial-{number}", own))
    overall = [own.overall_deg for _, _, own in rows[1:]]
    spread = ""
    if len(overall) > 1:
        spread = f"; mean of the trials {np.mean(overall):.1f} ± {np.std(overall, ddof=1):.1f}°"
    return render(
        "session_profile.html.j2",
        text=f"{profile.overall_deg:.1f}° overall, of the mean curves of all strides{spread}. "
        f"{profile.note}",
        legend=legend([("column", side, side) for side in SIDES]),
        chart=profile_chart([*bars.items(), ("GPS", profile.gps_deg)]),
        headings=[_label(name) for name in profile.variables],
        rows=[_profile_row(*row, profile.variables) for row in rows],
        source=profile.source,
    )


def _profile_row(name: str, anchor: str, profile, variables: Sequence[str]) -> dict:
    def both(values: Mapping) -> str:
        texts = [_degrees(values.get(side)) or "–" for side in SIDES]
        return " | ".join(texts)

    scores = [
        both({side: profile.scores.get((variable, side)) for side in SIDES})
        for variable in variables
    ]
    return {
        "name": name,
        "anchor": anchor,
        "overall": _degrees(profile.overall_deg),
        "gps": both(profile.gps_deg),
        "scores": scores,
    }


def _recordings_part(page: SessionPage) -> Markup:
    """Identity, score and cautions of each trial, for the links of the table."""
    rows = []
    for number, trial in enumerate(page.trials, 1):
        who, assessment = trial.identity, trial.assessment
        facts = {
            "recorded": who.get("recorded"),
            "SHA-256": (who.get("sha256") or "")[:SHORT_HASH],
            "duration": f"{trial.duration_s:.1f} s, {trial.strides} strides",
            "thigh and shank": f"{trial.leg_length_m:.3f} m" if trial.leg_length_m else "",
            "model": who.get("model"),
            "score": assessment["trust"]["text"] if assessment else "",
            "reasons": assessment["reasoning"] if assessment and not assessment["withheld"] else "",
            "caution": "; ".join(trial.cautions),
        }
        shown = [(name, text) for name, text in facts.items() if text]
        rows.append({"anchor": f"trial-{number}", "name": trial.name, "facts": shown})
    return render("session_recordings.html.j2", rows=rows, norms=page.applied.text())
