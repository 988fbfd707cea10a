"""What the labels of a recording are recognised as, and what is missing for what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .recognition import nearest_set
from .requirements import missing_for_centres, missing_for_events, missing_for_fit


@dataclass(frozen=True)
class LabelReport:
    """Labels of a recording and what they are recognised as.

    Attributes:
        marker_set: Name of the nearest marker set.
        sites: Site → label, for the recognised labels.
        unknown: The other labels.
        missing: "joint centres", "gait events" and "body fit" → labels or sites that are missing.
    """

    marker_set: str
    sites: dict[str, str]
    unknown: tuple[str, ...]
    missing: dict[str, list[str]]

    def template(self) -> dict[str, str]:
        """Mapping with all labels: label → site, or an empty text for an unknown label."""
        site_of = {label: site for site, label in self.sites.items()}
        return site_of | dict.fromkeys(self.unknown, "")

    def as_json(self) -> dict:
        """Return the report as values for JSON."""
        return {
            "marker_set": self.marker_set,
            "sites": self.sites,
            "unknown": list(self.unknown),
            "missing": self.missing,
        }


def report_labels(labels: Sequence[str]) -> LabelReport:
    """Find out what the labels of a recording are recognised as.

    Args:
        labels: Labels of the recording.
    """
    marker_set = nearest_set(tuple(labels))
    sites = {site: labels[i] for site, i in marker_set.skin_columns(labels).items()}
    missing = {
        "joint centres": missing_for_centres(sites),
        "gait events": missing_for_events(sites),
        "body fit": missing_for_fit(sites),
    }
    recognised = set(sites.values())
    return LabelReport(
        marker_set.name if sites else "none",
        sites,
        tuple(label for label in labels if label not in recognised),
        {purpose: marker_set.names_of(groups) for purpose, groups in missing.items()},
    )
