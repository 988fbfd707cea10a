"""Make the example table of the Space's review tab from the example recordings of the Space.

    python recipes/make_review_example.py spaces_app/examples/review.csv

The recordings are the simulated walks that make_space_examples.py writes. One text makes a claim
about the speed that the measured gait contradicts, so that the table has a flag.
"""

import csv
import shutil
import tempfile
from pathlib import Path

import numpy as np
from make_space_examples import EXAMPLES, PAIR_SCORES, PAIR_SEED, SEEDS

from agir_hf.corpus.build import build_corpus
from agir_hf.corpus.clinical import read_rows
from agir_hf.corpus.review import COLUMNS, RECORDING, export_review, import_review, write_table
from agir_hf.simulation.shida_layout import SESSIONS
from agir_hf.simulation.subjects import draw_subject
from agir_hf.utils.command_line import Parser

WRONG_CLAIM = "Walking speed is markedly increased, which speaks against an impairment."
COLUMNS_OF_COHORT = ("subject", "session", "file", "score", "age", "sex")


def cohort_rows() -> list[tuple]:
    """Return the rows of `clinical.csv`: one per example recording, with its simulated person."""
    walks = [(f"score {score}", ((score, score), seed), {f"score_{score}": score})
             for score, seed in SEEDS.items()]  # fmt: skip
    pair = dict(zip(SESSIONS, PAIR_SCORES, strict=True))
    rows = []
    for subject, (scores, seed), files in [*walks, ("pair", (PAIR_SCORES, PAIR_SEED), pair)]:
        person = draw_subject("SIMULATED", scores, np.random.default_rng(seed))
        for name, score in files.items():
            session = name if name in SESSIONS else "off"
            file = f"simulated_{name}.c3d"
            rows.append((subject, session, file, score, person.age, person.sex))
    return rows


def main() -> None:
    """Build a corpus of the example recordings, revise one text and export the table."""
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, metavar="OUT.csv")
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cohort, corpus = Path(folder) / "cohort", Path(folder) / "corpus"
        cohort.mkdir()
        rows = cohort_rows()
        for row in rows:
            shutil.copy(EXAMPLES / row[2], cohort)
        with (cohort / "clinical.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS_OF_COHORT, *rows])
        build_corpus(cohort, corpus, seed=options.seed, fit="centres")
        table = Path(folder) / "review.csv"
        export_review(corpus, table)
        rows = read_rows(table, COLUMNS)
        most_impaired = max(rows, key=lambda row: int(row["score"]))
        most_impaired["revised_overall"] = WRONG_CLAIM
        write_table(table, rows, (*COLUMNS, *RECORDING))
        flagged = import_review(corpus, table).flagged
        count = export_review(corpus, options.out)
    print(f"{options.out}: {count} texts, {len(flagged)} flagged")


if __name__ == "__main__":
    main()
