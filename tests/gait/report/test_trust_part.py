import copy

import pytest

from agir_hf.gait.report import trust_part

RESULT = {
    "probabilities": [0.05, 0.2, 0.75],
    "scores": [0, 1, 2],
    "cautions": [],
    "trust": {
        "score": 2, "withheld": None, "certain": True, "reasons": [], "claims_supported": 8,
        "claims_made": 9, "own_supported": 5, "own_made": 11, "on_people": "",
        "knowledge": "within", "knowledge_text": "within what it knows: <yes>",
    },
    "identity": {"model": "tiny", "model_revision": "abc", "trained_on": "simulated walks"},
}  # fmt: skip


def changed(**trust):
    result = copy.deepcopy(RESULT)
    result["trust"] |= trust
    return result


def test_score_probabilities_claims_and_knowledge_are_in_one_block():
    html = trust_part(RESULT)
    assert '<p class="value">2</p>' in html and "75%" in html and "width:75.0%" in html
    assert "8 of 9 claims supported by the measured gait" in html
    assert "of the model&#39;s own text 5 of 11" in html and "do not rely" not in html
    assert "Do not rely" in trust_part(changed(on_people="do not rely"))
    assert "<b>Certain</b>" in html and "Within what the model knows" in html
    assert "&lt;yes&gt;" in html and "tiny, revision abc, trained on simulated walks" in html


def test_an_uncertain_score_has_its_reasons():
    html = trust_part(changed(certain=False, reasons=["50% < 80%", "few strides"]))
    assert "<b>Uncertain</b>: 50% &lt; 80%; few strides" in html and "Certain" not in html


def test_a_withheld_score_has_no_number_and_no_bar():
    result = changed(score=None, withheld="too little was measured", certain=False)
    html = trust_part(result | {"probabilities": None})
    assert "Score withheld" in html and "Too little was measured." in html
    assert "value" not in html and "probabilities" not in html


@pytest.mark.parametrize(
    ("knowledge", "words"),
    [("outside", "Outside what the model knows"), ("not assessed", "not assessed")],
)
def test_the_knowledge_of_the_model_is_stated(knowledge, words):
    assert words in trust_part(changed(knowledge=knowledge))


def test_cautions_are_shown():
    assert "turns <only>".replace("<", "&lt;").replace(">", "&gt;") in trust_part(
        RESULT | {"cautions": ["turns <only>"]}
    )


def test_the_sentence_about_a_simulated_walk_is_left_to_the_head_of_the_page():
    identity = RESULT["identity"] | {"simulated": True}
    assert trust_part(RESULT | {"identity": identity}) == trust_part(RESULT)
