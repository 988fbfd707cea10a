"""Recognition of the marker set of a recording."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..recording import RecordingError
from .labels import plain, possible_sites, site_columns
from .requirements import FEWEST_FOR_FIT, missing_for_events
from .sets import MARKER_SETS, MarkerSet

MIXED = "labels of several marker sets"
_OWN_SHARE = 0.5  # share of the recognised labels that a named set has
_LOW = ("heel", "metatarsal_2", "metatarsal_1", "metatarsal_5", "hallux")
_LOW_OTHERWISE = ("ankle_lateral", "ankle_medial")
_HIGH = ("c7", "jugular_notch", "left_acromion", "right_acromion", "sternum")
_HIGH_OTHERWISE = ("left_asis", "right_asis", "left_psis", "right_psis", "sacrum")
_KNEES = ("left_knee_lateral", "right_knee_lateral", "left_knee_medial", "right_knee_medial")


def recognise(
    labels: Sequence[str], source: str = "the recording", *, needs_all: bool = True
) -> MarkerSet:
    """Find the marker set that labels belong to.

    Args:
        labels: Labels of the recording.
        source: The recording, for the error message.
        needs_all: Whether all markers that joint centres need must be present. If false, a set with
            the markers that gait events need, or with at least 12 sites, is recognised too.

    Returns:
        The named set with the most labels in common. If no named set has half of the recognised
        labels, a set of the recording's own labels.

    Raises:
        RecordingError: Too many markers are missing. The message names the nearest set and the
            missing labels.
    """
    marker_set = nearest_set(tuple(labels))
    sites = marker_set.skin_columns(labels)
    if not marker_set.missing(sites):
        return marker_set
    enough = len(sites) >= FEWEST_FOR_FIT or not missing_for_events(sites)
    if not needs_all and enough:
        return marker_set
    raise incomplete_set(labels, source)


@lru_cache(maxsize=64)
def nearest_set(labels: tuple[str, ...]) -> MarkerSet:
    """The named set with the most labels in common, or a set of these labels.

    Args:
        labels: Labels of a recording.
    """
    recognised = {plain(label) for label in labels if possible_sites(label)}
    best = max(MARKER_SETS, key=lambda marker_set: _similarity(marker_set, recognised))
    if len(best.plain_labels & recognised) >= _OWN_SHARE * len(recognised):
        return best
    return MarkerSet(MIXED, labels, names=MARKER_SETS[1].skin_sites)


def _similarity(marker_set: MarkerSet, labels: set[str]) -> tuple[int, float]:
    common = len(marker_set.plain_labels & labels)
    return common, common / len(marker_set.plain_labels | labels)


def incomplete_set(labels: Sequence[str], source: str) -> RecordingError:
    """Error for labels that lack markers of every set.

    Args:
        labels: Labels of the recording.
        source: The recording.
    """
    nearest = nearest_set(tuple(labels))
    missing = nearest.missing(nearest.skin_columns(labels))
    names = ", ".join(marker_set.name for marker_set in MARKER_SETS)
    return RecordingError(
        f"{source} has {len(labels)} markers ({shortened(labels)}), expected one of the marker "
        f"sets {names}: the nearest is {nearest.name}, with {', '.join(missing)} missing: "
        "label these markers, or write a mapping with 'agir markers FILE -o mapping.json' and "
        "pass it with --mapping"
    )


def vertical_pair(labels: Sequence[str]) -> tuple[list[int], list[int]]:
    """Columns of the feet and of the upper trunk, from which the vertical axis is detected.

    Without a marker of the trunk, those of the pelvis are used, and without these the knees. Both
    lists are empty if one of them has no marker.

    Args:
        labels: Labels of the recording.
    """
    columns = nearest_set(tuple(labels)).skin_columns(labels)
    sides = ("left", "right")
    low = _first_group(
        columns,
        *([f"{side}_{s}" for side in sides for s in part] for part in (_LOW, _LOW_OTHERWISE)),
    )
    high = _first_group(columns, _HIGH, _HIGH_OTHERWISE, _KNEES)
    return (low, high) if low and high else ([], [])


def _first_group(columns: dict[str, int], *groups: Sequence[str]) -> list[int]:
    """Columns of the first group of sites that has any."""
    for group in groups:
        present = [columns[site] for site in group if site in columns]
        if present:
            return present
    return []


def shortened(labels: Sequence[str], limit: int = 12) -> str:
    """Labels as a list for a message, without those after the first ones.

    Args:
        labels: Labels.
        limit: Number of labels that are listed.
    """
    more = f" and {len(labels) - limit} more" if len(labels) > limit else ""
    return ", ".join(labels[:limit]) + more


__all__ = [
    "MIXED",
    "incomplete_set",
    "nearest_set",
    "recognise",
    "shortened",
    "site_columns",
    "vertical_pair",
]
