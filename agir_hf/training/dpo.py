"""The paper's ablation by direct preference optimisation, on TRL's trainer.

Sources: AGIR (Wang, Bobenrieth and Seo 2025, arXiv 2503.18141); DPO (Rafailov et al. 2023, arXiv
2305.18290); DPO-positive (Pal et al. 2024, "Smaug", arXiv 2402.13228).
"""

from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F
from trl import DPOTrainer

from ..corpus.loading import require_columns
from ..corpus.schema import KINDS
from ..processing_agir import AgirProcessor
from .collators import MotionTextCollator
from .data import MOTION_PLACEHOLDER, Draw, answer
from .losses import IGNORED, class_loss, format_loss, language_loss
from .trainers import AgirTrainerMixin

# columns of a corpus' configuration "preference" that training reads
_COLUMNS = (
    "id", "codes", "length", "prompt", "chosen", "chosen_score", "rejected", "rejected_score",
    "kind",
)  # fmt: skip
Pair = tuple[str, str, str]  # what the model reads, the answer to prefer, and the other


def preference_pair(row: dict[str, Any], motion: str, draw: Draw) -> Pair:
    """Instruction with motion, and two answers to it. ``motion`` is the text of motion tokens."""
    prompt = row["prompt"].replace(MOTION_PLACEHOLDER, motion)
    chosen = answer(row["chosen"], int(row["chosen_score"]))
    return prompt, chosen, answer(row["rejected"], int(row["rejected_score"]))


@dataclass
class PreferenceCollator(MotionTextCollator):
    """Rows of the configuration "preference" → batches of [chosen; rejected].

    Cuts motions as its parent does; both answers of a pair see the same crop.
    """

    make_example: Callable[[dict, str, Callable], Pair] = preference_pair

    def encode(self, examples: list[Pair]) -> dict[str, torch.Tensor]:
        """A batch of 2B rows from B pairs: the chosen answers, then the rejected ones.

        Returns:
            ``input_ids``, ``attention_mask`` and ``completion_mask`` (2B, W), ``decoder_input_ids``
            and ``shift_labels`` (2B, W - 1). TRL lays the mask over the prompts, which asks for
            one width, and from its second column on over the answers.
        """
        prompts, chosen, rejected = zip(*examples, strict=True)
        batch = super().encode(
            [*zip(prompts, chosen, strict=True), *zip(prompts, rejected, strict=True)]
        )
        pad, labels = self.processor.tokenizer.pad_token_id, batch["shift_labels"]
        width = max(batch["input_ids"].shape[1], labels.shape[1] + 1)
        return {
            "input_ids": _widened(batch["input_ids"], width, pad),
            "attention_mask": _widened(batch["attention_mask"], width, 0),
            "decoder_input_ids": _widened(batch["decoder_input_ids"], width - 1, pad),
            "shift_labels": _widened(labels, width - 1, IGNORED),
            "completion_mask": _widened(F.pad((labels != IGNORED).long(), (1, 0)), width, 0),
        }


def _widened(ids: torch.Tensor, width: int, filler: int) -> torch.Tensor:
    return F.pad(ids, (0, width - ids.shape[1]), value=filler)


def preference_collators(
    processor: AgirProcessor, shortest_s: float, seed: int = 0
) -> dict[str, PreferenceCollator]:
    """As `agir_hf.training.collators.collators`, for pairs."""
    return {
        "data_collator": PreferenceCollator(processor, shortest_s=shortest_s, seed=seed),
        "eval_collator": PreferenceCollator(processor, shortest_s=None, seed=seed),
    }


