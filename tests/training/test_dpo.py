import copy
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from accelerate import Accelerator
from datasets import Dataset
from torch.utils.data import DataLoader
from trl import DPOConfig, ModelConfig

from agir_hf.corpus.schema import config_features
from agir_hf.training.collators import MotionTextCollator
from agir_hf.training.data import format_answer, reasoning_example
from agir_hf.training.dpo import (
    AgirDPOTrainer,
    PreferenceCollator,
    build_preference_collators,
    dpop_loss,
)
from agir_hf.training.generation_metrics import GenerationSettings, generation_metrics
from agir_hf.training.losses import class_loss, format_loss, language_loss
from agir_hf.training.motion_encoding import encode_motions
from agir_hf.training.peft_utils import add_adapters, merge_adapters
from agir_hf.training.preference_rows import (
    edit_distance_statistics,
    kind_names,
    select_kinds,
)

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
CHOSEN = ("The walker takes short steps.", "Speed is normal, steps are even.")
REJECTED = {"irrelevant": "Arm swing is reduced.", "counterfactual": "The walker takes even steps."}


MOTIONS = [
    np.random.default_rng(i).normal(size=(40 + 8 * i, 263)).astype(np.float32) for i in range(8)
]


def preference_rows():
    """Pairs of both kinds for each walk; motions and answers of several lengths."""
    for i, motion in enumerate(MOTIONS):
        for kind, rejected in REJECTED.items():
            yield {
                "id": f"walk_{i}",
                "subject": f"SUB{i}",
                "simulated": True,
                "prompt": "Score the gait <motion> and give your reasons:",
                "motion": motion,
                "chosen": CHOSEN[i % 2],
                "chosen_score": i % 3,
                "rejected": rejected,
                "rejected_score": (i + 1) % 3,
                "kind": kind,
            }


@pytest.fixture(scope="module")
def on_disk():
    """Sixteen pairs of eight walks, as a corpus has them."""
    features = config_features("preference")
    unused = {"age": None}
    filled = [
        {name: row.get(name, unused.get(name, "x")) for name in features}
        for row in preference_rows()
    ]
    dataset = Dataset.from_list(filled, features=features)
    return dataset.with_format("numpy", columns=["motion"], output_all_columns=True)


@pytest.fixture(scope="module")
def pairs(on_disk, vqvae, processor):
    """The same with codes instead of motions."""
    return encode_motions(on_disk, vqvae, processor.feature_extractor)


@pytest.fixture
def make(tmp_path, model, processor, pairs):
    """Function that makes a trainer; ``reference`` is the reference model."""

    def make(reference=None, rows=pairs, collator=None, config=None, policy=model, **options):
        args = DPOConfig(
            output_dir=str(tmp_path), use_cpu=True, bf16=False, gradient_checkpointing=False,
            report_to="none", save_strategy="no", logging_steps=1, lr_scheduler_type="constant",
            max_grad_norm=0.0,
            **{
                "max_steps": 1, "per_device_train_batch_size": 16, "learning_rate": 1e-3,
                "optim": "sgd", **(config or {}),
            },
        )  # fmt: skip
        collators = [PreferenceCollator(processor, shortest_crop_s=None) for _ in range(2)]
        if not hasattr(policy, "peft_config"):  # with adapters the reference is the policy without
            options["ref_model"] = copy.deepcopy(reference or policy)
        return AgirDPOTrainer(
            model=copy.deepcopy(policy), args=args,
            train_dataset=rows, eval_dataset=rows, processing_class=processor.tokenizer,
            data_collator=collator or collators[0], eval_collator=collators[1], **options,
        )  # fmt: skip

    return make


@pytest.fixture(scope="module")
def noisy_model(model):
    """The model with noise on its weights: another policy."""
    noisy = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, weight in noisy.named_parameters():
            if not name.startswith("vqvae"):
                weight.add_(0.03 * torch.randn(weight.shape, generator=generator))
    return noisy


