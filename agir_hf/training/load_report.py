"""Report of a conversion: the destination of every checkpoint tensor and the source of ours."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

NAMES_SHOWN = 12


class LoadedTensor(NamedTuple):
    """A tensor of a checkpoint, its name in the model, and how it was changed.

    Attributes:
        source: Name in the checkpoint.
        target: Name in the model.
        note: Change on the way; empty for an exact copy.
    """

    source: str
    target: str
    note: str = ""


@dataclass
class LoadReport:
    """Destination of every tensor of a checkpoint, and source of every tensor of the model.

    Attributes:
        copied: Tensors that were copied, exactly or with the one change in their note.
        resized: Vocabulary tensors with rows added or removed.
        new: Tensor of the model that is not filled from the checkpoint → reason.
        unused: Tensor of the checkpoint that is not used in the model → reason.
    """

    copied: list[LoadedTensor] = field(default_factory=list)
    resized: list[LoadedTensor] = field(default_factory=list)
    new: dict[str, str] = field(default_factory=dict)
    unused: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        groups = Counter(".".join(row.target.split(".")[:2]) for row in self.copied)
        counts = ", ".join(f"{count} of {group}" for group, count in sorted(groups.items()))
        lines = [f"copied: {len(self.copied)} tensors" + (f" ({counts})" if counts else "")]
        lines += [f"  {row.source} → {row.target}: {row.note}" for row in self.copied if row.note]
        lines.append(f"resized: {len(self.resized)} tensors")
        lines += [f"  {row.source} → {row.target}: {row.note}" for row in self.resized]
        lines += _by_reason("new in the model", self.new)
        return "\n".join(lines + _by_reason("not used of the checkpoint", self.unused))


def _by_reason(title: str, reasons: dict[str, str]) -> list[str]:
    """Lines with the tensor names of each reason."""
    lines = [f"{title}: {len(reasons)}"]
    for reason in dict.fromkeys(reasons.values()):
        names = [name for name, text in reasons.items() if text == reason]
        lines.append(f"  {len(names)} {reason}: {join_names(names)}")
    return lines


def join_names(names: list[str]) -> str:
    """Join names with commas; of more than 12 the first 12 and the number of the rest."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
