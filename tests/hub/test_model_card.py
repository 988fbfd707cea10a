"""The card of a published model: header, intended use, limits and evaluation."""

from pathlib import Path

import pytest
from huggingface_hub import ModelCard

import agir_hf
from agir_hf.constants_agir import NOTICE
from agir_hf.evaluation.reporting.results import Results
from agir_hf.evaluation.reporting.split_results import SplitResults
from agir_hf.hub.model_card import CardFacts, model_card, read_card

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


def test_the_header_has_the_entries_that_the_hub_reads():
    header = ModelCard(model_card(embedded(base_model="me/base"))).data
    assert (header.library_name, header.license, header.language) == (
        "transformers",
        "apache-2.0",
        "en",
    )
    assert header.datasets == ["me/agir-gait"] and header.base_model == "me/base"
    assert {"gait", "agir", "simulated", "gait-assessment"} <= set(header.tags)
    assert len(header.tags) == len(set(header.tags)) and header.pipeline_tag


def test_the_model_index_has_the_results():
    facts = embedded()
    header = ModelCard(model_card(facts)).data
    by_name = {result.metric_name: result for result in header.eval_results}
    figures = facts.results.figures
    assert by_name["accuracy"].metric_value == pytest.approx(figures["accuracy"], abs=1e-4)
    assert by_name["macro-F1"].metric_type == "f1"
    accuracy = by_name["accuracy"]
    assert accuracy.dataset_type == "me/agir-gait" and "(simulated)" in accuracy.dataset_name
    assert accuracy.dataset_args["walks"] == figures["walks"] and accuracy.dataset_args["simulated"]
    assert accuracy.dataset_args["scheme"] == "one split, no folds" and not accuracy.verified


def test_the_card_in_the_folder_is_kept_and_no_section_is_repeated():
    card = model_card(embedded())
    titles = sections(card)
    assert titles[:3] == ["Use", "Intended use", "Limits"] and len(titles) == len(set(titles))
    source = read_card(embedded().source).text
    assert all(title in titles for title in sections(source))
    assert card.count("\n| accuracy |") == titles.count("Evaluation") == 1
    assert card.count("\n# ") == 1 and "\n# agir\n" in card


@pytest.mark.parametrize("source", ["", "# Mine\n\nA model.\n\n## Use\n\nOld address.\n"])
def test_a_card_without_figures_gets_those_of_the_results(source):
    card = model_card(embedded(source=source))
    assert sections(card)[-1] == "Evaluation" and "Old address" not in card
    evaluation = card.partition("## Evaluation")[2]
    for part in ("one split, no folds", "simulated walks", "majority class", "random forest",
                 "| accuracy | 0.", "Confusion matrix"):  # fmt: skip
        assert part in evaluation, part
    assert NOTICE in evaluation


def test_an_evaluation_by_fold_replaces_the_single_split(by_fold):
    results = Results.load(by_fold)
    card = model_card(embedded(source="", results=results, row="ours"))
    header = ModelCard(card).data
    assert header.eval_results[0].dataset_args["scheme"] == "2 folds by subject"
    assert {row.metric_value for row in header.eval_results if row.metric_name == "accuracy"} == {
        1.0
    }
    evaluation = card.partition("\n## Evaluation")[2]
    merged = model_card(embedded(results=results, row="ours"))
    assert "| accuracy | 0." not in merged and sections(merged).count("Evaluation") == 1
    assert "ours" in merged.partition("\n## Evaluation")[2].partition("\n## ")[0]
    assert "ours" in evaluation and "other" in evaluation and "Simulated" in evaluation
    assert sections(card).count("Evaluation") == 1


def test_the_card_states_whether_the_training_data_are_simulated():
    assert "No person was recorded" in model_card(embedded()) and "simulated" in model_card(
        embedded()
    )
    real = model_card(PLAIN)
    assert "**Training data: recordings of 26 people.**" in real
    assert "imulated" not in real and "No person was recorded" not in real
    assert "accuracy is unknown" in real and "not calibrated" in real
    assert "data not stated" in model_card(CardFacts("me/agir", None, None, calibrated=True))


def test_every_card_excludes_clinical_use():
    for card in (model_card(embedded()), model_card(PLAIN)):
        assert "not a medical device" in card.lower() and "Not for diagnosis" in card


def test_the_card_names_the_scores_of_the_model():
    more = CardFacts("me/agir", None, None, calibrated=True, num_scores=4)
    assert "a score from 0 to 3 for the gait item" in model_card(more)
    assert "a score from 0 to 2 for the gait item" in model_card(PLAIN)


def test_the_code_example_names_repository_and_revision():
    assert 'model="me/agir", revision="v1", trust_remote_code=True' in model_card(PLAIN)
    untagged = CardFacts("me/agir", None, None, calibrated=True)
    assert 'model="me/agir", trust_remote_code=True' in model_card(untagged)


def test_licence_and_base_model_of_the_folders_card_are_kept():
    source = "---\nlicense: mit\nbase_model: a/b\ndatasets: [c/d]\ntags: mine\n---\n# x\n"
    header = read_card(model_card(embedded(source=source, datasets=[]))).data
    assert header["license"] == "mit" and header["base_model"] == "a/b"
    assert header["datasets"] == ["c/d"] and "mine" in header["tags"]


@pytest.mark.parametrize("header", ["a: [1", "- a", "1: a"])
def test_a_header_that_is_no_yaml_of_names_raises(header):
    with pytest.raises(ValueError, match="the YAML header of the card") as excinfo:
        read_card(f"---\n{header}\n---\n\n# x\n")
    assert "\n" not in str(excinfo.value)


def test_a_card_is_split_into_header_and_text():
    card = read_card("---\na: 1\n---\n\n# x\n")
    assert card.data.to_dict() == {"a": 1} and card.text == "\n# x\n"
    card = read_card("# x")
    assert card.data.to_dict() == {} and card.text == "# x"
