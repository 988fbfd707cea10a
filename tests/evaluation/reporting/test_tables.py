import re
from dataclasses import replace

import numpy as np
import pytest

from agir_hf.evaluation.metrics.classification import table_metrics
from agir_hf.evaluation.reporting.results import Row
from agir_hf.evaluation.reporting.summary import row_metrics, subject_bootstrap
from agir_hf.evaluation.reporting.table_format import (
    Table,
    escape_latex,
    escape_markdown,
    latex_table,
)
from agir_hf.evaluation.reporting.tables import (
    PAPER_WARNING,
    SCORE_COLUMNS,
    latex,
    markdown,
    tables_of,
)
from agir_hf.utils.formatting import MISSING


@pytest.fixture
def tables(evaluation):
    return tables_of(evaluation, against="linear probe")


def of_kind(tables, kind):
    return [table for table in tables if table.kind == kind]


def test_scores_have_a_line_for_each_row_the_baseline_and_the_paper(evaluation, tables):
    (scores,) = of_kind(tables, "scores")
    assert scores.header[1:] == list(SCORE_COLUMNS.values())
    assert [line[0] for line in scores.lines] == [
        "AGIR_ego 100%", "linear probe", "MotionCLIP", "majority class",
        "AGIR (printed in the paper)",
    ]  # fmt: skip
    first, probe, absent, majority, printed = scores.lines
    expected = row_metrics(evaluation.rows[0].predictions)
    interval = subject_bootstrap(evaluation.rows[0].predictions, "accuracy")
    assert first[1] == f"{expected['accuracy']:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
    assert first[2] == f"{expected['balanced_accuracy']:.3f}"
    assert first[9] == f"{expected['calibration_error']:.3f}"
    assert absent[1:] == ["not run: weights not found: motion_clip.pt"]
    assert majority[1] == "0.333"  # 24 walks, eight of each score
    assert printed == [printed[0], MISSING, MISSING, "0.46", "0.51", "0.58", *[MISSING] * 4]


def test_the_caption_defines_the_figures(tables):
    caption = of_kind(tables, "scores")[0].caption
    for part in (
        "Simulated walks.", "leave one subject out",
        "24 walks of 6 subjects; 6 folds, 1 to 2 seeds",
        "mean over the scores that occur", "2000 bootstrap resamples of subjects",
        "always the most frequent true score: accuracy 0.333, macro-F1 0.167", PAPER_WARNING,
        "Also printed for AGIR: rouge 0.3.", "AGIR_ego 100%: greedy.",
    ):  # fmt: skip
        assert part in caption, part


def test_no_macro_mean_gives_the_printed_f1():
    """Macro-F1 is at most the mean of macro precision and recall, as the caption states."""
    tables = np.random.default_rng(0).integers(0, 9, (2000, 3, 4))
    metrics = table_metrics(tables[tables.sum(axis=(1, 2)) > 0])
    bound = (metrics["macro_precision"] + metrics["macro_recall"]) / 2
    assert (metrics["macro_f1"] <= bound + 1e-12).all()
    assert f"exceeds {(0.46 + 0.51) / 2:.3f}" in PAPER_WARNING


def test_rows_without_texts_are_left_out_of_the_table_of_texts(evaluation, tables):
    (texts,) = of_kind(tables, "texts")
    assert texts.header[1:] == ["CIDEr", "supported, unaided text", "distinct-2"]
    # six walks of 24 have no supported claims, of two seeds: 36 of 48 have them
    assert texts.lines[0][1:3] == ["1.250", "0.500 (36)"]
    assert [line[0] for line in texts.lines] == ["AGIR_ego 100%", "MotionCLIP"]
    plain = replace(evaluation, rows=evaluation.rows[1:], paper={})
    assert not of_kind(tables_of(plain), "texts")


def test_specificity_has_an_interval_over_subjects_and_the_checked_text_is_named(evaluation):
    row = evaluation.rows[0]
    folds = [
        replace(
            fold,
            predictions=[
                replace(walk, figures={"specificity": 0.2 if walk.subject == "s0" else 0.1,
                                       "supported_checked": 1.0, "kept_checked": 0.75})
                for walk in fold.predictions
            ],
        )
        for fold in row.folds
    ]  # fmt: skip
    tables = tables_of(replace(evaluation, rows=[replace(row, folds=folds)], paper={}))
    (texts,) = of_kind(tables, "texts")
    assert texts.header[1:4] == [
        "specificity, unaided text", "supported, checked text", "claims kept, checked text"
    ]  # fmt: skip
    value, low, high = map(float, re.findall(r"[\d.]+", texts.lines[0][1]))
    assert value == pytest.approx(0.117) and 0.1 <= low < value < high <= 0.2
    assert texts.lines[0][2:4] == ["1.000", "0.750"]
    assert "Specificity: share" in texts.caption and "text as the model wrote it" in texts.caption


