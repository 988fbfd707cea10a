import copy

import pytest
import torch
from torch.nn import functional as F
from transformers import EarlyStoppingCallback, TrainerCallback

from agir_hf.training import trainers
from agir_hf.training.collators import MotionTextCollator, build_collators
from agir_hf.training.data import reasoning_example
from agir_hf.training.generation_metrics import GenerationSettings
from agir_hf.training.initialization import add_probe
from agir_hf.training.losses import class_loss, format_loss, language_loss
from agir_hf.training.trainers import LossNotFiniteError

THREE_TERMS = {"format_weight": 0.5, "class_weight": 1.0}
FOUR_TERMS = {**THREE_TERMS, "embedded_weight": 0.7}


@pytest.fixture
def embedded(processor):
    """Collators that add an embedded example to each answer; crops in training."""
    return build_collators(
        processor, reasoning_example, shortest_crop_s=1.0, seed=5, embedded_share=True
    )


def logits_of(model, batch):
    names = ("input_ids", "attention_mask", "decoder_input_ids")
    return model(**{name: batch[name] for name in names}).logits


def without_ids(batch):
    return {name: value for name, value in batch.items() if name != "ids"}


def test_loss_is_the_weighted_sum_of_its_terms(make_trainer, model, coded):
    made = make_trainer(format_weight=0.3, class_weight=2.0)
    batch = made.data_collator([coded[i] for i in range(6)])
    made.model.eval()
    with torch.no_grad():
        loss = made.compute_loss(made.model, without_ids(batch))
        logits = logits_of(model, batch)
    labels = batch["labels"]
    expected = (
        language_loss(logits, labels)
        + 0.3 * format_loss(logits, labels)
        + 2.0 * class_loss(logits, labels, model.config.score_token_ids)
    )
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("score_weights", [None, [0.5, 2.0, 1.5]])
def test_probe_and_gait_parameters_add_their_terms(make_trainer, model, coded, score_weights):
    probed = copy.deepcopy(model)
    add_probe(probed)
    torch.nn.init.normal_(probed.score_probe.linear.weight)
    made = make_trainer(
        start=probed, format_weight=0.3, probe_loss_weight=0.4, parameter_weight=0.6,
        num_targets=2, score_weights=score_weights,
    )  # fmt: skip
    rows = [{**coded[i], "targets": [float(i), float("nan")]} for i in range(6)]
    batch = made.data_collator(rows)
    made.model.eval()
    with torch.no_grad():
        loss = made.compute_loss(made.model, without_ids(batch))
        names = ("input_ids", "attention_mask", "decoder_input_ids")
        probed = made.model
        outputs = probed(**{name: batch[name] for name in names})
        states, ids = outputs.encoder_last_hidden_state, batch["input_ids"]
        classes = torch.tensor([coded[i]["score"] for i in range(6)])
        errors = F.cross_entropy(probed.probe_logits(states, ids), classes, reduction="none")
        weights = torch.ones(6) if score_weights is None else torch.tensor(score_weights)[classes]
        predicted = probed.parameter_head(states, probed.motion_positions(ids))
    expected = (
        language_loss(outputs.logits, batch["labels"])
        + 0.3 * format_loss(outputs.logits, batch["labels"])
        + 0.4 * (weights * errors).mean()
        + 0.6 * F.smooth_l1_loss(predicted[:, 0], torch.arange(6.0))
    )
    torch.testing.assert_close(loss, expected)


def test_the_target_is_one_of_the_references(processor, coded):
    row = {**coded[0], "references": ["Steps are short.", "Short steps."]}
    collator = MotionTextCollator(processor, reasoning_example)
    texts = set()
    for collator.epoch in range(20):
        labels = collator([row])["labels"][0]
        texts.add(processor.parse_assessment(labels[labels >= 0]).reasoning)
    assert texts == {"Steps are short.", "Short steps."}


@pytest.mark.parametrize("score_weights", [None, [0.5, 2.0, 1.5]])
@pytest.mark.parametrize("format_form", ["paper", "cross_entropy"])
def test_loss_of_an_embedded_batch_is_the_weighted_sum_of_four_terms(
    make_trainer, model, rows_with_descriptions, embedded, score_weights, format_form
):
    made = make_trainer(
        rows=rows_with_descriptions, collators=embedded, format_weight=0.3, class_weight=2.0,
        embedded_weight=0.7, score_weights=score_weights, format_form=format_form,
    )  # fmt: skip
    batch = made.data_collator([rows_with_descriptions[i] for i in range(6)])
    made.model.eval()
    with torch.no_grad():
        loss = made.compute_loss(made.model, without_ids(batch))
        logits = logits_of(model, batch)
    (answers, others), (labels, texts) = (part.chunk(2) for part in (logits, batch["labels"]))
    expected = (
        language_loss(answers, labels)
        + 0.3 * format_loss(answers, labels, format_form)
        + 2.0 * class_loss(answers, labels, model.config.score_token_ids, score_weights)
        + 0.7 * language_loss(others, texts)
    )
    torch.testing.assert_close(loss, expected)


