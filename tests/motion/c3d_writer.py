"""Writer of C3D files in the byte order of any processor, with any statement in them wrong."""

import struct

import numpy as np

BLOCK = 512
CODES = {"Intel": 84, "DEC": 85, "MIPS": 86}


def float_bytes(values, processor: str) -> bytes:
    """Numbers as 32-bit floats of a processor; DEC: four times the value, halves exchanged."""
    if processor == "MIPS":
        return np.asarray(values, ">f4").tobytes()
    if processor == "Intel":
        return np.asarray(values, "<f4").tobytes()
    bits = (np.asarray(values, np.float32) * 4).astype("<f4").view("<u4")
    halves = np.stack([bits >> 16, bits & 0xFFFF], axis=-1)
    return halves.astype("<u2").tobytes()


def int_bytes(values, processor: str) -> bytes:
    """Numbers as 16-bit integers; those above 32,767 as unsigned ones."""
    order = ">" if processor == "MIPS" else "<"
    return (np.asarray(values, np.int64) % 65_536).astype(f"{order}u2").tobytes()


def record(group: int, name: str, kind: int, shape, data: bytes, processor: str) -> bytes:
    """Parameter of a group."""
    head = struct.pack("bb", len(name), group) + name.encode()
    body = struct.pack("bB", kind, len(shape)) + bytes(shape) + data + b"\0"
    return head + int_bytes([2 + len(body)], processor) + body


def parameter(group: int, name: str, value, processor: str) -> bytes:
    """Parameter whose type is that of its value: text, list of texts, integers or floats."""
    if isinstance(value, str):
        return record(group, name, -1, [len(value)], value.encode(), processor)
    if isinstance(value, list) and value and isinstance(value[0], str):
        length = max(len(text.encode()) for text in value)
        data = b"".join(text.encode().ljust(length) for text in value)
        return record(group, name, -1, [length, len(value)], data, processor)
    array = np.asarray(value)
    shape = list(array.shape)
    if array.dtype.kind == "f":
        data = float_bytes(array.ravel(order="F"), processor)
        return record(group, name, 4, shape, data, processor)
    return record(group, name, 2, shape, int_bytes(array.ravel(order="F"), processor), processor)


def c3d_bytes(
    positions,
    labels,
    *,
    processor="Intel",
    scale=-1.0,
    rate_hz=150.0,
    first=1,
    header=None,
    analog=0,
    residuals=None,
    parameters=None,
    events=(),
) -> bytes:
    """Content of a C3D file.

    Args:
        positions: (T, M, 3) in the unit of the file; NaN becomes a missing point.
        labels: M labels.
        processor: "Intel", "DEC" or "MIPS".
        scale: Scale; positive: the positions are stored as integers.
        rate_hz: Frames per second.
        first: Number of the first frame.
        header: Words of the header that are stated otherwise: index from 0 → value.
        analog: Analog values in each frame.
        residuals: (T, M) fourth values; default 0, and -1 for missing points.
        parameters: "GROUP:NAME" → value, in addition or in place of the default; None removes one.
        events: Label of four characters and time of each event of the header.
    """
    frames, count = positions.shape[:2]
    stated = {
        "POINT:USED": count,
        "POINT:FRAMES": frames,
        "POINT:SCALE": np.float32(scale),
        "POINT:RATE": np.float32(rate_hz),
        "POINT:UNITS": "mm",
        "POINT:LABELS": list(labels),
        **(parameters or {}),
    }
    section = parameter_section(stated, processor)
    words = {1: count, 2: analog, 3: first, 4: min(first + frames - 1, 65_535),
             8: 2 + len(section) // BLOCK, **(header or {})}  # fmt: skip
    head = bytearray(BLOCK)
    head[:2] = 2, 0x50
    for index, value in words.items():
        head[2 * index : 2 * index + 2] = int_bytes([value], processor)
    head[12:16] = float_bytes([scale], processor)
    head[20:24] = float_bytes([rate_hz], processor)
    if events:
        head[298:302] = int_bytes([12_345, len(events)], processor)
        head[304 : 304 + 4 * len(events)] = float_bytes([time for _, time in events], processor)
        texts = b"".join(label.encode().ljust(4) for label, _ in events)
        head[396 : 396 + len(texts)] = texts
    data = frame_bytes(positions, residuals, analog, scale, processor)
    return bytes(head) + section + data + bytes(-len(data) % BLOCK)


def parameter_section(stated: dict, processor: str) -> bytes:
    """Parameter section with the groups of the parameters, filled to whole blocks."""
    groups = list(dict.fromkeys(name.split(":")[0] for name in stated))
    content = b"".join(
        struct.pack("bb", len(group), -number) + group.encode() + int_bytes([3], processor) + b"\0"
        for number, group in enumerate(groups, 1)
    )
    for key, value in stated.items():
        group, name = key.split(":")
        if value is not None:
            content += parameter(groups.index(group) + 1, name, value, processor)
    content = bytes([1, 0x50, 0, CODES[processor]]) + content + bytes(2)
    content += bytes(-len(content) % BLOCK)
    return content[:2] + bytes([len(content) // BLOCK % 256]) + content[3:]


def frame_bytes(positions, residuals, analog: int, scale: float, processor: str) -> bytes:
    """Frames: four values of each point, then the analog values."""
    missing = ~np.isfinite(positions).all(axis=-1)
    fourth = np.where(missing, -1.0, 0.0) if residuals is None else residuals
    points = np.concatenate([np.nan_to_num(positions), fourth[..., None]], axis=-1)
    if scale > 0:
        points[..., :3] = np.round(points[..., :3] / scale)
    rows = np.concatenate(
        [points.reshape(len(points), -1), np.full((len(points), analog), 7)], axis=1
    )
    return (float_bytes if scale < 0 else int_bytes)(rows.ravel(), processor)
