"""Groups of named arrays in a file: persons, walks and coordinate systems."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .array_files import array_of_entry
from .body_keys import FRAMES, Key, frame_of_group, parse_key
from .joints import is_motion_shape

_DEEPEST = 12
_FORM_ORDER = ["", "axis-angle", "matrix", "6d"]


@dataclass(frozen=True, eq=False)
class Group:
    """Named arrays of one person or walk in one coordinate system.

    Attributes:
        path: Names of the dictionaries that lead to it.
        values: Arrays by name.
        keys: Meaning of the names that have one.
        rate: Frame rate in it, or in the dictionaries around it; None if there is none.
        index: Position of the person in arrays of several persons; None if there is one.
    """

    path: tuple[str, ...]
    values: dict[str, object]
    keys: dict[str, Key]
    rate: object = None
    index: int | None = None

    @property
    def name(self) -> str:
        """Name of the walk, as `--item` takes it."""
        names = [name for name in self.path if not frame_of_group(name)]
        if self.index is not None:
            names.append(str(self.index))
        return "/".join(names)

    @property
    def frame(self) -> str:
        """Coordinate system that the names of the dictionaries state."""
        return next(filter(None, map(frame_of_group, reversed(self.path))), "")

    def named(self, role: str, frame: str | None = None) -> str | None:
        """Name of the preferred array of a role, in a coordinate system if one is passed."""
        names = [
            name
            for name, key in self.keys.items()
            if key.role == role and (frame is None or key.frame == frame)
        ]
        return min(names, key=self._order, default=None)

    def _order(self, name: str):
        key = self.keys[name]
        form = _FORM_ORDER.index(key.form) if key.form in _FORM_ORDER else len(_FORM_ORDER)
        return FRAMES.index(key.frame), form, key.order

    def array(self, name: str) -> np.ndarray:
        """Array of the person, by the name of the array."""
        value = self.values[name]
        if self.index is not None and _has_persons(value, self.persons):
            value = (
                value[self.index] if isinstance(value, list) else array_of_entry(value)[self.index]
            )
        return array_of_entry(value)

    @property
    def persons(self) -> int:
        """Number of persons that the arrays have along their first axis; 1 if they have none."""
        name = self.named("translation")
        if name is None:
            return 1
        value = self.values[name]
        if isinstance(value, list) and value and all(np.ndim(item) == 2 for item in value):
            return len(value)
        shape = shape_of(value)
        is_batch = len(shape) == 3 and shape[2] == 3 and shape[0] > 1 and shape[1] > 1
        return shape[0] if is_batch else 1


def groups_of(content: object) -> list[Group]:
    """Dictionaries of a file that hold arrays, each with its path.

    Args:
        content: Dictionary of arrays and dictionaries; lists of dictionaries are read as well.
    """
    groups: list[Group] = []
    _collect(content, (), None, groups)
    rates = [group.rate for group in groups if group.rate is not None]
    if rates:  # such as a rate in a dictionary of details
        groups = [replace(g, rate=rates[0]) if g.rate is None else g for g in groups]
    return [person for group in groups for person in _persons(group)]


def _collect(content, path, rate, groups: list[Group]) -> None:
    if isinstance(content, list | tuple) and any(isinstance(item, dict) for item in content):
        content = {str(i): item for i, item in enumerate(content)}
    if not isinstance(content, dict) or len(path) > _DEEPEST:
        return
    values = {str(name): _as_value(value) for name, value in content.items()}
    values = {name: value for name, value in values.items() if value is not None}
    keys = {name: key for name in values if (key := parse_key(name)) is not None}
    group = Group(path, values, keys, rate)
    own = group.named("rate")
    if own is not None:
        rate = values[own]
        group = replace(group, rate=rate)
    if values:
        groups.append(group)
    for name, value in content.items():
        if isinstance(value, dict | list | tuple):
            _collect(value, (*path, str(name)), rate, groups)


def _as_value(value):
    """Array, number or text of a content; None for dictionaries and what is not read."""
    if isinstance(value, dict):
        return None
    if not isinstance(value, list | tuple):
        return value
    if not value or any(isinstance(item, dict) for item in value):
        return None
    if all(isinstance(item, np.ndarray) and item.ndim >= 2 for item in value):
        return list(value)  # one array for each person
    try:
        array = np.asarray(value)
    except ValueError:  # ragged
        return None
    return array if array.dtype.kind in "fiubUS" else None


def _persons(group: Group) -> list[Group]:
    """The group, or one group for each person of its arrays."""
    count = group.persons if is_body(group) else 1
    if count == 1 and not isinstance(group.values.get(group.named("translation") or ""), list):
        return [group]
    return [replace(group, index=index) for index in range(count)]


def _has_persons(value, count: int) -> bool:
    if isinstance(value, list):
        return len(value) == count
    shape = shape_of(value)
    return len(shape) >= 2 and shape[0] == count


def shape_of(value) -> tuple[int, ...]:
    """Shape of an array in a file, without loading it; () for what is no array.

    Args:
        value: Value of a content.
    """
    shape = getattr(value, "shape", None)
    return tuple(shape) if shape is not None else ()


def is_body(group: Group) -> bool:
    """Whether a group has the rotations of a body.

    Args:
        group: Named arrays.
    """
    has_parts = group.named("root") is not None and group.named("body") is not None
    if group.named("pose") is None and not has_parts:
        return False
    return group.named("translation") is not None or _readable_array(group) is None


def is_joints(group: Group) -> bool:
    """Whether a group has joints or features.

    Args:
        group: Named arrays.
    """
    return motion_array(group) is not None


def motion_array(group: Group) -> str | None:
    """Name of the array of joints or features of a group, by name and shape.

    Args:
        group: Named arrays.
    """
    name = _readable_array(group)
    if name is None:
        name = group.named("joints")  # of another shape, which the message of its reader names
        name = name if name is not None and len(shape_of(group.values[name])) >= 2 else None
    return name


def _readable_array(group: Group) -> str | None:
    """Name of an array whose shape is that of joints or features."""
    for role in ("joints", "features", "array"):
        for name, key in group.keys.items():
            if key.role == role and is_motion_shape(shape_of(group.values[name])):
                return name
    if len(group.values) == 1:
        (name,) = group.values
        if name not in group.keys and is_motion_shape(shape_of(group.values[name])):
            return name
    return None