def log_probability(model, processor, row, side):
    """Log-probability of an answer, without padding, from the logits of the model."""
    features = MOTIONS[int(row["id"].removeprefix("walk_"))]
    values = torch.tensor(processor.feature_extractor.normalize(features))[None]
    motion = processor.motion_text(model.vqvae.encode(values)[0].tolist())
    prompt = row["prompt"].replace("<motion>", motion)
    target = format_answer(row[side], row[f"{side}_score"])
    ids, labels = (
        processor.tokenizer(text, return_tensors="pt").input_ids for text in (prompt, target)
    )
    with torch.no_grad():
        logits = model(input_ids=ids, labels=labels).logits
    return logits.log_softmax(-1).gather(-1, labels[..., None]).sum()


def test_a_batch_is_chosen_answers_then_rejected_ones(processor, pairs):
    rows = [pairs[i] for i in range(5)]
    batch = PreferenceCollator(processor, shortest_crop_s=None)(rows)
    labels = batch["shift_labels"]
    for i, row in enumerate(rows):
        for j, side in ((i, "chosen"), (5 + i, "rejected")):
            kept = labels[j][labels[j] != -100]
            target = processor.tokenizer(format_answer(row[side], row[f"{side}_score"])).input_ids
            assert kept.tolist() == target
            assert processor.parse_assessment(kept).score == row[f"{side}_score"]
            decoder = batch["decoder_input_ids"][j]
            assert decoder[0] == processor.tokenizer.pad_token_id
            assert torch.equal(decoder[1 : len(kept)], kept[:-1])
        assert torch.equal(batch["input_ids"][i], batch["input_ids"][5 + i])
    assert torch.equal(batch["completion_mask"][:, 1:] == 1, labels != -100)
    assert (batch["completion_mask"][:, 0] == 0).all()
    assert batch["completion_mask"].shape == batch["input_ids"].shape


def test_both_answers_have_the_same_crop_and_crops_differ(processor, pairs):
    collator = PreferenceCollator(processor, shortest_crop_s=1.0)
    lengths = set()
    for collator.epoch in range(5):
        batch = collator([pairs[14], pairs[12]])
        assert torch.equal(*batch["input_ids"].chunk(2))
        lengths.add(tuple(batch["attention_mask"].sum(1).tolist()))
    assert len(lengths) > 1


def test_fused_log_probabilities_are_those_of_the_unpadded_model(
    make, noisy_model, processor, pairs
):
    made = make(reference=noisy_model)
    rows = [pairs[i] for i in (0, 3, 9, 14)]
    batch = made.data_collator(rows)
    inputs = {name: value for name, value in batch.items() if name != "completion_mask"}
    expected = {
        name: torch.stack(
            [
                log_probability(network, processor, r, s)
                for s in ("chosen", "rejected")
                for r in rows
            ]
        )
        for name, network in (("model", make().model), ("ref_model", noisy_model))
    }
    for name, values in expected.items():
        with torch.no_grad():
            fused = getattr(made, name)(**inputs, fused_lm_head=True).log_probs.sum(1)
        torch.testing.assert_close(fused, values, atol=1e-4, rtol=0)
    assert (expected["model"] - expected["ref_model"]).abs().min() > 0.01


@pytest.mark.parametrize("dpop_lambda", [0.0, 5.0])
def test_the_loss_of_the_first_step_is_ln_2_for_a_model_with_dropout(
    make, model_with_dropout, pairs, dpop_lambda
):
    made = make(policy=model_with_dropout, dpop_lambda=dpop_lambda)
    made.model.train()
    loss = made.compute_loss(made.model, made.data_collator([pairs[i] for i in range(6)]))
    assert loss.item() == pytest.approx(math.log(2), abs=1e-6)


def test_dropout_can_stay_enabled(make, model_with_dropout, pairs):
    torch.manual_seed(0)
    made = make(policy=model_with_dropout, config={"disable_dropout": False})
    made.model.train()
    loss = made.compute_loss(made.model, made.data_collator([pairs[i] for i in range(6)]))
    assert loss.item() != pytest.approx(math.log(2), abs=1e-4)
    rates = {m.dropout for m in made.model.modules() if isinstance(getattr(m, "dropout", 0), float)}
    assert rates == {0.1}


