"""Make the example table of the Space's review tab from a small simulated corpus.

    python recipes/make_review_example.py spaces_app/examples/review.csv

The corpus has three subjects, OFF and ON medication. One text makes a claim about the speed that
the measured gait contradicts, so that the table has a flag.
"""

import argparse
import tempfile
from pathlib import Path

from agir_hf.corpus.build import build_corpus
from agir_hf.corpus.clinical import read_rows
from agir_hf.corpus.review import COLUMNS, export_review, import_review, write_table
from agir_hf.simulation.cohort import simulate_cohort

WRONG_CLAIM = "Walking speed is markedly increased, which speaks against an impairment."


def main() -> None:
    """Simulate a cohort, build its corpus, revise one text and export the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, metavar="OUT.csv")
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cohort = simulate_cohort(Path(folder) / "cohort", subjects=3, walks=1, seed=options.seed)
        corpus = Path(folder) / "corpus"
        build_corpus(cohort, corpus, seed=options.seed, fit="centres")
        table = Path(folder) / "review.csv"
        export_review(corpus, table)
        rows = read_rows(table, COLUMNS)
        most_impaired = max(rows, key=lambda row: int(row["score"]))
        most_impaired["revised_overall"] = WRONG_CLAIM
        write_table(table, rows)
        flagged = import_review(corpus, table).flagged
        count = export_review(corpus, options.out)
    print(f"{options.out}: {count} texts, {len(flagged)} flagged")


if __name__ == "__main__":
    main()
