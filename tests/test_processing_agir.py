"""Inputs of the model from motions and texts; assessments, texts and motions from its outputs."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from agir_hf import AgirFeatureExtractor, AgirProcessor, GaitAssessment, ScoreParseError
from agir_hf.corpus.schema import instructions
from agir_hf.humanml3d import features_to_joints, joints_to_features
from agir_hf.processing_agir import vote


@pytest.fixture
def joints():
    """Clip of 22 joints with small movements."""
    generator = np.random.default_rng(0)
    rest = generator.normal(size=(22, 3))
    return (rest + 0.01 * generator.normal(size=(45, 22, 3))).astype(np.float32)


def answer_ids(processor, answer):
    return processor.tokenizer(answer, add_special_tokens=False).input_ids


def test_features_joints_and_joint_motion_give_the_same_input(processor, joints):
    motion = SimpleNamespace(joints=joints, rate_hz=20.0)
    inputs = [joints_to_features(joints), joints, motion]
    batches = [processor(motion=value) for value in inputs]
    for batch in batches[1:]:
        assert batch.keys() == batches[0].keys()
        assert all(torch.equal(batch[key], batches[0][key]) for key in batch)
    assert batches[0]["motion_values"].shape == (1, 44, 263)


def test_denormalize_inverts_normalize(processor, motions):
    extractor = processor.feature_extractor
    restored = extractor.denormalize(extractor.normalize(motions[0]))
    np.testing.assert_allclose(restored, motions[0], atol=1e-5)


def test_batch_is_padded_at_the_end_to_whole_codes(processor, motions):
    batch = processor(motion=motions)
    assert batch["motion_values"].shape == (2, 64, 263)
    assert batch["motion_attention_mask"].sum(1).tolist() == [40, 64]
    assert (batch["motion_values"][0, 40:] == 0).all()


def test_placeholder_becomes_one_mask_token_per_code(processor, motions):
    mask = processor.tokenizer.convert_tokens_to_ids("<motion_id_18>")
    rows = processor(motion=motions)["input_ids"]
    assert (rows == mask).sum(1).tolist() == [10, 16]


def test_motion_longer_than_the_limit_is_cut_with_a_warning(processor, caplog):
    from transformers.utils import logging

    extractor = AgirFeatureExtractor(mean=np.zeros(263), std=np.ones(263), max_frames=40)
    logging.enable_propagation()
    try:
        batch = extractor(np.zeros((100, 263)))
    finally:
        logging.disable_propagation()
    assert batch["motion_values"].shape == (1, 40, 263)
    assert "the model reads its first 40 (2 s)" in caplog.text


def test_an_answer_is_parsed_from_its_tokens(processor):
    text = "short steps"
    answer = f"<reasoning_start>{text}<reasoning_end><score_start><score_2><score_end></s><pad>"
    ids = [0, *answer_ids(processor, answer)]
    assessment = processor.parse_assessment(ids, [0.1, 0.2, 0.7])
    assert assessment == GaitAssessment(2, (0.1, 0.2, 0.7), text)
    assert assessment.to_dict() == {
        "score": 2,
        "probabilities": (0.1, 0.2, 0.7),
        "reasoning": text,
        "uncertain_below": None,
        "token_probabilities": None,
        "probe_probabilities": None,
        "candidates": (),
        "uncertain": False,
        "alternatives": (2,),
    }


@pytest.mark.parametrize(
    "answer",
    [
        "short steps",
        "<reasoning_start>short<reasoning_end><score_start><score_2>",
        "<reasoning_start>short<reasoning_end><score_2><score_start><score_end>",
        "<reasoning_start><reasoning_end><score_start><score_2><score_end>",
        "<reasoning_start>a<motion_id_3>b<reasoning_end><score_start><score_2><score_end>",
        "short<reasoning_start>steps<reasoning_end><score_start><score_2><score_end>",
        "<reasoning_start>a<reasoning_end><score_start><score_2><score_end><score_end>",
        "",
    ],
)
def test_an_answer_in_another_format_is_not_repaired(processor, answer):
    with pytest.raises(ScoreParseError) as excinfo:
        processor.parse_assessment(answer_ids(processor, answer))
    assert excinfo.value.text == processor.tokenizer.decode(answer_ids(processor, answer))


@pytest.mark.parametrize(
    ("motion", "message"),
    [
        (np.zeros((40, 251)), r"shape \(40, 251\), expected features \(frames, 263\)"),
        (np.zeros(40), "expected features"),
        (np.zeros((3, 263)), "3 frames, expected at least 4"),
        (np.full((40, 263), np.nan), "NaN"),
        (SimpleNamespace(joints=np.zeros((40, 22, 3)), rate_hz=30.0), "30 frames per second"),
    ],
)
def test_wrong_motions_raise(processor, motion, message):
    with pytest.raises(ValueError, match=message):
        processor(motion=motion)


def test_wrong_texts_raise(processor, motions):
    with pytest.raises(ValueError, match="0 <motion>, expected one"):
        processor(motion=motions[0], text="no placeholder")
    with pytest.raises(ValueError, match="3 texts for 2 motions"):
        processor(motion=motions, text=["<motion>"] * 3)
    with pytest.raises(ValueError, match="motion and text are both None"):
        processor()
    with pytest.raises(ValueError, match="code 16 is not in 0 … 15"):
        processor.motion_text([3, 16])


def test_a_tokenizer_without_added_tokens_raises(processor, t5_tokenizer):
    with pytest.raises(ValueError, match="AgirProcessor.from_t5"):
        AgirProcessor(processor.feature_extractor, t5_tokenizer)
    with pytest.raises(ValueError, match="already"):
        AgirProcessor.from_t5(processor.tokenizer, np.zeros(263), np.ones(263), 16)


def test_statistics_are_required_and_checked(motions):
    with pytest.raises(ValueError, match="no mean and std"):
        AgirFeatureExtractor()(motions[0])
    with pytest.raises(ValueError, match=r"expected \(263,\)"):
        AgirFeatureExtractor(mean=np.zeros(3), std=np.ones(263))
    with pytest.raises(ValueError, match="zero or less"):
        AgirFeatureExtractor(mean=np.zeros(263), std=np.zeros(263))


def test_prompts_of_descriptions_and_motions_are_training_templates(processor):
    templates = instructions()
    for part in ("foot", "arm"):
        assert processor.description_prompt(part) in templates[f"motion_to_{part}_text"]
    prompt = processor.motion_prompt("  short\n steps ")
    assert prompt in [text.replace("<description>", "short steps")
                      for text in templates["text_to_motion"]]  # fmt: skip


def test_wrong_descriptions_raise(processor):
    with pytest.raises(ValueError, match="part is 'head', expected 'foot' or 'arm'"):
        processor.description_prompt("head")
    wrong = {" \n": "empty", "a <motion_id_3> b": "words only", "a <motion>": "words only"}
    wrong |= {"a <score_2>": "words only", "steps " * 600: "expected at most 512: shorten"}
    wrong |= {"kurze 漢 Schritte": r"does not know \(漢\)"}
    for text, message in wrong.items():
        with pytest.raises(ValueError, match=message):
            processor.motion_prompt(text)


def test_a_description_is_decoded_without_special_tokens(processor):
    text = "short steps."
    ids = [[0, *answer_ids(processor, text), 1, 0], [0, *answer_ids(processor, text), 1, 0]]
    assert processor.decode_descriptions(torch.tensor(ids)) == [text] * 2


def test_generated_features_are_decoded_to_joints(processor, joints):
    """The features are normalized, as in the model's output, and have two lengths."""
    clips = [joints, joints[:30]]
    features = [joints_to_features(clip) for clip in clips]
    normalized = [torch.tensor(processor.feature_extractor.normalize(row)) for row in features]
    decoded = processor.decode_motion(SimpleNamespace(features=normalized))
    for clip, row in zip(decoded, features, strict=True):
        assert clip.shape == (len(row), 22, 3) and clip.dtype == np.float32
        np.testing.assert_allclose(clip, features_to_joints(row), atol=1e-3)
    assert not np.allclose(decoded[1], features_to_joints(normalized[1].numpy()), atol=0.1)


