"""Inputs of `fuzz_readers.py`: small recordings of all formats, and mutations of them."""

import gzip
import io
import os
import pickle
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import agir_hf
from agir_hf.humanml3d import JOINT_NAMES, LINKS
from agir_hf.motion import read_recording, to_joints
from agir_hf.motion.export import write

LARGEST_SEED = 700_000  # bytes
FOLDERS = ("recording_cases", "hostile_cases", "c3d_variants", "healthy_adults")
TEXTS = (".trc", ".bvh")
NUMBERS = (
    "nan", "inf", "-inf", "0", "-1", "1e308", "1e-308", "9999999", "4294967296", "1e9", "-0.0",
    "65536", "2147483648", "1,5", "0x10", "1_0", "", "NaN(ind)", "٣", "1" * 400,
)  # fmt: skip
WORDS = (
    "\x1b[31m", "\x00", "\t", "\n", "{", "}", "Frames:", "Frame Time:", "End Site", "CHANNELS 99",
    "JOINT x", "Time", "mm", "\u202e", "ROOT", "Frame#", "\ufeff", "../../x", "*", ":",
)  # fmt: skip
BVH_NAMES = (
    "Hips", "LeftUpLeg", "RightUpLeg", "Spine", "LeftLeg", "RightLeg", "Spine1", "LeftFoot",
    "RightFoot", "Spine2", "LeftToeBase", "RightToeBase", "Neck", "LeftShoulder", "RightShoulder",
    "Head", "LeftArm", "RightArm", "LeftForeArm", "RightForeArm", "LeftHand", "RightHand",
)  # fmt: skip
PARENTS = {child: parent for parent, child in LINKS}


@dataclass(frozen=True)
class Job:
    """Settings that all inputs share.

    Attributes:
        seeds: Folder of the files that are mutated.
        seed: Seed of the random generator.
        work: Folder for temporary inputs.
        seconds: CPU time after which a worker process is ended.
    """

    seeds: Path
    seed: int
    work: Path
    seconds: float = 10.0


def mutated(job: Job, index: int) -> tuple[str, bytes, dict]:
    """Name and content of an input, and keyword arguments of `read_recording`.

    Args:
        job: Settings.
        index: Number of the input.
    """
    rng = np.random.default_rng((job.seed, index))
    files = sorted(job.seeds.iterdir())
    source = files[rng.integers(len(files))]
    other = files[rng.integers(len(files))].read_bytes()
    content = _mutate_file(source.name, source.read_bytes(), other, rng)
    options = {}
    if ".npy" in source.name or rng.random() < 0.1:
        options["rate_hz"] = float(rng.choice([20, 30, 100, 1000]))
    if ".pkl" in source.name and rng.random() < 0.5:
        options["item"] = str(rng.choice(["0", "SUB01/walk_1"]))
    return source.name, content, options


def _mutate_file(name: str, content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """Mutation of a file, or of what is in it if it is packed."""
    inside = rng.random() < 0.7
    if name.endswith(".gz") and inside:
        return gzip.compress(_mutate_file(name[:-3], gzip.decompress(content), other, rng), 1)
    if name.endswith((".zip", ".npz")) and inside:
        try:
            return _mutate_archive(content, other, rng)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError):
            pass  # damaged already
    is_text = name.endswith(TEXTS)
    for _ in range(rng.geometric(0.7)):
        functions = _BYTES + (_TEXT if is_text else _BINARY) * 2
        content = functions[rng.integers(len(functions))](content, other, rng)
    return content


