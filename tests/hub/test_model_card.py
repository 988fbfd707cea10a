"""The card of a published model: its head, what it is for and not, how good it is."""

from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard

import agir_hf
from agir_hf.evaluation.reporting.results import Results
from agir_hf.evaluation.reporting.split_results import SplitResults
from agir_hf.hub.model_card import CardFacts, card_head, model_card, without_head

EMBEDDED = Path(agir_hf.DEFAULT_MODEL)
PLAIN = CardFacts("me/agir", "v1", "recordings of 26 people", calibrated=False)


def embedded(**changes) -> CardFacts:
    facts = {
        "repo": "me/agir",
        "tag": "v1",
        "training_data": "simulated walks only",
        "calibrated": True,
        "source": (EMBEDDED / "README.md").read_text("utf-8"),
        "results": SplitResults.load(EMBEDDED / "results.json"),
        "datasets": ["me/agir-gait"],
    }
    return CardFacts(**facts | changes)


def sections(card: str) -> list[str]:
    return [line.removeprefix("## ") for line in card.splitlines() if line.startswith("## ")]


def test_the_head_has_what_the_hub_reads():
    head = ModelCard(model_card(embedded(base_model="me/base"))).data
    assert (head.library_name, head.license, head.language) == ("transformers", "apache-2.0", "en")
    assert head.datasets == ["me/agir-gait"] and head.base_model == "me/base"
    assert {"gait", "agir", "simulated", "gait-assessment"} <= set(head.tags)
    assert len(head.tags) == len(set(head.tags)) and head.pipeline_tag


def test_the_model_index_is_of_the_results():
    facts = embedded()
    head = ModelCard(model_card(facts)).data
    by_name = {one.metric_name: one for one in head.eval_results}
    figures = facts.results.figures
    assert by_name["accuracy"].metric_value == pytest.approx(figures["accuracy"], abs=1e-4)
    assert by_name["macro-F1"].metric_type == "f1"
    one = by_name["accuracy"]
    assert one.dataset_type == "me/agir-gait" and "(simulated)" in one.dataset_name
    assert one.dataset_args["walks"] == figures["walks"] and one.dataset_args["simulated"]
    assert one.dataset_args["scheme"] == "one split, no folds" and not one.verified


def test_the_card_beside_the_model_is_its_middle_and_nothing_stands_twice():
    card = model_card(embedded())
    heads = sections(card)
    assert heads[:3] == ["Use", "Intended use", "Limits"] and len(heads) == len(set(heads))
    source = without_head(embedded().source)
    assert all(head in heads for head in sections(source))
    assert card.count("\n| accuracy |") == heads.count("Evaluation") == 1
    assert card.count("\n# ") == 1 and "\n# agir\n" in card


@pytest.mark.parametrize("source", ["", "# Mine\n\nA model.\n\n## Use\n\nOld address.\n"])
def test_without_figures_in_the_card_they_are_written_from_the_results(source):
    card = model_card(embedded(source=source))
    assert sections(card)[-1] == "Evaluation" and "Old address" not in card
    evaluation = card.partition("## Evaluation")[2]
    for told in ("one split, no folds", "simulated walks", "majority class", "random forest",
                 "not a medical device", "| accuracy | 0.", "Confusion matrix"):  # fmt: skip
        assert told in evaluation, told


def test_an_evaluation_by_fold_is_told_with_its_folds(by_fold):
    results = Results.load(by_fold)
    card = model_card(embedded(source="", results=results, row="ours"))
    head = ModelCard(card).data
    assert head.eval_results[0].dataset_args["scheme"] == "2 folds by subject"
    assert {one.metric_value for one in head.eval_results if one.metric_name == "accuracy"} == {1.0}
    evaluation = card.partition("\n## Evaluation")[2]
    beside = model_card(embedded(results=results, row="ours"))  # in place of the folder's one split
    assert "| accuracy | 0." not in beside and sections(beside).count("Evaluation") == 1
    assert "ours" in beside.partition("\n## Evaluation")[2].partition("\n## ")[0]
    assert "ours" in evaluation and "other" in evaluation and "Simulated" in evaluation
    assert sections(card).count("Evaluation") == 1


def test_what_it_was_trained_on_is_told_simulated_or_real():
    assert "Nobody walked" in model_card(embedded()) and "simulated" in model_card(embedded())
    real = model_card(PLAIN)
    assert "**Trained on: recordings of 26 people.**" in real
    assert "imulated" not in real and "Nobody walked" not in real
    assert "how good it is, is not known" in real and "were not fitted" in real
    assert "data not stated" in model_card(CardFacts("me/agir", None, None, calibrated=True))


def test_every_card_says_what_it_is_not_for():
    for card in (model_card(embedded()), model_card(PLAIN)):
        assert "not a medical device" in card and "Not for diagnosis" in card


def test_the_snippet_names_repository_and_revision():
    assert 'model="me/agir", revision="v1", trust_remote_code=True' in model_card(PLAIN)
    untagged = CardFacts("me/agir", None, None, calibrated=True)
    assert 'model="me/agir", trust_remote_code=True' in model_card(untagged)


def test_what_the_card_beside_the_model_says_of_licence_and_base_stays():
    source = "---\nlicense: mit\nbase_model: a/b\ndatasets: [c/d]\ntags: mine\n---\n# x\n"
    head = card_head(model_card(embedded(source=source, datasets=[])))
    assert head["license"] == "mit" and head["base_model"] == "a/b" and head["datasets"] == ["c/d"]
    assert "mine" in head["tags"]


@pytest.mark.parametrize("head", ["a: [1", "- a"])
def test_a_head_that_is_no_yaml_is_told(head):
    with pytest.raises(ValueError, match="the head of the card"):
        card_head(f"---\n{head}\n---\n\n# x\n")


def test_a_card_is_a_head_and_the_rest():
    text = "---\na: 1\n---\n\n# x\n"
    assert card_head(text) == yaml.safe_load("a: 1") and without_head(text) == "\n# x\n"
    assert card_head("# x") == {} and without_head("# x") == "# x"
