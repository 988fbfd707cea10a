import json

import pytest

from agir_hf.gait import extract_claims
from agir_hf.training.evidence_preferences import (
    ClaimShares,
    MeasuredWalk,
    RankedText,
    best_and_worst,
    preference_row,
    preference_summary,
    rank_text,
    read_preferences,
    start_file,
)
from agir_hf.utils.jsonl import append_line, read_lines

SLOW, NORMAL = {"speed_m_per_s": 0.6}, {"speed_m_per_s": 1.2}


def walk(name, parameters, score=1, subject=None):
    return MeasuredWalk(name, subject or name, score, parameters)


@pytest.fixture
def walks():
    """Score 1: one slow walk and three of normal speed; score 2: four slow walks."""
    normal = [walk(f"N{i}", {**NORMAL, "cadence_steps_per_min": 110.0}) for i in range(3)]
    slow = [walk(f"S{i}", {**SLOW, "cadence_steps_per_min": 110.0}, score=2) for i in range(4)]
    return [walk("A", {**SLOW, "cadence_steps_per_min": 110.0}), *normal, *slow]


@pytest.fixture
def shares(walks):
    return ClaimShares(walks)


def claim(text):
    (extracted,) = extract_claims(text)
    return extracted


def test_a_share_is_that_of_other_subjects_with_the_same_score(walks, shares):
    first, normal, slow = walks[0], walks[1], walks[4]
    assert shares.share(claim("Speed is moderately reduced."), first) == 0
    assert shares.share(claim("Speed is normal."), first) == 1
    assert shares.share(claim("Speed is normal."), normal) == pytest.approx(2 / 3)
    assert shares.share(claim("Speed is normal."), slow) == 0
    assert shares.share(claim("Speed is moderately reduced."), slow) == 1


def test_a_share_leaves_out_walks_in_which_a_claim_cannot_be_checked():
    measured, other = walk("B", NORMAL), walk("C", {})
    shares = ClaimShares([walk("A", NORMAL), measured, other])
    assert shares.share(claim("Speed is normal."), walk("D", NORMAL)) == 1
    assert shares.share(claim("Posture is upright."), measured) == 0


def test_a_claim_that_holds_in_most_walks_of_the_score_weighs_less(walks, shares):
    first = walks[0]
    specific = rank_text("Speed is moderately reduced.", first, shares)
    general = rank_text("Cadence is normal.", first, shares)
    assert (specific.supported, specific.claims, specific.value) == (1, 1, 1.0)
    assert (general.supported, general.claims, general.value) == (1, 1, 0.0)
    plain = rank_text("Cadence is normal.", first, shares, weighted=False)
    assert plain.value == 1.0


def test_a_contradicted_claim_costs_its_weight_and_others_do_not_count(walks, shares):
    text = "Speed is normal. Cadence is markedly increased. There is a tremor."
    ranked = rank_text(text, walks[0], shares, contradiction_weight=0.3)
    assert (ranked.supported, ranked.contradicted, ranked.claims) == (0, 2, 2)
    assert ranked.value == pytest.approx(-0.6)


def test_repeated_claims_count_once(walks, shares):
    once = rank_text("Speed is moderately reduced.", walks[0], shares)
    repeated = "Speed is moderately reduced. Walking speed is reduced, and gait is slow."
    assert rank_text(repeated, walks[0], shares).value == once.value
    denied = rank_text("Speed is moderately reduced. Walking speed is normal.", walks[0], shares)
    assert (denied.contradicted, denied.claims, denied.value) == (1, 1, -0.5)


def ranked(text, supported, contradicted, value):
    return RankedText(text, supported, contradicted, supported + contradicted, value)


def test_the_pair_with_the_largest_difference_is_chosen():
    texts = [ranked("a.", 3, 2, 1.0), ranked("b.", 5, 0, 4.0), ranked("c.", 1, 4, -1.0)]
    best, worst = best_and_worst(texts)
    assert (best.text, worst.text) == ("b.", "c.")
    assert best_and_worst(texts, least_difference=5.1) is None
    assert best_and_worst(texts[:1]) is None


def test_a_text_does_not_win_by_claiming_less():
    silent, wrong = ranked("a.", 0, 0, 0.0), ranked("b.", 1, 5, -2.0)
    assert best_and_worst([silent, wrong]) is None
    longer = ranked("c.", 4, 2, 1.0)
    assert [text.text for text in best_and_worst([silent, wrong, longer])] == ["c.", "b."]


def test_a_chosen_text_contradicts_no_more_and_is_complete():
    bold, timid = ranked("a.", 6, 3, 3.0), ranked("b.", 4, 2, 0.0)
    assert best_and_worst([bold, timid]) is None
    cut = ranked("Speed is", 6, 0, 6.0)
    assert best_and_worst([cut, timid]) is None
    assert best_and_worst([ranked("a.", 6, 0, 6.0), cut, timid])[1] == timid


def test_a_row_has_the_texts_and_the_evidence(walks):
    texts = [ranked("a.", 3, 0, 3.0), ranked("b.", 1, 2, 0.0)]
    row = preference_row(walks[0], "Score <motion>:", texts)
    assert (row["id"], row["score"], row["prompt"]) == ("A", 1, "Score <motion>:")
    assert (row["chosen"], row["rejected"]) == ("a.", "b.")
    assert row["evidence"]["rejected"] == {
        "supported": 1, "contradicted": 2, "claims": 3, "value": 0.0,
    }  # fmt: skip
    assert row["drawn"] == {"texts": 2, "supported": 4, "contradicted": 2, "claims": 6}
    without = preference_row(walks[0], "Score <motion>:", texts[:1])
    assert without["chosen"] is None and without["rejected"] is None and without["evidence"] == {}
    summary = preference_summary([row, without])
    assert summary == (
        "1 pairs of 2 walks; supported claims: drawn 0.778 of 3.0, chosen 1.000 of 3.0, rejected "
        "0.333 of 3.0"
    )


def test_a_file_continues_with_the_same_settings_only(tmp_path, walks):
    path, texts = tmp_path / "new" / "pairs.jsonl", [ranked("a.", 3, 0, 3.0), ranked("b.", 1, 2, 0)]
    assert start_file(path, {"number": 4}) == set()
    append_line(path, preference_row(walks[0], "x", texts))
    append_line(path, preference_row(walks[1], "x", texts[:1]))
    assert start_file(path, {"number": 4}) == {"A", "N0"}
    assert len(read_lines(path)) == 3
    assert read_lines(path)[0]["chosen_by"].startswith("measured gait parameters")
    with pytest.raises(ValueError, match=r"pairs.jsonl was drawn with number 4, now it is 8"):
        start_file(path, {"number": 8})
    assert [row["id"] for row in read_preferences(path)] == ["A"]


def test_unusable_files_raise(tmp_path):
    with pytest.raises(FileNotFoundError, match="is no file: run recipes/draw_preferences.py"):
        read_preferences(tmp_path / "missing.jsonl")
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"id": "A"}) + "\n")
    with pytest.raises(ValueError, match="is no file of preferences"):
        read_preferences(other)
    other.write_text("text\n")
    with pytest.raises(ValueError, match="is no file of preferences: pass another --output"):
        start_file(other, {})
    other.unlink()
    start_file(other, {})
    with pytest.raises(ValueError, match="has 0 walks and no pair"):
        read_preferences(other)
