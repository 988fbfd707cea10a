"""Batches do not change the answers; an error belongs to one motion, except that of the memory."""

import copy

import numpy as np
import pytest
import torch

from agir_hf.assessment.prediction import predict
from agir_hf.utils.devices import DeviceMemoryError


@pytest.fixture(scope="module")
def short(model):
    """The untrained model, which writes short answers to at most 24 frames."""
    model = copy.deepcopy(model).eval()
    original = model.generate_assessment
    model.sizes = []

    def generate_assessment(**inputs):
        model.sizes.append(len(inputs["input_ids"]))
        return original(**inputs, max_new_tokens=9, num_rationales=2)

    model.generate_assessment = generate_assessment
    return model


@pytest.fixture
def windowed(processor):
    """The processor with windows of at most 24 frames."""
    processor = copy.deepcopy(processor)
    processor.feature_extractor.max_frames = 24
    return processor


def test_the_answers_do_not_depend_on_the_batch_size(short, windowed, motions):
    motions = [motions[1], motions[0][:20], motions[0]]  # 3, 1 and 2 windows
    tables = []
    for batch_size, sizes in ((1, [1] * 6), (4, [4, 2])):
        short.sizes.clear()
        answers = list(predict(iter(motions), short, windowed, batch_size))
        assert short.sizes == sizes
        read = [(answer.windows, answer.frames) for answer in answers]
        assert read == [(3, 60), (1, 20), (2, 40)]
        tables.append(answers)
    for first, second in zip(*tables, strict=True):
        assert first.assessment.reasoning == second.assessment.reasoning
        assert first.assessment.candidates == second.assessment.candidates
        assert first.assessment.probabilities == pytest.approx(
            second.assessment.probabilities, abs=1e-4
        )


def test_motions_are_read_as_they_are_needed(short, windowed, motions):
    read = []

    def lazily():
        for number in range(4):
            read.append(number)
            yield motions[0][:20]

    predictions = predict(lazily(), short, windowed, batch_size=1)
    next(predictions)
    assert read == [0]
    assert len(list(predictions)) == 3


def test_an_error_belongs_to_its_motion(short, windowed, motions):
    broken = np.full((20, 263), np.nan)
    answers = list(predict([broken, motions[0][:20], broken], short, windowed, 8))
    assert [isinstance(answer, ValueError) for answer in answers] == [True, False, True]
    assert "NaN" in str(answers[0])


def test_an_answer_that_cannot_be_parsed_is_an_error_of_its_motion(
    short, windowed, motions, monkeypatch
):
    original, parsed = windowed.decode_assessments, []

    def decode_assessments(outputs):
        parsed.append(len(outputs.sequences))
        if len(parsed) == 1:
            raise ValueError("no answer")
        return original(outputs)

    monkeypatch.setattr(windowed, "decode_assessments", decode_assessments)
    answers = list(predict([motions[0][:20], motions[1][:20]], short, windowed, 2))
    assert str(answers[0]) == "no answer" and answers[1].windows == 1
    assert parsed == [1, 1]


def test_an_error_of_memory_names_the_option_to_lower(short, windowed, motions, monkeypatch):
    def generate_assessment(**inputs):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(short, "generate_assessment", generate_assessment)
    with pytest.raises(DeviceMemoryError, match=r"lower --batch-size \(now 2\) or end other prog"):
        list(predict([motions[0][:20]] * 3, short, windowed, 2))