@pytest.mark.parametrize("dpop_lambda", [0.0, 5.0])
def test_the_loss_of_another_policy_by_hand(
    make, model, noisy_model, processor, pairs, dpop_lambda
):
    made = make(reference=noisy_model, dpop_lambda=dpop_lambda, config={"beta": 0.3})
    rows, total = [pairs[i] for i in range(6)], 0.0
    for row in rows:
        chosen, rejected = (
            (
                log_probability(model, processor, row, s)
                - log_probability(noisy_model, processor, row, s)
            )
            for s in ("chosen", "rejected")
        )
        margin = 0.3 * (chosen - rejected - dpop_lambda * max(0.0, -chosen))
        total += math.log1p(math.exp(-margin)) / len(rows)
    loss = made.compute_loss(made.model, made.data_collator(rows))
    assert loss.item() == pytest.approx(total, rel=1e-4)


def test_the_term_of_dpo_positive_by_hand():
    policy = torch.tensor([-12.0, -9.0, -20.0, -21.0])  # two chosen answers, two rejected
    reference = torch.tensor([-10.0, -9.5, -18.0, -20.0])
    margins = (
        0.2 * (-2.0 - -2.0 - 3.0 * 2.0),  # the first chosen answer loses 2 nats
        0.2 * (0.5 - -1.0),  # the second gains
    )
    expected = sum(math.log(1 + math.exp(-margin)) for margin in margins) / 2
    assert dpop_loss(policy, reference, 0.2, 3.0).item() == pytest.approx(expected, rel=1e-6)


def test_dpo_positive_equals_dpo_if_no_chosen_answer_becomes_less_likely():
    reference = torch.tensor([-10.0, -9.5, -18.0, -20.0])
    for gain in (0.0, 0.7):
        policy = reference + torch.tensor([gain, gain, 3.0, -3.0])
        assert dpop_loss(policy, reference, 0.1, 50.0) == dpop_loss(policy, reference, 0.1, 0.0)
    policy = reference - 0.1
    assert dpop_loss(policy, reference, 0.1, 50.0) > dpop_loss(policy, reference, 0.1, 0.0)


def test_added_terms_are_those_of_the_chosen_answers(make, model, noisy_model, pairs):
    weights = {"language_weight": 0.7, "format_weight": 0.3, "class_weight": 2.0}
    weights["score_weights"] = scores = [0.5, 2.0, 1.0]
    plain, made = make(reference=noisy_model), make(reference=noisy_model, **weights)
    batch = made.data_collator([pairs[i] for i in range(6)])
    with torch.no_grad():
        preference = plain.compute_loss(plain.model, batch)
        loss = made.compute_loss(made.model, batch)
        chosen = {k: v[:6] for k, v in batch.items() if "mask" not in k and "labels" not in k}
        logits = model(**chosen, attention_mask=batch["attention_mask"][:6]).logits
    labels = batch["shift_labels"][:6]
    expected = (
        preference
        + 0.7 * language_loss(logits, labels)
        + 0.3 * format_loss(logits, labels)
        + 2.0 * class_loss(logits, labels, model.config.score_token_ids, scores)
    )
    torch.testing.assert_close(loss, expected)


ADDED = {"language_weight": 1.0, "format_weight": 0.5, "class_weight": 1.0}


