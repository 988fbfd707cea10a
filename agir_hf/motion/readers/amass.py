"""Files in .npz: AMASS and similar, fits of ``agir fit``, and joints with their frame rate."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from ..recording import BodyMotion, JointMotion, ReadOptions, RecordingError
from .body_pose import body_motion
from .joints import joint_motion

_RATES = ("mocap_framerate", "mocap_frame_rate", "rate_hz", "fps")
_DAMAGE = (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, MemoryError)


def read_npz(path: Path, options: ReadOptions | None = None) -> BodyMotion | JointMotion:
    """Read an .npz file: ``poses`` with ``betas`` and ``trans`` as a body, ``joints`` as joints.

    AMASS: Mahmood et al. 2019 (ICCV). Joints of fingers and face are left out. Nothing in the file
    is unpickled.

    Args:
        path: The file.
        options: Settings of the user.

    Raises:
        RecordingError: The file is damaged, has neither a body nor joints, or states no frame rate.
    """
    options = options or ReadOptions()
    arrays = _load(path)
    rate_hz = next((arrays[name] for name in _RATES if name in arrays), None)
    if "poses" in arrays and "trans" in arrays:
        residuals = {}
        if "residual_m" in arrays and "marker_labels" in arrays:
            labels = tuple(str(label) for label in np.ravel(arrays["marker_labels"]))
            residuals = {"residual_m": arrays["residual_m"], "marker_labels": labels}
        betas = arrays.get("betas", np.zeros(0))
        body = str(arrays.get("body", "smpl"))
        if body == "open" and "open_betas" in arrays:
            betas = arrays["open_betas"]
        return body_motion(
            arrays["poses"],
            arrays["trans"],
            betas,
            rate_hz,
            options,
            str(path),
            body=body,
            **residuals,
        )
    if "joints" in arrays:
        rate = options.rate_hz
        if rate is None and rate_hz is not None:
            rate = float(np.asarray(rate_hz).reshape(-1)[0])
        return joint_motion(arrays["joints"], rate, options, str(path), "joints")
    names = ", ".join(sorted(arrays)) or "nothing"
    raise RecordingError(
        f"{path} holds {names}, expected poses and trans (AMASS), or joints with rate_hz: save it "
        "with these names"
    )


def _load(path: Path) -> dict[str, np.ndarray]:
    wanted = {"poses", "trans", "betas", "joints", "residual_m", "marker_labels", "body"}
    wanted |= {"open_betas", *_RATES}
    try:
        with np.load(path, allow_pickle=False) as content:
            if not hasattr(content, "files"):
                raise RecordingError(
                    f"{path} is a single array, expected an .npz file with several: save it with "
                    "np.savez"
                )
            # other entries are not loaded: in AMASS some are pickled
            arrays = {name: content[name] for name in content.files if name in wanted}
            others = {name: np.empty(0) for name in content.files if name not in wanted}
            return arrays or others
    except RecordingError:
        raise
    except _DAMAGE as error:
        raise RecordingError(
            f"{path} is damaged or not an .npz file ({error}): copy or export it again"
        ) from error
