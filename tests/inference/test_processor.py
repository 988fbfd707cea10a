"""The processor in numpy gives the inputs and texts of `AgirProcessor`."""

import copy

import numpy as np
import pytest

from agir_hf import ScoreParseError
from agir_hf.inference.processor import TextTokenizer


@pytest.fixture(params=["embedded", "untrained"])
def processors(request):
    return [pair[1] for pair in request.getfixturevalue(request.param)]


def test_inputs_are_the_same(processors, motions, sample_joints):
    expected, own = (p(motion=[*motions, sample_joints]) for p in processors)
    assert expected.keys() == own.keys() and own.to("cpu") is own
    for name, values in expected.items():
        assert np.array_equal(own[name], values.numpy()), name


def test_texts_are_the_same(processors):
    expected, own = processors
    text = "Gait is slow, 0.5 m/s;  steps are  short."
    ids = expected.tokenizer(text).input_ids
    assert own.tokenizer(text).input_ids == ids
    assert own(text=[text, "short"])["input_ids"].tolist() == (
        expected(text=[text, "short"])["input_ids"].tolist()
    )
    rows = [[*ids, own.tokenizer.pad_token_id], ids[:3]]
    for skip in (True, False):
        options = {"skip_special_tokens": skip}
        decoded = own.tokenizer.batch_decode(rows, **options)
        assert decoded == expected.tokenizer.batch_decode(rows, **options)
    assert own.decode_descriptions(rows) == expected.decode_descriptions(rows)
    assert own.motion_prompt("short steps") == expected.motion_prompt("short steps")
    assert own.instruction == expected.instruction


def test_truncation_and_padding_before_the_tokenizer_was_saved_do_not_count(tmp_path, processors):
    expected, _ = processors
    saved = copy.deepcopy(expected.tokenizer)
    saved("short steps", truncation=True, max_length=4, padding="max_length")
    saved.save_pretrained(tmp_path)
    for text in ("The step length is normal.", "a"):
        assert TextTokenizer(tmp_path)(text).input_ids == expected.tokenizer(text).input_ids


def test_answers_are_parsed_and_refused_in_the_same_way(processors):
    expected, own = processors
    answer = "<reasoning_start>short steps<reasoning_end><score_start><score_1><score_end>"
    ids = expected.tokenizer(answer).input_ids
    assert own.parse_assessment(ids) == expected.parse_assessment(ids)
    errors = []
    for processor in processors:
        with pytest.raises(ScoreParseError) as error:
            processor.parse_assessment(ids[1:])
        errors.append(str(error.value))
    assert errors[0] == errors[1]
