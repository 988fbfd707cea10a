"""Compare a simulated cohort with norms and recordings of people; difficulty of its scores.

    agir corpus simulate runs/cohort
    python recipes/cohort_realism.py runs/cohort -o runs/realism
    python recipes/cohort_realism.py runs/cohort -o runs/realism --recordings A B --healthy C
    python recipes/cohort_realism.py runs/cohort -o runs/realism --statistics FOLDER

Measures every walk of the cohort and prints, parameter by parameter, the walks of each score, the
norm, the mean z-score of score 0 (at the age, sex and speed of each walk), and recordings of
people. Writes the table as ``parameters.csv`` and a figure as ``parameters.png``.

The recordings of `--recordings` are healthy or impaired by a table in their folder: a CSV file with
columns name and label ("healthy" or another label), or the clinical table of the Shida data set
(score 0 is healthy). Those without a label are in the table only. Unreadable files are listed.

Prints the leave-one-subject-out macro-F1 of forests on true and on measured gait parameters.

The folder of `--statistics` has published statistics of HumanML3D features of real Parkinson
cohorts (``carepd_*_Mean.npy`` and ``carepd_*_Std_FEAT_BIAS_included.npy`` of CARE-PD). With it, the
script prints the share of features whose mean is within half an SD of that of the real cohort, for
the simulated and for another real cohort, and ratios of the SDs. The real statistics are at 30
frames per second, the simulated ones at 20: velocities are scaled, foot contacts are left out.
"""

import csv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from agir_hf.constants_agir import SCORES
from agir_hf.corpus.clinical import ClinicalTableError, read_rows
from agir_hf.corpus.cohorts import SourceError, read_source
from agir_hf.corpus.normalization import BIASED, FEATURE_BIAS, Moments
from agir_hf.gait import PARAMETERS, measure, reference
from agir_hf.gait.grades import NORMAL_SD
from agir_hf.gait.parameter_table import in_words
from agir_hf.humanml3d import FEATURE_SLICES, joints_to_features
from agir_hf.motion import RecordingError, read_recording, to_joints
from agir_hf.motion.readers import ENDINGS
from agir_hf.utils.command_line import Parser, existing_path
from agir_hf.utils.spreadsheets import safe_row

REAL, OTHER = "BMCLab", "PD-GaM"
FRAME_RATE_RATIO = 30 / 20  # real over simulated
PER_FRAME = ("root_yaw_velocity", "root_linear_velocity", "joint_velocities")
KEPT = [name for name in FEATURE_SLICES if name != "foot_contact"]
SEEDS = (0, 1, 2)
MAX_TURN = 1.0  # radians; the first feature is half the rotation to the next frame
SIMULATED = tuple(f"SIMULATED {score}" for score in SCORES)
HEALTHY, IMPAIRED, UNLABELLED = "people, healthy", "people, impaired", "people, no label"
GROUPS = (*SIMULATED, HEALTHY, IMPAIRED)  # of the figure
COLUMNS = 4  # of the figure
COLOURS = ("#2f855a", "#b7791f", "#9b2c2c", "#2b6cb0", "#6b46c1")  # by group
FAR_Z = 1.0  # a mean z-score of score 0 beyond this is marked
SHOWN_PERCENT = (1.0, 99.0)  # values outside this range of a group are drawn at the edge


@dataclass(frozen=True)
class Walk:
    """One measured walk.

    Attributes:
        group: One of `GROUPS`, or `UNLABELLED`.
        subject: Name of the subject, or of the file if it is not known.
        values: Parameter → value.
        age: Age in years, None where unknown.
        sex: "male", "female", or None where unknown.
    """

    group: str
    subject: str
    values: dict[str, float] = field(repr=False)
    age: float | None = None
    sex: str | None = None

    def z(self, name: str) -> float:
        """Z-score of a parameter at the age, sex and speed of this walk; NaN without a norm."""
        norm = reference(name, self.age, self.sex, self.values.get("speed_m_per_s"))
        return norm.z(self.values[name]) if norm and name in self.values else np.nan


