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
    """A clip of 22 joints that moves a little."""
    generator = np.random.default_rng(0)
    rest = generator.normal(size=(22, 3))
    return (rest + 0.01 * generator.normal(size=(45, 22, 3))).astype(np.float32)


def answer_ids(processor, answer):
    return processor.tokenizer(answer, add_special_tokens=False).input_ids


def test_features_joints_and_joint_motion_are_the_same_input(processor, joints):
    motion = SimpleNamespace(joints=joints, rate_hz=20.0)
    forms = [joints_to_features(joints), joints, motion]
    batches = [processor(motion=form) for form in forms]
    for batch in batches[1:]:
        assert batch.keys() == batches[0].keys()
        assert all(torch.equal(batch[key], batches[0][key]) for key in batch)
    assert batches[0]["motion_values"].shape == (1, 44, 263)


def test_normalised_values_come_back(processor, motions):
    extractor = processor.feature_extractor
    back = extractor.denormalize(extractor.normalize(motions[0]))
    np.testing.assert_allclose(back, motions[0], atol=1e-5)


def test_batch_is_padded_behind_to_whole_codes(processor, motions):
    batch = processor(motion=motions)
    assert batch["motion_values"].shape == (2, 64, 263)
    assert batch["motion_attention_mask"].sum(1).tolist() == [40, 64]
    assert (batch["motion_values"][0, 40:] == 0).all()


def test_placeholder_becomes_one_mask_token_for_each_code(processor, motions):
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


def test_an_answer_is_read_from_its_tokens(processor):
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
def test_an_answer_of_another_form_is_not_repaired(processor, answer):
    with pytest.raises(ScoreParseError) as error:
        processor.parse_assessment(answer_ids(processor, answer))
    assert error.value.text == processor.tokenizer.decode(answer_ids(processor, answer))


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
def test_wrong_motion_is_told(processor, motion, message):
    with pytest.raises(ValueError, match=message):
        processor(motion=motion)


def test_wrong_texts_are_told(processor, motions):
    with pytest.raises(ValueError, match="0 <motion>, expected one"):
        processor(motion=motions[0], text="no place")
    with pytest.raises(ValueError, match="3 texts for 2 motions"):
        processor(motion=motions, text=["<motion>"] * 3)
    with pytest.raises(ValueError, match="neither motion nor text"):
        processor()
    with pytest.raises(ValueError, match="code 16 is not in 0 … 15"):
        processor.motion_text([3, 16])


def test_a_tokenizer_without_the_tokens_is_told(processor, t5_tokenizer):
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


def test_prompts_of_descriptions_and_motions_are_among_the_trained_ones(processor):
    """One instruction each, which stands among those that a model is trained with."""
    templates = instructions()
    for part in ("foot", "arm"):
        assert processor.description_prompt(part) in templates[f"motion_to_{part}_text"]
    prompt = processor.motion_prompt("  short\n steps ")
    assert prompt in [text.replace("<description>", "short steps")
                      for text in templates["text_to_motion"]]  # fmt: skip


def test_wrong_descriptions_are_told(processor):
    with pytest.raises(ValueError, match="part is 'head', expected 'foot' or 'arm'"):
        processor.description_prompt("head")
    wrong = {" \n": "empty", "a <motion_id_3> b": "words only", "a <motion>": "words only"}
    wrong |= {"a <score_2>": "words only", "steps " * 600: "expected at most 512: shorten"}
    wrong |= {"kurze 漢 Schritte": r"does not know \(漢\)"}
    for text, message in wrong.items():
        with pytest.raises(ValueError, match=message):
            processor.motion_prompt(text)


def test_a_description_is_read_without_its_special_tokens(processor):
    text = "short steps."
    ids = [[0, *answer_ids(processor, text), 1, 0], [0, *answer_ids(processor, text), 1, 0]]
    assert processor.decode_descriptions(torch.tensor(ids)) == [text] * 2


def test_features_of_a_motion_become_its_joints_again(processor, joints):
    """Normalised, as a model gives them, of two lengths."""
    clips = [joints, joints[:30]]
    features = [joints_to_features(clip) for clip in clips]
    normalised = [torch.tensor(processor.feature_extractor.normalize(row)) for row in features]
    back = processor.decode_motion(SimpleNamespace(features=normalised))
    for clip, row in zip(back, features, strict=True):
        assert clip.shape == (len(row), 22, 3) and clip.dtype == np.float32
        np.testing.assert_allclose(clip, features_to_joints(row), atol=1e-3)
    assert not np.allclose(back[1], features_to_joints(normalised[1].numpy()), atol=0.1)


def test_a_long_motion_comes_in_windows_of_like_length():
    extractor = AgirFeatureExtractor(mean=np.zeros(263), std=np.ones(263), max_frames=40)
    motion = np.arange(100 * 263, dtype=np.float32).reshape(100, 263)
    windows = extractor.windows(motion)
    assert [len(window) for window in windows] == [34, 33, 33]
    np.testing.assert_array_equal(np.concatenate(windows), motion)
    assert len(extractor.windows(motion[:40])) == 1


def test_windows_vote_by_length_and_the_surest_gives_its_reasons():
    seen = [
        GaitAssessment(0, (0.6, 0.3, 0.1), "early"),
        GaitAssessment(2, (0.1, 0.3, 0.6), "late"),
        GaitAssessment(2, (0.0, 0.1, 0.9), "last"),
    ]
    voted = vote(seen, [40, 20, 20])
    assert voted.score == 2 and voted.reasoning == "last"
    assert voted.probabilities == pytest.approx((0.325, 0.25, 0.425))
    assert vote(seen[:1]) == seen[0]
    assert vote(seen, [80, 10, 10]).score == 0
    with pytest.raises(ValueError, match="needs assessments"):
        vote([])


@pytest.mark.parametrize(
    ("score", "probabilities", "level", "alternatives"),
    [
        (2, (0.1, 0.2, 0.7), 0.7, (2,)),  # as sure as the level
        (2, (0.1, 0.2, 0.7), 0.75, (1, 2)),
        (2, (0.1, 0.2, 0.7), 0.91, (0, 1, 2)),
        (0, (0.5, 0.1, 0.4), 0.8, (0, 2)),
        (1, (0.3, 0.36, 0.34), 0.8, (0, 1, 2)),
        (1, (0.05, 0.9, 0.05), 1.0, (0, 1, 2)),
        (0, (0.2, 0.7, 0.1), 0.5, (0, 1)),  # drawn, not the most probable: among them all the same
        (2, (0.1, 0.2, 0.7), None, (2,)),
        (2, None, 0.9, (2,)),
    ],
)
def test_an_uncertain_score_has_alternatives(score, probabilities, level, alternatives):
    assessment = GaitAssessment(score, probabilities, "short steps", level)
    assert assessment.alternatives == alternatives
    assert assessment.uncertain == (len(alternatives) > 1)
    shown = assessment.to_dict()
    assert (shown["uncertain"], shown["alternatives"]) == (assessment.uncertain, alternatives)


def test_windows_that_disagree_are_uncertain_together():
    """By the mean of their probabilities, each of which is above the level."""
    seen = [
        GaitAssessment(0, (0.9, 0.05, 0.05), "early", 0.8),
        GaitAssessment(2, (0.0, 0.1, 0.9), "late", 0.8),
    ]
    assert not any(one.uncertain for one in seen)
    voted = vote(seen, [20, 40])
    assert voted.uncertain and voted.alternatives == (0, 2) and voted.uncertain_below == 0.8
    assert not vote(seen, [1, 40]).uncertain
