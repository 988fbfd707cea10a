"""``agir fit`` and ``agir convert``: fit bodies to markers, convert recordings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .console import USER_ERROR, UsageError, paragraph, print_error, print_text
from .inputs import check_exists
from .outputs import check_extra, check_out_file
from .reading_options import add_reading, reading

if TYPE_CHECKING:
    from ..motion import BodyMotion
    from ..motion.fitting.batch import Job
    from ..motion.recording import Recording

MAX_RESIDUAL_MM = 60  # markers with a larger median distance from the body are listed


def add_commands(commands) -> None:
    """Add ``fit`` and ``convert`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    fit = commands.add_parser(
        "fit",
        help="fit a body to marker recordings",
        description="Fit a body to markers and write poses, trans, betas, rate_hz, residual_m and "
        "marker_labels (.npz). The body is the embedded open one, or your SMPL file.",
        epilog="A folder is fitted with its subfolders; after an interruption, run the same "
        "command again. Trials whose fit fails are reported and left out.",
    )
    fit.add_argument("files", nargs="+", metavar="FILE", type=Path, help="recording, or a folder")
    fit.add_argument("--static", type=Path, metavar="FILE", help="static trial, for the shape")
    fit.add_argument("-o", "--out", type=Path, metavar="OUT", help=".npz, or a folder for several")
    fit.add_argument("--body", type=Path, metavar="FILE", help="your SMPL file (.pkl or .npz)")
    fit.add_argument("--workers", type=int, default=1, help="processes, for a folder (default: 1)")
    fit.add_argument(
        "--one-subject", action="store_true", help="all trials of the folder are of one subject"
    )
    fit.add_argument(
        "--mixed-rates", action="store_true", help="static trial and walk may differ in frame rate"
    )
    fit.add_argument("--picture", action="store_true", help="also draw each fit (.png)")
    add_reading(fit)
    fit.set_defaults(run=_fit)

    convert = commands.add_parser(
        "convert",
        help="convert any recording to joints, features or AMASS, or add events to a C3D file",
        description="OUT is .npy or .npz. joints: (T, 22, 3) metres at 20 fps; features: "
        "(T-1, 263) of HumanML3D; amass: poses, betas, trans, mocap_framerate, Z up. --events "
        "writes a C3D file with the detected gait events and the markers of the recording; a C3D "
        "recording keeps all its other content.",
    )
    convert.add_argument("source", metavar="IN", type=Path, help="recording of any format")
    convert.add_argument("out", metavar="OUT", type=Path, nargs="?", help=".npy or .npz")
    convert.add_argument(
        "--events", type=Path, metavar="OUT.c3d", help="C3D file to write, with the detected events"
    )
    convert.add_argument("--to", choices=("joints", "features", "amass"), default="joints")
    convert.add_argument("--method", choices=("centres", "body"), default="centres")
    convert.add_argument("--static", type=Path, metavar="FILE", help="static trial, for the shape")
    convert.add_argument("--body", type=Path, metavar="FILE", help="your SMPL file")
    add_reading(convert)
    convert.set_defaults(run=_convert)


def _fit(options: argparse.Namespace) -> int:
    from ..motion import RecordingError

    if options.picture:
        check_extra("matplotlib", "plot", "--picture")
    for path in options.files:
        check_exists(path)
    use_body(options.body)
    flags = reading(options) | {"mixed_rates": options.mixed_rates}
    folders = [path for path in options.files if path.is_dir()]
    try:
        if not folders and len(options.files) == 1:
            return _fit_trial(options, flags)
        return _fit_trials(options, flags)
    except RecordingError as error:
        raise UsageError(str(error)) from error


def _fit_trial(options: argparse.Namespace, flags: dict) -> int:
    from ..motion.fitting.batch import fit_trial, save_fit

    (path,) = options.files
    out = options.out or Path(f"{path.stem}_body.npz")
    if out.suffix != ".npz":
        raise UsageError(f"{out} does not end in .npz: name the file to write")
    check_out_file(out)
    motion, height_m = fit_trial(path, options.static, **flags)
    save_fit(motion, out, height_m)
    print_text(_summary(path, motion, height_m))
    for remark in motion.remarks:
        print_text(paragraph("  Read  ", remark))
    print_text(_marker_table(motion))
    print_text(f"{out}: poses, trans, betas, rate_hz, residual_m, marker_labels")
    if options.picture:
        print(_draw(out, flags, path))
    return 0


def _fit_trials(options: argparse.Namespace, flags: dict) -> int:
    from tqdm import tqdm

    from ..motion import RecordingError
    from ..motion.fitting.batch import REPORT, run

    out = options.out or Path("fits")
    if out.suffix == ".npz":
        raise UsageError(f"{out} is one file for several trials: name a folder")
    if options.workers < 1:
        raise UsageError(f"--workers is {options.workers}, expected at least 1")
    jobs = _jobs(options, out)
    counts = dict.fromkeys(("fitted", "excluded", "done before"), 0)
    records = run(jobs, out / REPORT, options.workers, **flags)
    for record in tqdm(records, total=len(jobs), unit="trial", desc="fitting", file=sys.stderr):
        counts[record["status"]] += 1
        if record["status"] == "excluded":
            print_error(f"excluded: {record['reason']}")
        elif record["status"] == "fitted" and options.picture:
            try:
                _draw(Path(record["out"]), flags, Path(record["trial"]))
            except RecordingError as error:
                print_error(f"no picture: {error}")
    summary = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    print(f"{len(jobs)} trials: {summary or 'nothing to do'}; fits and {REPORT} in {out}")
    return USER_ERROR if counts["excluded"] else 0


def _jobs(options: argparse.Namespace, out: Path) -> list[Job]:
    """Return a job for each trial of the files and folders that were passed.

    Raises:
        UsageError: Two trials would be written to the same file.
    """
    from tqdm import tqdm

    from ..motion.fitting.batch import Job, plan

    jobs = []
    for path in options.files:
        if path.is_dir():
            jobs += plan(
                path,
                out,
                options.static,
                one_subject=options.one_subject,
                progress=lambda paths: tqdm(paths, unit="file", desc="reading", leave=False),
                **reading(options),
            )
        else:
            jobs.append(Job(path, out / f"{path.stem}.npz", options.static))
    targets = [job.out for job in jobs]
    duplicates = sorted({str(target) for target in targets if targets.count(target) > 1})
    if duplicates:
        raise UsageError(
            f"several trials would be written to {', '.join(duplicates)}: pass their folder instead"
        )
    return jobs


def _convert(options: argparse.Namespace) -> int:
    from ..motion import RecordingError, read_recording
    from ..motion.export import write

    _check_targets(options)
    check_exists(options.source)
    use_body(options.body)
    flags = reading(options)
    lines = []
    try:
        recording = read_recording(options.source, **flags)
        if options.out:
            static = read_recording(options.static, **flags) if options.static else None
            content = write(recording, options.out, options.to, options.method, static)
            lines.append(f"{options.out}: {content}")
        if options.events:
            content = _write_events(options.source, recording, options.events, options.item)
            lines.append(f"{options.events}: {content}")
    except RecordingError as error:
        raise UsageError(str(error)) from error
    if recording.conventions:
        print_text(f"{options.source}: {recording.conventions}")
    for line in lines:
        print_text(line)
    return 0


def _check_targets(options: argparse.Namespace) -> None:
    """Check the names of the files to write."""
    if options.out is None and options.events is None:
        raise UsageError("nothing to write: name OUT, or a C3D file with --events OUT.c3d")
    if options.events and options.events.suffix.lower() != ".c3d":
        raise UsageError(
            f"{options.events} has the suffix {options.events.suffix!r}, expected .c3d"
        )
    if options.events:
        check_out_file(options.events)
    if options.out is None:
        return
    check_out_file(options.out)
    if options.out.suffix not in (".npy", ".npz"):
        raise UsageError(
            f"{options.out} has the suffix {options.out.suffix!r}, expected .npy or .npz"
        )
    if options.to == "amass" and options.out.suffix != ".npz":
        raise UsageError(f"{options.out} is for one array, AMASS has several: name an .npz file")


def _write_events(source: Path, recording: Recording, out: Path, subject: str | None) -> str:
    """Write a C3D file with the detected events of a recording; return what was written."""
    from ..gait.walk_check import measurable, measure_walk
    from ..motion import RecordingError
    from ..motion.event_export import write_events

    measured, _ = measure_walk(recording)
    phases = measured.signals.phases
    if not phases.events:
        reasons = [*phases.absent.values(), phases.no_steps]
        raise RecordingError(f"{source} has no gait events to write: {reasons[0]}")
    return write_events(source, measurable(recording), phases.events, out, subject or "")


def use_body(path: Path | None) -> None:
    """Use a body file in this process and those it starts.

    Args:
        path: SMPL file, or None to check the one in the environment variable.

    Raises:
        UsageError: It cannot be read.
    """
    import os

    from ..motion import RecordingError
    from ..motion.body import SMPL_VARIABLE, load_body

    try:
        load_body(path)
    except RecordingError as error:
        raise UsageError(str(error)) from error
    if path is not None:
        os.environ[SMPL_VARIABLE] = str(path.resolve())


def _summary(path: Path, motion: BodyMotion, height_m: float) -> str:
    import numpy as np

    residual_mm = motion.residual_m * 1000
    seen = np.isfinite(residual_mm).mean()
    return (
        f"{path}: {motion.conventions}\n"
        f"  {len(motion.poses)} frames at {motion.rate_hz:g} Hz, {motion.body} body "
        f"{height_m:.2f} m tall, {len(motion.marker_labels)} markers ({seen:.1%} of samples seen)\n"
        f"  distance of markers from the body: {np.nanmedian(residual_mm):.1f} mm (median), "
        f"{np.nanmean(residual_mm):.1f} mm (mean), {np.nanpercentile(residual_mm, 95):.1f} mm "
        "(95 %)"
    )


def _marker_table(motion: BodyMotion) -> str:
    """Return the median residual of each marker, largest first, three to a line."""
    import numpy as np

    from ..motion.fitting.mosh import residual_report

    rows = sorted(residual_report(motion), key=lambda row: -np.nan_to_num(row[1], nan=np.inf))
    cells = [f"{label:>14} {median * 1000:5.1f} mm" for label, median, _, _ in rows]
    lines = ["  median of each marker, largest first:"]
    lines += ["  " + "".join(cells[i : i + 3]) for i in range(0, len(cells), 3)]
    distant = [label for label, median, _, _ in rows if median * 1000 > MAX_RESIDUAL_MM]
    if distant:
        lines.append(
            f"  more than {MAX_RESIDUAL_MM} mm from the body, so hardly used in the fit: "
            f"{', '.join(distant)}: check these labels"
        )
    return "\n".join(lines)


def _draw(fit: Path, flags: dict, trial: Path) -> str:
    from ..motion.fitting.plots import draw_fit

    reading_flags = {k: v for k, v in flags.items() if k != "mixed_rates"}
    picture = fit.with_suffix(".png")
    try:
        draw_fit(fit, trial, picture, **reading_flags)
    except ImportError as error:
        raise UsageError(str(error)) from error
    return f"{picture}: front and side view, markers and body"
