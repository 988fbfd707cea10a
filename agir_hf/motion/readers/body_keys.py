"""Names of arrays in files of SMPL-family bodies and joints, and what they mean.

Programs that estimate or publish bodies use many spellings: ``poses`` and ``trans`` (AMASS),
``root_orient`` and ``pose_body`` (AMASS with SMPL-X, SLAHMR), ``global_orient``, ``body_pose`` and
``transl`` (smplx, HMR, GVHMR), ``pose_world`` and ``trans_world`` (WHAM), ``smpl_poses`` (AIST++).
A name is divided into words; words about the source, the coordinate system and the form of
rotations are taken out, and the rest decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

FRAMES = ["world", "", "camera"]  # coordinate systems, preferred ones first
_SOURCE = {
    "pred", "predicted", "smpl", "smplx", "smplh", "h", "x", "opt", "optimized", "optimised", "est",
    "estimated", "gt", "param", "params", "parameters", "final", "refined", "fitted", "fit",
}  # fmt: skip
_FRAMES = {
    "world": "world", "w": "world", "global": "world", "cam": "camera", "camera": "camera",
    "incam": "camera", "c": "camera",
}  # fmt: skip
_FORMS = {
    "rotmat": "matrix", "rotmats": "matrix", "matrix": "matrix", "matrices": "matrix",
    "mat": "matrix", "mats": "matrix", "6d": "6d", "rot6d": "6d", "cont6d": "6d", "d6": "6d",
    "quat": "quaternion", "quats": "quaternion", "quaternion": "quaternion",
    "quaternions": "quaternion", "wxyz": "quaternion wxyz", "xyzw": "quaternion xyzw",
    "aa": "axis-angle", "axisangle": "axis-angle", "rotvec": "axis-angle",
    "rotvecs": "axis-angle",
}  # fmt: skip
_FORM_PHRASES = {
    "axis_angle": "aa", "rotation_matrix": "mat", "rotation_matrices": "mat", "rot_mat": "mat",
    "rot_6d": "6d",
}  # fmt: skip
_NAMES = {
    "pose": "poses pose fullpose full_pose full_poses thetas theta rots rotations joint_rotations "
    "local_rotations pose_params full_body_pose",
    "root": "global_orient global_orientation global_orients root_orient root_orientation "
    "root_orients root_pose root_poses pose_root poses_root root_rot root_rotation "
    "root_rotations global_rot global_rotation orient orientation body_orient root_body_orient "
    "global_root_orient pelvis_orient pelvis_rotation orient_root rot_root",
    "body": "body_pose pose_body body_poses poses_body bodypose body_theta body_thetas",
    "translation": "trans transl translation translations tran root_trans root_transl "
    "root_translation root_translations trans_root transl_root trans_orig root_trans_offset "
    "body_trans body_transl body_translation global_t global_trans global_transl "
    "global_translation root_pos root_position root_positions pelvis_trans pelvis_position",
    "camera translation": "t t_full",  # "pred_cam_t": only with a word for the camera
    "betas": "betas beta shape shapes shape_params body_shape betas_shape shape_betas body_betas",
    "rate": "mocap_framerate mocap_frame_rate mocap_framerates mocap_fps mocap_rate mocap_freq "
    "mocap_frequency framerate frame_rate frame_rate_hz framerate_hz fps rate rate_hz hz freq "
    "frequency sampling_rate sample_rate samplingrate samplerate sampling_frequency video_fps "
    "frames_per_second capture_rate",
    "scaling": "scaling",
    "joints": "joints joint joints3d joints_3d joint_3d j3d j3ds kp3d kp_3d keypoints3d "
    "keypoints_3d joint_positions joints_positions joint_pos joints_pos positions xyz jtr jnts "
    "new_joints joint_locations",
    "features": "features feature new_joint_vecs joint_vecs feats humanml3d",
    "array": "motion motions data arr_0 array",  # joints or features, by the shape
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split()}


@dataclass(frozen=True)
class Key:
    """Meaning of the name of an array.

    Attributes:
        role: "pose" (root and body), "root", "body", "translation", "betas", "rate", "scaling",
            "joints", "features" or "array".
        form: Form of the rotations if the name states it: "matrix", "6d", "axis-angle",
            "quaternion", "quaternion wxyz" or "quaternion xyzw".
        frame: Coordinate system that the name states: "world", "camera" or "".
        order: Position among the spellings of the role; smaller ones are preferred.
    """

    role: str
    form: str = ""
    frame: str = ""
    order: int = 0


@lru_cache(maxsize=4096)
def parse_key(name: str) -> Key | None:
    """Meaning of a name in a file; None if it is not part of a body, joints or features.

    Args:
        name: Name of an array.
    """
    words = name_words(name)
    form, frame, rest = "", "", []
    text = "_".join(words)
    for spelling, word in _FORM_PHRASES.items():
        text = text.replace(spelling, word)
    for word in text.split("_"):
        if word in _FORMS:
            form = max(form, _FORMS[word], key=len)
        elif word not in _SOURCE:
            rest.append(word)
    if form and not rest:
        return Key("pose", form)
    if "_".join(rest) not in _ROLES:  # "global" of global_orient is part of the name
        frame = next((_FRAMES[word] for word in rest if word in _FRAMES), "")
        rest = [word for word in rest if word not in _FRAMES]
    if form and not rest:
        return Key("root" if "global" in words else "pose", form, frame)
    if form and rest in (["root"], ["body"]):
        return Key(rest[0], form, frame)
    role = _ROLES.get("_".join(rest))
    if role in ("pose", "body") and "global" in words:
        return None  # rotations in the room, not relative to the parent joint
    if role == "camera translation":
        return Key("translation", form, "camera", 99) if frame == "camera" else None
    if role is None or (form and role not in ("pose", "root", "body")):
        return None
    return Key(role, form, frame, list(_NAMES[role].split()).index("_".join(rest)))


def name_words(name: str) -> list[str]:
    """Words of a name, in lower case.

    Args:
        name: Name such as "bodyPose" or "pred_cam_t".
    """
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", str(name)[:80])
    return [word for word in re.split(r"[^a-z0-9]+", text.lower()) if word]


def frame_of_group(name: str) -> str:
    """Coordinate system that the name of a group states: "world", "camera" or "".

    Args:
        name: Name of a dictionary in a file, such as "smpl_params_global" or "smplx_cam".
    """
    words = name_words(name)
    frames = [_FRAMES[word] for word in words if word in _FRAMES and len(word) > 1]
    others = [word for word in words if word not in _FRAMES and word not in _SOURCE]
    return frames[0] if frames and not others else ""
