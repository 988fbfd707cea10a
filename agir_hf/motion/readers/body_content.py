"""Read a body, joints or features from the named arrays of a file.

The content of a file is a dictionary of arrays and further dictionaries (persons, walks, coordinate
systems). `body_keys` says what a name means.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...humanml3d import JOINT_NAMES
from ...utils.formatting import printable
from ..recording import BodyMotion, JointMotion, ReadOptions, RecordingError
from .array_files import UnreadEntry, array_of_entry, describe
from .body_checks import continuous_frames
from .body_groups import Group, groups_of, is_body, is_joints, motion_array, shape_of
from .body_keys import FRAMES, name_words
from .body_pose import body_motion
from .joints import array_motion
from .rotations import read_rotations

_SHOWN = 4  # names of walks in a message
_FRAME_NUMBERS = {"frame_ids", "frame_id", "frames", "frame_idx", "frame_indices", "frame_index"}
_EXPECTED = (
    "expected a body (poses and trans, or global_orient, body_pose and transl, and a frame rate), "
    "joints (frames, 22, 3) with rate_hz, or features (frames, 263)"
)


@dataclass(frozen=True)
class _Parts:
    """Names of the arrays of a body in one group."""

    pose: str | None = None
    root: str | None = None
    body: str | None = None
    translation: str | None = None


def motion_of(content: object, options: ReadOptions, source: str) -> BodyMotion | JointMotion:
    """Read a body, joints or features from the content of a file.

    Args:
        content: Dictionary of arrays and dictionaries, or one array.
        options: Settings of the user; ``item`` chooses a person or walk.
        source: The file, for messages.

    Raises:
        RecordingError: There is neither, or there are several and ``item`` is not set.
    """
    if isinstance(content, np.ndarray):
        return array_motion(content, None, options, source)
    groups = groups_of(content)
    for select, read in ((is_body, _read_body), (is_joints, _read_joints)):
        selected = [group for group in groups if select(group)]
        if selected:
            group = _chosen(selected, content, options, source)
            if group.name:
                source = f"{source} ({printable(group.name[:80])})"
            return read(group, options, source)
    _check_unread(groups)
    raise RecordingError(f"{source} holds {_holds(content)}, {_EXPECTED}: save it with these names")


def _chosen(groups: list[Group], content, options: ReadOptions, source: str) -> Group:
    """The group of the walk that the user chose, in its best coordinate system."""
    walks: dict[str, Group] = {}
    for group in sorted(groups, key=_preference):
        walks.setdefault(group.name, group)
    names = list(dict.fromkeys(group.name for group in groups))
    item = options.item
    if item is None and len(names) == 1:
        return walks[names[0]]
    if item is not None:
        ends = [n for n in names if n == item] or [n for n in names if n.endswith(f"/{item}")]
        if len(ends) == 1:
            return walks[ends[0]]
        if len(names) == 1 and names[0] == "" and item == "0":
            return walks[""]
        _check_incomplete(content, item, source)
    if len(names) > _SHOWN and all(_frames_of(group) == 1 for group in groups[:50]):
        raise RecordingError(
            f"{source} has {len(names)} poses of one frame each, expected arrays with all frames: "
            "stack them with numpy.stack, and save poses, trans and mocap_framerate"
        )
    shown = ", ".join(printable(name[:60]) or "0" for name in names[:_SHOWN])
    shown += ", …" if len(names) > _SHOWN else ""
    what = f"no walk {item!r}" if item is not None else f"{len(names)} walks"
    raise RecordingError(f"{source} has {what}, expected one of {shown}: pass it with --item")


def _preference(group: Group):
    parts = _parts(group)
    return parts.translation is None, FRAMES.index(group.frame), len(group.path)


def _frames_of(group: Group) -> int:
    name = group.named("root") or group.named("pose")
    shape = shape_of(group.values[name]) if name else ()
    return 1 if not shape or shape[0] == 1 or shape in ((3,), (72,), (66,), (24, 3), (3, 3)) else 2


def _check_incomplete(content, item: str, source: str) -> None:
    """Raise an error for a walk that is in the file and has no poses."""
    inner = content
    for name in item.split("/"):
        names = {str(key): key for key in inner} if isinstance(inner, dict) else {}
        if name not in names:
            return
        inner = inner[names[name]]
    raise RecordingError(
        f"{source} holds {describe(inner)} in {printable(item[:60])}, {_EXPECTED}: export it again"
    )


def _check_unread(groups: list[Group]) -> None:
    """Raise the error of an entry that is named as a body and cannot be read."""
    for group in groups:
        for name, key in group.keys.items():
            value = group.values[name]
            if key.role not in ("rate", "betas", "scaling") and isinstance(value, UnreadEntry):
                raise RecordingError(value.error)


def _holds(content) -> str:
    if isinstance(content, list | tuple):
        return f"a list of {len(content)}"
    return describe(content)


def _parts(group: Group) -> _Parts:
    """Names of the arrays of a body; those of one coordinate system, the world if there is one."""
    for frame in FRAMES:
        translation = group.named("translation", frame)
        pose, root = group.named("pose", frame), group.named("root", frame)
        body = group.named("body", frame) or group.named("body")
        if translation and (pose or (root and body)):
            return _Parts(pose, root, body, translation)
    pose, root, body = (group.named(role) for role in ("pose", "root", "body"))
    oriented = group.keys.get(pose or root or "")
    translation = group.named("translation")
    if not (translation and oriented and oriented.frame != "world"):
        return _Parts(pose, root, body, None)
    # poses of the HMR family name no coordinate system; their translation is that of the camera
    is_camera = group.keys[translation].frame == "camera"
    return _Parts(pose, root, body, translation if is_camera else None)


def _read_body(group: Group, options: ReadOptions, source: str) -> BodyMotion:
    parts = _parts(group)
    if parts.translation is None:
        raise RecordingError(
            f"{source} holds {describe(group.values)}, and no translation of the body (trans, "
            "transl), without which a walk has no speed: export it with the translation"
        )
    vectors, remarks = _vectors(group, parts, source)
    translation, translation_remarks = _translation(group, parts.translation, len(vectors))
    remarks += translation_remarks
    betas_name = group.named("betas")
    betas = group.array(betas_name) if betas_name else None
    fields, body = _fit_fields(group, len(vectors), source)
    if body == "open" and "open_betas" in group.values:
        betas = group.array("open_betas")
    used, gap_remark = continuous_frames(_frame_numbers(group), len(vectors))
    if used != slice(0, len(vectors)) and len(translation) == len(vectors):
        vectors, translation, fields = vectors[used], translation[used], {}
    return body_motion(
        vectors,
        translation,
        betas,
        _rate(group, options),
        options,
        source,
        body=body,
        remarks=(*remarks, *gap_remark),
        **fields,
    )


def _rate(group: Group, options: ReadOptions):
    return None if group.rate is None or options.rate_hz else array_of_entry(group.rate)


def _frame_numbers(group: Group):
    for name, value in group.values.items():
        if "_".join(name_words(name)) in _FRAME_NUMBERS and not isinstance(value, UnreadEntry):
            return group.array(name)
    return None


def _vectors(group: Group, parts: _Parts, source: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Axis-angle vectors (T, J, 3) of root and body."""
    pose = parts.pose
    if pose is not None:
        rotations = read_rotations(
            group.array(pose), printable(pose), source, group.keys[pose].form
        )
        count = rotations.vectors.shape[1]
        if count >= 22 and count not in (23, 51, 54):
            return rotations.vectors, rotations.remarks
        if parts.root is None or count < 21:
            raise RecordingError(
                f"{source} has {printable(pose)} {shape_of(group.values[pose])}, rotations of "
                f"{count} joints, expected 22 or more with the root, such as (frames, 72): export "
                "it again"
            )
        body = rotations
    else:
        name = parts.body
        body = read_rotations(group.array(name), printable(name), source, group.keys[name].form)
    root = read_rotations(
        group.array(parts.root), printable(parts.root), source, group.keys[parts.root].form, True
    )
    shapes = root.vectors.shape, body.vectors.shape
    if shapes[0][0] != shapes[1][0] or shapes[0][1] != 1 or shapes[1][1] < 21:
        raise RecordingError(
            f"{source} has rotations of shape {shapes[0]} for the root and {shapes[1]} for the "
            "body, expected (frames, 1, 3) and (frames, 21 or more, 3): export it again"
        )
    kept = 23 if shapes[1][1] == 23 else 21
    return (
        np.concatenate([root.vectors, body.vectors[:, :kept]], axis=1),
        root.remarks + body.remarks,
    )


