"""Measure the speed and memory of writing and reading a corpus.

    python recipes/benchmark_corpus.py            # 883 recordings of 200 frames

Random recordings are written as Parquet by the builder. Then every row of a configuration is read
back as numpy, one by one and in batches. Writing and reading run in separate processes, whose peak
memory is printed.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CONFIGS, BATCH = ("motion", "reasoning"), 32


def main() -> None:
    """Make random recordings, then write and read each configuration."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=883)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--step", choices=("write", "read"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--config", choices=CONFIGS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step == "write":
        return write(options.folder, options.config)
    if options.step == "read":
        return read(options.folder, options.config)
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), options.recordings, options.frames)
        print(f"{options.recordings} recordings of {options.frames} frames", flush=True)
        for config in CONFIGS:
            for step in ("write", "read"):
                command = [sys.executable, __file__, "--step", step, "--folder", folder]
                subprocess.run([*command, "--config", config], check=True)


def make(folder: Path, recordings: int, frames: int) -> None:
    """Write measured recordings of random motion.

    Args:
        folder: Folder to write.
        recordings: Number of recordings.
        frames: Length of each recording.
    """
    from agir_hf.corpus.cohorts import Item
    from agir_hf.corpus.store import save_recording

    rng = np.random.default_rng(0)
    for i in range(recordings):
        item = Item(f"S{i % 26}/walk_{i}", f"S{i % 26}", f"S{i % 26}", "off", i % 3, folder / "x")
        motion = rng.normal(size=(frames, 263)).astype(np.float32)
        joints = rng.normal(size=(frames + 1, 22, 3)).astype(np.float32)
        path = folder / "work" / f"{i:05d}.npz"
        save_recording(path, item, motion, joints, {"speed_m_per_s": 1.0}, {}, 150.0)


def write(folder: Path, config: str) -> None:
    """Write a configuration and print the speed.

    Args:
        folder: Folder with the measured recordings.
        config: Name of the configuration.
    """
    from agir_hf.corpus.builder import AgirGait
    from agir_hf.corpus.splits import Fold
    from agir_hf.corpus.store import Annotation

    files = [str(path) for path in sorted((folder / "work").glob("*.npz"))]
    names = [f"S{i % 26}/walk_{i}" for i in range(len(files))]
    texts = {name: Annotation(name, "", "Feet.", "Arms.", "All.", "rules") for name in names}
    fold = Fold("fixed", tuple(f"S{i}" for i in range(26)), (), ())
    builder = AgirGait(
        config_name=config, files=files, annotations=texts, fold=fold, source="random",
        simulated=True, cache_dir=str(folder / "cache"),
    )  # fmt: skip
    start = time.perf_counter()
    builder.write_parquet(folder / config)
    report("written", config, len(files), time.perf_counter() - start)


def read(folder: Path, config: str) -> None:
    """Read every row of a configuration and print the speed.

    Args:
        folder: Folder with the written configuration.
        config: Name of the configuration.
    """
    from datasets import load_dataset

    files = [str(path) for path in sorted((folder / config).glob("*.parquet"))]
    rows = load_dataset("parquet", data_files=files, split="train", cache_dir=str(folder / "c"))
    rows = rows.with_format("numpy")
    for step, batches in (("read one by one", rows), (f"read by {BATCH}", rows.iter(BATCH))):
        start, count = time.perf_counter(), 0
        for batch in batches:
            count += np.size(batch["id"])
        report(step, config, count, time.perf_counter() - start)


def report(step: str, config: str, rows: int, seconds: float) -> None:
    """Print the speed of a step and the peak memory of this process.

    Args:
        step: Name of the step.
        config: Name of the configuration.
        rows: Number of rows.
        seconds: Duration.
    """
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    speed = f"{rows / seconds:7.0f} rows/s"
    print(f"  {config:10} {step:15} {speed}, peak memory {memory:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
