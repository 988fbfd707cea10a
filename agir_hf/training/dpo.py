"""Direct preference optimisation (DPO), the paper's ablation, with TRL's trainer.

Sources: AGIR (Wang, Bobenrieth and Seo 2025, arXiv 2503.18141); DPO (Rafailov et al. 2023, arXiv
2305.18290); DPO-positive (Pal et al. 2024, "Smaug", arXiv 2402.13228).
"""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional as F
from trl import DPOTrainer

from ..processing_agir import AgirProcessor
from .collators import MotionTextCollator
from .data import MOTION_PLACEHOLDER, RandomIndex, format_answer
from .losses import IGNORED, class_loss, format_loss, language_loss
from .preference_rows import COLUMNS, select_kinds
from .trainers import AgirTrainerMixin

PreferencePair = tuple[str, str, str]  # prompt, chosen answer, rejected answer


def preference_pair(
    row: dict[str, Any], motion_text: str, random_index: RandomIndex
) -> PreferencePair:
    """Make the prompt (instruction with motion), the chosen and the rejected answer of a row.

    Args:
        row: Row of the configuration "preference".
        motion_text: Motion tokens as text.
        random_index: Function n → random integer in 0 … n - 1; not used here.

    Returns:
        Prompt, chosen answer and rejected answer.
    """
    prompt = row["prompt"].replace(MOTION_PLACEHOLDER, motion_text)
    chosen = format_answer(row["chosen"], int(row["chosen_score"]))
    return prompt, chosen, format_answer(row["rejected"], int(row["rejected_score"]))


@dataclass
class PreferenceCollator(MotionTextCollator):
    """Collate rows of the configuration "preference" into batches of [chosen; rejected].

    Motions are cropped as in [`MotionTextCollator`], and both answers of a pair get the same crop.
    The arguments are those of [`MotionTextCollator`].
    """

    make_example: Callable[[dict, str, RandomIndex], PreferencePair] = preference_pair

    def encode(self, examples: list[PreferencePair]) -> dict[str, torch.Tensor]:
        """Tokenise B pairs into 2B rows: all chosen answers, then all rejected answers.

        Args:
            examples: Triples of prompt, chosen and rejected answer.

        Returns:
            ``input_ids``, ``attention_mask`` and ``completion_mask`` (2B, W), ``decoder_input_ids``
            and ``shift_labels`` (2B, W - 1). TRL masks ``input_ids`` with ``completion_mask``, so
            both have the width W, and uses its columns 1 … W - 1 as the mask of ``shift_labels``.
        """
        prompts, chosen, rejected = zip(*examples, strict=True)
        batch = super().encode(
            [*zip(prompts, chosen, strict=True), *zip(prompts, rejected, strict=True)]
        )
        pad, labels = self.processor.tokenizer.pad_token_id, batch["shift_labels"]
        width = max(batch["input_ids"].shape[1], labels.shape[1] + 1)
        return {
            "input_ids": _pad_to(batch["input_ids"], width, pad),
            "attention_mask": _pad_to(batch["attention_mask"], width, 0),
            "decoder_input_ids": _pad_to(batch["decoder_input_ids"], width - 1, pad),
            "shift_labels": _pad_to(labels, width - 1, IGNORED),
            "completion_mask": _pad_to(F.pad((labels != IGNORED).long(), (1, 0)), width, 0),
        }


def _pad_to(ids: torch.Tensor, width: int, filler: int) -> torch.Tensor:
    return F.pad(ids, (0, width - ids.shape[1]), value=filler)


def build_preference_collators(
    processor: AgirProcessor, shortest_crop_s: float, seed: int = 0
) -> dict[str, PreferenceCollator]:
    """Build the collators of training and evaluation for preference pairs.

    Args:
        processor: Processor of the model that is trained.
        shortest_crop_s: Minimum length of a random crop in training, in seconds.
        seed: Seed of the random choices.

    Returns:
        ``data_collator`` with random crops and ``eval_collator`` with whole motions.
    """
    return {
        "data_collator": PreferenceCollator(processor, shortest_crop_s=shortest_crop_s, seed=seed),
        "eval_collator": PreferenceCollator(processor, shortest_crop_s=None, seed=seed),
    }