@pytest.mark.parametrize(
    "options", [{}, ADDED, {"dpop_lambda": 5.0}], ids=["preference alone", "added", "positive"]
)
def test_accumulated_gradients_equal_those_of_one_large_batch(make, model, noisy_model, options):
    results, terms = [], []
    for size, steps in ((16, 1), (4, 4)):
        config = {"per_device_train_batch_size": size, "gradient_accumulation_steps": steps}
        made = make(reference=noisy_model, config=config, **options)
        made.train()
        results.append(made.model.state_dict())
        logged = made.state.log_history[0]
        terms.append({name: value for name, value in logged.items() if name.startswith("loss")})
    change = (results[0]["lm_head.weight"] - model.state_dict()["lm_head.weight"]).abs().max()
    assert change > 1e-5
    for name, value in results[0].items():
        torch.testing.assert_close(value, results[1][name], atol=1e-6, rtol=0, msg=name)
    assert terms[0] == pytest.approx(terms[1], rel=1e-4)


def test_every_term_is_logged_by_name_and_is_the_same_in_evaluation(make, noisy_model):
    config = {"learning_rate": 0.0, "per_device_eval_batch_size": 16}
    made = make(reference=noisy_model, config=config, **ADDED)
    made.train()
    figures = made.evaluate()
    logged = {key for entry in made.state.log_history for key in entry}
    names = {"loss", "loss_dpo", "loss_lm", "loss_fmt", "loss_cls", "rewards/margins"}
    assert names | {f"eval_{name}" for name in names} <= logged
    dpo, lm, fmt, cls = (figures[f"eval_loss_{name}"] for name in ("dpo", "lm", "fmt", "cls"))
    assert figures["eval_loss"] == pytest.approx(dpo + lm + 0.5 * fmt + cls, rel=1e-3)
    for name in names:
        logged = made.state.log_history[0][name]
        assert logged == pytest.approx(figures[f"eval_{name}"], rel=1e-3), name


def test_without_weights_the_loss_is_the_preference_loss(make):
    made = make()
    made.train()
    logged = made.state.log_history[0]
    assert logged["loss_dpo"] == pytest.approx(logged["loss"], rel=1e-3)
    assert not {"loss_lm", "loss_fmt", "loss_cls"} & set(logged)


def test_a_few_steps_increase_the_reward_margin(make):
    made = make(config={"max_steps": 12, "optim": "adamw_torch", "learning_rate": 3e-3})
    made.train()
    margins = [e["rewards/margins"] for e in made.state.log_history if "rewards/margins" in e]
    assert margins[0] == pytest.approx(0, abs=1e-5)
    assert margins[-1] > 0.1
    assert made.evaluate()["eval_rewards/accuracies"] == 1


def test_evaluation_uses_whole_motions_and_training_uses_crops(make, noisy_model, processor, pairs):
    collators = build_preference_collators(processor, 1.0)
    made = make(reference=noisy_model, collator=collators["data_collator"])
    whole = make(reference=noisy_model).evaluate()["eval_loss"]
    assert made.evaluate()["eval_loss"] == whole
    assert made.data_collator is collators["data_collator"]
    made.eval_collator = None
    assert made.evaluate()["eval_loss"] != whole
    assert not any(weight.requires_grad for weight in made.model.vqvae.parameters())
    lengths = {
        name: [collator([row])["attention_mask"].sum() for row in pairs]
        for name, collator in collators.items()
    }
    assert sum(lengths["data_collator"]) < sum(lengths["eval_collator"])


@pytest.mark.parametrize("options", [{}, {**ADDED, "dpop_lambda": 5.0}], ids=["alone", "added"])
def test_with_adapters_the_reference_is_the_model_without_them(make, model, options):
    adapted = add_adapters(copy.deepcopy(model), ModelConfig(use_peft=True, lora_r=4))
    config = {"max_steps": 4, "optim": "adamw_torch", "learning_rate": 1e-2}
    made = make(policy=adapted, config=config, **options)
    assert made.evaluate()["eval_loss_dpo"] == pytest.approx(math.log(2), abs=1e-6)
    made.train()
    figures = made.evaluate()
    assert figures["eval_rewards/margins"] > 0.1
    whole = merge_adapters(made.accelerator.unwrap_model(made.model))
    expected = make(policy=whole, reference=model, **options).evaluate()
    for name in expected:
        if "loss" in name or "rewards" in name:
            assert figures[name] == pytest.approx(expected[name], rel=1e-3, abs=1e-5), name


