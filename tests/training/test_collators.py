import numpy as np
import torch

from agir_hf.corpus.schema import instructions
from agir_hf.training.collators import MotionTextCollator, build_collators
from agir_hf.training.data import format_answer, generative_example, reasoning_example


def collator(processor, example=reasoning_example, **options):
    return MotionTextCollator(processor, example, **options)


def codes_in(processor, ids):
    """Motion codes among token ids."""
    first = processor.tokenizer.convert_tokens_to_ids("<motion_id_0>")
    return (ids[(ids >= first) & (ids < first + 16)] - first).tolist()


def unpadded(batch):
    """Prompt and target ids of each example, without padding."""
    return [
        (ids[mask == 1].tolist(), labels[labels != -100].tolist())
        for ids, mask, labels in zip(
            batch["input_ids"], batch["attention_mask"], batch["labels"], strict=True
        )
    ]


def test_labels_are_the_answer_and_decoder_inputs_are_shifted(processor, coded):
    batch = collator(processor)([coded[i] for i in range(4)])
    for i in range(4):
        labels = batch["labels"][i]
        kept = labels[labels != -100]
        target = format_answer(coded[i]["rationale"], coded[i]["score"])
        assert kept.tolist() == processor.tokenizer(target).input_ids
        assert kept[-1] == processor.tokenizer.eos_token_id
        decoder = batch["decoder_input_ids"][i]
        assert decoder[0] == processor.tokenizer.pad_token_id
        assert torch.equal(decoder[1 : len(kept)], kept[:-1])
    assert torch.equal(batch["labels"], batch["shift_labels"])


def test_targets_parse_as_answers(processor, coded):
    batch = collator(processor)([coded[i] for i in range(4)])
    for i in range(4):
        labels = batch["labels"][i]
        parsed = processor.parse_assessment(labels[labels != -100])
        assert parsed.score == coded[i]["score"]
        assert parsed.reasoning == coded[i]["rationale"]


def test_a_batch_has_the_ids_of_its_rows(processor, coded):
    assert collator(processor)([coded[3], coded[1]])["ids"] == ["walk_3", "walk_1"]


def test_whole_motions_have_the_codes_of_the_vqvae(processor, vqvae, rows, coded):
    batch = collator(processor, shortest_crop_s=None)([coded[0], coded[5]])
    for i, row in enumerate((rows[0], rows[5])):
        values = torch.tensor(processor.feature_extractor.normalize(row["motion"]))[None]
        assert codes_in(processor, batch["input_ids"][i]) == vqvae.encode(values)[0].tolist()


def test_crops_differ_between_epochs_but_evaluation_is_fixed(processor, coded):
    some = [coded[i] for i in range(8)]
    made = build_collators(processor, reasoning_example, shortest_crop_s=1.0)
    training, fixed = made["data_collator"], made["eval_collator"]
    lengths = set()
    for training.epoch in range(5):
        lengths.add(tuple(training(some)["attention_mask"].sum(1).tolist()))
    assert len(lengths) == 5
    assert torch.equal(fixed(some)["input_ids"], fixed(some)["input_ids"])
    for row, ids in zip(some, fixed(some)["input_ids"], strict=True):
        assert codes_in(processor, ids) == row["codes"][0]


def test_a_crop_is_a_long_enough_sequence_of_codes_of_any_phase(processor, coded):
    synthetic = np.random.default_rng(0).integers(16, size=(4, 30))
    phases = [row[: 30 - (i > 1)].tolist() for i, row in enumerate(synthetic)]
    row, training = {**coded[0], "codes": phases}, collator(processor, shortest_crop_s=1.0)
    num_whole, positions, lengths = 0, set(), set()
    for training.epoch in range(800):
        crop = codes_in(processor, training([row])["input_ids"][0])
        (position,) = {
            (phase, i)
            for phase, codes in enumerate(phases)
            for i in range(len(codes))
            if codes[i : i + len(crop)] == crop
        }
        if crop == phases[0]:
            num_whole += 1
        else:
            positions.add(position)
            lengths.add(len(crop))
    assert 340 < num_whole < 460  # half
    assert {phase for phase, _ in positions} == {0, 1, 2, 3}
    assert min(i for _, i in positions) == 0 and max(i for _, i in positions) > 20
    assert min(lengths) == 5 and max(lengths) == 30


def test_motions_shorter_than_the_shortest_crop_stay_whole(processor, coded):
    training = collator(processor, shortest_crop_s=60.0)
    for training.epoch in range(8):
        ids = training([coded[2]])["input_ids"][0]
        assert codes_in(processor, ids) == coded[2]["codes"][0]


def test_random_choices_depend_only_on_seed_epoch_and_row(processor, rows_with_descriptions):
    some = [rows_with_descriptions[i] for i in (4, 9, 2)]
    made = collator(processor, shortest_crop_s=1.0, embedded_share=True, seed=3, epoch=7)
    together = unpadded(made(some))
    torch.manual_seed(1)
    assert unpadded(made(some[::-1])) == [together[i] for i in (2, 1, 0, 5, 4, 3)]
    for i, row in enumerate(some):
        assert unpadded(made([row])) == [together[i], together[3 + i]]
    for options in ({"seed": 4, "epoch": 7}, {"seed": 3, "epoch": 8}):
        other = collator(processor, shortest_crop_s=1.0, embedded_share=True, **options)
        assert unpadded(other(some)) != together


