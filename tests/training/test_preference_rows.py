import pytest
from datasets import Dataset

from agir_hf.corpus.schema import config_features
from agir_hf.training.evidence_preferences import (
    MeasuredWalk,
    RankedText,
    preference_row,
    start_file,
)
from agir_hf.training.preference_rows import (
    COLUMNS,
    edit_distance,
    edit_distance_statistics,
    evidence_rows,
    joined_pairs,
    kind_names,
    sample_kinds,
    select_kinds,
)
from agir_hf.utils.jsonl import append_line


def rows_of(kinds):
    """Rows with these kinds; the other columns are "0"."""
    return Dataset.from_list([dict.fromkeys(COLUMNS, "0") | {"kind": kind} for kind in kinds])


def test_both_are_the_kinds_of_the_paper_and_all_add_those_of_the_same_score():
    kinds = ["irrelevant", "counterfactual", "same_score"]
    rows = rows_of(kinds)
    assert select_kinds(rows, "both")["kind"] == kinds[:2]
    assert select_kinds(rows, "all")["kind"] == kinds
    assert select_kinds(rows, "same_score")["kind"] == kinds[2:]
    assert set(edit_distance_statistics(rows)) == {*kinds, "all"}


def test_several_kinds_are_joined_by_plus():
    assert kind_names("same_score+evidence") == ("same_score", "evidence")
    assert kind_names("both+irrelevant") == ("irrelevant", "counterfactual")
    kinds = ["evidence", "irrelevant", "same_score"]
    assert select_kinds(rows_of(kinds), "same_score+evidence")["kind"] == kinds[::2]
    with pytest.raises(ValueError, match=r"kinds is 'same_score\+wrong', expected one of irrel"):
        kind_names("same_score+wrong")


def test_a_sample_has_the_number_of_each_kind_and_depends_on_the_seed():
    kinds = ["irrelevant", "same_score", "counterfactual"] * 20
    rows = rows_of(kinds).remove_columns("id").add_column("id", [str(i) for i in range(60)])
    sample = sample_kinds(rows, "same_score+irrelevant", 5, seed=1)
    assert sorted(sample["kind"]) == ["irrelevant"] * 5 + ["same_score"] * 5
    assert sample["id"] == sorted(sample["id"], key=int)
    again = sample_kinds(rows, "same_score+irrelevant", 5, seed=1)
    assert again["id"] == sample["id"]
    assert sample_kinds(rows, "same_score+irrelevant", 5, seed=2)["id"] != sample["id"]
    assert len(sample_kinds(rows, "same_score", 100)) == 20
    assert len(sample_kinds(rows, "all")) == 60
    with pytest.raises(ValueError, match="pairs of each kind is 0, expected at least 1"):
        sample_kinds(rows, "same_score", 0)


@pytest.fixture
def file(tmp_path):
    """File of preferences: pairs of the walks 1, 2 and 4, and walk 3 without a pair."""
    path = tmp_path / "preferences.jsonl"
    start_file(path, {})
    good, bad = RankedText("good.", 2, 0, 2, 2.0), RankedText("bad.", 0, 2, 2, -1.0)
    for i, texts in ((1, [good, bad]), (2, [bad, good]), (3, [bad, bad]), (4, [bad, good])):
        walk = MeasuredWalk(f"walk_{i}", "A", i % 3, {})
        append_line(path, preference_row(walk, f"prompt {i} <motion>", texts))
    return path


def test_rows_by_evidence_have_the_motion_and_the_score_of_their_walk(rows, file):
    made = evidence_rows(rows, str(file))
    assert made["id"] == ["walk_1", "walk_2", "walk_4"]
    for row in made.with_format("numpy", columns=["motion"], output_all_columns=True):
        (walk,) = [other for other in rows if other["id"] == row["id"]]
        assert (row["motion"] == walk["motion"]).all()
        assert row["chosen_score"] == row["rejected_score"] == walk["score"]
        assert (row["chosen"], row["rejected"], row["kind"]) == ("good.", "bad.", "evidence")
        assert row["prompt"] == f"prompt {row['id'][-1]} <motion>"
    assert len(evidence_rows(rows, str(file), number=2)) == 2


def test_walks_of_another_corpus_raise(rows, file):
    others = rows.select([0, 2, 3])
    with pytest.raises(ValueError, match=r"2 walks of .*jsonl are not in the training part"):
        evidence_rows(others, str(file))


def test_pairs_of_corpus_and_file_are_joined():
    corpus = rows_of(["same_score"]).cast_column(
        "rejected_score", config_features("preference")["rejected_score"]
    )
    drawn = rows_of(["evidence"]).remove_columns("rejected_score").add_column("rejected_score", [2])
    joined = joined_pairs(corpus, drawn.add_column("extra", [0]))
    assert joined["kind"] == ["same_score", "evidence"] and set(joined.column_names) == set(COLUMNS)
    assert joined["rejected_score"] == [0, 2]
    with pytest.raises(ValueError, match="rows lack codes, they have id"):
        joined_pairs(corpus.remove_columns("codes"))


def test_edit_distance_by_hand():
    for first, second, distance in (
        ("a b c", "a b c", 0),
        ("a b c", "a x c", 1),
        ("a b c", "b c", 1),
        ("", "a b", 2),
        ("a b", "", 2),
        ("k i t t e n", "s i t t i n g", 3),
        ("a b c d", "b c d a", 2),
    ):
        assert edit_distance(first.split(), second.split()) == distance
        assert edit_distance(second.split(), first.split()) == distance


def test_edit_distance_statistics_by_hand():
    def row(kind, chosen, rejected, scores=(1, 2)):
        return {
            "kind": kind, "chosen": chosen, "rejected": rejected,
            "chosen_score": scores[0], "rejected_score": scores[1],
        }  # fmt: skip

    rows = [
        row("counterfactual", "steps are short now", "steps are long now"),  # 2 of 5, with scores
        row("counterfactual", "steps are short", "steps are short", (1, 1)),  # 0
        row("counterfactual", "short", "long steps are seen"),  # 5 of 5
        row("irrelevant", "steps are short", "arm swing is small"),  # 5 of 5
    ]
    statistics = edit_distance_statistics(rows)
    assert set(statistics) == {"counterfactual", "irrelevant", "both"}
    assert statistics["counterfactual"] == pytest.approx(
        {
            "pairs": 3, "mean": 1.4 / 3, "lower_quartile": 0.2, "median": 0.4,
            "upper_quartile": 0.7,
        }
    )  # fmt: skip
    assert statistics["irrelevant"]["median"] == 1 and statistics["both"]["pairs"] == 4
    assert set(edit_distance_statistics(rows[:3])) == {"counterfactual"}