class AgirDPOTrainer(AgirTrainerMixin, DPOTrainer):
    """DPO trainer with the loss L = L_DPO + w · L_LM + λ_fmt · L_fmt + λ_cls · L_cls.

    The last three terms are computed on the chosen answers. With their weights zero, the default,
    the loss is L_DPO. Each term is logged by name. The gradient of a step does not depend on
    gradient accumulation or on the number of ranks, if all micro-batches have the same number of
    pairs.

    Args:
        *args: Arguments of `trl.DPOTrainer`.
        kinds: Kinds of rejected answers to train on, see
            `agir_hf.training.preference_rows.kind_names`.
        language_weight: Weight w of the language loss; 1 in the paper's sum.
        format_weight: Weight λ_fmt of the format loss.
        class_weight: Weight λ_cls of the class loss.
        dpop_lambda: Factor λ of DPO-positive, see `dpop_loss`; 0 is plain DPO.
        freeze_encoder: Whether the encoder and the token embeddings stay unchanged, and with them
            the probabilities of the probe of the model.
        score_weights: Weights of the scores, from 0, in L_cls; `None` gives each the weight 1.
        eval_collator: Collator of the evaluation; by default ``data_collator``.
        generation: [`~agir_hf.training.generation_metrics.GenerationSettings`] with the walks to
            evaluate by generation, which are other rows than the pairs; `None` leaves it out.
        **kwargs: Further arguments of `trl.DPOTrainer`.

    Raises:
        ValueError: Rows lack a column, no row is of these kinds, or options exclude each other.
    """

    def __init__(
        self,
        *args,
        kinds: str = "both",
        language_weight: float = 0.0,
        format_weight: float = 0.0,
        class_weight: float = 0.0,
        dpop_lambda: float = 0.0,
        freeze_encoder: bool = False,
        score_weights=None,
        eval_collator=None,
        generation=None,
        **kwargs,
    ):
        self.kinds = kinds
        super().__init__(*args, **kwargs)
        self.weights = {
            "loss_dpo": 1.0,
            "loss_lm": language_weight,
            "loss_fmt": format_weight,
            "loss_cls": class_weight,
        }
        self.dpop_lambda = dpop_lambda
        self.score_weights = score_weights
        self.eval_collator = eval_collator
        self.generation = generation
        self.prepare()
        freeze_score_parts(self.accelerator.unwrap_model(self.model), freeze_encoder)
        self._check_options()
        if self.args.disable_dropout:
            disable_attention_dropout(self.model)

    def _check_options(self) -> None:
        if self.dpop_lambda < 0:
            raise ValueError(f"dpop_lambda is {self.dpop_lambda}, expected 0 (plain DPO) or more")
        plain = self.loss_types == ["sigmoid"] and self.f_divergence_type == "reverse_kl"
        if self.dpop_lambda and not (plain and self.ld_alpha is None and not self.use_weighting):
            raise ValueError(
                f"dpop_lambda is {self.dpop_lambda} with loss_type {self.loss_types} or another "
                "option of the loss: leave loss_type, f_divergence_type, ld_alpha and "
                "use_weighting at their defaults"
            )

    def _prepare_dataset(self, dataset, processing_class, args, dataset_name):
        """Select the rows of ``kinds``; the texts stay, because the collator tokenises."""
        if args.precompute_ref_log_probs:
            raise ValueError(
                "precompute_ref_log_probs is true, expected false: motions are cropped differently "
                "in every epoch, so the reference is evaluated on each batch"
            )
        return select_kinds(dataset, self.kinds)

    def _set_signature_columns_if_needed(self):
        self._signature_columns = list(COLUMNS)

    def _get_num_items_in_batch(self, batch_samples, device):
        """Count the labelled tokens of the chosen answers of a whole step."""
        chosen = [_chosen(batch["shift_labels"]) for batch in batch_samples]
        chosen_batches = [{"labels": labels, "shift_labels": labels} for labels in chosen]
        return super()._get_num_items_in_batch(chosen_batches, device)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        """Compute TRL's loss, and the other terms from the outputs of the same forward passes."""
        reference_model = self.ref_model or self.model  # with adapters, the same model
        with (
            _recorded_outputs(self.model) as policy,
            _recorded_outputs(reference_model) as reference,
            _recorded_outputs(self.model.get_decoder()) as decoder,
        ):
            loss = super().compute_loss(model, inputs)
        if self.dpop_lambda:
            policy_sums, reference_sums = (
                output.log_probs.sum(1) for output in (policy[0], reference[-1])
            )
            loss = dpop_loss(policy_sums, reference_sums, self.beta, self.dpop_lambda)
        terms = {"loss_dpo": loss}
        if any(weight for name, weight in self.weights.items() if name != "loss_dpo"):
            hidden = _chosen(decoder[0].last_hidden_state)
            labels = _chosen(inputs["shift_labels"])
            terms |= self._answer_terms(model, hidden, labels, num_items_in_batch)
        self._log_terms(terms)
        total = sum(self.weights[name] * value for name, value in terms.items())
        return (total, policy[0]) if return_outputs else total

    def _answer_terms(self, model, hidden, labels, num_items) -> dict[str, torch.Tensor]:
        """Compute L_LM, L_fmt and L_cls of the chosen answers.

        The trainer divides the loss by the number of micro-batches of a step. L_LM is already
        divided by the tokens of all micro-batches, so it is multiplied by their number here.

        Args:
            model: Model, possibly wrapped.
            hidden: (B, T, D) last hidden states of the decoder.
            labels: (B, T) token ids, -100 at padding.
            num_items: Labelled tokens of the whole step; `None` in evaluation.
        """
        with self.accelerator.autocast():
            logits = self.model.get_output_embeddings()(hidden)
        language = language_loss(logits, labels, num_items)
        if num_items is not None:
            language = language * self.current_gradient_accumulation_steps
            if self.args.average_tokens_across_devices:  # counts are summed, gradients averaged
                language = language * self.accelerator.num_processes
        score_ids = self.accelerator.unwrap_model(model).config.score_token_ids
        return {
            "loss_lm": language,
            "loss_fmt": format_loss(logits, labels),
            "loss_cls": class_loss(logits, labels, score_ids, self.score_weights),
        }


