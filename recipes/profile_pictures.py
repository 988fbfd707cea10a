"""Draw where the processor time goes: before and after, in one picture with equal axes.

    python recipes/profile_pictures.py --against ../earlier            # three pictures
    python recipes/profile_pictures.py --only assess -o runs/profiles

Pictures of `agir assess` in a new process, of training steps of the second stage, and of a corpus
build, from cProfile data of this checkout and of another one (``--against``), taken in turns in the
same run. The time of a library is that of the group of functions that called it; imports are
divided by the times of ``-X importtime``. A profiler slows Python code down, so its shares are
scaled to the processor seconds of a run without it.
"""

import argparse
import pstats
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark_tools import BenchmarkParser, machine
from checkout_processes import ROOT, checkout, checkout_environment
from tqdm import tqdm

RECIPES = Path(__file__).resolve().parent
IMPORTS, OTHER = "imports", "other"
LIBRARIES = ("torch", "transformers", "numpy", "scipy")  # imports with a bar of their own
MIN_SUBJECTS = 3  # of a simulated cohort
SMALLEST = 0.02  # share of the larger total under which a group is drawn as "other"
_PASSES = 60  # callers of callers through which the time of a library is passed on

# Group → pattern of "file:function"; the first that matches counts. Paths are in POSIX form.
ASSESS_GROUPS = {
    "read the file": r"agir_hf/motion/readers/",
    "joints and features": r"agir_hf/(motion/|humanml3d|feature_extraction|alignment)",
    "measure the gait": r"agir_hf/gait/(?!claim|grad|ground|lexicon|pattern|clause)",
    "check the claims": r"agir_hf/gait/",
    "load the model": r"agir_hf/assessment/models\.py|agir_hf/registration",
    "encode and generate": r"agir_hf/(model|generation|decod|process|inference/|config)",
    "choose and explain": r"agir_hf/assessment/",
    "command line": r"agir_hf/(cli|launcher|utils)/",
}
BUILD_GROUPS = {
    "read the files": r"agir_hf/motion/readers/",
    "joints and features": r"agir_hf/(motion/|humanml3d)",
    "measure the gait": r"agir_hf/gait/",
    "write the texts": r"agir_hf/annotation/",
    "draw figures, card": r"agir_hf/corpus/(card|figures|fit_report|text_s)",
    "rows and Parquet files": r"agir_hf/corpus/",
}
TRAINING_GROUPS = {
    "backward pass": r"torch/(autograd/|_tensor\.py:backward)|:backward$",
    "optimizer": r"torch/optim/|:clip_grad",
    "T5 forward pass": r"transformers/models/t5/",
    "losses": r"agir_hf/training/(losses|parameter_targets)",
    "batches": r"agir_hf/training/(collators|samplers|data)|torch/utils/data/",
    "trainer": r"transformers/trainer|trl/|accelerate/|agir_hf/training/",
}
ASSESS = """
import sys
from agir_launcher import main
sys.argv = ["agir", "assess", {sample!r}]
def action():
    return main()
"""
BUILD = """
import tempfile
from agir_hf.corpus.build import build_corpus
def action():
    with tempfile.TemporaryDirectory() as folder:
        build_corpus({cohort!r}, folder + "/corpus", fit="centres")
"""
TRAINING = """
import sys
sys.path.insert(0, {recipes!r})
from benchmark_training import Training
settings = dict(corpus=None, size="tiny", walks=64, batch_size=16, steps={steps})
training = Training("ours, 32 bits", settings)
def action():
    training.seconds()
"""
RUN = """
import cProfile, os, resource, sys, time
source, out, cold = sys.argv[1:4]
os.dup2(2, 1)
def seconds():
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime
profile = cProfile.Profile(time.process_time) if out.endswith(".prof") else None
scope = {}
if not cold:
    exec(compile(source, "source", "exec"), scope)
start = seconds()
if profile:
    profile.enable()
if cold:
    exec(compile(source, "source", "exec"), scope)
scope["action"]()
if profile:
    profile.disable()
    profile.dump_stats(out)
else:
    with open(out, "w") as file:
        file.write(str(seconds() - start))
"""


@dataclass(frozen=True)
class Subject:
    """What a picture shows.

    Attributes:
        title (`str`): Title of the picture.
        source (`str`): Python source that defines ``action()``.
        groups (`Mapping[str, str]`): Group → pattern of "file:function".
        cold (`bool`): Whether the profile includes the start, with its imports.
    """

    title: str
    source: str
    groups: Mapping[str, str]
    cold: bool = False


