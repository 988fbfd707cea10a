"""Formats that are not read, with the way to convert them, and formats recognised by their content.

The ending of a name may be wrong, and a download may be a page that says "not found".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..recording import RecordingError
from .trc_table import text_encoding

HEAD_BYTES = 4096  # read to recognise the content
_C3D_KEY, _C3D_FIRST_BLOCKS = 0x50, range(2, 33)
# endings: what it is; what to do
_TABLE = """
.fbx .glb .gltf .dae .usd .usda .usdc .abc .blend: a scene with animation; {blender}
.mvn .mvnx: a recording of Xsens MVN; open it in MVN Analyze or Animate, and export C3D or BVH
.json: keypoints of OpenPose, AlphaPose or similar; convert them to 3D with Pose2Sim or Sports2D, \
and pass their TRC
.mat: a file of MATLAB; save the markers as C3D with ezc3d or BTK, or in Python joints \
(frames, 22, 3) and rate_hz with scipy.io.loadmat and numpy.savez
.csv .tsv .txt .xls .xlsx .ods: a table; export C3D or TRC instead (QTM, Nexus, Motive and Cortex \
do), or pass --format trc if it is a TRC file
.mot .sto: a table of OpenSim with angles or forces; {opensim}
.osim: a model of OpenSim, without a recording; {opensim}
.asf .amc .drc: a skeleton or its angles; import it in Blender and export BVH, or take the C3D \
file of the same trial
.qtm .qca: a measurement of Qualisys; open it in QTM, and use File > Export > To C3D
.x1d .x2d .xcp .trial .enf .mcp .vsk .vst .system .history: a file of Vicon without marker paths; \
open the trial in Vicon Nexus, and export C3D
.tak .ttp: a take of OptiTrack; open it in Motive, and export its tracking data as C3D or BVH
.trb .cap .anb .forces .htr .htr2: a file of Motion Analysis; open it in Cortex, and export \
C3D or TRC
.mox .mdr .mdf .tdf .rah .rif .ric: a file of another motion capture program; open it there, and \
export C3D
.mp4 .mov .avi .mkv .webm .m4v .mpg .mpeg .wmv: a video; {keypoints}
.jpg .jpeg .png .gif .pdf: no recording; pass the file of the motion capture system
.tar .tgz .bz2 .xz .zst .7z .rar .lz4 .tbz2: packed in another way than .gz and .zip; {unpack}
.h5 .hdf5 .parquet .feather .arrow: a table of arrays; save joints (frames, 22, 3) and rate_hz \
with numpy.savez
"""
_KEYPOINTS = "make 3D keypoints from it with Pose2Sim, Sports2D or OpenCap, and pass their TRC"
_BLENDER = "import it in Blender, and export the animation as BVH"
_UNPACK = "unpack it, and pass the recording in it"
_OPENSIM = "pass the TRC file of the markers"


def _advice() -> dict[str, tuple[str, str]]:
    """Ending → what it is, and what to do."""
    text = _TABLE.format(blender=_BLENDER, opensim=_OPENSIM, keypoints=_KEYPOINTS, unpack=_UNPACK)
    advice = {}
    for line in text.strip().splitlines():
        endings, _, meaning = line.partition(": ")
        name, _, action = meaning.partition("; ")
        advice.update(dict.fromkeys(endings.split(), (name, action)))
    return advice


_ADVICE = _advice()


@dataclass(frozen=True)
class Content:
    """What a file contains, by its first bytes.

    Attributes:
        name: Words for messages, with an article.
        endings: Endings that such files have; the first is the usual one.
        advice: What to do with it, if it is not read.
    """

    name: str
    endings: tuple[str, ...] = ()
    advice: str = ""


_BINARY = (  # first bytes → content
    (b"\x93NUMPY", Content("an array of numpy", (".npy",))),
    (b"PK\x03\x04", Content("a zip archive", (".zip", ".npz", ".pt", ".pth", ".pkl"))),
    (b"PK\x05\x06", Content("an empty zip archive", (".zip", ".npz"))),
    (b"Kaydara FBX", Content("an FBX scene", (".fbx",), _BLENDER)),
    (b"glTF", Content("a glTF scene", (".glb",), _BLENDER)),
    (b"MATLAB 5.0 MAT", Content("a file of MATLAB", (".mat",), _ADVICE[".mat"][1])),
    (b"\x89HDF\r\n", Content("an HDF5 file", (".h5", ".mat"), _ADVICE[".h5"][1])),
    (b"%PDF", Content("a PDF document", (".pdf",), "pass a recording")),
    (b"\x89PNG", Content("a picture", (".png",), "pass a recording")),
    (b"\xff\xd8\xff", Content("a picture", (".jpg",), "pass a recording")),
    (b"\x1a\x45\xdf\xa3", Content("a video", (".mkv",), _KEYPOINTS)),
    (b"7z\xbc\xaf\x27\x1c", Content("a 7z archive", (".7z",), _UNPACK)),
    (b"Rar!", Content("a rar archive", (".rar",), _UNPACK)),
    (b"BZh", Content("a bzip2 file", (".bz2", ".pkl"), _UNPACK)),
    (b"\xfd7zXZ", Content("an xz file", (".xz", ".pkl"), _UNPACK)),
)  # fmt: skip
_TEXTS = (  # beginning of a text → content
    (
        r"version https://git-lfs",
        Content("a pointer of Git LFS instead of the recording", (), "fetch it with git lfs pull"),
    ),
    (
        r"<!doctype html|<html|<head|<body",
        Content("a web page instead of the recording", (), "download the file itself"),
    ),
    (
        r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<mvnx?",
        Content("an MVNX recording", (".mvnx",), _ADVICE[".mvnx"][1]),
    ),
    (r"<\?xml|<[a-z]+[ >]", Content("an XML document", (".xml",), "export C3D or TRC")),
    (r"HIERARCHY\b", Content("a BVH file", (".bvh",))),
    (r"PathFileType\b", Content("a TRC file", (".trc",))),
    (r"; FBX", Content("an FBX scene", (".fbx",), _BLENDER)),
    (r"[{\[]\s*[\"{\[\d-]", Content("JSON", (".json",), _ADVICE[".json"][1])),
    (
        r"Format Version,|NO_OF_FRAMES|Trajectories\s*\r?\n",
        Content("a table", (".csv", ".tsv"), _ADVICE[".csv"][1]),
    ),
    (
        r"(.*\r?\n){0,6}(nRows|nColumns|inDegrees)\s*=",
        Content("a table of OpenSim", (".mot", ".sto"), _OPENSIM),
    ),
)
_SPECIFIC_TEXT = {".npz", ".npy", ".c3d"}  # endings of formats that are never text


def advice_for(path: Path, endings: tuple[str, ...]) -> RecordingError:
    """Error for a file whose ending is not read: what the file is, and how to convert it.

    Args:
        path: The file.
        endings: Endings that are read.
    """
    ending = path.suffix.lower()
    if ending in _ADVICE:
        name, advice = _ADVICE[ending]
        return RecordingError(f"{path} is {name}, which is not read: {advice}")
    if ending in (".pt", ".pth", ".ckpt"):
        from .pickle_interpreter import torch_advice

        return RecordingError(f"{path} is not read: {torch_advice(path)}")
    if ending in (".joblib",):
        from .pickle_interpreter import joblib_advice

        return RecordingError(f"{path} is a file of joblib: {joblib_advice(path)}")
    has = f"ends in {path.suffix!r}" if path.suffix else "has no ending"
    return RecordingError(
        f"{path} {has}, expected one of {', '.join(endings)}, also in .gz or .zip: export it as "
        "one of these, or pass --format"
    )


def content_of(head: bytes) -> Content | None:
    """Content of a file, by its first bytes; None if it is not recognised.

    Args:
        head: The first `HEAD_BYTES` bytes, or fewer.
    """
    for start, content in _BINARY:
        if head.startswith(start):
            return content
    if head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:11] == b"AVI"):
        return Content("a video", (".mp4", ".mov", ".avi", ".m4v"), _KEYPOINTS)
    if len(head) > 1 and head[1] == _C3D_KEY and head[0] in _C3D_FIRST_BLOCKS:
        return Content("a C3D file", (".c3d",))
    if head and not head.strip(b"\x00"):
        return Content("a file of zeros", (), "copy or export it again")
    if not _is_text(head):
        return None
    text = head.decode(text_encoding(head), errors="replace").lstrip("\ufeff \t\r\n")
    for pattern, content in _TEXTS:
        if re.match(pattern, text, re.IGNORECASE):
            return content
    return Content("text", (".trc", ".bvh", ".pkl", ".csv", ".txt"))


def _is_text(head: bytes) -> bool:
    if text_encoding(head).startswith("utf-"):
        return not set(head) & (set(range(1, 32)) - set(b"\t\n\r\x0b\x0c\x1a\x1b"))
    return not set(head) & (set(range(32)) - set(b"\t\n\r\x0b\x0c\x1a\x1b"))


def check_content(path: Path, ending: str, readable: tuple[str, ...]) -> None:
    """Check by its first bytes that a file is not of another format than its ending says.

    Args:
        path: The file.
        ending: Ending whose reader will read it.
        readable: Endings that are read.

    Raises:
        RecordingError: It is of another format, which the message names.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    content = content_of(head)
    if content is None:
        if ending in (".trc", ".bvh") and b"\x00" in head:
            raise RecordingError(
                f"{path} is binary, expected the text of a {ending[1:].upper()} file: export it "
                "again"
            )
        return
    if ending in content.endings or (content.name == "text" and ending not in _SPECIFIC_TEXT):
        return
    usual = content.endings[0] if content.endings else ""
    if usual in readable:
        advice = f"rename it to end in {usual}, or pass --format {usual[1:]}"
    else:
        advice = content.advice or "export the recording again"
    raise RecordingError(f"{path} is {content.name}, expected {_named(ending)}: {advice}")


def _named(ending: str) -> str:
    article = "an" if ending[1:2] == "n" else "a"
    return (
        f"{article} {ending[1:].upper()} file"
        if ending in (".c3d", ".trc", ".bvh")
        else (f"{article} {ending} file")
    )