def test_a_long_motion_is_split_into_windows_of_equal_length():
    extractor = AgirFeatureExtractor(mean=np.zeros(263), std=np.ones(263), max_frames=40)
    motion = np.arange(100 * 263, dtype=np.float32).reshape(100, 263)
    windows = extractor.windows(motion)
    assert [len(window) for window in windows] == [34, 33, 33]
    np.testing.assert_array_equal(np.concatenate(windows), motion)
    assert len(extractor.windows(motion[:40])) == 1


def test_windows_vote_by_length_and_the_most_probable_gives_the_rationale():
    windows = [
        GaitAssessment(0, (0.6, 0.3, 0.1), "early"),
        GaitAssessment(2, (0.1, 0.3, 0.6), "late"),
        GaitAssessment(2, (0.0, 0.1, 0.9), "last"),
    ]
    voted = vote(windows, [40, 20, 20])
    assert voted.score == 2 and voted.reasoning == "last"
    assert voted.probabilities == pytest.approx((0.325, 0.25, 0.425))
    assert vote(windows[:1]) == windows[0]
    assert vote(windows, [80, 10, 10]).score == 0
    with pytest.raises(ValueError, match="needs assessments"):
        vote([])


@pytest.mark.parametrize(
    ("score", "probabilities", "level", "alternatives"),
    [
        (2, (0.1, 0.2, 0.7), 0.7, (2,)),  # equal to the level
        (2, (0.1, 0.2, 0.7), 0.75, (1, 2)),
        (2, (0.1, 0.2, 0.7), 0.91, (0, 1, 2)),
        (0, (0.5, 0.1, 0.4), 0.8, (0, 2)),
        (1, (0.3, 0.36, 0.34), 0.8, (0, 1, 2)),
        (1, (0.05, 0.9, 0.05), 1.0, (0, 1, 2)),
        (0, (0.2, 0.7, 0.1), 0.5, (0, 1)),  # the score is always included
        (2, (0.1, 0.2, 0.7), None, (2,)),
        (2, None, 0.9, (2,)),
    ],
)
def test_an_uncertain_score_has_alternatives(score, probabilities, level, alternatives):
    assessment = GaitAssessment(score, probabilities, "short steps", level)
    assert assessment.alternatives == alternatives
    assert assessment.uncertain == (len(alternatives) > 1)
    fields = assessment.to_dict()
    assert (fields["uncertain"], fields["alternatives"]) == (assessment.uncertain, alternatives)


def test_the_vote_of_windows_that_disagree_is_uncertain():
    """Each probability is above the level, their mean is below it."""
    windows = [
        GaitAssessment(0, (0.9, 0.05, 0.05), "early", 0.8),
        GaitAssessment(2, (0.0, 0.1, 0.9), "late", 0.8),
    ]
    assert not any(window.uncertain for window in windows)
    voted = vote(windows, [20, 40])
    assert voted.uncertain and voted.alternatives == (0, 2) and voted.uncertain_below == 0.8
    assert not vote(windows, [1, 40]).uncertain