def main(argv: Sequence[str] | None = None) -> None:
    """Profile the subjects and draw a picture of each.

    Args:
        argv: Arguments of the command line; those of the process by default.
    """
    options = parse(argv)
    options.output.mkdir(parents=True, exist_ok=True)
    folders = {"after": ROOT} if options.against is None else {
        "before": options.against, "after": ROOT,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        subjects = subjects_of(options, Path(scratch))
        for name, subject in tqdm(subjects.items(), unit="picture"):
            measured = {
                side: profiled(subject, folder, Path(scratch)) for side, folder in folders.items()
            }
            path = options.output / f"{name}.{options.format}"
            draw(subject.title, measured, path)
            for side, groups in measured.items():
                tqdm.write(f"{name}, {side}: {sum(groups.values()):.2f} s of processor time")
            tqdm.write(f"  {path}")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line.

    Args:
        argv: Arguments.
    """
    parser = BenchmarkParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--against", type=checkout, metavar="FOLDER", help="checkout of an earlier commit"
    )
    parser.add_argument("--only", nargs="+", choices=("assess", "training", "build"))
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("runs/profiles"), metavar="FOLDER",
        help="folder of the pictures (default: runs/profiles)",
    )  # fmt: skip
    parser.add_argument("--format", choices=("svg", "png"), default="svg", help="(default: svg)")
    parser.add_argument(
        "--subjects", type=int, default=3, help="subjects of the built corpus (default: 3)"
    )
    parser.add_argument("--steps", type=int, default=8, help="training steps (default: 8)")
    options = parser.parse_args(argv)
    for name, smallest in (("subjects", MIN_SUBJECTS), ("steps", 1)):
        if getattr(options, name) < smallest:
            parser.error(f"--{name} is {getattr(options, name)}, expected at least {smallest}")
    return options


def subjects_of(options: argparse.Namespace, scratch: Path) -> dict[str, Subject]:
    """Prepare what is profiled.

    Args:
        options: Options of the command line.
        scratch: Folder for a simulated cohort.
    """
    sample, cohort = ROOT / "agir_hf" / "assets" / "sample_walk.c3d", scratch / "cohort"
    training = TRAINING.format(recipes=str(RECIPES), steps=options.steps)
    subjects = {
        "assess": Subject(
            "agir assess, one recording of 6 s, new process", ASSESS.format(sample=str(sample)),
            ASSESS_GROUPS, cold=True,
        ),
        "training": Subject(
            f"{options.steps + 2} steps of the second stage, tiny T5, batches of 16", training,
            TRAINING_GROUPS,
        ),
        "build": Subject(
            f"corpus build, {options.subjects} simulated subjects",
            BUILD.format(cohort=str(cohort)), BUILD_GROUPS,
        ),
    }  # fmt: skip
    selected = {name: subjects[name] for name in options.only or subjects}
    if "build" in selected:
        from agir_hf.simulation.cohort import simulate_cohort

        simulate_cohort(cohort, subjects=options.subjects, walks=1)
    return selected


def profiled(subject: Subject, folder: Path, scratch: Path) -> dict[str, float]:
    """Profile a subject with the code of a checkout.

    Args:
        subject: What is profiled.
        folder: Checkout.
        scratch: Folder for temporary files.

    Returns:
        Group → processor seconds, of a run without a profiler.
    """
    seconds, profile = scratch / "run.txt", scratch / "run.prof"
    if subject.cold:
        run(subject, folder, seconds)  # it may compile Python files
    for out in (seconds, profile):
        run(subject, folder, out)
    groups = shares(pstats.Stats(str(profile)).stats, subject.groups)
    if subject.cold and IMPORTS in groups:
        whole = groups.pop(IMPORTS)
        packages = import_shares(run(subject, folder, scratch / "run.txt", "-X", "importtime"))
        groups |= {name: whole * share for name, share in packages.items()}
    total = float(seconds.read_text())
    return {name: total * share for name, share in groups.items()}


def run(subject: Subject, folder: Path, out: Path, *options: str) -> str:
    """Run a subject in a child process with the code of a checkout.

    Args:
        subject: What is run.
        folder: Checkout.
        out: File for the profile (``.prof``), or for the processor seconds.
        *options: Options of Python.

    Returns:
        What the process printed.
    """
    links = out.parent / "links"
    links.mkdir(exist_ok=True)
    (links / "agir_launcher").unlink(missing_ok=True)
    (links / "agir_launcher").symlink_to(folder / "agir_hf" / "launcher")
    environment = checkout_environment(folder, threads=1)
    environment["PYTHONPATH"] += f":{links}"
    cold = "cold" * subject.cold
    done = subprocess.run(
        [sys.executable, "-P", *options, "-c", RUN, subject.source, str(out), cold],
        env=environment, capture_output=True, text=True, cwd=out.parent,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"error: {subject.title} failed with {folder}:\n{done.stderr[-2000:]}")
    return done.stderr


def shares(stats: Mapping, groups: Mapping[str, str]) -> dict[str, float]:
    """Divide the time of a profile among groups of functions.

    The time of a function outside of all groups is passed on to its callers, in proportion to the
    time that it took for each of them. What is run by an import is the group "imports".

    Args:
        stats: Function (file, line, name) → (calls, calls, own time, time, callers), as in
            `pstats.Stats.stats`.
        groups: Group → pattern of "file:function".

    Returns:
        Group → share of the whole time; the shares add up to 1.
    """
    group_of = {function: _group(function, groups) for function in stats}
    time = {function: values[2] for function, values in stats.items()}
    for _ in range(_PASSES):
        passed = dict.fromkeys(time, 0.0)
        for function, (_, _, _, _, callers) in stats.items():
            weights = {caller: values[3] for caller, values in callers.items() if caller in time}
            whole = sum(weights.values())
            if group_of[function] or not time[function] or not whole:
                passed[function] += time[function]
                continue
            for caller, weight in weights.items():
                passed[caller] += time[function] * weight / whole
        time = passed
    sums: dict[str, float] = {}
    for function, seconds in time.items():
        name = group_of[function] or OTHER
        sums[name] = sums.get(name, 0.0) + seconds
    whole = sum(sums.values())
    return {name: seconds / whole for name, seconds in sums.items() if seconds}


def _group(function: tuple[str, int, str], groups: Mapping[str, str]) -> str | None:
    """Group of a function, or None if its time is passed on to its callers."""
    file, _, name = function
    if "importlib._bootstrap" in file:
        return IMPORTS
    if name == "<module>":  # the code of a module runs when it is imported
        return None
    text = f"{Path(file).as_posix()}:{name}"
    return next((group for group, pattern in groups.items() if re.search(pattern, text)), None)


def import_shares(printed: str) -> dict[str, float]:
    """Divide the time of imports among packages.

    Args:
        printed: What ``python -X importtime`` printed.

    Returns:
        "import NAME" → share; packages other than `LIBRARIES` and ours are "other imports".
    """
    times: dict[str, float] = {}
    for own_us, module in re.findall(
        r"^import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)$", printed, re.MULTILINE
    ):
        package = module.partition(".")[0]
        name = "other imports"
        if package in LIBRARIES:
            name = f"import {package}"
        elif package in ("agir_hf", "agir_launcher"):
            name = "import this package"
        times[name] = times.get(name, 0.0) + float(own_us)
    whole = sum(times.values())
    return {name: own_us / whole for name, own_us in times.items()}


def drawn_groups(measured: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Choose the bars of a picture: groups by size, small ones together.

    Args:
        measured: Side ("before", "after") → group → seconds.

    Returns:
        Group → side → seconds, the largest first and "other" last.
    """
    total = max(sum(groups.values()) for groups in measured.values())
    largest: dict[str, float] = {}
    for groups in measured.values():
        for name, seconds in groups.items():
            largest[name] = max(seconds, largest.get(name, 0.0))
    names = sorted((n for n in largest if n != OTHER), key=largest.get, reverse=True)
    names = [name for name in names if largest[name] >= SMALLEST * total]
    bars = {name: {side: g.get(name, 0.0) for side, g in measured.items()} for name in names}
    rest = {
        side: sum(g.values()) - sum(bars[n][side] for n in names) for side, g in measured.items()
    }
    if max(rest.values()) >= SMALLEST * total / 4:
        bars[OTHER] = rest
    return bars


def draw(title: str, measured: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Draw the bars of all sides in one picture.

    Args:
        title: Title of the picture.
        measured: Side → group → seconds.
        path: File to write, ``.svg`` or ``.png``.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    bars = drawn_groups(measured)
    colours = {"before": "#9aa5b1", "after": "#1f6feb"}
    height = 0.8 / len(measured)
    figure, axes = pyplot.subplots(figsize=(8, 1.3 + 0.42 * len(bars)), layout="constrained")
    for index, (side, groups) in enumerate(measured.items()):
        positions = [row + (index - (len(measured) - 1) / 2) * height for row in range(len(bars))]
        values = [sides[side] for sides in bars.values()]
        label = f"{side}: {sum(groups.values()):.2f} s"
        drawn = axes.barh(positions, values, height * 0.92, label=label, color=colours[side])
        axes.bar_label(drawn, [f"{value:.2f}" for value in values], padding=3, fontsize=8)
    axes.set_yticks(range(len(bars)), list(bars))
    axes.invert_yaxis()
    axes.margins(x=0.09)
    axes.set_xlabel(f"processor time in seconds\n{machine()}", fontsize=8)
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", frameon=False)
    pyplot.rcParams["svg.fonttype"] = "none"
    figure.savefig(path, dpi=110, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
