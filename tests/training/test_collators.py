import numpy as np
import torch

from agir_hf.corpus.schema import instructions
from agir_hf.training.collators import MotionTextCollator, collators
from agir_hf.training.data import answer, generative_example, reasoning_example


def collator(processor, example=reasoning_example, **options):
    return MotionTextCollator(processor, example, **options)


def codes_in(processor, ids):
    """Motion codes among token ids."""
    first = processor.tokenizer.convert_tokens_to_ids("<motion_id_0>")
    return (ids[(ids >= first) & (ids < first + 16)] - first).tolist()


def unpadded(batch):
    """What is read and what is written of each example, without padding."""
    return [
        (ids[mask == 1].tolist(), labels[labels != -100].tolist())
        for ids, mask, labels in zip(
            batch["input_ids"], batch["attention_mask"], batch["labels"], strict=True
        )
    ]


def test_labels_are_the_answer_and_the_decoder_sees_them_shifted(processor, coded):
    batch = collator(processor)([coded[i] for i in range(4)])
    for i in range(4):
        labels = batch["labels"][i]
        kept = labels[labels != -100]
        target = answer(coded[i]["rationale"], coded[i]["score"])
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


def test_a_batch_names_its_rows(processor, coded):
    assert collator(processor)([coded[3], coded[1]])["ids"] == ["walk_3", "walk_1"]


def test_whole_motions_carry_the_codes_of_the_vqvae(processor, vqvae, rows, coded):
    batch = collator(processor, shortest_s=None)([coded[0], coded[5]])
    for i, row in enumerate((rows[0], rows[5])):
        values = torch.tensor(processor.feature_extractor.normalize(row["motion"]))[None]
        assert codes_in(processor, batch["input_ids"][i]) == vqvae.encode(values)[0].tolist()


def test_crops_differ_but_evaluation_is_fixed(processor, coded):
    some = [coded[i] for i in range(8)]
    made = collators(processor, reasoning_example, shortest_s=1.0)
    training, fixed = made["data_collator"], made["eval_collator"]
    lengths = set()
    for training.epoch in range(5):
        lengths.add(tuple(training(some)["attention_mask"].sum(1).tolist()))
    assert len(lengths) == 5
    assert torch.equal(fixed(some)["input_ids"], fixed(some)["input_ids"])
    for row, ids in zip(some, fixed(some)["input_ids"], strict=True):
        assert codes_in(processor, ids) == row["codes"][0]


def test_a_crop_is_a_run_of_codes_of_any_phase_and_not_too_short(processor, coded):
    made_up = np.random.default_rng(0).integers(16, size=(4, 30))
    phases = [row[: 30 - (i > 1)].tolist() for i, row in enumerate(made_up)]
    row, training = {**coded[0], "codes": phases}, collator(processor, shortest_s=1.0)
    whole, places, lengths = 0, set(), set()
    for training.epoch in range(800):
        found = codes_in(processor, training([row])["input_ids"][0])
        (place,) = {
            (phase, i)
            for phase, codes in enumerate(phases)
            for i in range(len(codes))
            if codes[i : i + len(found)] == found
        }
        if found == phases[0]:
            whole += 1
        else:
            places.add(place)
            lengths.add(len(found))
    assert 340 < whole < 460  # half
    assert {phase for phase, _ in places} == {0, 1, 2, 3}
    assert min(i for _, i in places) == 0 and max(i for _, i in places) > 20
    assert min(lengths) == 5 and max(lengths) == 30


def test_motions_shorter_than_the_shortest_crop_stay_whole(processor, coded):
    training = collator(processor, shortest_s=60.0)
    for training.epoch in range(8):
        ids = training([coded[2]])["input_ids"][0]
        assert codes_in(processor, ids) == coded[2]["codes"][0]


def test_draws_follow_from_seed_epoch_and_row_alone(processor, told):
    some = [told[i] for i in (4, 9, 2)]
    made = collator(processor, shortest_s=1.0, embedded=True, seed=3, epoch=7)
    together = unpadded(made(some))
    torch.manual_seed(1)
    assert unpadded(made(some[::-1])) == [together[i] for i in (2, 1, 0, 5, 4, 3)]
    for i, row in enumerate(some):
        assert unpadded(made([row])) == [together[i], together[3 + i]]
    for options in ({"seed": 4, "epoch": 7}, {"seed": 3, "epoch": 8}):
        other = collator(processor, shortest_s=1.0, embedded=True, **options)
        assert unpadded(other(some)) != together


