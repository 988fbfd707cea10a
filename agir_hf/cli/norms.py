"""``agir norms``: make the norms of a laboratory from recordings of its healthy walkers."""

from __future__ import annotations

import argparse
import json
import math
import sys
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..constants_agir import NOTICE
from ..utils.formatting import printable_values
from .console import UsageError, paragraph, print_error
from .reading_options import add_reading, reading

if TYPE_CHECKING:
    from ..corpus.cohorts import Source
    from ..gait.laboratory_norms import LaboratoryNorms
    from ..gait.norm_statistics import HealthyWalk

_PRECISE = 20  # subjects; the standard error of their SD is 16 %
_MAX_SHOWN = 8  # recordings and subjects that are printed one by one
_OF_PICKLES = (
    "it may hold walks of several people, expected CARE-PD pickles with their scores directly in "
    "the folder"
)


class _Recording(NamedTuple):
    """A recording to measure."""

    name: str
    path: Path
    item: str | None
    subject: str
    age: float | None
    sex: str | None


class _Job(NamedTuple):
    """A recording with the options of reading it."""

    recording: _Recording
    flags: dict


def add_commands(commands) -> None:
    """Add ``norms`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    norms = commands.add_parser(
        "norms",
        help="make your laboratory's norms from recordings of healthy walkers",
        description="Measure the recordings of healthy adults in a folder and its subfolders, and "
        "write mean and standard deviation between subjects of each gait parameter. With a table "
        "of scores (clinical.csv with subject, session, file, score, and if known age and sex; or "
        "a cohort that 'agir corpus build' reads), only sessions of score 0 are used. Without a "
        "table, every recording is of a healthy adult of unknown age: the subject is the subfolder "
        "of FOLDER that the file is in, or the file itself if it is directly in FOLDER.",
        epilog="A parameter with fewer than 5 subjects keeps its published norm. The file names "
        f"the recordings that were left out, with the reasons. {NOTICE}",
    )
    norms.add_argument("folder", metavar="FOLDER", type=Path, help="recordings of healthy walkers")
    norms.add_argument(
        "-o", "--out", metavar="FILE", type=Path, required=True, help="file of norms to write"
    )
    norms.add_argument("--json", action="store_true", help="print the table as one JSON object")
    norms.add_argument("--workers", type=int, default=1, help="worker processes (default: 1)")
    add_reading(norms)
    norms.set_defaults(run=_norms)


def _norms(options: argparse.Namespace) -> int:
    from ..gait.laboratory_norms import check_norms_path, save_norms
    from ..gait.norm_statistics import build_norms

    flags = reading(options)
    if flags.pop("item"):
        raise UsageError("--item is for one file, but a folder was passed: leave it out")
    if options.workers < 1:
        raise UsageError(f"--workers is {options.workers}, expected at least 1")
    check_norms_path(options.out)
    recordings, excluded, simulated = _list(options.folder)
    try:
        walks = _measure_all(recordings, excluded, flags, options.workers)
        norms = build_norms(walks, options.folder, simulated=simulated, excluded=excluded)
    except ValueError as error:
        _print_excluded(excluded)
        raise UsageError(f"{options.folder}: {error}") from error
    except BrokenProcessPool as error:
        raise UsageError(
            "a worker process ended while it measured a recording: find the recording with "
            "--workers 1"
        ) from error
    save_norms(norms, options.out)
    result = as_json(options.out, norms)
    if options.json:
        print(json.dumps(result))
    else:
        print(as_text(result))
    _print_excluded(norms.provenance.excluded)
    _print_remarks(norms)
    return 0


def _list(folder: Path) -> tuple[list[_Recording], dict[str, str], bool]:
    """Recordings of healthy walkers, name → reason of the others, and whether they are simulated.

    A cohort with scores is read as such, so that no person with a score above 0 is used.
    """
    from ..corpus.clinical import ClinicalTableError
    from ..corpus.cohorts import NoScoresError, SourceError, read_source

    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder, expected a folder of recordings")
    try:
        return _healthy(read_source(folder))
    except NoScoresError:
        return (*_without_table(folder), False)
    except (SourceError, ClinicalTableError) as error:
        raise UsageError(str(error)) from error


def _healthy(source: Source) -> tuple[list[_Recording], dict[str, str], bool]:
    """Recordings of a cohort with the score 0."""
    recordings, excluded = [], dict(source.excluded)
    for item in source.items:
        if item.score:
            excluded[item.id] = f"its score is {item.score}: norms are of healthy walkers"
        elif item.variant:
            excluded[item.id] = f"a copy of {item.walk}"
        else:
            recordings.append(
                _Recording(
                    item.id, item.path, item.inside or None, item.subject, item.age, item.sex
                )
            )
    return recordings, excluded, source.simulated


def _without_table(folder: Path) -> tuple[list[_Recording], dict[str, str]]:
    """All recordings of a folder and its subfolders; the subject is the subfolder or the file."""
    from ..motion.readers import ENDINGS, ending_of, is_recording

    recordings, excluded = [], {}
    for path in sorted(p for p in folder.rglob("*") if is_recording(p) and p.is_file()):
        inside = path.relative_to(folder)
        if ending_of(path) == ".pkl":
            excluded[inside.as_posix()] = _OF_PICKLES
            continue
        subject = inside.parts[0] if len(inside.parts) > 1 else path.stem
        recordings.append(_Recording(inside.as_posix(), path, None, subject, None, None))
    if not recordings:
        raise UsageError(
            f"{folder} holds no recording that can be used, expected files that end in "
            f"{', '.join(ENDINGS)}, also packed as .gz or .zip"
        )
    return recordings, excluded


def _measure_all(
    recordings: list[_Recording], excluded: dict[str, str], flags: dict, workers: int
) -> list[HealthyWalk]:
    """Measure the recordings; those that cannot be measured are added to the excluded."""
    from tqdm import tqdm

    from ..gait.norm_statistics import HealthyWalk
    from ..utils.parallel import in_processes

    jobs = [_Job(recording, flags) for recording in recordings]
    results = in_processes(measure_job, jobs, min(workers, len(jobs)), in_order=True)
    bar = tqdm(results, total=len(jobs), unit="walk", desc="measuring", file=sys.stderr)
    walks = []
    for recording, (values, reason) in zip(recordings, bar, strict=True):
        if reason:
            excluded[recording.name] = reason
        else:
            walks.append(HealthyWalk(recording.subject, recording.age, recording.sex, values))
    return walks


def measure_job(job: _Job) -> tuple[dict[str, float], str]:
    """Measure a recording, in a worker process.

    Args:
        job: Recording, and the options of reading it.

    Returns:
        Name → value of each measured gait parameter, and the reason why none could be measured, or
        an empty text. The reason is one line without the folders of the file.
    """
    from numpy.linalg import LinAlgError

    from ..gait.walk_check import measure_walk
    from ..motion import read_recording

    path = job.recording.path
    try:
        recording = read_recording(path, item=job.recording.item, **job.flags)
        measured, _ = measure_walk(recording)
    except (ValueError, OSError, LinAlgError) as error:
        return {}, " ".join(str(error).replace(str(path), path.name).split())
    return {name: float(row.value) for name, row in measured.parameters.items()}, ""


def as_json(out: Path, norms: LaboratoryNorms) -> dict:
    """Return the norms of a laboratory next to the published ones as values for JSON.

    Args:
        out: File that the norms were written to.
        norms: Norms of the laboratory.
    """
    from ..gait.norms import PUBLISHED
    from ..gait.parameter_table import UNITS

    origin = norms.provenance
    sexes = [sex for sex in ("male", "female") if origin.sexes[sex] == origin.subjects]
    rows = {}
    for name, norm in norms.parameters.items():
        speed = norm.speed.centre if norm.speed else None
        published = PUBLISHED.reference(name, origin.mean_age_years, next(iter(sexes), None), speed)
        row = {"unit": UNITS[name], **asdict(norm), "published": None, "difference_sd": None}
        if published is not None:
            row["published"] = {**asdict(published), "mean": round(published.mean, 5)}
            row["difference_sd"] = round(published.z(norm.mean), 2)
        rows[name] = row
    provenance = asdict(origin) | {"deviations": [row._asdict() for row in origin.deviations]}
    return {
        "file": str(out),
        "title": norms.title,
        "provenance": provenance,
        "parameters": rows,
        "without_laboratory_norm": dict(norms.published),
    }


def as_text(result: dict) -> str:
    """Return the norms of a laboratory next to the published ones as a table of text.

    Args:
        result: Result of `as_json`.
    """
    result = printable_values(result)
    origin = result["provenance"]
    lines = [
        paragraph("Norms: ", f"{result['title']}; {origin['walks']} walks"),
        f"  {'parameter':29} {'laboratory':>18} {'n':>4}  {'published':>18} {'differ':>7}  "
        "depends on",
    ]
    for name, row in result["parameters"].items():
        published, differ = "no norm", ""
        if row["published"]:
            sign = "~" if row["published"]["status"] == "rough" else ""
            published = sign + _mean_sd(row["published"])
            differ = f"{row['difference_sd']:+.1f}"
        line = f"  {name:29} {_mean_sd(row):>18} {row['n']:4d}  {published:>18} {differ:>7}"
        lines.append(f"{line}  {_terms(row)}".rstrip())
    for name, reason in result["without_laboratory_norm"].items():
        lines.append(f"  {name:29} no norm of this laboratory: {reason}")
    age = origin["mean_age_years"]
    years = f"{age:.0f} years, the mean age" if age is not None else "70 years: ages are unknown"
    lines += [
        paragraph(
            "  ",
            f"Mean ± SD between subjects; published norms at {years}; ~ marks rough ones. differ: "
            "laboratory minus published mean, in published SD. speed*: the change with speed is "
            "that of the published norm.",
        ),
        f"  {NOTICE}",
        f"{result['file']}: pass it as --norms {result['file']}",
    ]
    return "\n".join(lines)


def _mean_sd(row: dict) -> str:
    return f"{row['mean']:.3g} ± {row['sd']:.2g}"


def _terms(row: dict) -> str:
    """What the mean of a norm depends on."""
    terms = ["age"] if row["age"] else []
    terms += ["sex"] if row["men_minus_women"] is not None else []
    if row["speed"]:
        terms.append("speed" if row["speed"]["slope"] else "speed*")
    return ", ".join(terms)


def _print_excluded(excluded: dict[str, str]) -> None:
    for name, reason in list(excluded.items())[:_MAX_SHOWN]:
        print_error(f"left out: {name}: {reason}")
    if len(excluded) > _MAX_SHOWN:
        print_error(f"and {len(excluded) - _MAX_SHOWN} more left out")


def _print_remarks(norms: LaboratoryNorms) -> None:
    """Print what a person should look at before the norms are used."""
    origin = norms.provenance
    if origin.walks == origin.subjects > 1:
        print_error(
            f"{origin.subjects} walks are of {origin.subjects} subjects: if a subject walked "
            "several times, use one subfolder for each subject, or clinical.csv"
        )
    if origin.subjects < _PRECISE:
        error = 1 / math.sqrt(2 * (origin.subjects - 1))
        print_error(
            f"the SD of {origin.subjects} subjects is imprecise (standard error {error:.0%}): "
            f"record at least {_PRECISE}"
        )
    unknown = origin.subjects - origin.ages_known
    if unknown:
        print_error(
            f"the age of {unknown} of {origin.subjects} subjects is not known: check that all are "
            "adults, or state ages in clinical.csv"
        )
    subjects: dict[str, list[str]] = {}
    for row in origin.deviations:
        subjects.setdefault(row.subject, []).append(f"{row.parameter} {row.value:.3g}")
    for subject, values in sorted(subjects.items(), key=lambda row: -len(row[1]))[:_MAX_SHOWN]:
        print_error(
            f"subject {subject} is more than 3 SD from the others, look at the recordings: "
            + ", ".join(values)
        )
    if len(subjects) > _MAX_SHOWN:
        print_error(f"and {len(subjects) - _MAX_SHOWN} more such subjects, listed in the file")
