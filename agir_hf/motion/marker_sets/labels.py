"""Labels of a file → anatomical sites, with the side in any position and any separator."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from .sites import AMBIGUOUS, AMBIGUOUS_MIDDLE, MIDDLE_NAMES, PAIRED_NAMES, SITES

_SEPARATORS = r"[._\s-]+"
_SIDE_WORDS = {"L": "left", "LT": "left", "LEFT": "left", "R": "right", "RT": "right",
               "RIGHT": "right"}  # fmt: skip
_LETTERS = {"L": "left", "R": "right"}
_NO_MEANING = {"STUDY", "MARKER", "MKR", "AUG"}  # words that programs add to a label
# a side between two words, as in WaistLFront, or at the end, as in HeadL
_INNER_SIDE = re.compile(r"^([A-Z][a-z]+)([LR])([A-Z][a-z]+)$")
_LAST_SIDE = re.compile(r"^(.*[a-z0-9])([LR])$")
_LONGEST_LABEL = 100
_UNLABELLED = re.compile(
    r"\*\d*|[uc][._ -]?\d{1,5}|un(labell?ed|named|known|id\w*)?[._ -]*\d*|unlabell?ed.*"
    r"|traj(ectory)?[._ -]*\d+|new[._ -]*\d+|marker[._ -]*\d+|\d+",
    re.IGNORECASE,
)
_COMPUTED = re.compile(
    r"V_.*|CENTREOFMASS.*|CENTEROFMASS.*|(HED|PEL|TRX|[LR](CL|FE|FO|HN|HU|RA|TI|TO))[OALP]"
    r"|[LR]?\w*(ANGLES?|FORCES?|MOMENTS?|POWERS?|GRF|ANGVEL|PROGRESSION)|(?:\w+[._])?COP\w*",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def plain(label: str) -> str:
    """Label in capitals without dots, underscores, spaces and hyphens.

    Args:
        label: Label of a marker.
    """
    return re.sub(_SEPARATORS, "", label).upper()


def is_unlabelled(label: str) -> bool:
    """Whether a label is that of a trajectory without a name, such as "*12", "U_1" or "C_3".

    Args:
        label: Label without the name of the subject.
    """
    is_short = len(label) <= _LONGEST_LABEL
    return is_short and bool(_UNLABELLED.fullmatch(label.strip())) and not possible_sites(label)


def is_computed(label: str) -> bool:
    """Whether a label is that of an output of a model: an angle, a force, an axis of a segment.

    Args:
        label: Label without the name of the subject.
    """
    return len(label) <= _LONGEST_LABEL and bool(_COMPUTED.fullmatch(label.strip()))


@lru_cache(maxsize=4096)
def possible_sites(label: str) -> tuple[str, ...]:
    """Sites that a label can name, the most likely first; empty if it names none.

    Args:
        label: Label without the name of the subject, such as "LASI", "R.Knee.Medial" or "kneeL".
    """
    if len(label) > _LONGEST_LABEL:
        return ()
    words = [word for word in re.split(_SEPARATORS, label.strip()) if word]
    words = [word for word in words if word.upper() not in _NO_MEANING] or words
    text = "".join(words).upper()
    if text.lower() in _SITE_OF_TEXT:  # the name of a site itself
        return (_SITE_OF_TEXT[text.lower()],)
    if text in MIDDLE_NAMES:
        return (MIDDLE_NAMES[text],)
    if text in AMBIGUOUS_MIDDLE:
        return AMBIGUOUS[text]
    for side, name in _side_and_name(words, text):
        if name in AMBIGUOUS and name not in AMBIGUOUS_MIDDLE:
            return tuple(f"{side}_{site}" for site in AMBIGUOUS[name])
        if name in PAIRED_NAMES:
            return (f"{side}_{PAIRED_NAMES[name]}",)
    return ()


def _side_and_name(words: list[str], text: str):
    """Yield each way in which a label can be a side and the name of a site."""
    sides = [i for i, word in enumerate(words) if word.upper() in _SIDE_WORDS]
    if len(sides) == 1 and len(words) > 1:
        rest = "".join(word for i, word in enumerate(words) if i != sides[0])
        yield _SIDE_WORDS[words[sides[0]].upper()], rest.upper()
    for word in ("LEFT", "RIGHT"):
        if text.startswith(word):
            yield word.lower(), text.removeprefix(word)
        if text.endswith(word):
            yield word.lower(), text.removesuffix(word)
    if text[:1] in _LETTERS:
        yield _LETTERS[text[0]], text[1:]
    joined = "".join(words)
    if match := _INNER_SIDE.match(joined):
        yield _LETTERS[match[2]], (match[1] + match[3]).upper()
    if match := _LAST_SIDE.match(joined):
        yield _LETTERS[match[2]], match[1].upper()


_SITE_OF_TEXT = {site.replace("_", ""): site for site in SITES}


def site_columns(
    labels: Sequence[str], meanings: dict[str, str] | None = None, first: Collection[str] = ()
) -> dict[str, int]:
    """Site → column, for the sites that labels name.

    Args:
        labels: Labels without the name of the subject.
        meanings: Plain label → site, for labels with another meaning in the recognised set.
        first: Plain labels of the recognised set.

    Returns:
        The columns in the order of the sites. If two labels name one site, that of the recognised
        set is used, or else the first in the file. A label with more than one meaning names the
        first of its sites that no other label names.
    """
    meanings = meanings or {}
    columns: dict[str, int] = {}
    unclear = []
    order = sorted(range(len(labels)), key=lambda column: plain(labels[column]) not in first)
    for column in order:
        label = labels[column]
        own = meanings.get(plain(label))
        sites = (own,) if own else possible_sites(label)
        if len(sites) == 1 and plain(label) not in _SINGLE_BUT_UNCLEAR:
            columns.setdefault(sites[0], column)
        elif sites:
            unclear.append((sites, column))
    for sites, column in unclear:
        site = next((site for site in sites if site not in columns), None)
        if site:
            columns[site] = column
    return {site: columns[site] for site in SITES if site in columns}


# Labels of one site that is used only if no other label names it.
_SINGLE_BUT_UNCLEAR = {f"{side}MT" for side in "LR"} | {
    f"{side}{name}" for side in "LR" for name in ("WR", "WRI", "WRIST")
}
