"""How the markers of a corpus became joints: body, residuals, and subjects without static trial."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from .files import corpus_file
from .store import METADATA_FILE, Recorded

_SHOWN = 12  # sessions in the card; `report.json` names all
_BODY_NAMES = {"open": "the open body of this package", "smpl": "the SMPL body of the builder"}


@dataclass(frozen=True)
class FitReport:
    """Summary of the method from markers to joints over the recordings of a corpus.

    Attributes:
        markers: Number of marker recordings.
        others: Number of recordings of joints or bodies, which need no fit.
        body: "open" or "smpl"; empty if no body was fitted.
        median_mm: Median over the recordings of the median distance of markers from the body.
        worst_mm: Largest median distance of a recording, mm.
        worst: Id of that recording.
        percentile_95_mm: Median over the recordings of the 95th percentile of the distance, mm.
        without_static: Session → why its body shape was fitted to each walk, not to a static trial.
    """

    markers: int
    others: int
    body: str = ""
    median_mm: float | None = None
    worst_mm: float | None = None
    worst: str = ""
    percentile_95_mm: float | None = None
    without_static: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, recordings: Sequence[Recorded]) -> FitReport:
        """Summarise the fits of measured recordings.

        Args:
            recordings: Measured recordings; their motions are not used.
        """
        others, count, body, worst, worst_mm = 0, 0, "", "", 0.0
        medians, percentiles, own = [], [], {}
        for row in recordings:  # each is read once and not kept
            count += 1
            others += not row.fit
            if not row.fit or row.fit["method"] != "body":
                continue
            if not medians or row.fit["median_mm"] > worst_mm:
                worst, worst_mm = row.id, row.fit["median_mm"]
            body = body or row.fit["body"]
            medians.append(row.fit["median_mm"])
            percentiles.append(row.fit["percentile_95_mm"])
            if row.fit["problem"]:
                own[row.item["session"]] = row.fit["problem"]
        if not medians:
            return cls(count - others, others)
        return cls(
            markers=count - others,
            others=others,
            body=body,
            median_mm=_median(medians),
            worst_mm=worst_mm,
            worst=worst,
            percentile_95_mm=_median(percentiles),
            without_static=dict(sorted(own.items())),
        )

    def as_json(self) -> dict:
        """Return the summary as values for JSON."""
        return asdict(self)

    def residuals(self) -> str:
        """Sentence about the distances of the markers from the body; empty without a body."""
        if not self.body:
            return ""
        return (
            f"Markers are {self.median_mm:.1f} mm from the body (median of the walks; 95th "
            f"percentile {self.percentile_95_mm:.1f} mm), in the worst walk, {self.worst}, "
            f"{self.worst_mm:.1f} mm."
        )

    def card_text(self) -> str:
        """Sentences for the card: method, body, residuals, and sessions without a static trial."""
        files = f"{self.others} recordings of joints or bodies are used as they are."
        if not self.markers:
            return files
        if not self.body:
            text = f"Markers of {self.markers} recordings become joints by anatomical regression."
            return f"{text} {files}" if self.others else text
        sentences = [
            f"Markers of {self.markers} recordings become the joints of {_BODY_NAMES[self.body]}, "
            "which is fitted to them (MoSh, Loper et al. 2014).",
            self.residuals(),
            self._static_text(),
            *([files] if self.others else []),
        ]
        return " ".join(sentences)

    def _static_text(self) -> str:
        """Sentence about the trials that the body shapes were fitted to."""
        if not self.without_static:
            return "The shape of the body is fitted to the static trial of each session."
        names = list(self.without_static)
        shown = ", ".join(names[:_SHOWN])
        if len(names) > _SHOWN:
            shown += f" and {len(names) - _SHOWN} more (`report.json`)"
        reasons = "; ".join(dict.fromkeys(self.without_static.values()))
        return (
            "The shape of the body is fitted to the static trial of a session; for these "
            f"{len(names)} sessions to each walk itself ({reasons}): {shown}."
        )


def _median(values: Sequence[float]) -> float:
    return round(float(np.median(values)), 2)


def corpus_fit(corpus: str | os.PathLike) -> str | None:
    """Return how the markers of a corpus became joints.

    Args:
        corpus: Folder of a corpus, or the name of a data set on the Hub.

    Returns:
        "body" or "centres"; None if the corpus has no markers or does not state it.
    """
    try:
        about = json.loads(corpus_file(corpus, METADATA_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return about.get("fit") if about.get("joints", {}).get("markers", 1) else None