def test_without_weights_the_loss_is_that_of_trl_and_equals_cross_entropy(
    make_trainer, model, coded
):
    made = make_trainer()
    batch = made.data_collator([coded[i] for i in range(6)])
    made.model.eval()
    with torch.no_grad():
        loss = made.compute_loss(made.model, without_ids(batch))
        logits = logits_of(model, batch)
    torch.testing.assert_close(loss, language_loss(logits, batch["labels"]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("weights", [THREE_TERMS, {}], ids=["three terms", "loss of trl"])
def test_accumulated_gradients_equal_those_of_one_large_batch(make_trainer, model, weights):
    results = []
    for size, steps in ((16, 1), (4, 4)):
        config = {"per_device_train_batch_size": size, "gradient_accumulation_steps": steps}
        made = make_trainer(config=config, **weights)
        made.train()
        results.append(made.model.state_dict())
    before = model.state_dict()
    moved = max((results[0][k] - before[k]).abs().max().item() for k in ("lm_head.weight",))
    assert moved > 1e-5
    for name, value in results[0].items():
        torch.testing.assert_close(value, results[1][name], atol=1e-6, rtol=0, msg=name)


@pytest.mark.parametrize("sampling", ["random", "group_by_length"])
@pytest.mark.parametrize(
    "weights",
    [
        {"format_weight": 0.5},
        {"class_weight": 1.0, "score_weights": [0.5, 2.0, 1.5]},
        {"embedded_weight": 0.7},
        {**FOUR_TERMS, "score_weights": [0.5, 2.0, 1.5], "format_form": "cross_entropy"},
    ],
    ids=["form", "class", "embedded", "all"],
)
def test_the_gradient_of_a_step_does_not_depend_on_accumulation(
    make_trainer, model, rows_with_descriptions, embedded, sampling, weights
):
    """With fourteen rows, four parts have different numbers of answers and of tokens."""
    rows = rows_with_descriptions.select(range(14))
    direct = copy.deepcopy(model)
    batch = copy.copy(embedded["data_collator"])(list(rows))
    (answers, others), (labels, texts) = (
        part.chunk(2) for part in (logits_of(direct, batch), batch["labels"])
    )
    score_ids = model.config.score_token_ids
    terms = {
        "loss_lm": language_loss(answers, labels),
        "loss_fmt": format_loss(answers, labels, weights.get("format_form", "paper")),
        "loss_cls": class_loss(answers, labels, score_ids, weights.get("score_weights")),
        "loss_ego": language_loss(others, texts),
    }
    factors = {
        "loss_lm": 1.0,
        "loss_fmt": weights.get("format_weight", 0.0),
        "loss_cls": weights.get("class_weight", 0.0),
        "loss_ego": weights.get("embedded_weight", 0.0),
    }
    total = sum(factors[name] * value for name, value in terms.items())
    total.backward()
    for size, steps in ((16, 1), (4, 4)):
        config = {
            "per_device_train_batch_size": size, "gradient_accumulation_steps": steps,
            "train_sampling_strategy": sampling, "learning_rate": 1.0,
        }  # fmt: skip
        made = make_trainer(rows=rows, collators=embedded, config=config, **weights)
        made.train()
        logged = made.state.log_history[0]
        assert logged["loss"] == pytest.approx(total.item(), rel=1e-4)
        for name, value in terms.items():
            if name != "loss_ego" or "embedded_weight" in weights:
                assert logged[name] == pytest.approx(value.item(), rel=1e-4), name
        after = dict(made.model.named_parameters())
        for name, weight in direct.named_parameters():
            expected = weight if weight.grad is None else weight - weight.grad
            torch.testing.assert_close(after[name], expected, atol=2e-5, rtol=0, msg=name)
    assert direct.lm_head.weight.grad.abs().max() > 0.05


def test_every_term_is_logged_by_name(make_trainer):
    made = make_trainer(**THREE_TERMS)
    made.train()
    logged = {key for entry in made.state.log_history for key in entry}
    assert {"loss", "loss_lm", "loss_fmt", "loss_cls"} <= logged
    figures = made.evaluate()
    assert {"eval_loss", "eval_loss_lm", "eval_loss_fmt", "eval_loss_cls"} <= set(figures)
    assert "loss_ego" not in logged and "eval_loss_ego" not in figures
    terms = [figures[f"eval_loss_{name}"] for name in ("lm", "fmt", "cls")]
    assert figures["eval_loss"] == pytest.approx(terms[0] + 0.5 * terms[1] + terms[2], rel=1e-3)


def test_training_learns_the_scores_of_a_few_walks(make_trainer):
    config = {"max_steps": 30, "optim": "adamw_torch", "learning_rate": 5e-3}
    made = make_trainer(config=config, **THREE_TERMS)
    made.train()
    first, last = (
        next(e["loss"] for e in order if "loss" in e)
        for order in (made.state.log_history, made.state.log_history[::-1])
    )
    assert last < 0.7 * first


def test_the_motion_tokenizer_is_frozen(make_trainer, model):
    made = make_trainer(config={"learning_rate": 0.1}, **THREE_TERMS)
    made.train()
    assert not any(weight.requires_grad for weight in made.model.vqvae.parameters())
    for name, value in model.vqvae.state_dict().items():
        assert torch.equal(made.model.vqvae.state_dict()[name], value), name


class Recording(MotionTextCollator):
    """Records the epoch and the rows of every batch."""

    def __call__(self, rows):
        self.seen.append((self.epoch, [row["id"] for row in rows]))
        return super().__call__(rows)


@pytest.fixture
def recording(processor):
    made = build_collators(processor, reasoning_example, shortest_crop_s=1.0)
    made["data_collator"] = Recording(processor, reasoning_example, shortest_crop_s=1.0)
    made["data_collator"].seen = []
    return made


@pytest.mark.parametrize("sampling", ["random", "group_by_length"])
def test_random_choices_and_order_follow_the_epochs(make_trainer, coded, recording, sampling):
    config = {"max_steps": 6, "train_sampling_strategy": sampling}
    made = make_trainer(collators=recording, config=config, **THREE_TERMS)
    made.train()
    seen = recording["data_collator"].seen
    assert [epoch for epoch, _ in seen] == [0, 0, 1, 1, 2, 2]
    orders = {str([ids for epoch, ids in seen if epoch == k]) for k in range(3)}
    assert len(orders) == 3
    assert recording["eval_collator"].epoch == 0
    if sampling == "group_by_length":  # a batch has the longer half of the walks or the shorter
        length = dict(zip(coded["id"], coded["length"], strict=True))
        halves = [sorted(length[name] for name in ids) for _, ids in seen]
        for first, second in zip(halves[::2], halves[1::2], strict=True):
            assert first[-1] <= second[0] or second[-1] <= first[0]


def test_evaluation_uses_its_own_collator(make_trainer, recording):
    """Whole motions and the same random choices in every epoch, unlike training."""
    config = {"max_steps": 4, "learning_rate": 0.0, "eval_strategy": "steps", "eval_steps": 1}
    made = make_trainer(collators=recording, config=config, **THREE_TERMS)
    made.train()
    assert len(recording["data_collator"].seen) == 4
    losses = [entry["eval_loss"] for entry in made.state.log_history if "eval_loss" in entry]
    assert losses == [make_trainer(**THREE_TERMS).evaluate()["eval_loss"]] * 4


class NanWeight(TrainerCallback):
    """Sets a weight to NaN before a step."""

    def __init__(self, step):
        self.step = step

    def on_step_begin(self, args, state, control, model=None, **kwargs):
        if state.global_step + 1 == self.step:
            with torch.no_grad():
                model.lm_head.weight[5, 5] = float("nan")


@pytest.mark.parametrize("weights", [THREE_TERMS, {}], ids=["three terms", "loss of trl"])
def test_a_loss_that_is_not_finite_stops_training_with_step_and_rows(
    make_trainer, recording, weights
):
    config = {"per_device_train_batch_size": 4, "max_steps": 8}
    made = make_trainer(
        collators=recording, callbacks=[NanWeight(3)], config=config, **weights
    )  # fmt: skip
    with pytest.raises(LossNotFiniteError) as stopped:
        made.train()
    ids = recording["data_collator"].seen[2][1]
    assert f"the loss is nan at step 3, rows {', '.join(ids)}: lower" in str(stopped.value)
    assert made.state.global_step == 2


def test_evaluation_by_generation_is_logged(make_trainer, processor):
    generation = GenerationSettings(processor, max_new_tokens=16)
    config = {"eval_strategy": "steps", "eval_steps": 1, "max_steps": 2}
    made = make_trainer(generation=generation, config=config, **THREE_TERMS)
    made.train()
    logged = [entry for entry in made.state.log_history if "eval_loss" in entry]
    assert len(logged) == 2
    for entry in logged:
        assert {"eval_cider", "eval_accuracy", "eval_macro_f1", "eval_loss_lm"} <= set(entry)
        assert 0 <= entry["eval_cider"] <= 10 and 0 <= entry["eval_accuracy"] <= 1
    assert "eval_cider" not in make_trainer(**THREE_TERMS).evaluate()


def test_generation_during_training_does_not_change_the_training(make_trainer, processor):
    results = []
    for generation in (None, GenerationSettings(processor, rows=3, max_new_tokens=12)):
        config = {
            "eval_strategy": "steps", "eval_steps": 1, "max_steps": 5,
            "per_device_train_batch_size": 3, "per_device_eval_batch_size": 4,
            "gradient_accumulation_steps": 2,
        }  # fmt: skip
        made = make_trainer(generation=generation, config=config, **THREE_TERMS)
        made.train()
        results.append(made)
    without, with_generation = results
    terms = [
        [entry[name] for entry in made.state.log_history if name in entry]
        for made in results
        for name in ("loss", "eval_loss", "loss_lm")
    ]
    assert terms[:3] == terms[3:] and len(terms[0]) == 5
    for name, value in without.model.state_dict().items():
        assert torch.equal(value, with_generation.model.state_dict()[name]), name


def test_training_stops_early_and_ends_with_the_best_model_by_cider(
    make_trainer, monkeypatch, processor
):
    figures = iter([0.2, 0.6, 0.5, 0.4, 9.0, 9.0])
    states = []

    def scripted(model, *others):
        states.append(copy.deepcopy(model.state_dict()))
        return {"cider": next(figures), "accuracy": 0.5, "macro_f1": 0.5}

    monkeypatch.setattr(trainers, "generation_metrics", scripted)
    config = {
        "eval_strategy": "steps", "eval_steps": 1, "save_strategy": "steps", "save_steps": 1,
        "max_steps": 6, "load_best_model_at_end": True, "metric_for_best_model": "cider",
        "save_total_limit": 1, "learning_rate": 0.1,
    }  # fmt: skip
    made = make_trainer(
        generation=GenerationSettings(processor), callbacks=[EarlyStoppingCallback(2)],
        config=config, **THREE_TERMS,
    )  # fmt: skip
    made.train()
    assert made.state.global_step == len(states) == 4
    assert made.state.best_metric == 0.6
    assert made.state.best_model_checkpoint.endswith("checkpoint-2")
    assert not torch.equal(states[1]["lm_head.weight"], states[3]["lm_head.weight"])
    for name, value in made.model.state_dict().items():
        assert torch.equal(value, states[1][name]), name


@pytest.mark.parametrize("sampling", ["random", "group_by_length"])
def test_training_resumed_within_an_epoch_ends_with_the_same_weights(
    tmp_path, make_trainer, model_with_dropout, rows_with_descriptions, embedded, sampling
):
    """An epoch has four steps; training resumes from step 6 and ends with step 12."""
    config = {
        "per_device_train_batch_size": 2, "gradient_accumulation_steps": 2, "max_steps": 12,
        "save_strategy": "steps", "save_steps": 6, "train_sampling_strategy": sampling,
        "optim": "adamw_torch", "learning_rate": 3e-3, "lr_scheduler_type": "cosine",
    }  # fmt: skip

    def make(folder):
        return make_trainer(
            start=model_with_dropout, rows=rows_with_descriptions,
            collators=copy.deepcopy(embedded),
            config={**config, "output_dir": str(tmp_path / folder)}, **FOUR_TERMS,
        )  # fmt: skip

    whole = make("whole")
    whole.train()
    torch.manual_seed(99)
    resumed = make("resumed")
    resumed.train(resume_from_checkpoint=str(tmp_path / "whole/checkpoint-6"))
    assert resumed.state.global_step == 12 and resumed.state.epoch == 3.0
    expected = whole.model.state_dict()
    assert not torch.allclose(
        expected["lm_head.weight"], model_with_dropout.lm_head.weight, atol=1e-3
    )
    for name, value in resumed.model.state_dict().items():
        torch.testing.assert_close(value, expected[name], atol=1e-6, rtol=0, msg=name)
    curves = [
        [[e[k] for k in ("loss", "loss_lm", "loss_fmt", "loss_cls", "loss_ego")] for e in steps]
        for steps in (whole.state.log_history[:-1], resumed.state.log_history[:-1])
    ]
    torch.testing.assert_close(*map(torch.tensor, curves), atol=1e-6, rtol=0)
    assert len(curves[0]) == 12
