"""Labels of one subject in a file: prefixes of subjects, props and unlabelled trajectories."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from ..keypoint_sets import recognise_keypoints
from ..marker_sets import is_computed, is_unlabelled, possible_sites, renamed, site_columns
from ..recording import RecordingError

FEWEST_SITES = 6  # of a subject; a prop has none
# Beginnings of labels that are tried as names of subjects
_MOST_PREFIXES, _MOST_PARTS, _LONGEST_NAME = 100, 8, 100
_SERIES = re.compile(r"([A-Za-z][._ -]?)(\d+)")
# highest numbers of labels that are vertebrae; a series with higher numbers has no names
_HIGHEST = {"C": 7, "T": 12, "L": 5, "S": 5}
_STUDY = re.compile(r".*[._ -]study", re.IGNORECASE)  # markers that OpenCap adds to keypoints


@dataclass(frozen=True)
class Selection:
    """Columns of one subject.

    Attributes:
        columns: Columns of the file.
        labels: Their labels, without the name of the subject.
        remarks: What was left out.
    """

    columns: list[int]
    labels: list[str]
    remarks: tuple[str, ...]


def select_subject(
    labels: Sequence[str],
    source: str,
    *,
    subjects: Sequence[str] = (),
    mapping: dict[str, str] | None = None,
    item: str | None = None,
) -> Selection:
    """Choose the columns of one subject, and remove its name from the labels.

    Args:
        labels: Labels of the file.
        source: The file, for error messages.
        subjects: Names or prefixes of subjects that the file states.
        mapping: Mapping of the user; its labels are with or without the name of the subject.
        item: Name of the subject to read.

    Returns:
        The columns of the only subject, or of `item`. Without a recognised subject, all columns.

    Raises:
        RecordingError: The file has several subjects and none is chosen, or not the chosen one, or
            the mapping does not fit.
    """
    parts = _split(labels, subjects)
    names = _renamed(labels, parts, mapping, source)
    groups: dict[str, list[int]] = {}
    for column, (prefix, _) in enumerate(parts):
        groups.setdefault(prefix, []).append(column)
    people = [prefix for prefix, columns in groups.items() if _is_person(columns, names)]
    if not people:
        _check_no_item(item, source)
        return _without_subject(labels, groups, names)
    chosen = _chosen(people, item, source)
    if mapping:  # a mapped label belongs to the subject
        own = {c for c, label in enumerate(labels) if label in mapping or parts[c][1] in mapping}
        groups[chosen] = sorted({*groups[chosen], *own})
    return _of_subject(chosen, groups, names)


def _split(labels: Sequence[str], subjects: Sequence[str]) -> list[tuple[str, str]]:
    """Name of the subject, or "", and the rest of each label."""
    stated = sorted({name.strip().rstrip(":_ ") for name in subjects} - {""}, key=len)[::-1]
    parts = [_split_label(label, stated) for label in labels]
    bare = [rest for prefix, rest in parts if not prefix]
    prefixes = _underscore_prefixes(bare)
    result = []
    for prefix, rest in parts:
        if not prefix:
            prefix = next((text for text in prefixes if rest.startswith(text)), "")
            rest = rest.removeprefix(prefix)
        result.append((prefix.rstrip("_. "), rest))
    return result


def _split_label(label: str, stated: list[str]) -> tuple[str, str]:
    prefix, colon, rest = label.rpartition(":")
    if colon and rest.strip():
        return prefix.strip(), rest.strip()
    for name in stated:
        rest = label.removeprefix(name).lstrip("_:. ")
        if len(name) > 1 and rest != label and possible_sites(rest) and not possible_sites(label):
            return name, rest
    return "", label


def _underscore_prefixes(labels: list[str]) -> list[str]:
    """Beginnings of labels, such as "actor_", after which the labels name more sites."""
    counts = Counter(
        label[: match.end()]
        for label in labels
        for match in islice(re.finditer(r"[_. ]", label[:_LONGEST_NAME]), _MOST_PARTS)
    )
    gains = {}
    for prefix, count in counts.most_common(_MOST_PREFIXES):
        if count >= FEWEST_SITES:
            members = [label for label in labels if label.startswith(prefix)]
            after = sum(bool(possible_sites(label.removeprefix(prefix))) for label in members)
            if after >= FEWEST_SITES and after > 2 * sum(map(bool, map(possible_sites, members))):
                gains[prefix] = after
    return sorted(gains, key=lambda prefix: (gains[prefix], len(prefix)), reverse=True)


def _renamed(labels, parts, mapping, source: str) -> list[str]:
    """Labels without names of subjects, renamed by the mapping, which holds for each subject."""
    names = [rest for _, rest in parts]
    if not mapping:
        return names
    texts = [label if label in mapping else rest for label, rest in zip(labels, names, strict=True)]
    absent = {label: text for label, text in mapping.items() if label not in texts}
    if absent:
        renamed(labels, absent, source)  # raises the error
    for prefix in dict.fromkeys(prefix for prefix, _ in parts):
        columns = [column for column, part in enumerate(parts) if part[0] == prefix]
        own = [texts[column] for column in columns]
        present = {label: text for label, text in mapping.items() if label in own}
        for column, name in zip(columns, renamed(own, present, source), strict=True):
            names[column] = name
    return names


def _is_person(columns: list[int], names: list[str]) -> bool:
    labels = [names[column] for column in columns]
    return len(site_columns(labels)) >= FEWEST_SITES or recognise_keypoints(labels) is not None


def _chosen(people: list[str], item: str | None, source: str) -> str:
    shown = [name or "without a name" for name in people]
    wanted = (item or "").strip().rstrip(":_ ").lower()
    for prefix, name in zip(people, shown, strict=True):
        if wanted in (prefix.lower(), name.lower()) and wanted:
            return prefix
    if people == [""]:
        _check_no_item(item, source)
    elif wanted:
        raise RecordingError(
            f"{source} has no subject {item!r}, expected one of {', '.join(shown)}: pass one of "
            "these with --item"
        )
    if len(people) > 1:
        raise RecordingError(
            f"{source} has {len(people)} subjects ({', '.join(shown)}), expected one: choose one "
            f"with --item {shown[0]!r}"
        )
    return people[0]


def _check_no_item(item: str | None, source: str) -> None:
    if (item or "").strip():
        raise RecordingError(
            f"{source} names no subjects, expected one called {item!r}: leave out --item"
        )


def _without_subject(labels, groups: dict[str, list[int]], names: list[str]) -> Selection:
    """All columns; a name that all labels have in common is removed."""
    columns = [c for c in range(len(labels)) if names[c]]
    if len(groups) == 1:
        return Selection(columns, [names[column] for column in columns], ())
    texts = [label if label.endswith(names[c]) else names[c] for c, label in enumerate(labels)]
    return Selection(columns, [texts[column] for column in columns], ())


def _of_subject(chosen: str, groups: dict[str, list[int]], names: list[str]) -> Selection:
    """Columns of a subject, without unlabelled trajectories, computed points and keypoints."""
    columns, dropped = [], Counter()
    series = _nameless_series([names[column] for column in groups[chosen]])
    has_study = sum(bool(_STUDY.fullmatch(names[column])) for column in groups[chosen]) >= 10
    for column in groups[chosen]:
        name = names[column]
        has_site = bool(possible_sites(name))
        letter = _SERIES.fullmatch(name)
        if not name:
            dropped["left out by the mapping"] += 1
        elif (letter and letter[1] in series) or is_unlabelled(name):
            dropped["unlabelled"] += 1
        elif has_study and not _STUDY.fullmatch(name):
            dropped["keypoints"] += 1
        elif has_site or not is_computed(name):
            columns.append(column)
    others = {name: members for name, members in groups.items() if name != chosen}
    for name, members in others.items():
        free = [c for c in members if not name and is_unlabelled(names[c])]
        dropped["unlabelled"] += len(free)
        left = len(members) - len(free) - sum(is_computed(names[c]) for c in members)
        if left > 0:
            dropped[f"of {name}" if name else "without the name of the subject"] += left
    remarks = tuple(_phrase(reason, count) for reason, count in dropped.items() if count)
    return Selection(columns, [names[column] for column in columns], remarks)


def _nameless_series(labels: list[str]) -> set[str]:
    """Beginnings of numbered labels, such as C_1 to C_41, that are not vertebrae."""
    numbers: dict[str, list[int]] = {}
    for label in labels:
        if match := _SERIES.fullmatch(label):
            numbers.setdefault(match[1], []).append(int(match[2]))
    return {
        letter
        for letter, values in numbers.items()
        if len(values) >= 3 and max(values) > _HIGHEST.get(letter[0].upper(), 0)
    }


def _phrase(reason: str, count: int) -> str:
    if reason == "unlabelled":
        return f"{count} unlabelled trajector{'y' if count == 1 else 'ies'} left out"
    if reason == "keypoints":
        return f"{count} keypoints left out, because the file also has markers"
    points = f"{count} point{'' if count == 1 else 's'}"
    return f"{points} {reason}" if reason.startswith("left out") else f"{points} {reason} left out"