def test_two_descriptions_of_one_walk_have_independent_random_choices(processor, coded):
    made = collator(processor, generative_example, shortest_crop_s=1.0)
    foot, arm = (
        {"id": "walk_9", "codes": coded[9]["codes"], "part": part, "description": "x"}
        for part in ("foot", "arm")
    )
    seen = []
    for made.epoch in range(12):
        examples = unpadded(made([foot, arm]))
        seen.append([codes_in(processor, torch.tensor(a + b)) for a, b in examples])
    assert any(foot_codes != arm_codes for foot_codes, arm_codes in seen)


def test_embedded_examples_come_after_all_answers_and_share_their_crops(
    processor, rows_with_descriptions
):
    some = [rows_with_descriptions[i] for i in range(16)]
    options = {"shortest_crop_s": 1.0, "epoch": 1}
    alone = unpadded(collator(processor, **options)(some))
    both = unpadded(collator(processor, embedded_share=True, **options)(some))
    assert len(both) == 32 and both[:16] == alone
    decode = processor.tokenizer.decode
    directions = set()
    for row, (prompt, _), (embedded_prompt, target) in zip(some, both[:16], both[16:], strict=True):
        crop = codes_in(processor, torch.tensor(prompt))
        motion_to_text = codes_in(processor, torch.tensor(embedded_prompt)) == crop
        assert motion_to_text != (codes_in(processor, torch.tensor(target)) == crop)
        text = decode(target if motion_to_text else embedded_prompt, skip_special_tokens=True)
        assert any(row[part] in text for part in ("foot", "arm"))
        directions.add(motion_to_text)
    assert directions == {True, False}


def test_codes_are_masked_in_half_of_the_prompts_and_never_in_targets(
    processor, rows_with_descriptions
):
    """Masks occur in answers and in embedded examples, so they do not show the task."""
    some = [rows_with_descriptions[i] for i in range(16)]
    made = build_collators(
        processor, reasoning_example, 60.0, embedded_share=True, hidden_share=0.3
    )
    unmasked, masked = collator(processor, shortest_crop_s=60.0), made["data_collator"]
    mask = processor.tokenizer.convert_tokens_to_ids("<motion_id_18>")
    assert not (unmasked(some)["input_ids"] == mask).any()
    num_masked, count, patterns, has_mask = 0, 0, set(), []
    for masked.epoch in range(12):
        batch = masked(some)
        assert not (batch["labels"] == mask).any()
        has_mask.append((batch["input_ids"] == mask).any(1))
        for row, ids in zip(some, batch["input_ids"], strict=False):
            start = ids.tolist().index(mask - 2) + 1
            codes, whole = ids[start : start + len(row["codes"][0])], row["codes"][0]
            first = mask - 18
            assert all(c == mask or c - first == w for c, w in zip(codes, whole, strict=True))
            assert ids[start + len(whole)] == mask - 1  # the end of the motion
            if (codes == mask).any():
                num_masked, count = num_masked + (codes == mask).sum().item(), count + len(whole)
                patterns.add((row["id"], str(codes == mask)))
    answers, others = torch.stack(has_mask).float().split(16, dim=1)
    assert 0.26 < num_masked / count < 0.34 and len(patterns) == answers.sum()
    assert (
        0.4 < answers.mean() < 0.6 and 0.15 < others.mean() < 0.35
    )  # half have a motion in the prompt
    assert not (made["eval_collator"](some)["input_ids"] == mask).any()


def test_gait_parameters_never_enter_the_prompt(processor, coded):
    """The score depends on motion alone: other parameters and texts give the same prompt."""
    row = coded[3]
    other = {**row, "parameters": {"speed_m_per_s": 9.0}, "rationale": "x", "score": 0}
    make = collator(processor, shortest_crop_s=None)
    assert torch.equal(make([row])["input_ids"], make([other])["input_ids"])


def test_generative_stage_has_both_directions_for_feet_and_arms(described):
    torch.manual_seed(0)
    seen = set()
    for i in range(200):
        row = described[i % 2]
        prompt, target = generative_example(row, "MOTION", lambda n: int(torch.randint(n, ())))
        assert ("MOTION" in prompt) != ("MOTION" in target)
        text = prompt if "MOTION" in target else target
        assert row["description"] in text
        seen.add(("MOTION" in prompt, row["part"]))
    assert len(seen) == 4


def test_instructions_have_their_placeholders():
    templates = instructions()
    for task in ("assess", "motion_to_foot_text", "motion_to_arm_text"):
        assert all(text.count("<motion>") == 1 for text in templates[task])
        assert len(set(templates[task])) == len(templates[task]) >= 5
    assert all(text.count("<description>") == 1 for text in templates["text_to_motion"])
    from agir_hf.processing_agir import DEFAULT_INSTRUCTION

    assert DEFAULT_INSTRUCTION in templates["assess"]
    assert np.all([len(text) < 200 for texts in templates.values() for text in texts])
