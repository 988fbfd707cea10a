"""Assess many recordings, on this machine, a Slurm cluster or a Ray cluster.

    python recipes/cluster/assess.py walks results --tasks 8 --workers 2
    python recipes/cluster/assess.py s3://study/walks s3://study/results --tasks 1000 \
        --executor slurm --partition cpu --env-command "source ~/agir/bin/activate"

The recordings are a folder, a glob in quotes, or a text file with one path a line, on any file
system of fsspec. Each task loads the model once and writes one Parquet shard; a last task merges
the shards into `assessments.parquet` and `assessments.jsonl`, with the values of `agir assess` in
the order of the list. A recording that cannot be read has a row with its error. The same command
continues an interrupted run: finished tasks are skipped. `recipes/cluster/README.md` has the plan
for a million recordings.
"""

import argparse
import posixpath

from agir_hf.assessment.prediction import BATCH_SIZE
from agir_hf.cli.console import (
    add_backend,
    add_batch_size,
    add_device,
    add_model,
    check_device,
)
from agir_hf.cluster.assess_blocks import (
    TABLE,
    AssessRecordings,
    MergeAssessments,
    WriteShard,
)
from agir_hf.cluster.commands import folder_of_run, model_folder, run
from agir_hf.cluster.cost_block import RecordCosts
from agir_hf.cluster.executors import add_executor, check_executor, run_stages
from agir_hf.cluster.plan import begin
from agir_hf.cluster.read_block import ReadRecordings
from agir_hf.cluster.recordings import list_files
from agir_hf.utils.command_line import Parser


def parse() -> argparse.Namespace:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("source", metavar="SOURCE", help="folder, glob or list of recordings")
    parser.add_argument("out", metavar="OUT", help="folder of the results, local or of fsspec")
    add_model(parser)
    add_device(parser)
    add_backend(parser)
    add_batch_size(parser, BATCH_SIZE, "windows of at most one minute")
    parser.add_argument(
        "--method", choices=("centres", "body"), default="centres",
        help="how markers become joints: by regression (default), or a fitted body",
    )  # fmt: skip
    parser.add_argument("--unaided", action="store_true", help="keep the model's own text")
    add_executor(parser)
    return parser.parse_args()


def main() -> None:
    options = parse()
    check_device(options)
    check_executor(options)
    folder, model = folder_of_run(options.out), model_folder(options.model)
    names = ("method", "unaided", "batch_size", "device", "precision", "backend")
    settings = {name: getattr(options, name) for name in names}
    entries = [file.as_json() for file in list_files(options.source)]
    plan = begin(folder, "assess", entries, options.tasks, settings | {"model": options.model})
    tasks = [
        ReadRecordings(folder, plan.recordings, options.batch_size),
        AssessRecordings(model, settings),
        WriteShard(folder),
        RecordCosts(),
    ]
    merge = [MergeAssessments(folder, options.tasks), RecordCosts()]
    preload = ["agir_hf.cluster.assess_blocks", "agir_hf.inference"]
    if run_stages(options, folder, "assess", tasks, merge, preload):
        print(f"{plan.recordings} recordings: {posixpath.join(folder, TABLE)}")


if __name__ == "__main__":
    run(main)
