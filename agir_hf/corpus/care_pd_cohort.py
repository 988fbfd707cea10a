"""Reader of CARE-PD pickles: walks of SMPL bodies with scores."""

from __future__ import annotations

import re
from pathlib import Path

from ..motion.readers.care_pd import care_pd_scores
from ..motion.recording import RecordingError
from .clinical import parse_score
from .schema import MEDICATIONS
from .source import Item, Source

_COPY = re.compile(r"(?:_down\d+|_M)+$")  # copies in CARE-PD: shifted in phase, mirrored


def read_care_pd_cohort(pickles: list[Path]) -> Source:
    """List the walks of CARE-PD pickles.

    Args:
        pickles: Files of CARE-PD. Damaged files are excluded, with the reason.
    """
    items, excluded, remarks = [], {}, []
    for path in pickles:
        try:
            walks = care_pd_scores(path)
        except RecordingError as error:
            excluded[path.name] = " ".join(str(error).replace(str(path), path.name).split())
            continue
        names = {inside for inside, _, _ in walks}
        for inside, text, medication in walks:
            subject, _, walk = inside.partition("/")
            base = _COPY.sub("", walk)
            try:
                score = parse_score(text)
            except ValueError as error:
                excluded[f"{path.stem}/{inside}"] = str(error)
                continue
            if score is None:
                excluded[f"{path.stem}/{inside}"] = "it has no score"
                continue
            items.append(_care_pd_item(path, inside, medication.strip().lower(), score))
            if base != walk and f"{subject}/{base}" not in names:
                remarks.append(f"{inside} is a copy of {base}, which is missing")
    return Source(
        kind="care-pd",
        title="CARE-PD",
        simulated=False,
        licence="CARE-PD's own terms, which do not allow redistribution",
        publishable=False,
        items=tuple(items),
        excluded=excluded,
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _care_pd_item(path: Path, inside: str, medication: str, score: int) -> Item:
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
    )