class AgirDPOTrainer(AgirTrainerMixin, DPOTrainer):
    """L = L_DPO + w · L_LM + λ_fmt · L_fmt + λ_cls · L_cls, each logged by name.

    The last three are taken on the chosen answers; with their weights zero, the default, it is
    the preference loss alone. A step gives the same gradient however it is split over gradient
    accumulation and ranks, where its parts have the same number of pairs.

    Args:
        kinds: rejected answers to train on: "irrelevant", "counterfactual" or "both".
        language_weight: w; the paper's sum has 1.
        format_weight: λ_fmt.
        class_weight: λ_cls.
        dpop_lambda: λ of DPO-positive, see `dpop_loss`; zero is plain DPO.
        eval_collator: makes the batches of evaluation; by default ``data_collator`` does.

    Raises:
        ValueError: rows without a column, no rows of these kinds, or options that exclude another.
    """

    def __init__(
        self,
        *args,
        kinds: str = "both",
        language_weight: float = 0.0,
        format_weight: float = 0.0,
        class_weight: float = 0.0,
        dpop_lambda: float = 0.0,
        eval_collator=None,
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
        self.eval_collator = eval_collator
        self.prepare()
        self._check_options()
        if self.args.disable_dropout:
            disable_attention_dropout(self.model)

    def _check_options(self) -> None:
        if self.dpop_lambda < 0:
            raise ValueError(f"dpop_lambda is {self.dpop_lambda}, expected 0 (plain DPO) or more")
        plain = self.loss_types == ["sigmoid"] and self.f_divergence_type == "reverse_kl"
        if self.dpop_lambda and not (plain and self.ld_alpha is None and not self.use_weighting):
            raise ValueError(
                f"dpop_lambda is {self.dpop_lambda} beside loss_type {self.loss_types} or another "
                "option of the loss: leave loss_type, f_divergence_type, ld_alpha and "
                "use_weighting at their defaults"
            )

    def _prepare_dataset(self, dataset, processing_class, args, dataset_name):
        """Rows of the kinds asked for, texts as they are: the collator tokenises."""
        if args.precompute_ref_log_probs:
            raise ValueError(
                "precompute_ref_log_probs is true, expected false: motions are cropped anew in "
                "every epoch, so the reference reads each batch as it comes"
            )
        return rows_of_kinds(dataset, self.kinds)

    def _set_signature_columns_if_needed(self):
        self._signature_columns = list(_COLUMNS)

    def _get_num_items_in_batch(self, batch_samples, device):
        """Labelled tokens of the chosen answers of a whole step."""
        chosen = [_chosen(batch["shift_labels"]) for batch in batch_samples]
        named = [{"labels": labels, "shift_labels": labels} for labels in chosen]
        return super()._get_num_items_in_batch(named, device)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        """The stock loss, and the further terms from what its passes through the models gave."""
        with (
            _outputs_of(self.model) as policy,
            _outputs_of(self.ref_model or self.model) as reference,  # adapters: the policy again
            _outputs_of(self.model.get_decoder()) as decoder,
        ):
            loss = super().compute_loss(model, inputs)
        if self.dpop_lambda:
            own, other = (found.log_probs.sum(1) for found in (policy[0], reference[-1]))
            loss = dpop_loss(own, other, self.beta, self.dpop_lambda)
        terms = {"loss_dpo": loss}
        if any(weight for name, weight in self.weights.items() if name != "loss_dpo"):
            hidden = _chosen(decoder[0].last_hidden_state)
            labels = _chosen(inputs["shift_labels"])
            terms |= self._answer_terms(model, hidden, labels, num_items_in_batch)
        self._log_terms(terms)
        total = sum(self.weights[name] * value for name, value in terms.items())
        return (total, policy[0]) if return_outputs else total

    def _answer_terms(self, model, hidden, labels, num_items) -> dict[str, torch.Tensor]:
        """L_LM, L_fmt and L_cls of the chosen answers.

        The trainer divides what it gets by the parts of a step; L_LM is already divided by the
        tokens of all of them, so it is multiplied by their number here.

        Args:
            hidden: (B, T, D) last states of the decoder.
            labels: (B, T).
            num_items: labelled tokens of the whole step, or None in evaluation.
        """
        with self.accelerator.autocast():
            logits = self.model.get_output_embeddings()(hidden)
        language = language_loss(logits, labels, num_items)
        if num_items is not None:
            language = language * self.current_gradient_accumulation_steps
            if self.args.average_tokens_across_devices:  # ranks average what was summed over them
                language = language * self.accelerator.num_processes
        score_ids = self.accelerator.unwrap_model(model).config.score_token_ids
        return {
            "loss_lm": language,
            "loss_fmt": format_loss(logits, labels),
            "loss_cls": class_loss(logits, labels, score_ids),
        }


def disable_attention_dropout(model: torch.nn.Module) -> None:
    """What TRL's ``disable_dropout`` leaves on: T5's attention keeps its rate as a number.

    With it on, the policy is not the reference even before the first step.
    """
    for module in model.modules():
        if isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.0


def dpop_loss(
    policy: torch.Tensor, reference: torch.Tensor, beta: float, dpop_lambda: float
) -> torch.Tensor:
    """L_DPOP, the mean over pairs: DPO that does not let the chosen answer become less likely.

    With y_w the chosen, y_l the rejected answer, π the policy, π_ref the reference:

    -log σ(β (log π(y_w)/π_ref(y_w) - log π(y_l)/π_ref(y_l) - λ max(0, log π_ref(y_w)/π(y_w))))

    Source: Pal et al. 2024, arXiv 2402.13228, the loss of DPO-positive; λ = 0 is DPO.

    Args:
        policy, reference: (2B,) log-probabilities of whole answers, chosen ones first.
    """
    chosen, rejected = (policy - reference).chunk(2)
    return -F.logsigmoid(beta * (chosen - rejected - dpop_lambda * (-chosen).relu())).mean()


def _chosen(rows: torch.Tensor) -> torch.Tensor:
    """The first half of a batch."""
    return rows.chunk(2)[0]


@contextmanager
def _outputs_of(module: torch.nn.Module):
    """A list of what a module returns while the block runs."""
    kept: list = []
    handle = module.register_forward_hook(lambda module, given, output: kept.append(output))
    try:
        yield kept
    finally:
        handle.remove()


def rows_of_kinds(rows, kinds: str = "both"):
    """The rows of a `datasets.Dataset` of the configuration "preference" that are of these kinds.

    Args:
        kinds: "irrelevant", "counterfactual" or "both".

    Raises:
        ValueError: for kinds that there are not, rows without a column, or when none is left.
    """
    wanted = KINDS if kinds == "both" else (kinds,)
    if not set(wanted) <= set(KINDS):
        raise ValueError(f"kinds is {kinds!r}, expected one of {', '.join(KINDS)}, both")
    require_columns(rows, _COLUMNS)
    found = list(_texts(rows, "kind")["kind"])
    kept = [i for i, kind in enumerate(found) if kind in wanted]
    if not kept:
        raise ValueError(
            f"no row is of kind {' or '.join(wanted)}, the {len(found)} rows are of "
            f"{', '.join(sorted(set(found))) or 'none'}: ask for another kind, or build the corpus "
            "with more walkers"
        )
    return rows if len(kept) == len(found) else rows.select(kept)


def _texts(rows, *columns: str):
    """Some columns of a data set, without its motions."""
    return rows.with_format(None).select_columns(list(columns))


def edit_distance_statistics(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """How far chosen and rejected answers are apart, for each kind of pair.

    The distance of a pair is the Levenshtein distance of its words, the score being the last of
    them, over the words of the longer answer: 0 for the same answer, 1 where no word is shared.
    Where it is low, DPO may make the chosen answers less likely (Pal et al. 2024).

    Args:
        rows: of a corpus' configuration "preference".

    Returns:
        For each kind, and for "both" where there are two: number of ``pairs``, ``mean``,
        ``lower_quartile``, ``median`` and ``upper_quartile``.
    """
    if hasattr(rows, "select_columns"):
        rows = _texts(rows, "chosen", "chosen_score", "rejected", "rejected_score", "kind")
    distances: dict[str, list[float]] = {}
    for row in rows:
        one, other = (
            [*row[side].split(), str(row[f"{side}_score"])] for side in ("chosen", "rejected")
        )
        distance = edit_distance(one, other) / max(len(one), len(other))
        distances.setdefault(row["kind"], []).append(distance)
    if len(distances) > 1:
        distances["both"] = [value for values in distances.values() for value in values]
    return {kind: _summary(values) for kind, values in distances.items()}


def _summary(values: list[float]) -> dict[str, float]:
    lower, median, upper = np.percentile(values, (25, 50, 75)).tolist()
    return {
        "pairs": len(values),
        "mean": float(np.mean(values)),
        "lower_quartile": lower,
        "median": median,
        "upper_quartile": upper,
    }


def edit_distance(one: list[str], other: list[str]) -> int:
    """Levenshtein distance of two sequences: fewest insertions, deletions and replacements.

    Source: Wagner and Fischer 1974, row by row; what is inserted along a row is a running minimum.
    """
    words, places = np.array(other, dtype=object), np.arange(len(other) + 1)
    row = places
    for i, word in enumerate(one, 1):
        best = np.minimum(row[1:] + 1, row[:-1] + (words != word))
        row = np.minimum.accumulate(np.concatenate([[i], best]) - places) + places
    return int(row[-1])
