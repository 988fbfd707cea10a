"""Labels renamed by a mapping of the user."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from ...humanml3d import JOINT_NAMES
from ..recording import RecordingError
from .labels import possible_sites
from .recognition import shortened
from .sets import MARKER_SETS
from .sites import SITES

_FEWEST = 5  # markers that remain: two feet, and a pelvis of three


def renamed(
    labels: Sequence[str],
    mapping: dict[str, str] | None,
    source: str,
    also: Collection[str] = (),
) -> list[str]:
    """Rename labels with a mapping of the user.

    Args:
        labels: Labels of the file.
        mapping: Label of the file → name of a site, such as "left_heel", or label of a marker set.
            Markers with an empty text are left out.
        source: The file, for error messages.
        also: Further names that the mapping may have, such as those of keypoints.

    Returns:
        The new labels; an empty text for a marker that is left out.

    Raises:
        RecordingError: The mapping has labels that the file does not have, names that are unknown,
            or gives two markers one name.
    """
    if not mapping:
        return list(labels)
    absent = [label for label in mapping if label not in labels]
    if absent:
        raise RecordingError(
            f"{source} has no {shortened(absent)}, expected labels in the mapping that the file "
            f"has, such as {shortened(labels)}: fix the mapping"
        )
    for label, name in mapping.items():
        if name and not (possible_sites(name) or name in JOINT_NAMES or name in also):
            raise RecordingError(_unknown(name, label, source))
    result = [mapping.get(label, label) for label in labels]
    if sum(map(bool, result)) < _FEWEST <= len(labels):
        raise RecordingError(
            f"{source}: the mapping names {sum(map(bool, result))} of {len(labels)} markers and "
            f"leaves out the others, expected at least {_FEWEST}: name more of them"
        )
    twice = sorted({label for label in result if label and result.count(label) > 1})
    if twice:
        raise RecordingError(
            f"{source} has {', '.join(twice)} twice after the mapping, expected each label once: "
            "fix the mapping"
        )
    return result


def _unknown(name: str, label: str, source: str) -> str:
    """Message for a name of a mapping that is no site and no label of a set."""
    names = [*SITES, *dict.fromkeys(label for markers in MARKER_SETS for label in markers.labels)]
    spelling = {text.lower(): text for text in reversed(names)}
    near = get_close_matches(name.lower(), spelling, n=3, cutoff=0.5)
    nearest = ", ".join(spelling[text] for text in near) or "left_heel, right_asis, c7"
    return (
        f"{source}: the mapping has {name!r} for {label}, expected a site or a label of a marker "
        f"set, such as {nearest}: fix the mapping"
    )
