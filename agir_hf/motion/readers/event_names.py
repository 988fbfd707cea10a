"""Side and kind of a gait event, from the names that motion capture programs write.

Vicon and BTK write the foot as context and "Foot Strike" or "Foot Off" as label; QTM and Visual3D
write both into the label ("RHS", "RTO", "RON", "ROFF"); others write "Right Foot Strike" or
"HS_L". Heel-off, toe-on, foot flat and events of the opposite foot are other events.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Side = Literal["left", "right"]
Kind = Literal["heel_strike", "toe_off"]

_SIDES = {"left": "left", "right": "right", "lt": "left", "rt": "right", "l": "left", "r": "right"}
_STRIKES = (
    "hs", "fs", "ic", "hc", "fc", "td", "gc", "on", "strike", "contact", "heelstrike",
    "heelcontact", "heelon", "heeldown", "initialcontact", "firstcontact", "groundcontact",
    "floorcontact", "touchdown", "landing", "footfall", "footdown", "initialheelcontact",
)  # fmt: skip
_OFFS = (
    "to", "fo", "off", "lo", "lift", "toeoff", "liftoff", "takeoff", "toelift", "finalcontact",
    "terminalcontact", "lastcontact", "endcontact", "endofcontact", "footup", "footlift",
)  # fmt: skip
_FINAL_CONTACT = "fc"  # "final contact" of programs that also write IC, else "foot contact"
_INITIAL_CONTACT = "ic"
_FILLERS = re.compile(r"foot|feet|side|limb|leg|event|gait|the(?=strike|contact|off)")
_KIND = "|".join(sorted({*_STRIKES, *_OFFS}, key=len, reverse=True))
_SIDE = "|".join(sorted(_SIDES, key=len, reverse=True))
_NAME = re.compile(f"(?P<before>{_SIDE})?(?P<kind>{_KIND})?(?P<after>{_SIDE})?")
_NO_LETTERS = re.compile(r"[^a-z]+")
_IN_BRACKETS = re.compile(r"[(\[].*?[)\]]")
# Names of other events of the gait cycle, for which the icon is not used.
_OTHER = re.compile(r"flat|heel.?(off|rise)|toe.?(on|strike|contact)|mid|opposite|contralateral")
_ICONS: dict[int, Kind] = {1: "heel_strike", 2: "toe_off"}  # convention of Vicon


@dataclass(frozen=True)
class EventName:
    """Names and icon that a file gives to an event.

    Attributes:
        label: Name of the event.
        context: Name of its context, usually the foot.
        subject: Name of the subject.
        icon: Number of its icon; 0 is that of other events.
    """

    label: str = ""
    context: str = ""
    subject: str = ""
    icon: int = 0


def side_and_kind(name: EventName, final_contacts: bool = False) -> tuple[Side | None, Kind | None]:
    """Side and kind of an event; None for what its names do not say.

    Args:
        name: Names of the event.
        final_contacts: Whether FC means final contact (toe-off), and not foot contact.
    """
    label_side, kind = parse(name.label, final_contacts)
    context_side, context_kind = parse(name.context, final_contacts)
    kind = kind or context_kind
    if kind is None and not _OTHER.search(f"{name.label} {name.context}".lower()):
        kind = _ICONS.get(name.icon)
    if label_side and context_side and label_side != context_side:
        return None, kind
    return label_side or context_side or parse(name.subject)[0], kind


def parse(text: str, final_contacts: bool = False) -> tuple[Side | None, Kind | None]:
    """Side and kind that one text names, such as "RHS", "Foot Off" or "Left"; None if it does not.

    Args:
        text: Label or context of an event.
        final_contacts: Whether FC means final contact (toe-off), and not foot contact.
    """
    match = _match(text)
    if match is None or (match["before"] and match["after"]):
        return None, None
    side = _SIDES.get(match["before"] or match["after"] or "")
    kind = match["kind"]
    if kind is None:
        return side, None
    if kind in _OFFS or (final_contacts and kind == _FINAL_CONTACT):
        return side, "toe_off"
    return side, "heel_strike"


def final_contacts(names: list[EventName]) -> bool:
    """Whether FC means final contact, because initial contacts are named IC.

    Args:
        names: Names of all events of a file.
    """
    kinds = set()
    for name in names:
        for text in (name.label, name.context):
            match = _match(text)
            kinds.add(match["kind"] if match else None)
    return {_INITIAL_CONTACT, _FINAL_CONTACT} <= kinds


def _match(text: str) -> re.Match | None:
    """Match of side and kind in a text, in the first of its simplified forms that has one."""
    for form in (text, _IN_BRACKETS.sub("", text)):
        compact = _NO_LETTERS.sub("", form.lower())
        for letters in (compact, _FILLERS.sub("", compact)):
            if letters and (match := _NAME.fullmatch(letters)):
                return match
    return None