def freeze_score_parts(model: torch.nn.Module, freeze_encoder: bool = False) -> None:
    """Freeze the probe of a model, which has no term in the loss, and its encoder on request.

    The probe reads the encoder. If only the probe is frozen, its probabilities change with the
    encoder, so a model with a probe is trained with a frozen encoder, or calibrated again. The
    encoder has its token embeddings in common with the decoder; they are frozen with it.

    Args:
        model: Model, possibly with adapters, which is changed in place.
        freeze_encoder: Whether the encoder and the token embeddings are frozen.
    """
    parts = [getattr(model, "score_probe", None)]
    if freeze_encoder:
        parts += [model.get_encoder(), model.get_input_embeddings()]
    for part in parts:
        if part is not None:
            part.requires_grad_(False)


def disable_attention_dropout(model: torch.nn.Module) -> None:
    """Disable the dropout of T5's attention, which TRL's ``disable_dropout`` does not change.

    T5's attention stores its dropout rate as a number. With dropout on, the policy would differ
    from the reference before the first step.

    Args:
        model: Model to change.
    """
    for module in model.modules():
        if isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.0


def dpop_loss(
    policy: torch.Tensor, reference: torch.Tensor, beta: float, dpop_lambda: float
) -> torch.Tensor:
    """Compute the DPO-positive loss, which penalises a chosen answer that becomes less likely.

    With y_w the chosen and y_l the rejected answer, π the policy and π_ref the reference, the loss
    of a pair is

    -log σ(β (log π(y_w)/π_ref(y_w) - log π(y_l)/π_ref(y_l) - λ max(0, log π_ref(y_w)/π(y_w))))

    Source: Pal et al. 2024, arXiv 2402.13228. With λ = 0 it is plain DPO.

    Args:
        policy: (2B,) log-probabilities of whole answers under the policy, chosen answers first.
        reference: (2B,) log-probabilities of the same answers under the reference.
        beta: Factor β of DPO; a larger value keeps the policy closer to the reference.
        dpop_lambda: Factor λ of the penalty.

    Returns:
        Mean over pairs, a scalar.
    """
    chosen, rejected = (policy - reference).chunk(2)
    return -F.logsigmoid(beta * (chosen - rejected - dpop_lambda * (-chosen).relu())).mean()


def _chosen(rows: torch.Tensor) -> torch.Tensor:
    """Select the chosen answers, the first half of a batch."""
    return rows.chunk(2)[0]


@contextmanager
def _recorded_outputs(module: torch.nn.Module):
    """Record in a list what a module returns while the block runs."""
    outputs: list = []
    handle = module.register_forward_hook(lambda module, inputs, output: outputs.append(output))
    try:
        yield outputs
    finally:
        handle.remove()
