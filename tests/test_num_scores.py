"""Models with more scores than the three of AGIR: 0 to 3, or 0 to 4."""

import json
import shutil

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoProcessor

from agir_hf import AgirConfig, AgirForGaitAssessment, AgirProcessor
from agir_hf.configuration_agir import added_tokens, answer_tokens, score_tokens
from agir_hf.processing_agir import ScoreParseError

SCORES = 4
REMOTE = """
import json, sys
import numpy as np
from transformers import AutoModel, AutoProcessor
folder, file = sys.argv[1:]
model = AutoModel.from_pretrained(folder, trust_remote_code=True)
processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
output = model.generate_assessment(**processor(motion=np.load(file)), max_new_tokens=10)
results = {"module": type(model).__module__.partition(".")[0], "scores": processor.num_scores,
           "probabilities": output.probabilities.tolist()}
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def model_of_4(t5, vqvae, t5_tokenizer):
    torch.manual_seed(0)
    return AgirForGaitAssessment.from_t5(t5, vqvae, t5_tokenizer, num_scores=SCORES)


@pytest.fixture(scope="module")
def processor_of_4(t5_tokenizer, processor):
    extractor = processor.feature_extractor
    return AgirProcessor.from_t5(
        t5_tokenizer, extractor.mean, extractor.std, codebook_size=16, num_scores=SCORES
    )


@pytest.fixture(scope="module")
def folder_of_4(tmp_path_factory, model_of_4, processor_of_4):
    folder = tmp_path_factory.mktemp("scores") / "model"
    model_of_4.save_pretrained(folder)
    processor_of_4.save_pretrained(folder)
    return folder


def test_further_scores_come_last_so_that_other_ids_are_unchanged(model, model_of_4):
    three, four = model.config, model_of_4.config
    assert added_tokens(16, 4)[:-1] == added_tokens(16) and added_tokens(16, 4)[-1] == "<score_3>"
    assert answer_tokens(5)[-3:] == score_tokens(5)[2:] == ("<score_2>", "<score_3>", "<score_4>")
    for token in answer_tokens():
        assert four.answer_token_id(token) == three.answer_token_id(token)
    assert four.score_token_ids == (*three.score_token_ids, three.score_token_ids[-1] + 1)
    assert four.text_config.vocab_size == three.text_config.vocab_size + 1


@pytest.mark.parametrize("number", [2, 6, 3.0, True, "4"])
def test_other_numbers_are_refused(number):
    with pytest.raises(ValueError, match=r"num_scores is .*, expected 3 \(scores 0 to 2\) to 5"):
        AgirConfig(num_scores=number)


def test_three_scores_are_the_default_and_keep_their_format(tmp_path, model, model_of_4):
    """Versions without the entry read a model of three scores, and refuse others."""
    content = model.config.to_dict()
    assert (content.pop("num_scores"), content["format_version"]) == (3, 1)
    assert AgirConfig.from_dict(content).num_scores == 3
    model_of_4.config.save_pretrained(tmp_path)
    saved = json.loads((tmp_path / "config.json").read_text("utf-8"))
    assert (saved["num_scores"], saved["format_version"]) == (SCORES, 2)
    assert saved["vqvae_config"]["format_version"] == 1


def test_assessments_have_a_probability_for_each_score(model_of_4, processor_of_4, motions):
    inputs = processor_of_4(motion=motions)
    text = processor_of_4.tokenizer.decode(inputs["input_ids"][0])
    assert "from 0 to 3 and give your reasons" in text
    try:
        for score in range(SCORES):
            bias = [5.0 * (k == score) for k in range(SCORES)]
            model_of_4.config.score_bias = bias
            output = model_of_4.generate_assessment(**inputs, max_new_tokens=12, num_rationales=2)
            assert output.probabilities.shape == (2, SCORES)
            for assessment in processor_of_4.decode_assessments(output):
                assert assessment.score == score and len(assessment.probabilities) == SCORES
                assert sum(assessment.probabilities) == pytest.approx(1, abs=1e-5)
    finally:
        model_of_4.config.score_bias = None
    with pytest.raises(ValueError, match="expected 4 numbers"):
        AgirConfig(num_scores=SCORES, score_bias=[0.0, 0.0, 0.0])


def test_a_score_of_more_scores_is_no_answer_of_fewer(processor, processor_of_4):
    answer = "<reasoning_start>short<reasoning_end><score_start><score_3><score_end>"
    parsed = processor_of_4.parse_assessment(processor_of_4.tokenizer(answer).input_ids)
    assert parsed.score == 3
    with pytest.raises(ScoreParseError):
        processor.parse_assessment(processor.tokenizer(answer).input_ids)


def test_uncertain_answers_list_further_scores():
    from agir_hf import GaitAssessment

    assessment = GaitAssessment(2, (0.0, 0.1, 0.5, 0.4), "", uncertain_below=0.8)
    assert assessment.alternatives == (2, 3)


def test_saved_and_loaded(folder_of_4, model_of_4, processor_of_4, motions):
    model, processor = (
        AutoModel.from_pretrained(folder_of_4),
        AutoProcessor.from_pretrained(folder_of_4),
    )
    assert model.config.num_scores == processor.num_scores == SCORES
    inputs = processor(motion=motions)
    options = {"max_new_tokens": 10, "num_rationales": 1}
    outputs = [m.generate_assessment(**inputs, **options) for m in (model, model_of_4)]
    assert torch.equal(outputs[0].sequences, outputs[1].sequences)
    assert torch.equal(outputs[0].probabilities, outputs[1].probabilities)


@pytest.mark.slow
def test_the_saved_code_gives_the_same_probabilities(
    bare_python, folder_of_4, model_of_4, processor_of_4, motions, tmp_path
):
    np.save(tmp_path / "motion.npy", motions[0])
    process = bare_python(REMOTE, folder_of_4, tmp_path / "motion.npy", cache=tmp_path)
    assert process.returncode == 0, process.stderr
    results = json.loads(process.stdout.splitlines()[-1])
    inputs = processor_of_4(motion=motions[0])
    expected = model_of_4.generate_assessment(**inputs, max_new_tokens=10).probabilities
    assert (results["module"], results["scores"]) == ("transformers_modules", SCORES)
    np.testing.assert_allclose(results["probabilities"], expected.numpy(), atol=1e-6)


def test_a_processor_of_another_model_is_refused(
    tmp_path, model, processor, folder_of_4, processor_of_4
):
    message = (
        f"the processor has {model.config.motion_token_offset} text entries, 16 motion codes and 4 "
        f"scores, the model {model.config.motion_token_offset}, 16 and 3: use the processor"
    )
    with pytest.raises(ValueError, match=message):
        processor_of_4.check_model(model)
    processor.check_model(model)
    folder = shutil.copytree(folder_of_4, tmp_path / "model")
    model.config.save_pretrained(folder)
    with pytest.raises(ValueError, match=message):
        AgirProcessor.from_pretrained(folder)
