"""Compare two recordings, or two sessions of several recordings, of one person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assessing import assess_example, assess_file, upload_name, user_settings
from message_words import page_words

from agir_hf.assessment import AssessedWalk, Session, Subject
from agir_hf.assessment.compared_walks import Comparison, compare_walks
from agir_hf.assessment.identity import RecordingIdentity, file_stem, identity_of
from agir_hf.assessment.session_walks import LEFT_OUT, SessionWalk, session_walk
from agir_hf.gait.report.viewer import scene, walk_of

if TYPE_CHECKING:
    from markupsafe import Markup
    from state import AppState

MAX_FILES = 20  # of a session
SIMULATED = "Both walks are simulated: they are not recordings of a person."
_LONGEST_NAME = 24
_LONGEST_STEM = 60  # of each of the two, in the names of files
Assess = Callable[..., AssessedWalk]


@dataclass(frozen=True, eq=False)
class Compared:
    """A comparison as the page shows it.

    Attributes:
        comparison: Parameters, curves, profile and cautions.
        assessments: `AssessedWalk.as_json` of each recording that was assessed, of both.
        walker: HTML of the viewer with the first recording of both.
        simulated: Sentence that says that the walks are simulated; empty for uploads.
    """

    comparison: Comparison
    assessments: tuple[list[dict], list[dict]]
    walker: Markup
    simulated: str = ""

    @property
    def stem(self) -> str:
        """Name of its files without an ending: person, recordings, date and hashes of both."""
        stems = [file_stem(rows[0]["identity"])[-_LONGEST_STEM:] for rows in self.assessments]
        return "comparison_" + "_and_".join(stems)

    def as_json(self) -> dict:
        """Return assessments and comparison as values for JSON."""
        first, second = self.assessments
        return {"first": first, "second": second} | self.comparison.as_json()


def short_names(names: Sequence[str | None], defaults: Sequence[str]) -> tuple[str, str]:
    """Return the names of the two as they are shown: short, never empty, and different.

    Args:
        names: What the user entered.
        defaults: Names that are used where nothing was entered.
    """
    first, second = (
        " ".join((name or "").split())[:_LONGEST_NAME] or default
        for name, default in zip(names, defaults, strict=True)
    )
    return (f"{first} (1)", f"{second} (2)") if first == second else (first, second)


def compare_uploads(
    state: AppState,
    files: Sequence[Sequence[str] | str | None],
    names: Sequence[str],
    on_step: Callable[[str, float], None] = lambda step, share: None,
    person: dict | None = None,
    settings: Sequence[dict] = ({}, {}),
) -> Compared:
    """Assess and compare uploaded recordings.

    Args:
        state: `AppState` of the app.
        files: Files of the first and of the second: one recording, or several of a session.
        names: Names of both, for the page and for errors.
        on_step: Function that is called with the name of each step and the share that is done.
        person: Result of `norm_inputs.subject` or `norm_inputs.person`; None for default norms.
        settings: Keywords of `read_recording` for the files of the first and of the second.

    Returns:
        The comparison; its cautions state the settings that were used.

    Raises:
        ValueError: A recording is missing, or one of the two has no measured gait.
    """

    def assess_with(flags: dict) -> Assess:
        return lambda path, report: assess_file(state, path, flags, report, person)

    compared = _compare(files, names, [assess_with(flags) for flags in settings], on_step, person)
    stated = [
        _settings_caution(letter, flags, rows)
        for letter, flags, rows in zip("AB", settings, compared.assessments, strict=True)
    ]
    cautions = (*filter(None, stated), *compared.comparison.cautions)
    return replace(compared, comparison=replace(compared.comparison, cautions=cautions))


def _settings_caution(letter: str, flags: dict, assessments: Sequence[dict]) -> str:
    """Settings of the user, and what the files state instead; empty if there are none."""
    words = user_settings(flags)
    if not words:
        return ""
    remarks = [text for row in assessments for text in row["recording"]["remarks"] if "“" in text]
    return "; ".join(
        dict.fromkeys(
            (f"{letter} was read with your settings, not with those of the file: "
             f"{', '.join(words)}", *remarks)
        )
    )  # fmt: skip


def compare_examples(
    state: AppState,
    files: Sequence[Path],
    names: Sequence[str],
    on_step: Callable[[str, float], None] = lambda step, share: None,
    person: dict | None = None,
) -> Compared:
    """Assess and compare two recordings of the app; the arguments are those of `compare_uploads`.

    Args:
        state: `AppState` of the app.
        files: The two files.
        names: Names of both.
        on_step: Function that is called with the name of each step and the share that is done.
        person: Result of `norm_inputs.subject`.

    Returns:
        The comparison.
    """

    def assess(path: str, report: Callable[[str], None]) -> AssessedWalk:
        return assess_example(state, Path(path), report, person)

    compared = _compare([str(file) for file in files], names, [assess] * 2, on_step, person)
    return replace(compared, simulated=SIMULATED)


def _compare(files, names, assess: Sequence[Assess], on_step, person: dict | None) -> Compared:
    person = person or {}
    sides = [_paths(paths) for paths in files]
    if not all(sides):
        raise ValueError(
            "two recordings are needed: choose at least one recording for each of the two, or "
            "compare the simulated example"
        )
    count, done, sessions, assessments, walks = sum(map(len, sides)), 0, [], [], []
    for paths, name, assess_side in zip(sides, names, assess, strict=True):
        rows, results = [], []
        for path in paths:
            report = partial(_report, on_step, name, done / count)
            row = _assessed(path, assess_side, report, person, is_only=len(paths) == 1)
            if row.walk is not None:
                results.append(row.walk.as_json())
                if len(results) == 1:
                    walks.append(walk_of(row.prepared, name))
            rows.append(row.released())
            done += 1
        sessions.append(_session(rows, name, person))
        assessments.append(results)
    norms = person.get("norms")
    comparison = compare_walks(*sessions, norms=norms, names=names)
    walker = scene(walks, title=f"{names[0]} and {names[1]}")
    return Compared(comparison, tuple(assessments), walker)


def _paths(paths: Sequence[str] | str | None) -> list[str]:
    paths = [paths] if isinstance(paths, str) else list(paths or ())
    if len(paths) > MAX_FILES:
        raise ValueError(
            f"{len(paths)} recordings were chosen, expected at most {MAX_FILES} for each of the two"
        )
    return paths


def _report(on_step: Callable[[str, float], None], name: str, share: float, step: str) -> None:
    on_step(f"{name}: {step}", share)


def _assessed(path: str, assess: Assess, report, person: dict, is_only: bool) -> SessionWalk:
    """Assess a recording; in a session of several, a recording that cannot be used is left out."""
    try:
        walk = assess(path, report)
    except ValueError as error:
        if is_only:
            raise ValueError(f"{upload_name(path)}: {error}") from error
        return _left_out(path, page_words(error), person)
    if walk.measurement is None and is_only:
        reason = walk.evidence.not_measured
        raise ValueError(f"{upload_name(path)}: the gait was not measured: {reason}")
    return session_walk(walk)


def _left_out(path: str, error: str, person: dict) -> SessionWalk:
    name = upload_name(path)
    identity = identity_of(RecordingIdentity(name), _subject(person))
    return SessionWalk(name, LEFT_OUT, identity, error=error)


def _session(rows: list[SessionWalk], name: str, person: dict) -> Session:
    session = Session(rows, subject=_subject(person), norms=person.get("norms"), title=name)
    if not session.measured:
        reasons = "; ".join(f"{walk.shown}: {walk.error}" for walk in session.left_out)
        raise ValueError(f"{name}: no recording can be measured: {reasons}")
    return session


def _subject(person: dict) -> Subject:
    return Subject(*(person.get(key) for key in ("subject_id", "age", "sex", "height_m")))