def main() -> None:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("cohort", type=existing_path, help="folder that agir corpus simulate wrote")
    parser.add_argument("-o", "--output", type=Path, help="folder of the table and the figure")
    for name, text in (
        ("--recordings", "recordings of people, with a table of labels in their folder"),
        ("--healthy", "recordings of healthy adults"),
    ):
        parser.add_argument(
            name, type=existing_path, nargs="+", default=[], metavar="FOLDER", help=text
        )
    parser.add_argument(
        "--statistics", type=existing_path, help="published statistics of real cohorts"
    )
    options = parser.parse_args()
    unreadable: dict[str, str] = {}
    simulated = measure_cohort(options.cohort, unreadable)
    people = measure_people(options.recordings, options.healthy, unreadable)
    rows = table([*simulated, *people])
    print(as_text(rows, [*simulated, *people]))
    for name, reason in unreadable.items():
        print(f"left out: {name}: {reason}")
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        write_table(options.output / "parameters.csv", rows)
        draw(options.output / "parameters.png", [*simulated, *people])
        print(f"table and figure: {options.output}")
    print_difficulty(options.cohort / "truth.csv", simulated)
    if options.statistics:
        near, other, ratios = similarity(features_of(options.cohort), options.statistics)
        print(f"features within half an SD of the mean of {REAL}, without foot contacts:")
        print(f"  SIMULATED {near:.3f}, {OTHER} {other:.3f}")
        print(f"SD of each block, SIMULATED over {REAL}")
        for name, ratio in ratios.items():
            print(f"  {name:22} {ratio:.2f}")


def measure_cohort(cohort: Path, unreadable: dict[str, str]) -> list[Walk]:
    """Measure the walks of a simulated cohort that have a score."""
    walks = []
    for item in tqdm(read_source(cohort).items, desc="simulated walks", leave=False):
        values = measured(item.path, unreadable)
        if values is not None:
            walks.append(Walk(SIMULATED[item.score], item.subject, values, item.age, item.sex))
    return walks


def measured(path: Path, unreadable: dict[str, str]) -> dict[str, float] | None:
    """Gait parameters of a recording by name; None with an entry in `unreadable` on failure."""
    try:
        measurement = measure(read_recording(path))
    except RecordingError as error:
        unreadable[path.name] = " ".join(str(error).replace(str(path), path.name).split())
        return None
    if not measurement.parameters:
        unreadable[path.name] = Counter(measurement.absent.values()).most_common(1)[0][0]
        return None
    return {name: row.value for name, row in measurement.parameters.items()}


def measure_people(
    labelled: list[Path], healthy: list[Path], unreadable: dict[str, str]
) -> list[Walk]:
    """Measure recordings of people; folders with labels, and folders of healthy adults."""
    jobs = []
    for folder in (*labelled, *healthy):
        labels = {} if folder in healthy else labels_of(folder)
        files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in ENDINGS]
        default = HEALTHY if folder in healthy else UNLABELLED
        jobs += [(path, labels.get(path.stem, default)) for path in files]
    walks = []
    for path, group in tqdm(jobs, desc="people", leave=False):
        values = measured(path, unreadable)
        if values is not None:
            walks.append(Walk(group, path.stem, values))
    return walks


def labels_of(folder: Path) -> dict[str, str]:
    """File name without suffix → group, from the tables of a folder."""
    labels = {}
    for path in sorted(folder.rglob("*.csv")):
        try:
            rows = read_rows(path, ("name", "label"))
        except ClinicalTableError:
            continue
        for row in rows:
            healthy = row["label"].strip().lower() == "healthy"
            labels[row["name"].strip()] = HEALTHY if healthy else IMPAIRED
    try:
        for item in read_source(folder).items:
            labels[item.path.stem] = IMPAIRED if item.score else HEALTHY
    except (ClinicalTableError, SourceError):
        pass  # not a cohort with scores
    return labels


def table(walks: list[Walk]) -> list[dict]:
    """One row for each parameter: norm, mean z-score of score 0, and mean, SD, n of each group."""
    rows = []
    for parameter in PARAMETERS:
        name = parameter.name
        row = {"parameter": name, "unit": parameter.unit}
        norm = norm_of(name, walks)
        row |= {"norm_mean": norm.mean, "norm_sd": norm.sd} if norm else {}
        scores = [walk.z(name) for walk in walks if walk.group == SIMULATED[0]]
        scores = [z for z in scores if np.isfinite(z)]
        if scores:
            row["mean_z_of_score_0"] = float(np.mean(scores))
        for group in (*GROUPS, UNLABELLED):
            values = [w.values[name] for w in walks if w.group == group and name in w.values]
            if values:
                row[f"{group}: mean"] = float(np.mean(values))
                row[f"{group}: sd"] = float(np.std(values))
            row[f"{group}: n"] = len(values)
        rows.append(row)
    return rows


def norm_of(name: str, walks: list[Walk]):
    """Norm of a parameter at 70 years and the mean speed of the simulated walks of score 0."""
    group = [walk.values for walk in walks if walk.group == SIMULATED[0]]
    speeds = [values["speed_m_per_s"] for values in group if "speed_m_per_s" in values]
    return reference(name, speed_m_per_s=float(np.mean(speeds)) if speeds else None)