def _mutate_archive(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """Archive with one mutated entry and right checksums."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        entries = old.infolist()
        chosen = rng.integers(len(entries)) if entries else 0
        for i, entry in enumerate(entries):
            data = old.read(entry)
            if i == chosen:
                data = _mutate_file(entry.filename, data, other, rng)
            new.writestr(entry.filename, data)
    return target.getvalue()


def _span(content: bytes, rng: np.random.Generator, most: int = 200) -> tuple[int, int]:
    start = int(rng.integers(len(content) + 1))
    if rng.random() < 0.3:  # near the header
        start = min(start, int(rng.integers(1024)))
    return start, min(start + int(rng.integers(1, most)), len(content))


def _flip(content, other, rng):
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 8))):
        if data:
            data[_span(content, rng)[0] % len(data)] ^= 1 << int(rng.integers(8))
    return bytes(data)


def _insert(content, other, rng):
    start, _ = _span(content, rng)
    return content[:start] + rng.bytes(int(rng.integers(1, 64))) + content[start:]


def _delete(content, other, rng):
    start, end = _span(content, rng, 2000)
    return content[:start] + content[end:]


def _repeat(content, other, rng):
    start, end = _span(content, rng, 2000)
    return content[:end] + content[start:end] * int(rng.integers(1, 4)) + content[end:]


def _truncate(content, other, rng):
    return content[: int(rng.integers(len(content) + 1))]


def _splice(content, other, rng):
    start, _ = _span(content, rng)
    first, last = _span(other, rng, 4000)
    kept = start if rng.random() < 0.5 else start + last - first
    return content[:start] + other[first:last] + content[kept:]


def _number(content, other, rng):
    numbers = list(re.finditer(rb"-?\d+\.?\d*", content[:20000] if rng.random() < 0.5 else content))
    if not numbers:
        return content
    match = numbers[int(rng.integers(len(numbers)))]
    value = NUMBERS[int(rng.integers(len(NUMBERS)))].encode()
    return content[: match.start()] + value + content[match.end() :]


def _word(content, other, rng):
    start, _ = _span(content, rng)
    return content[:start] + WORDS[int(rng.integers(len(WORDS)))].encode() + content[start:]


def _lines(content, other, rng):
    lines = content.split(b"\n")
    i, j = rng.integers(len(lines), size=2)
    if rng.random() < 0.5:
        i = min(i, int(rng.integers(80)) % len(lines))
    choice = rng.integers(4)
    if choice == 0:
        del lines[i]
    elif choice == 1:
        lines.insert(i, lines[j])
    elif choice == 2:
        lines[i], lines[j] = lines[j], lines[i]
    else:
        separators = (b"\t", b" ", b",", b";", b"")
        old, new = (separators[k] for k in rng.integers((4, 5)))
        lines[i:] = [line.replace(old, new) for line in lines[i:]]
    return b"\n".join(lines)


def _field(content, other, rng):
    kinds = {"<u2": (0, 1, 255, 32767, 65535), "<u4": (0, 2**31 - 1, 2**32 - 1, 10**9),
             "u1": (0, 1, 127, 128, 255), ">u4": (2**31, 1, 84),
             "<f4": (np.nan, np.inf, 0.0, -1.0, 1e38, 1e-38), "<f8": (np.nan, 1e308)}  # fmt: skip
    kind = list(kinds)[int(rng.integers(len(kinds)))]
    value = kinds[kind][int(rng.integers(len(kinds[kind])))]
    data = np.array(value).astype(kind).tobytes()
    start = int(rng.integers(min(len(content), 1024) + 1)) // 2 * 2
    return content[:start] + data + content[start + len(data) :]


_BYTES = (_flip, _flip, _flip, _insert, _delete, _repeat, _truncate, _splice)
_TEXT, _BINARY = (_number, _number, _number, _word, _lines), (_field, _field, _flip)


def make_seeds(folder: Path) -> None:
    """Write small recordings of all formats, unless the folder exists.

    Args:
        folder: Folder to write.
    """
    if folder.exists():
        return
    draft = folder.with_name("seeds.partial")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    sample = read_recording(agir_hf.SAMPLE_RECORDING)
    shutil.copy(agir_hf.SAMPLE_RECORDING, draft / "sample.c3d")
    _write_trc(draft / "sample.trc", sample)
    motion = to_joints(sample)
    for name in ("joints.npz", "joints.npy", "features.npz", "features.npy"):
        write(motion, draft / name, name.split(".")[0])
    _write_bvh(draft / "sample.bvh", motion.joints, motion.rate_hz)
    _write_bodies(draft, motion.joints[:, 0])
    for name in ("sample.trc", "sample.c3d"):
        (draft / f"{name}.gz").write_bytes(gzip.compress((draft / name).read_bytes()))
    with zipfile.ZipFile(draft / "sample.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(draft / "sample.trc", "data/sample.trc")
        archive.writestr("README.txt", "a walk")
    data = Path(os.environ.get("AGIR_TEST_DATA", "")) / "data"
    for group in FOLDERS if "AGIR_TEST_DATA" in os.environ else ():
        for path in sorted((data / group).iterdir()):
            known_ending = path.suffix in (".c3d", ".trc", ".bvh", ".npz", ".npy", ".pkl")
            if known_ending and path.stat().st_size <= LARGEST_SEED:
                shutil.copyfile(path, draft / f"{group}_{path.name}")
    draft.rename(folder)


def _write_trc(path: Path, sample) -> None:
    """The sample at 50 Hz, in millimetres."""
    positions = sample.positions[::3] * 1000
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigNumFrames",
        f"50\t50\t{len(positions)}\t{len(sample.labels)}\tmm\t50\t{len(positions)}",
        "Frame#\tTime\t" + "\t\t\t".join(sample.labels),
        "\t\t" + "\t".join(f"{a}{i + 1}" for i in range(len(sample.labels)) for a in "XYZ"),
        "",
    ]
    for t, frame in enumerate(positions):
        values = "\t".join("" if np.isnan(v) else f"{v:.1f}" for v in frame.ravel())
        lines.append(f"{t + 1}\t{t / 50:.3f}\t{values}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_bvh(path: Path, joints: np.ndarray, rate_hz: float) -> None:
    """Joints (T, 22, 3) in metres as centimetres; each joint has a position and no rotation."""
    offsets = joints.copy()
    offsets[:, 1:] -= joints[:, [PARENTS[i] for i in range(1, 22)]]
    order, lines = [], ["HIERARCHY"]

    def add(joint: int, depth: int) -> None:
        order.append(joint)
        indent = "\t" * depth
        values = " ".join(f"{v:.4f}" for v in 100 * offsets[0, joint])
        lines.extend([
            f"{indent}{'JOINT' if depth else 'ROOT'} {BVH_NAMES[joint]}",
            f"{indent}{{",
            f"{indent}\tOFFSET {values}",
            f"{indent}\tCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation",
        ])  # fmt: skip
        children = [child for child, parent in PARENTS.items() if parent == joint]
        for child in children:
            add(child, depth + 1)
        if not children:
            end = f"{indent}\tEnd Site\n{indent}\t{{\n{indent}\t\tOFFSET 0 5 0\n{indent}\t}}"
            lines.append(end)
        lines.append(f"{indent}}}")

    add(0, 0)
    lines += ["MOTION", f"Frames: {len(joints)}", f"Frame Time: {1 / rate_hz:.6f}"]
    values = np.concatenate([100 * offsets[:, order], np.zeros((len(joints), 22, 3))], axis=2)
    lines += [" ".join(f"{v:.3f}" for v in frame.ravel()) for frame in values]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_bodies(folder: Path, pelvis: np.ndarray) -> None:
    """A body whose legs swing, as AMASS, CARE-PD, and flat pickle."""
    frames = len(pelvis)
    swing = 0.4 * np.sin(2 * np.pi * np.arange(frames) / 22)
    poses = np.zeros((frames, 24, 3))
    for side, sign in (("left", 1), ("right", -1)):
        poses[:, JOINT_NAMES.index(f"{side}_hip"), 0] = -sign * swing
        poses[:, JOINT_NAMES.index(f"{side}_knee"), 0] = 0.3 + 0.3 * sign * swing
    body = {"poses": poses.reshape(frames, 72), "trans": pelvis, "betas": np.zeros(10)}
    np.savez(folder / "amass.npz", mocap_framerate=20.0, gender="neutral", **body)
    matrices = np.broadcast_to(np.eye(3), (frames, 24, 3, 3))
    np.savez(folder / "matrices.npz", poses=matrices, trans=pelvis, betas=np.zeros(10), fps=20.0)
    care_pd = {"pose": body["poses"], "trans": pelvis, "beta": np.zeros((1, 10)), "fps": 20,
               "UPDRS_GAIT": 1, "medication": "ON", "other": ""}  # fmt: skip
    for name, content in (
        ("care_pd.pkl", {"SUB01": {"walk_1": care_pd, "walk_2": care_pd}}),
        ("flat.pkl", {**body, "fps": 20.0}),
        ("people.pkl", {0: {"pose": body["poses"], "trans": pelvis, "betas": np.zeros(10)}}),
    ):
        (folder / name).write_bytes(pickle.dumps(content, protocol=4))