@pytest.fixture(scope="module")
def model_with_probe(t5, vqvae, t5_tokenizer):
    """A model with a probe whose weights are not zero."""
    from agir_hf import AgirConfig, AgirForGaitAssessment

    start = AgirForGaitAssessment.from_t5(t5, vqvae, t5_tokenizer)
    config = AgirConfig.from_dict(start.config.to_dict() | {"score_probe": True})
    probed = AgirForGaitAssessment(config)
    probed.load_state_dict(start.state_dict(), strict=False)
    torch.nn.init.normal_(probed.score_probe.linear.weight)
    return probed.eval()


def probe_logits(network, batch):
    ids, mask = batch["input_ids"], batch["attention_mask"]
    with torch.no_grad():
        return network.probe_logits(network.model.encoder(ids, mask).last_hidden_state, ids)


@pytest.mark.parametrize("freeze_encoder", [True, False])
def test_the_probe_is_not_trained_and_is_unchanged_with_a_frozen_encoder(
    make, model_with_probe, pairs, freeze_encoder
):
    made = make(policy=model_with_probe, freeze_encoder=freeze_encoder, **ADDED)
    batch = made.data_collator([pairs[i] for i in range(4)])
    before = probe_logits(model_with_probe, batch)
    made.train()
    after = made.model.state_dict()
    for name, value in model_with_probe.state_dict().items():
        if name.startswith("score_probe"):
            assert torch.equal(after[name], value), name
    assert not torch.equal(after["lm_head.weight"], model_with_probe.lm_head.weight)
    assert torch.equal(probe_logits(made.model, batch), before) == freeze_encoder


@pytest.mark.parametrize("kind", ["irrelevant", "counterfactual"])
def test_rows_of_one_kind_are_kept(make, pairs, kind):
    made = make(kinds=kind)
    for dataset in (made.train_dataset, made.eval_dataset):
        assert list(dataset["kind"]) == [kind] * 8
        assert len(dataset[0]["codes"][0]) == 40 // 4
    assert make(kinds="both").train_dataset.num_rows == pairs.num_rows


def test_unknown_or_missing_kinds_raise(pairs):
    with pytest.raises(ValueError, match="kinds is 'wrong', expected one of irrelevant"):
        select_kinds(pairs, "wrong")
    with pytest.raises(ValueError, match="no row is of kind counterfactual, the 8 rows are of irr"):
        select_kinds(select_kinds(pairs, "irrelevant"), "counterfactual")


def test_a_missing_column_raises_with_the_existing_columns(make, pairs):
    with pytest.raises(ValueError, match="rows lack rejected_score, kind, they have id, .*prompt"):
        make(rows=pairs.remove_columns(["rejected_score", "kind"]))


@pytest.mark.parametrize(
    "options, config, message",
    [
        ({"dpop_lambda": -1.0}, {}, "dpop_lambda is -1.0, expected 0"),
        ({"dpop_lambda": 5.0}, {"loss_type": ["ipo"]}, r"with loss_type \['ipo'\]"),
        ({"dpop_lambda": 5.0}, {"ld_alpha": 0.5}, "or another option of the loss"),
        ({}, {"precompute_ref_log_probs": True}, "precompute_ref_log_probs is true, expected fal"),
    ],
)
def test_options_that_exclude_each_other_raise(make, options, config, message):
    with pytest.raises(ValueError, match=message):
        make(config=config, **options)


def test_edit_distance_of_a_data_set_does_not_load_motions(on_disk, pairs):
    statistics = edit_distance_statistics(pairs)
    assert edit_distance_statistics(on_disk) == statistics
    assert statistics["counterfactual"]["pairs"] == statistics["irrelevant"]["pairs"] == 8
    assert statistics["counterfactual"]["mean"] < statistics["irrelevant"]["mean"]


