"""Count which recordings of folders are read, measured and accepted for a score, by kind.

    python recipes/acceptance.py FOLDER … [--rate HZ] [--json OUT.json]

Every file of the folders and their subfolders with the ending of a recording is read as the
commands read it. The table has a row for each kind: ending, and marker set, skeleton or body.

| column | number of files |
|---|---|
| files | of this kind; files that cannot be read have the kind "not read" |
| read | that became a recording |
| measured | with at least one gait parameter |
| assessed | that a model can score: a walk, with joints |
| no walk | refused because the recording is not a walk, such as a static trial |
| refused | refused for another reason |

Below the table are the reasons with their numbers, and the cautions. The JSON file has one entry
for each file with its remarks, cautions, cadence and speed.
"""

import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from agir_hf.assessment import PreparedRecording, prepare_recording
from agir_hf.gait.walk_check import measure_walk
from agir_hf.motion import (
    BodyMotion,
    JointMotion,
    NotAWalkError,
    RecordingError,
    read_recording,
)
from agir_hf.motion.landmarks import landmarks_of
from agir_hf.motion.readers import ENDINGS
from agir_hf.motion.recording import Recording
from agir_hf.utils.command_line import Parser, existing_path

COLUMNS = ("files", "read", "measured", "assessed", "no walk", "refused")
VALUES = ("cadence_steps_per_min", "speed_m_per_s")
_NO_RATE = "no frame rate"
_LONGEST_REASON = 110


def main() -> None:
    """Parse the command line and print the table."""
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "folders", nargs="+", type=existing_path, metavar="FOLDER", help="recordings"
    )
    parser.add_argument(
        "--rate", type=float, metavar="HZ", help="frames per second of files that state none"
    )
    parser.add_argument("--json", type=Path, metavar="OUT.json", help="write all results here")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    paths = [path for folder in options.folders for path in recordings_in(folder)]
    results = [accept(path, options.rate) for path in tqdm(paths, unit="file", leave=False)]
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, ensure_ascii=False), "utf-8")
    print(as_text(results))


def recordings_in(folder: Path) -> Iterator[Path]:
    """Files of a folder and its subfolders whose ending is that of a recording, in order.

    Args:
        folder: Folder, or one file.
    """
    if folder.is_file():
        yield folder
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in ENDINGS and path.is_file():
            yield path


def accept(path: Path, rate_hz: float | None = None) -> dict:
    """Read, measure and prepare one file.

    Args:
        path: The file.
        rate_hz: Frames per second, used if the file states none.

    Returns:
        Values for JSON: file, kind, read, measured, assessed, outcome ("ok", "no walk" or
        "refused"), reason, remarks, cautions, and `VALUES`.
    """
    result = {
        "file": str(path), "kind": f"{path.suffix.lower()} not read", "read": False,
        "measured": False, "assessed": False, "outcome": "ok", "reason": "", "remarks": [],
        "cautions": [], **dict.fromkeys(VALUES),
    }  # fmt: skip
    try:
        recording, flags = _read(path, rate_hz)
        result |= {"read": True, "kind": kind_of(path, recording)}
        result["remarks"] = list(recording.remarks)
        measured, result["cautions"] = measure_walk(recording)
        result["measured"] = bool(measured.parameters)
        for name in VALUES:
            row = measured.parameters.get(name)
            result[name] = None if row is None else round(row.value, 3)
        result["assessed"] = isinstance(prepare_recording(path, **flags), PreparedRecording)
    except (ValueError, OSError) as error:
        is_walk = not isinstance(error, NotAWalkError)
        result |= {"outcome": "refused" if is_walk else "no walk", "reason": str(error)}
    return result


def _read(path: Path, rate_hz: float | None) -> tuple[Recording, dict]:
    """Recording in a file, and the keyword arguments that were needed to read it."""
    try:
        return read_recording(path), {}
    except RecordingError as error:
        if rate_hz is None or _NO_RATE not in str(error):
            raise
    flags = {"rate_hz": rate_hz}
    return read_recording(path, **flags), flags


def kind_of(path: Path, recording: Recording) -> str:
    """Ending of a file with the marker set, skeleton or body of its recording.

    Args:
        path: The file.
        recording: The recording in it.
    """
    if isinstance(recording, BodyMotion):
        name = f"{recording.body} body"
    elif isinstance(recording, JointMotion):
        name = recording.marker_set or "joints"
    else:
        try:
            name = landmarks_of(recording).marker_set.name
        except RecordingError:
            name = "unknown markers"
    return f"{path.suffix.lower()} {name}"


def as_text(results: Sequence[dict]) -> str:
    """Return the table, the reasons and the cautions as text.

    Args:
        results: Results of `accept`.
    """
    kinds = sorted({result["kind"] for result in results})
    width = max(map(len, [*kinds, "kind"]))
    lines = [f"{'kind':{width}}  " + "  ".join(f"{name:>8}" for name in COLUMNS)]
    for kind in [*kinds, "all"]:
        rows = [result for result in results if kind in (result["kind"], "all")]
        counts = (
            len(rows), *(sum(row[key] for row in rows) for key in COLUMNS[1:4]),
            *(sum(row["outcome"] == key for row in rows) for key in COLUMNS[4:]),
        )  # fmt: skip
        lines.append(f"{kind:{width}}  " + "  ".join(f"{count:8d}" for count in counts))
    reasons = Counter(_general(row["reason"], row["file"]) for row in results if row["reason"])
    cautions = Counter(_general(text, row["file"]) for row in results for text in row["cautions"])
    for title, counter in (("reasons", reasons), ("cautions", cautions)):
        lines += ["", f"{title}:"]
        lines += [f"{count:5d}  {text}" for text, count in counter.most_common()]
    return "\n".join(lines)


def _general(reason: str, file: str) -> str:
    """Reason without the name of the file and with N for numbers, to count equal ones."""
    text = re.sub(r"\d+(\.\d+)?(e[+-]?\d+)?", "N", reason.replace(file, "").strip())
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 1] + "…"


if __name__ == "__main__":
    main()
