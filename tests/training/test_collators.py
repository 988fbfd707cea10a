import numpy as np
import torch

from agir_hf.corpus.templates import instructions
from agir_hf.training.collators import MotionTextCollator
from agir_hf.training.data import answer, generative_example, reasoning_example


def collator(processor, vqvae, example=reasoning_example, **options):
    return MotionTextCollator(processor, vqvae, example, **options)


def test_labels_are_the_answer_and_the_decoder_sees_them_shifted(processor, vqvae, rows):
    batch = collator(processor, vqvae)([rows[i] for i in range(4)])
    for i in range(4):
        labels = batch["labels"][i]
        kept = labels[labels != -100]
        target = answer(rows[i]["rationale"], rows[i]["score"])
        assert kept.tolist() == processor.tokenizer(target).input_ids
        assert kept[-1] == processor.tokenizer.eos_token_id
        decoder = batch["decoder_input_ids"][i]
        assert decoder[0] == processor.tokenizer.pad_token_id
        assert torch.equal(decoder[1 : len(kept)], kept[:-1])
    assert torch.equal(batch["labels"], batch["shift_labels"])


def test_targets_parse_as_answers(processor, vqvae, rows):
    batch = collator(processor, vqvae)([rows[i] for i in range(4)])
    for i in range(4):
        labels = batch["labels"][i]
        parsed = processor.parse_assessment(labels[labels != -100])
        assert parsed.score == rows[i]["score"]
        assert parsed.reasoning == rows[i]["rationale"]


def test_whole_motions_carry_the_codes_of_the_vqvae(processor, vqvae, rows):
    batch = collator(processor, vqvae, shortest_s=None)([rows[0], rows[5]])
    first = processor.tokenizer.convert_tokens_to_ids("<motion_id_0>")
    for i, row in enumerate((rows[0], rows[5])):
        values = torch.tensor(processor.feature_extractor.normalize(row["motion"]))[None]
        expected = vqvae.encode(values)[0]
        ids = batch["input_ids"][i]
        assert torch.equal(ids[(ids >= first) & (ids < first + 16)] - first, expected)


def test_crops_differ_but_evaluation_is_fixed(processor, vqvae, rows):
    some = [rows[i] for i in range(8)]
    torch.manual_seed(0)
    training = collator(processor, vqvae, shortest_s=1.0)
    lengths = {tuple(training(some)["attention_mask"].sum(1).tolist()) for _ in range(5)}
    assert len(lengths) > 1
    fixed = collator(processor, vqvae, shortest_s=None, seeded=True)
    assert torch.equal(fixed(some)["input_ids"], fixed(some)["input_ids"])


def test_gait_parameters_never_enter_the_prompt(processor, vqvae, rows):
    """The score is judged from motion alone: other parameters and texts, the same prompt."""
    row = rows[3]
    other = {**row, "parameters": {"speed_m_per_s": 9.0}, "rationale": "x", "score": 0}
    make = collator(processor, vqvae, shortest_s=None, seeded=True)
    assert torch.equal(make([row])["input_ids"], make([other])["input_ids"])


def test_generative_stage_goes_both_ways_over_feet_and_arms(described):
    torch.manual_seed(0)
    seen = set()
    for i in range(200):
        row = described[i % 2]
        prompt, target = generative_example(row, "MOTION", lambda n: int(torch.randint(n, ())))
        assert ("MOTION" in prompt) != ("MOTION" in target)
        seen.add(("MOTION" in prompt, "arm" in (prompt + target).replace("warm", "")))
    assert len(seen) == 4


def test_instructions_have_their_places():
    found = instructions()
    for task in ("assess", "motion_to_foot_text", "motion_to_arm_text"):
        assert all(text.count("<motion>") == 1 for text in found[task])
        assert len(set(found[task])) == len(found[task]) >= 5
    assert all(text.count("<description>") == 1 for text in found["text_to_motion"])
    from agir_hf.processing_agir import DEFAULT_INSTRUCTION

    assert DEFAULT_INSTRUCTION in found["assess"]
    assert np.all([len(text) < 200 for texts in found.values() for text in texts])
