"""Linear blend skinning of a body in SMPL's layout.

Implemented from the paper of Loper, Mahmood, Romero, Pons-Moll and Black 2015, "SMPL: A Skinned
Multi-Person Linear Model", ACM Transactions on Graphics 34(6):248, section 3. Shape and pose blend
shapes are added to the template, the joints are regressed from the shaped template, and each vertex
follows the joints by its weights. This file poses the embedded open body. Only a user's SMPL file
needs the package `smplx`, whose licence allows non-commercial research only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True, eq=False)
class SkinnedBody:
    """Arrays of a body in SMPL's layout, and the functions that shape and pose it.

    The attributes have the names and shapes of those of `smplx.SMPL`.

    Attributes:
        v_template: (V, 3) vertices of the mean body at rest, metres.
        shapedirs: (V, 3, B) shape blend shapes, metres per unit of a shape component.
        posedirs: (9 (J - 1), 3 V) pose blend shapes, metres per unit of an entry of a rotation
            matrix.
        J_regressor: (J, V) weights; joints are weighted means of vertices.
        lbs_weights: (V, J) skinning weights; each row sums to 1.
        parents: (J,) parent of each joint, -1 for the pelvis.
        faces_tensor: (F, 3) vertices of each triangle.
    """

    v_template: torch.Tensor
    shapedirs: torch.Tensor
    posedirs: torch.Tensor
    J_regressor: torch.Tensor
    lbs_weights: torch.Tensor
    parents: torch.Tensor
    faces_tensor: torch.Tensor

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> SkinnedBody:
        """Build a body from the arrays of a file in SMPL's layout.

        Values are rounded to single precision, as `smplx` does; computations use double precision.

        Args:
            arrays: Arrays with SMPL's names: v_template, shapedirs, posedirs (V, 3, 9 (J - 1)),
                J_regressor, weights, kintree_table (2, J) and f.
        """
        posedirs = np.asarray(arrays["posedirs"])
        parents = torch.tensor(np.asarray(arrays["kintree_table"])[0], dtype=torch.long)
        parents[0] = -1
        return cls(
            v_template=_double(arrays["v_template"]),
            shapedirs=_double(arrays["shapedirs"]),
            posedirs=_double(posedirs.reshape(-1, posedirs.shape[-1]).T),
            J_regressor=_double(arrays["J_regressor"]),
            lbs_weights=_double(arrays["weights"]),
            parents=parents,
            faces_tensor=torch.tensor(np.asarray(arrays["f"]).astype(np.int64)),
        )

    @property
    def num_betas(self) -> int:
        """Number of shape components."""
        return self.shapedirs.shape[-1]

    def at_rest(self, betas: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Shape the body.

        Args:
            betas: (B,) shape components.

        Returns:
            Vertices (V, 3) and joints (J, 3) at rest, metres.
        """
        vertices = self.v_template + self.shapedirs @ betas
        return vertices, self.J_regressor @ vertices

    def posed(
        self, betas: torch.Tensor, poses: torch.Tensor, translation: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Shape and pose the body.

        Args:
            betas: (B,) shape components.
            poses: (T, J, 3) axis-angle of each joint relative to its parent, radians.
            translation: (T, 3) translation of the body, metres.

        Returns:
            Vertices (T, V, 3) and joints (T, J, 3), metres.
        """
        vertices, rest_joints = self.at_rest(betas)
        rotations = rotation_matrices(poses)
        orientations, joints = kinematics(
            rotations, rest_joints, translation, self.parents.tolist()
        )
        # pose blend shapes are linear in the rotation matrices minus the identity
        features = (rotations[:, 1:] - torch.eye(3, dtype=poses.dtype)).flatten(1)
        vertices = vertices + (features @ self.posedirs).unflatten(1, (-1, 3))
        # joint k moves a point x at rest to R_k (x - rest_k) + joint_k = R_k x + shift_k
        shifts = joints - (orientations @ rest_joints[..., None])[..., 0]
        blended = torch.einsum("vj,tjab->tvab", self.lbs_weights, orientations)
        moved = (blended @ vertices[..., None])[..., 0]
        return moved + self.lbs_weights @ shifts, joints


def rotation_matrices(rotations: torch.Tensor) -> torch.Tensor:
    """Convert axis-angle to rotation matrices by Rodrigues' formula, with its series near zero.

    Args:
        rotations: (…, 3) axis-angle, radians.

    Returns:
        (…, 3, 3) rotation matrices.
    """
    angle = rotations.norm(dim=-1)[..., None, None]
    skew = skew_matrices(rotations)
    small = angle < 1e-4
    safe = torch.where(small, torch.ones_like(angle), angle)
    first = torch.where(small, 1 - angle**2 / 6, torch.sin(safe) / safe)
    second = torch.where(small, 0.5 - angle**2 / 24, (1 - torch.cos(safe)) / safe**2)
    identity = torch.eye(3, dtype=rotations.dtype)
    return identity + first * skew + second * (skew @ skew)


def skew_matrices(vectors: torch.Tensor) -> torch.Tensor:
    """Convert vectors (…, 3) to matrices (…, 3, 3) with skew(a) b = a × b."""
    x, y, z = vectors.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).unflatten(-1, (3, 3))


def kinematics(
    rotations: torch.Tensor, rest: torch.Tensor, translation: torch.Tensor, parents: list[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute orientations and positions of the joints from their rotations (forward kinematics).

    Args:
        rotations: (T, J, 3, 3) rotation of each joint relative to its parent.
        rest: (J, 3) or (T, J, 3) joints at rest, metres.
        translation: (T, 3) translation of the body, metres.
        parents: Parent of each joint, -1 for the pelvis.

    Returns:
        Global orientations (T, J, 3, 3) and positions (T, J, 3) of the joints.
    """
    rest = rest.expand(len(rotations), -1, -1)
    orientations, positions = [rotations[:, 0]], [rest[:, 0] + translation]
    for joint in range(1, len(parents)):
        parent = parents[joint]
        bone = (rest[:, joint] - rest[:, parent])[..., None]
        positions.append(positions[parent] + (orientations[parent] @ bone)[..., 0])
        orientations.append(orientations[parent] @ rotations[:, joint])
    return torch.stack(orientations, dim=1), torch.stack(positions, dim=1)


def _double(array) -> torch.Tensor:
    # Rounded to single precision, as smplx does. Copied, because torch aligns its memory and the
    # order of sums in BLAS depends on the alignment.
    return torch.tensor(np.ascontiguousarray(array, dtype=np.float32), dtype=torch.float64)
