"""Build the corpus of a large cohort, on this machine, a Slurm cluster or a Ray cluster.

    python recipes/cluster/build_corpus.py cohort corpus --tasks 8 --workers 2
    python recipes/cluster/build_corpus.py /data/cohort /data/corpus --tasks 1000 \
        --executor slurm --partition cpu --env-command "source ~/agir/bin/activate"

Tasks measure the recordings and write their texts, each into one Parquet shard; a last task joins
the shards to the corpus: splits, Parquet files, card. The data are those of `agir corpus build`,
row for row. A recording that cannot be measured is left out, with the reason in `report.json`. The
same command continues an interrupted build: finished tasks are skipped.
`recipes/cluster/README.md` has the plan for a million recordings.
"""

import argparse
import json
from pathlib import Path

from agir_hf.cli.person_options import add_norms_file, norms_file
from agir_hf.cluster.cohort_lists import list_cohort
from agir_hf.cluster.commands import run
from agir_hf.cluster.corpus_blocks import ComputeRows, JoinCorpus, WriteRows
from agir_hf.cluster.cost_block import RecordCosts
from agir_hf.cluster.executors import add_executor, check_executor, run_stages
from agir_hf.cluster.plan import begin
from agir_hf.cluster.read_block import ReadRecordings
from agir_hf.corpus.assembly import mark_as_corpus
from agir_hf.corpus.measurement import FITS, FitSettings
from agir_hf.corpus.recording_rows import RowSettings
from agir_hf.corpus.schema import CORPUS_TAG
from agir_hf.corpus.store import REPORT_FILE
from agir_hf.utils.command_line import Parser
from agir_hf.utils.files import check_replaceable

RUN = "work/cluster"  # folder of shards and logs in the folder of the corpus


def parse() -> argparse.Namespace:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("source", metavar="SOURCE", help="folder of the cohort")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder of the corpus")
    parser.add_argument(
        "--fit", choices=FITS, default=FITS[0],
        help="markers to joints by a fitted body (default) or by anatomical regression",
    )  # fmt: skip
    parser.add_argument("--num-scores", type=int, default=3, choices=(3, 4),
                        help="number of scores (default: 3)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="seed of splits and texts (default: 0)")
    add_norms_file(parser)
    add_executor(parser)
    return parser.parse_args()


def main() -> None:
    options = parse()
    check_executor(options)
    norms_file(options)  # an error names the option
    corpus = options.out.expanduser().resolve()
    check_replaceable(corpus, CORPUS_TAG)
    cohort, entries = list_cohort(options.source, options.num_scores)
    norms = options.norms and str(options.norms.expanduser().resolve())
    settings = RowSettings(
        FitSettings(options.fit), options.seed, norms, num_scores=options.num_scores
    )
    mark_as_corpus(corpus)
    folder = str(corpus / RUN)
    names = ("fit", "num_scores", "seed")
    results = {name: getattr(options, name) for name in names} | {"norms": norms}
    plan = begin(folder, "build", entries, options.tasks, results)
    tasks = [
        ReadRecordings(folder, plan.recordings, 1),
        ComputeRows(settings),
        WriteRows(folder),
        RecordCosts(),
    ]
    command = f"agir corpus build SOURCE OUT --fit {options.fit} --seed {options.seed}"
    merge = [
        JoinCorpus(folder, options.tasks, str(corpus), cohort, settings, command),
        RecordCosts(),
    ]
    if run_stages(options, folder, "build", tasks, merge, ["agir_hf.cluster.corpus_blocks"]):
        report = json.loads((corpus / REPORT_FILE).read_text(encoding="utf-8"))
        left_out = f", {len(report['excluded'])} left out" if report["excluded"] else ""
        print(f"corpus of {report['taken']} recordings{left_out}: {corpus}")


if __name__ == "__main__":
    run(main)
