"""Measure the size of a corpus, and the speed and memory of writing and reading it.

    python recipes/benchmark_corpus.py            # 883 recordings of 200 frames

Random recordings, which compress worse than walks, are written to the Parquet files that all
configurations share. Then each configuration is loaded as the training does, and every row is read
one by one and in batches. For comparison, the same rows are written to a file for each
configuration and read by `load_dataset` with all columns as numpy, as a corpus of earlier versions.

Rows per second are given for the wall clock, and in brackets for the CPU time of the process, which
does not depend on other programs. Each step runs in a process of its own, whose peak memory is
printed.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

CONFIGS, BATCH = ("motion", "generative", "reasoning", "preference"), 32
OWN_FILES = "own files"  # folder of the corpus with a file for each configuration
STEPS = ("write", "read", "compare")


def main() -> None:
    """Make random recordings, write them, and read each configuration."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=883)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--configs", nargs="+", choices=CONFIGS, default=CONFIGS)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step == "write":
        return write(options.folder, options.recordings, options.frames)
    if options.step:
        return read(options.folder, options.configs[0], options.step == "compare")
    print(f"{options.recordings} random recordings of {options.frames} frames", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        sizes = ["--recordings", str(options.recordings), "--frames", str(options.frames)]
        run(folder, "write", *sizes)
        for config in options.configs:
            for step in ("read", "compare"):
                run(folder, step, "--configs", config)


def run(folder: str, step: str, *options: str) -> None:
    """Run a step in a process of its own.

    Args:
        folder: Folder of the files.
        step: Name of the step.
        *options: Further options of this script.
    """
    command = [sys.executable, __file__, "--step", step, "--folder", folder, *options]
    subprocess.run(command, check=True)


def recordings(number: int, frames: int):
    """Yield measured recordings of random motion.

    Args:
        number: Number of recordings.
        frames: Length of each recording.
    """
    from agir_hf.corpus.store import Recorded

    rng = np.random.default_rng(0)
    for i in range(number):
        item = {"id": f"S{i % 26}/walk_{i}", "subject": f"S{i % 26}", "session": "off",
                "medication": "off", "age": 70.0, "sex": "female", "walk": "", "variant": "",
                "file": "walk.c3d", "score": i % 3}  # fmt: skip
        motion = rng.normal(size=(frames, 263)).astype(np.float32)
        joints = rng.normal(size=(frames + 1, 22, 3)).astype(np.float32)
        yield Recorded(item, motion, joints, {"speed_m_per_s": 0.3}, {}, 150.0)


def write(folder: Path, number: int, frames: int) -> None:
    """Write the corpus, and the same rows with a file for each configuration.

    Args:
        folder: Folder to write.
        number: Number of recordings.
        frames: Length of each recording.
    """
    from datasets import disable_progress_bars, load_dataset

    from agir_hf.corpus.builder import CorpusRows
    from agir_hf.corpus.parquet_files import find_split_files, write_split
    from agir_hf.corpus.store import Annotation

    disable_progress_bars()
    without_motion = list(recordings(number, 1))
    text = "The stride is short, and the feet are hardly lifted. " * 8
    texts = {
        row.id: Annotation(row.id, "", f"{text}{row.id}", text, text, "rules")
        for row in without_motion
    }
    rows = CorpusRows(texts, "random", True)
    data = folder / "shared" / "data"
    data.mkdir(parents=True)
    with measured("written", "all", number):
        walks = (rows.of_walk(recorded, without_motion) for recorded in recordings(number, frames))
        counts = write_split(data, "train", walks, num_scores=3)
    once = number * 4 * (frames * 263 + (frames + 1) * 66)
    size = sum(file.stat().st_size for file in data.iterdir())
    print(f"  {size / 1e6:.0f} MB for {sum(counts.values())} rows; motions and joints once, not "
          f"compressed: {once / 1e6:.0f} MB", flush=True)  # fmt: skip
    total = 0
    for config in CONFIGS:
        files, options = find_split_files(folder / "shared", config)
        own = folder / OWN_FILES / "data" / config / "train.parquet"
        own.parent.mkdir(parents=True)
        data = load_dataset("parquet", data_files=files, cache_dir=str(folder / "w"), **options)
        data["train"].to_parquet(own, batch_size=64)
        total += own.stat().st_size
    print(f"  with a file for each configuration: {total / 1e6:.0f} MB", flush=True)


def read(folder: Path, config: str, compare: bool) -> None:
    """Load a configuration, read every row, and print the speed.

    Args:
        folder: Folder with the written corpora.
        config: Name of the configuration.
        compare: Whether to read the file of the configuration alone, with all columns as numpy.
    """
    import datasets

    from agir_hf.corpus.loading import load_corpus

    datasets.disable_progress_bars()
    datasets.config.HF_DATASETS_CACHE = folder / "cache"
    corpus, name = folder / ("shared" if not compare else OWN_FILES), "own file" * compare
    with measured("loaded first", config, name=name) as done:
        rows = load_corpus(str(corpus), config)["train"]
        done(len(rows))
    if compare:
        rows = rows.with_format("numpy")
    for step, batches in (("read one by one", rows), (f"read by {BATCH}", rows.iter(BATCH))):
        with measured(step, config, name=name) as done:
            done(sum(np.size(batch["id"]) for batch in batches))


@contextmanager
def measured(step: str, config: str, rows: int = 0, name: str = ""):
    """Print the speed of a step and the peak memory of this process.

    Args:
        step: Name of the step.
        config: Name of the configuration.
        rows: Number of rows, or 0 if it is passed to the function that is yielded.
        name: What is compared with; empty for the corpus itself.

    Yields:
        Function that takes the number of rows.
    """
    counts = [rows]
    wall, used = time.perf_counter(), time.process_time()
    yield counts.append
    wall, used = time.perf_counter() - wall, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  {config:10} {name:8} {step:15} {counts[-1] / wall:7.0f} rows/s "
        f"({counts[-1] / used:6.0f} per CPU second), peak memory {memory:.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
