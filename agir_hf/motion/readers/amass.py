"""Files in .npz: AMASS and similar bodies, fits of ``agir fit``, joints and features."""

from __future__ import annotations

from pathlib import Path

from ..recording import BodyMotion, JointMotion, ReadOptions
from .array_files import open_npz
from .body_content import motion_of


def read_npz(path: Path, options: ReadOptions | None = None) -> BodyMotion | JointMotion:
    """Read an .npz file with a body, joints or HumanML3D features, in any usual spelling.

    AMASS: Mahmood et al. 2019 (ICCV). Joints of fingers and face are left out. Nothing in the file
    is unpickled.

    Args:
        path: The file.
        options: Settings of the user.

    Raises:
        RecordingError: The file is damaged, has neither a body nor joints, or states no frame rate.
    """
    options = options or ReadOptions()
    content: dict = {}
    for name, value in open_npz(path).items():
        *folders, last = [part for part in name.replace(".", "/").split("/") if part] or [name]
        inner = content
        for folder in folders:
            inner = inner.setdefault(folder, {})
            if not isinstance(inner, dict):
                break
        if isinstance(inner, dict) and last not in inner:
            inner[last] = value
    return motion_of(content, options, str(path))