def as_text(rows: list[dict], walks: list[Walk]) -> str:
    """The table for the terminal: mean and SD of each group with the number of walks."""
    counts = {group: sum(walk.group == group for walk in walks) for group in (*GROUPS, UNLABELLED)}
    shown = [group for group in counts if counts[group]]
    lines = [
        "mean and SD; norm at 70 years; z: mean z-score of SIMULATED walks of score 0, marked * "
        f"beyond {FAR_Z:g}",
        f"{'parameter':30} {'norm':>15} {'z':>6} "
        + " ".join(f"{f'{group} ({counts[group]})':>23}" for group in shown),
    ]
    for row in rows:
        norm = f"{row['norm_mean']:.3g} ± {row['norm_sd']:.2g}" if "norm_mean" in row else "-"
        z = row.get("mean_z_of_score_0", np.nan)
        mark = "-" if np.isnan(z) else f"{z:+.1f}{'*' if abs(z) > FAR_Z else ' '}"
        cells = [
            f"{row[f'{group}: mean']:.3g} ± {row[f'{group}: sd']:.2g}"
            if row[f"{group}: n"]
            else "-"
            for group in shown
        ]
        lines.append(
            f"{row['parameter']:30} {norm:>15} {mark:>6} " + " ".join(f"{c:>23}" for c in cells)
        )
    return "\n".join(lines)


def write_table(path: Path, rows: list[dict]) -> None:
    """Write the table as CSV; the columns of simulated walks are named SIMULATED."""
    with path.open("w", newline="", encoding="utf-8") as file:
        columns = list(dict.fromkeys(column for row in rows for column in row))
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(map(safe_row, rows))


def draw(path: Path, walks: list[Walk]) -> None:
    """Draw every parameter: simulated walks by score and people, with the norm."""
    from matplotlib.figure import Figure

    groups = [group for group in GROUPS if any(walk.group == group for walk in walks)]
    labels = [f"{group} ({sum(walk.group == group for walk in walks)})" for group in groups]
    parameters = [p for p in PARAMETERS if any(p.name in walk.values for walk in walks)]
    rows = -(-len(parameters) // COLUMNS)
    figure = Figure(figsize=(5 * COLUMNS + 2, 2.5 * rows + 1), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.12, w_pad=0.1)
    axes = figure.subplots(rows, COLUMNS, squeeze=False)
    rng = np.random.default_rng(0)
    for axis, parameter in zip(axes.flat, parameters, strict=False):
        draw_parameter(axis, parameter, walks, groups, rng)
    for axis in axes[:, 0]:
        axis.set_yticks(range(len(groups)), labels, fontsize=13)
    for axis in axes.flat[len(parameters) :]:
        axis.set_axis_off()
    figure.suptitle(
        "SIMULATED walks by score, and recordings of people (number of walks). Dots are walks, "
        f"bars are medians.\nGrey is the norm ± {NORMAL_SD:g} SD at 70 years, the line its mean.",
        fontsize=17,
    )
    figure.savefig(path, dpi=75, metadata={"Software": None})


def draw_parameter(axis, parameter, walks: list[Walk], groups: list[str], rng) -> None:
    """Draw one parameter; values far from the others are at the edge."""
    name = parameter.name
    by_group = [
        np.array([w.values[name] for w in walks if w.group == group and name in w.values])
        for group in groups
    ]
    ranges = [np.percentile(values, SHOWN_PERCENT) for values in by_group if len(values)]
    norm = norm_of(name, walks)
    if norm:
        ranges.append(norm.mean + NORMAL_SD * norm.sd * np.array([-1, 1]))
        axis.axvspan(*ranges[-1], color="#d9dde2", linewidth=0)
        axis.axvline(norm.mean, color="#8a94a0", linewidth=1.5)
    low, high = np.min(ranges), np.max(ranges)
    for level, (group, values) in enumerate(zip(groups, by_group, strict=True)):
        if not len(values):
            continue
        colour = COLOURS[GROUPS.index(group)]
        jitter = level + 0.5 * (rng.random(len(values)) - 0.5)
        axis.plot(np.clip(values, low, high), jitter, ".", color=colour, alpha=0.45, markersize=6)
        axis.plot([np.median(values)] * 2, [level - 0.4, level + 0.4], color=colour, linewidth=4)
    axis.margins(x=0.04)
    axis.set_ylim(len(groups) - 0.4, -0.6)
    axis.set_yticks(range(len(groups)), [""] * len(groups))
    axis.locator_params(axis="x", nbins=5)
    axis.tick_params(axis="x", labelsize=12)
    words = in_words(name).replace(" cv", " variation") + (
        f", {parameter.unit}" if parameter.unit else ""
    )
    axis.set_title(words, fontsize=15)
    axis.spines[["top", "right"]].set_visible(False)


def print_difficulty(truth: Path, simulated: list[Walk]) -> None:
    """Print the macro-F1 of forests on true and on measured parameters, and of the majority."""
    forest, majority, count = difficulty(truth)
    print(f"{count} SIMULATED walks; macro-F1, leave one subject out, pooled over walks")
    print(
        f"  random forest on true parameters      {np.mean(forest):.3f}  (seeds: {_listed(forest)})"
    )
    forest = measured_difficulty(simulated)
    print(
        f"  random forest on measured parameters  {np.mean(forest):.3f}  (seeds: {_listed(forest)})"
    )
    print(f"  majority class                        {majority:.3f}")


def _listed(values) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


def difficulty(table: Path) -> tuple[list[float], float, int]:
    """Compute macro-F1 of random forests and of the majority class, and count the scored walks."""
    from sklearn.metrics import f1_score

    with table.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["score"] != "-"]
    names = [name for name in rows[0] if name not in ("trial", "session", "score")]
    inputs = np.array([[float(row[name] or "nan") for name in names] for row in rows])
    scores = np.array([int(row["score"]) for row in rows])
    subjects = np.array([row["session"].partition("_")[0] for row in rows])
    majority = np.full_like(scores, np.bincount(scores).argmax())
    base = float(f1_score(scores, majority, average="macro", zero_division=0))
    return forest_scores(inputs, scores, subjects), base, len(rows)