def test_two_descriptions_of_one_walk_are_drawn_for_by_themselves(processor, coded):
    made = collator(processor, generative_example, shortest_s=1.0)
    foot, arm = (
        {"id": "walk_9", "codes": coded[9]["codes"], "part": part, "description": "x"}
        for part in ("foot", "arm")
    )
    seen = []
    for made.epoch in range(12):
        found = unpadded(made([foot, arm]))
        seen.append([codes_in(processor, torch.tensor(a + b)) for a, b in found])
    assert any(one != other for one, other in seen)


def test_embedded_examples_stand_behind_all_answers_and_share_their_crops(processor, told):
    some = [told[i] for i in range(16)]
    options = {"shortest_s": 1.0, "epoch": 1}
    alone = unpadded(collator(processor, **options)(some))
    both = unpadded(collator(processor, embedded=True, **options)(some))
    assert len(both) == 32 and both[:16] == alone
    decode = processor.tokenizer.decode
    directions = set()
    for row, (read, _), (other, written) in zip(some, both[:16], both[16:], strict=True):
        crop = codes_in(processor, torch.tensor(read))
        told_back = codes_in(processor, torch.tensor(other)) == crop
        assert told_back != (codes_in(processor, torch.tensor(written)) == crop)
        text = decode(written if told_back else other, skip_special_tokens=True)
        assert any(row[part] in text for part in ("foot", "arm"))
        directions.add(told_back)
    assert directions == {True, False}


def test_codes_are_hidden_in_half_of_what_is_read_and_never_in_what_is_written(processor, told):
    """Alike beside answers and beside embedded rows: what is hidden does not tell the task."""
    some = [told[i] for i in range(16)]
    made = collators(processor, reasoning_example, 60.0, embedded=True, hidden_share=0.3)
    open_, partly = collator(processor, shortest_s=60.0), made["data_collator"]
    mask = processor.tokenizer.convert_tokens_to_ids("<motion_id_18>")
    assert not (open_(some)["input_ids"] == mask).any()
    hidden, count, patterns, with_hidden = 0, 0, set(), []
    for partly.epoch in range(12):
        batch = partly(some)
        assert not (batch["labels"] == mask).any()
        with_hidden.append((batch["input_ids"] == mask).any(1))
        for row, ids in zip(some, batch["input_ids"], strict=False):
            start = ids.tolist().index(mask - 2) + 1
            codes, whole = ids[start : start + len(row["codes"][0])], row["codes"][0]
            first = mask - 18
            assert all(c == mask or c - first == w for c, w in zip(codes, whole, strict=True))
            assert ids[start + len(whole)] == mask - 1  # the end of the motion
            if (codes == mask).any():
                hidden, count = hidden + (codes == mask).sum().item(), count + len(whole)
                patterns.add((row["id"], str(codes == mask)))
    answers, others = torch.stack(with_hidden).float().split(16, dim=1)
    assert 0.26 < hidden / count < 0.34 and len(patterns) == answers.sum()
    assert 0.4 < answers.mean() < 0.6 and 0.15 < others.mean() < 0.35  # every second one is read
    assert not (made["eval_collator"](some)["input_ids"] == mask).any()


def test_gait_parameters_never_enter_the_prompt(processor, coded):
    """The score is judged from motion alone: other parameters and texts, the same prompt."""
    row = coded[3]
    other = {**row, "parameters": {"speed_m_per_s": 9.0}, "rationale": "x", "score": 0}
    make = collator(processor, shortest_s=None)
    assert torch.equal(make([row])["input_ids"], make([other])["input_ids"])


def test_generative_stage_goes_both_ways_over_feet_and_arms(described):
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


def test_instructions_have_their_places():
    found = instructions()
    for task in ("assess", "motion_to_foot_text", "motion_to_arm_text"):
        assert all(text.count("<motion>") == 1 for text in found[task])
        assert len(set(found[task])) == len(found[task]) >= 5
    assert all(text.count("<description>") == 1 for text in found["text_to_motion"])
    from agir_hf.processing_agir import DEFAULT_INSTRUCTION

    assert DEFAULT_INSTRUCTION in found["assess"]
    assert np.all([len(text) < 200 for texts in found.values() for text in texts])