def test_the_ablations_differ_only_in_the_ablated_settings():
    read = {
        path.stem: yaml.safe_load(path.read_text())
        for path in (RECIPES / "dpo").glob("*.yaml")
        if not path.stem.startswith("flan_t5")  # another size
    }
    base = read.pop("config_tiny")
    additions = [read.pop(name) for name in ("same_score", "evidence")]
    assert set(read) == {"irrelevant", "counterfactual", "both", "both_added", "dpop"}
    weights = {"language_weight", "format_weight", "class_weight"}
    for name, settings in read.items():
        assert set(settings) == set(base)
        changed = {key for key in base if settings[key] != base[key]} - {"output_dir"}
        assert changed == (
            {"both": set(), "both_added": weights, "dpop": {"dpop_lambda"}}.get(name, {"kinds"})
        )
        assert settings["output_dir"].endswith(name)
        assert name not in ("irrelevant", "counterfactual") or settings["kinds"] == name
    added = read["both_added"]
    for settings in additions:
        own = {"kinds", "output_dir", "pairs_per_kind", "freeze_encoder", "preferences"}
        own.add("metric_for_best_model")  # claims that the measured gait supports
        assert {key for key in settings if settings[key] != added.get(key)} <= own
        assert set(added) <= set(settings) and settings["freeze_encoder"]
    pairs = [
        settings["pairs_per_kind"] * len(kind_names(settings["kinds"])) for settings in additions
    ]
    assert pairs[0] == pairs[1]  # as many steps


@pytest.mark.slow
def test_the_recipe_tunes_a_model_and_prints_edit_distances(tmp_path, model, processor, on_disk):
    from agir_hf import AgirForGaitAssessment, AgirProcessor

    folder = tmp_path / "corpus/data/preference"
    folder.mkdir(parents=True)
    for split in ("train", "validation"):
        on_disk.with_format(None).to_parquet(str(folder / f"{split}.parquet"))
    model.save_pretrained(tmp_path / "start")
    processor.save_pretrained(tmp_path / "start")
    options = {
        "config": RECIPES / "dpo/both_added.yaml", "corpus": tmp_path / "corpus",
        "model": tmp_path / "start", "output_dir": tmp_path / "tuned", "max_steps": 2,
        "logging_steps": 1, "warmup_steps": 0, "eval_strategy": "no", "save_strategy": "no",
        "load_best_model_at_end": "false",
    }  # fmt: skip
    flags = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", "--cpu"]
    outcome = subprocess.run(
        [*command, str(RECIPES / "dpo.py"), *flags], capture_output=True, text=True, timeout=300
    )
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    assert re.search(r"counterfactual: mean 0\.\d\d, .*, 8 pairs", outcome.stdout)
    assert "loss_dpo" in outcome.stdout and "loss_cls" in outcome.stdout
    tuned = AgirForGaitAssessment.from_pretrained(tmp_path / "tuned")
    AgirProcessor.from_pretrained(tmp_path / "tuned")
    assert not torch.equal(tuned.lm_head.weight, model.lm_head.weight)
    for name, value in model.vqvae.state_dict().items():
        assert torch.equal(tuned.vqvae.state_dict()[name], value), name


def test_walks_are_evaluated_by_generation_next_to_the_pairs(make, model, processor, coded):
    collator = MotionTextCollator(processor, reasoning_example, shortest_crop_s=None)
    settings = GenerationSettings(processor, max_new_tokens=8, dataset=coded, collator=collator)
    metrics = make(generation=settings, config={"per_device_eval_batch_size": 5}).evaluate()
    loader = DataLoader(coded, batch_size=16, collate_fn=collator)
    expected = generation_metrics(
        model, loader, GenerationSettings(processor, max_new_tokens=8), Accelerator(cpu=True)
    )
    assert {"cider", "accuracy", "macro_f1"} <= expected.keys()
    assert {name: metrics[f"eval_{name}"] for name in expected} == pytest.approx(expected)
    assert metrics["eval_loss"] == pytest.approx(math.log(2), abs=1e-4)  # of the pairs
