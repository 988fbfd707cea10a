"""Reader of CARE-PD pickles: walks of SMPL bodies, one cohort in each file.

Source of the names and numbers of the cohorts: Adeli et al. 2025, CARE-PD, arXiv:2510.04312, and
github.com/TaatiTeam/CARE-PD.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ..motion.readers.care_pd import care_pd_scores
from ..motion.recording import RecordingError
from .clinical import parse_score
from .schema import MEDICATIONS
from .source import Item, Source

# Cohorts of CARE-PD → number of subjects of those with UPDRS gait scores, None without scores.
# The scores of 3DGait and PD-GaM are 0 to 3, of the other two 0 to 2.
CARE_PD_COHORTS = {
    "3DGait": 43, "BMCLab": 23, "PD-GaM": 30, "T-SDU-PD": 14,
    "DNE": None,  # codespell:ignore dne
    "E-LC": None, "KUL-DT-T": None, "T-LTC": None, "T-SDU": None,
}  # fmt: skip
LICENCE = (
    "CARE-PD's own terms: CC BY-NC 4.0, others are to be sent to the original; the cohorts have "
    "their own terms too. This package does not publish what is made of it"
)
_COPY = re.compile(r"(?:_down\d+|_M)+$")  # copies in CARE-PD: shifted in phase, mirrored


def read_care_pd_cohort(pickles: list[Path], num_scores: int) -> Source:
    """List the walks of CARE-PD pickles. Each file is a cohort.

    If no walk of a file has a score, its walks are used without one; otherwise walks without a
    score are excluded.

    Args:
        pickles: Files of CARE-PD. Damaged files are excluded, with the reason.
        num_scores: Number of scores, see `parse_score`.
    """
    items, excluded, remarks, cohorts = [], {}, [], []
    for path in pickles:
        try:
            walks = care_pd_scores(path)
        except RecordingError as error:
            excluded[path.name] = " ".join(str(error).replace(str(path), path.name).split())
            continue
        own, reasons = _cohort(path, walks, num_scores)
        items += own
        excluded |= reasons
        cohorts.append(path.stem)
        remarks += [*_missing_originals(walks), *_missing_subjects(path.stem, walks)]
    if len(pickles) == 1:
        items = [replace(item, cohort="") for item in items]
    return Source(
        kind="care-pd",
        title=f"CARE-PD ({', '.join(cohorts)})" if cohorts else "CARE-PD",
        simulated=False,
        licence=LICENCE,
        publishable=False,
        items=tuple(items),
        excluded=excluded,
        remarks=tuple(dict.fromkeys(remarks)),
        num_scores=num_scores,
    )


def _cohort(path: Path, walks, num_scores: int) -> tuple[list[Item], dict[str, str]]:
    """Recordings of a file, and excluded walks with reasons."""
    items, excluded = [], {}
    unscored = not any(text.strip() for _, text, _ in walks)
    for inside, text, medication in walks:
        name = f"{path.stem}/{inside}"
        try:
            score = parse_score(text, num_scores)
        except ValueError as error:
            excluded[name] = str(error)
            continue
        if score is None and not unscored:
            excluded[name] = "it has no score"
            continue
        items.append(_care_pd_item(path, inside, medication.strip().lower(), score))
    return items, excluded


def _missing_originals(walks) -> list[str]:
    """Remarks about copies whose original is not in the file."""
    names = {inside for inside, _, _ in walks}
    remarks = []
    for inside in sorted(names):
        base = _COPY.sub("", inside)
        if base not in names:
            name = base.partition("/")[2]
            remarks.append(f"{inside} is a copy of {name}, which is missing")
    return remarks


def _missing_subjects(cohort: str, walks) -> list[str]:
    """Remark about a cohort of CARE-PD with fewer subjects than it was published with."""
    expected = CARE_PD_COHORTS.get(cohort)
    count = len({inside.partition("/")[0] for inside, _, _ in walks})
    if expected is None or count >= expected:
        return []
    return [f"{cohort} has {count} subjects, published were {expected}: check the download"]


def _care_pd_item(path: Path, inside: str, medication: str, score: int | None) -> Item:
    subject, _, walk = inside.partition("/")
    base = _COPY.sub("", walk)
    medication = medication if medication in MEDICATIONS else "unknown"
    return Item(
        id=f"{path.stem}/{inside}",
        subject=f"{path.stem}_{subject}",
        session=f"{path.stem}_{subject}_{medication}",
        medication=medication,
        score=score,
        path=path,
        inside=inside,
        walk=f"{path.stem}/{subject}/{base}",
        variant=walk[len(base) :].strip("_"),
        cohort=path.stem,
    )