def _translation(group: Group, name: str, frames: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Translation (T, 3), and remarks about its coordinate system and scale."""
    array, remarks = group.array(name), ()
    shape = array.shape
    if array.ndim == 3 and (shape[1] == 1 or shape[0] == 1):
        array = array.reshape(-1, shape[2])
    elif array.ndim == 1 and array.size == 3 and frames == 1:
        array = array[None]
    elif array.ndim == 2 and shape == (3, frames) and frames != 3:
        array, remarks = array.T, (f"{printable(name)} (3, frames) put in another order",)
    if "camera" in (group.keys[name].frame, group.frame):
        remarks += ("in coordinates of the camera: vertical and speed are approximate",)
    scaling = group.named("scaling")
    if scaling is not None:
        factor = np.asarray(group.array(scaling)).reshape(-1)
        if factor.dtype.kind in "fiu" and factor.size and np.isfinite(factor[0]) and factor[0] > 0:
            array = array / float(factor[0])
            remarks += (f"translation divided by {printable(scaling)} ({factor[0]:.4g})",)
    return array, remarks


def _fit_fields(group: Group, frames: int, source: str) -> tuple[dict, str]:
    """Residuals and labels of a fit of this package, and the body that it belongs to."""
    body = "smpl"
    if "body" in group.values and group.keys.get("body") is None:
        text = np.asarray(array_of_entry(group.values["body"]))
        body = str(text.reshape(-1)[0]) if text.size == 1 else "smpl"
    body = body if body in ("smpl", "open") else "smpl"
    if not {"residual_m", "marker_labels"} <= group.values.keys():
        return {}, body
    residual, labels = group.array("residual_m"), group.array("marker_labels")
    if labels.dtype.kind not in "US" or residual.shape != (frames, labels.size):
        raise RecordingError(
            f"{source} has residual_m of shape {residual.shape} and marker_labels of type "
            f"{labels.dtype} and shape {labels.shape}, expected one label for each column: fit it "
            "again"
        )
    labels = tuple(printable(str(label)) for label in labels.reshape(-1))
    return {"residual_m": residual, "marker_labels": labels}, body


def _read_joints(group: Group, options: ReadOptions, source: str) -> JointMotion | BodyMotion:
    motion = array_motion(group.array(motion_array(group)), _rate(group, options), options, source)
    if "unmeasured" not in group.values or not isinstance(motion, JointMotion):
        return motion
    names = {str(name) for name in np.ravel(group.array("unmeasured"))[: len(JOINT_NAMES) + 1]}
    unmeasured = tuple(name for name in (*JOINT_NAMES, "depth") if name in names)
    return replace(motion, unmeasured=unmeasured)