def measured_difficulty(walks: list[Walk]) -> list[float]:
    """Compute macro-F1 of random forests on the measured parameters of simulated walks."""
    names = [p.name for p in PARAMETERS if any(p.name in walk.values for walk in walks)]
    inputs = np.array([[walk.values.get(name, np.nan) for name in names] for walk in walks])
    scores = np.array([SIMULATED.index(walk.group) for walk in walks])
    return forest_scores(inputs, scores, np.array([walk.subject for walk in walks]))


def forest_scores(inputs: np.ndarray, scores: np.ndarray, subjects: np.ndarray) -> list[float]:
    """Macro-F1 of random forests of several seeds, leaving out one subject at a time.

    Args:
        inputs: (N, P) parameters, NaN where missing; the median is used there.
        scores: (N,) scores.
        subjects: (N,) names of the subjects.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import f1_score

    inputs = np.where(np.isnan(inputs), np.nanmedian(inputs, axis=0), inputs)
    results = []
    for seed in SEEDS:
        predicted = np.empty_like(scores)
        for subject in tqdm(sorted(set(subjects)), desc="forest", leave=False):
            held_out = subjects == subject
            forest = RandomForestClassifier(200, class_weight="balanced", random_state=seed)
            forest.fit(inputs[~held_out], scores[~held_out])
            predicted[held_out] = forest.predict(inputs[held_out])
        results.append(float(f1_score(scores, predicted, average="macro")))
    return results


def features_of(cohort: Path) -> Moments:
    """Compute the moments of the features of straight walks, as those of the real cohort are."""
    features = (
        joints_to_features(to_joints(read_recording(item.path)).joints)
        for item in tqdm(read_source(cohort).items, desc="features", leave=False)
    )
    return Moments.of(motion for motion in features if abs(2 * motion[:, 0].sum()) < MAX_TURN)


def similarity(ours: Moments, folder: Path) -> tuple[float, float, dict[str, float]]:
    """Shares of similar features of the simulated and another real cohort, and ratios of SDs."""
    real, other = (np.load(folder / f"carepd_{name}_Mean.npy") for name in (REAL, OTHER))
    real_spread = np.load(folder / f"carepd_{REAL}_Std_FEAT_BIAS_included.npy").copy()
    mean, spread = ours.statistics()
    mean, spread = mean.copy(), spread.copy()
    for name in FEATURE_SLICES:
        part = FEATURE_SLICES[name]
        if name in BIASED:
            spread[part] *= FEATURE_BIAS
            real_spread[part] *= FEATURE_BIAS
        if name in PER_FRAME:
            mean[part] /= FRAME_RATE_RATIO
            spread[part] /= FRAME_RATE_RATIO
    kept = np.concatenate([np.arange(263)[FEATURE_SLICES[name]] for name in KEPT])
    near, other_near = (
        float((np.abs(means - real) < 0.5 * real_spread)[kept].mean()) for means in (mean, other)
    )
    ratios = {
        name: float(spread[FEATURE_SLICES[name]].mean() / real_spread[FEATURE_SLICES[name]].mean())
        for name in KEPT
    }
    return near, other_near, ratios


if __name__ == "__main__":
    main()
