"""Where every tensor of a checkpoint went, and where every tensor of a model is from."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

NAMES_SHOWN = 12


class Loaded(NamedTuple):
    """A tensor of a checkpoint, where it went, and what was done to it on the way."""

    source: str
    target: str
    note: str = ""


@dataclass
class LoadReport:
    """Where every tensor of a checkpoint went, and where every tensor of the model is from.

    Attributes:
        taken: copied as they are, or with the one change that their note tells.
        resized: vocabularies whose rows became fewer or more.
        new: tensor of the model that no tensor of the checkpoint fills → why.
        unused: tensor of the checkpoint that fills none of the model → why.
    """

    taken: list[Loaded] = field(default_factory=list)
    resized: list[Loaded] = field(default_factory=list)
    new: dict[str, str] = field(default_factory=dict)
    unused: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        groups = Counter(".".join(row.target.split(".")[:2]) for row in self.taken)
        told = ", ".join(f"{count} of {group}" for group, count in sorted(groups.items()))
        lines = [f"taken: {len(self.taken)} tensors" + (f" ({told})" if told else "")]
        lines += [f"  {row.source} → {row.target}: {row.note}" for row in self.taken if row.note]
        lines.append(f"resized: {len(self.resized)} tensors")
        lines += [f"  {row.source} → {row.target}: {row.note}" for row in self.resized]
        lines += _by_reason("new in the model", self.new)
        return "\n".join(lines + _by_reason("not used of the checkpoint", self.unused))


def _by_reason(title: str, reasons: dict[str, str]) -> list[str]:
    """Lines that name what has each reason."""
    lines = [f"{title}: {len(reasons)}"]
    for reason in dict.fromkeys(reasons.values()):
        names = [name for name, why in reasons.items() if why == reason]
        lines.append(f"  {len(names)} {reason}: {listed(names)}")
    return lines


def listed(names: list[str]) -> str:
    """Names with commas; of very many the first and how many more."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