def test_spread_has_means_and_deviations(tables):
    (spread,) = of_kind(tables, "spread")
    first, probe, absent = spread.lines
    assert first[1:5] == ["24", "6", "6", "2"]
    assert all(re.fullmatch(r"\d\.\d{3} ± \d\.\d{3}", cell) for cell in first[5:])
    assert probe[6].endswith(" (one seed)")


def test_differences_are_against_the_named_row(evaluation, tables):
    (differences,) = of_kind(tables, "differences")
    first, absent = differences.lines
    assert re.fullmatch(r"[+−]0\.\d{3} \[[+−]0\.\d{3}, [+−]0\.\d{3}\]", first[1])
    assert absent == ["MotionCLIP", "not compared: weights not found: motion_clip.pt"]
    fewer = Row("fewer", evaluation.rows[1].folds[1:])
    with_fewer = tables_of(replace(evaluation, rows=[*evaluation.rows, fewer]), against="fewer")
    assert "'fewer' lacks w0-0" in of_kind(with_fewer, "differences")[0].lines[0][1]
    assert "other rows have other walks" in of_kind(with_fewer, "scores")[0].caption
    with pytest.raises(ValueError, match="no row 'probe'"):
        tables_of(evaluation, against="probe")
    assert not of_kind(tables_of(evaluation), "differences")


def test_a_pooled_confusion_matrix_of_each_row_that_was_run(evaluation, tables):
    matrices = of_kind(tables, "confusion")
    assert [table.title for table in matrices] == [
        "Confusion matrix: AGIR_ego 100%", "Confusion matrix: linear probe",
    ]  # fmt: skip
    assert matrices[0].header == ["", *evaluation.class_names, "no answer"]
    assert sum(int(cell) for line in matrices[0].lines for cell in line[1:]) == 48
    assert matrices[0].lines[0][-1] == "2"  # the walk without an answer, of both seeds
    assert "once for each of 2 seeds" in matrices[0].caption
    assert "seeds;" not in matrices[1].caption


def test_simulated_is_stated_for_every_table_and_only_where_true(evaluation, tables):
    assert all(table.caption.startswith("Simulated walks.") for table in tables)
    page = markdown(evaluation, tables)
    assert page.startswith("# Scores &amp; rationales (simulated)\n\n**Simulated walks: no person")
    assert latex(evaluation, tables).count("(simulated)") == len(tables) + 1
    real = markdown(replace(evaluation, simulated=False))
    assert "imulated" not in real


def test_markdown_has_complete_lines_and_the_command(evaluation, tables):
    page = markdown(evaluation, tables)
    assert "```bash\nagir evaluate reasoning --seeds 0 1\n```" in page
    assert "agir-hf 0.1.0" in page
    assert "| MotionCLIP | not run: weights not found: motion\\_clip.pt |  |" in page
    for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_markdown_is_escaped():
    assert escape_markdown("a|b *c* _d_ <e> &\nf") == r"a\|b \*c\* \_d\_ &lt;e&gt; &amp; f"
    assert escape_markdown("0.5 [0.4, 0.6]") == "0.5 [0.4, 0.6]"
    assert escape_markdown("[x](http://y)") == r"[x]\(http://y)"


def test_latex_is_escaped():
    assert escape_latex(r"50% & a_b $x$ #1 {y}") == r"50\% \& a\_b \$x\$ \#1 \{y\}"
    assert escape_latex("a\\b~c^d") == r"a\textbackslash{}b\textasciitilde{}c\textasciicircum{}d"
    assert escape_latex("x\n< [1]*") == r"x \textless{} {[}1{]}{*}"
    assert escape_latex("0.5 ± −0.1 κ – “q”") == r"0.5 $\pm$ $-$0.1 $\kappa$ -- ``q''"


def test_latex_tables_are_complete(evaluation, tables):
    text = latex(evaluation, tables)
    assert text.isascii()
    for name in ("table", "tabular"):
        number = len(tables)
        assert text.count(f"\\begin{{{name}}}") == text.count(f"\\end{{{name}}}") == number
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == len(tables)
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert r"AGIR\_ego 100\% &" in text
    assert "Scores \\& rationales" in text


def test_a_remark_of_latex_spans_the_columns():
    table = Table("scores", "T", "C", ["", "a", "b"], [["x", "1", "2"], ["[y]", "absent: 5%"]])
    lines = latex_table(table, "title").splitlines()
    assert r"x & 1 & 2 \\" in lines
    assert r"{[}y{]} & \multicolumn{2}{l}{absent: 5\%} \\" in lines
    assert r"\begin{tabular}{lrr}" in lines


def test_tables_can_be_made_without_a_row_that_was_run(evaluation):
    results = replace(evaluation, rows=evaluation.rows[2:], paper={})
    (scores, spread) = tables_of(results)
    assert "No row could be run" in scores.caption
    assert scores.lines == [["MotionCLIP", "not run: weights not found: motion_clip.pt"]]
    assert "MotionCLIP" in markdown(results) and "MotionCLIP" in latex(results)
