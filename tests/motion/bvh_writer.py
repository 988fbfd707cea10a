"""BVH files of a small skeleton that walks along Z, for the tests of their reader."""

import numpy as np

# name, parent, offset in centimetres: a small standing skeleton that faces Z
SKELETON = [
    ("Hips", None, (0, 90, 0)),
    ("LeftUpLeg", "Hips", (9, -4, 0)),
    ("LeftLeg", "LeftUpLeg", (0, -40, 0)),
    ("LeftFoot", "LeftLeg", (0, -40, 0)),
    ("LeftToeBase", "LeftFoot", (0, -6, 12)),
    ("RightUpLeg", "Hips", (-9, -4, 0)),
    ("RightLeg", "RightUpLeg", (0, -40, 0)),
    ("RightFoot", "RightLeg", (0, -40, 0)),
    ("RightToeBase", "RightFoot", (0, -6, 12)),
    ("Spine", "Hips", (0, 45, 0)),
    ("Neck", "Spine", (0, 8, 0)),
    ("LeftShoulder", "Spine", (6, 4, 0)),
    ("LeftArm", "LeftShoulder", (12, 0, 0)),
    ("LeftForeArm", "LeftArm", (28, 0, 0)),
    ("LeftHand", "LeftForeArm", (25, 0, 0)),
    ("RightShoulder", "Spine", (-6, 4, 0)),
    ("RightArm", "RightShoulder", (-12, 0, 0)),
    ("RightForeArm", "RightArm", (-28, 0, 0)),
    ("RightHand", "RightForeArm", (-25, 0, 0)),
]
FRAMES = 70


def text(skeleton=SKELETON, order="ZXY", angles=None, scale=1.0, frames=FRAMES):
    """A BVH of that skeleton walking along Z; ``angles`` (T, J, 3) in degrees."""
    lines = ["HIERARCHY"]
    children = {name: [c for c in skeleton if c[1] == name] for name, *_ in skeleton}

    def add(joint, depth):
        name, parent, offset = joint
        pad = "  " * depth
        lines.append(f"{pad}{'JOINT' if parent else 'ROOT'} {name}")
        lines.append(pad + "{")
        lines.append(f"{pad}  OFFSET {' '.join(str(v * scale) for v in offset)}")
        rotations = " ".join(f"{axis}rotation" for axis in order)
        position = "" if parent else "Xposition Yposition Zposition "
        lines.append(f"{pad}  CHANNELS {3 if parent else 6} {position}{rotations}")
        for child in children[name]:
            add(child, depth + 1)
        if not children[name]:
            lines.extend([f"{pad}  End Site", pad + "  {", f"{pad}    OFFSET 0 -1 3", pad + "  }"])
        lines.append(pad + "}")

    add(skeleton[0], 0)
    angles = np.zeros((frames, len(skeleton), 3)) if angles is None else angles
    lines += ["MOTION", f"Frames: {frames}", "Frame Time: 0.0166667"]
    for t in range(frames):
        root = np.array([0, 90, 2.0 * t]) * scale
        row = [*root, *angles[t].reshape(-1)]
        lines.append(" ".join(f"{v:.6f}" for v in row))
    return "\n".join(lines) + "\n"
