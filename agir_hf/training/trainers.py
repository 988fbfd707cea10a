"""TRL's SFT trainer with AGIR's loss, and what all our trainers share."""

import json
from pathlib import Path

import torch
from transformers.trainer import TRAINING_ARGS_NAME
from trl import SFTTrainer

from .card import training_card
from .generation_metrics import generation_metrics
from .losses import class_loss, format_loss, language_loss
from .samplers import EpochCallback, GroupedByLength

# columns of a corpus that a collator reads
_COLUMNS = (
    "id", "codes", "length", "score", "rationale", "part", "description", "foot", "arm",
)  # fmt: skip


class LossNotFiniteError(ArithmeticError):
    """A loss is NaN or infinite; the message names the step and the rows."""


class FiniteLossMixin:
    """A loss that is not finite stops the training, and its rows are named."""

    def training_step(self, model, inputs, num_items_in_batch=None):
        """As the stock one; a loss that is not finite raises.

        Raises:
            LossNotFiniteError: names the step and the rows of the batch.
        """
        ids = inputs.pop("ids", ())
        loss = super().training_step(model, inputs, num_items_in_batch)
        if not torch.isfinite(loss):
            raise LossNotFiniteError(
                f"the loss is {loss.item()} at step {self.state.global_step + 1}, rows "
                f"{', '.join(ids)}: lower the learning rate, or look at these rows; the last "
                f"checkpoint in {self.args.output_dir} is as it was before"
            )
        return loss

    def prediction_step(self, model, inputs, *args, **kwargs):
        """As the stock one, without the rows' names."""
        inputs = {name: value for name, value in inputs.items() if name != "ids"}
        return super().prediction_step(model, inputs, *args, **kwargs)


class PlainFilesMixin:
    """Beside the weights the settings lie as JSON, not as a pickle; the card is ours."""

    kind = "A model"
    weights: dict[str, float] = {}

    def _save(self, output_dir=None, state_dict=None):
        super()._save(output_dir, state_dict)
        folder = Path(output_dir or self.args.output_dir)
        if self.args.should_save:
            (folder / TRAINING_ARGS_NAME).unlink(missing_ok=True)
            settings = {
                name: value
                for name, value in self.args.to_sanitized_dict().items()
                if not any(word in name for word in ("dir", "token", "hub", "resume"))
            }
            text = json.dumps(settings, indent=2, sort_keys=True, default=str) + "\n"
            (folder / "training.json").write_text(text, encoding="utf-8")

    def create_model_card(self, model_name=None, dataset_name=None, tags=None, **kwargs):
        """Write ``README.md`` into ``output_dir``: see `agir_hf.training.card`."""
        if not self.is_world_process_zero():
            return
        name = model_name or Path(self.args.output_dir).name
        config = self.accelerator.unwrap_model(self.model).config
        card = training_card(
            name,
            self.args.hub_model_id or name,
            self.kind,
            getattr(config, "training_data", None),
            self.weights,
            self.args,
            self.state,
        )
        Path(self.args.output_dir).mkdir(parents=True, exist_ok=True)
        (Path(self.args.output_dir) / "README.md").write_text(card, encoding="utf-8")


class AgirTrainerMixin(PlainFilesMixin, FiniteLossMixin):
    """What our trainers add to TRL's.

    - a collator of its own for evaluation: whole motions, fixed draws (``eval_collator``; None
      leaves evaluation to ``data_collator``);
    - draws and order that follow from seed and epoch, rows of like length together where
      ``train_sampling_strategy`` is "group_by_length";
    - terms of the loss logged by name;
    - a loss that is not finite stops the training, and names its rows;
    - evaluation by generation, where ``generation`` is given: see `generation_metrics`.
    """

    kind = "A motion language model that scores gait with reasons,"
    eval_collator = None
    generation = None

    def prepare(self) -> None:
        """Freeze the motion tokenizer; let the draws of the collator follow the epochs."""
        self.accelerator.unwrap_model(self.model).vqvae.requires_grad_(False)
        self._drawing = EpochCallback(self.data_collator)
        self.add_callback(self._drawing)

    def get_eval_dataloader(self, eval_dataset=None):
        """As the stock one, with the evaluation's collator: whole motions, fixed draws."""
        if self.eval_collator is None:
            return super().get_eval_dataloader(eval_dataset)
        kept, self.data_collator = self.data_collator, self.eval_collator
        try:
            return super().get_eval_dataloader(eval_dataset)
        finally:
            self.data_collator = kept

    def _get_train_sampler(self, train_dataset=None):
        rows = self.train_dataset if train_dataset is None else train_dataset
        if self.args.train_sampling_strategy != "group_by_length":
            return super()._get_train_sampler(rows)
        together = self._train_batch_size * self.args.gradient_accumulation_steps
        seed = self.args.seed if self.args.data_seed is None else self.args.data_seed
        sampler = GroupedByLength(rows["length"], together * self.args.world_size, seed)
        self._drawing.drawing = (self.data_collator, sampler)
        return sampler

    def evaluation_loop(self, dataloader, description, *args, metric_key_prefix="eval", **kwargs):
        """As the stock one, and metrics of what the model writes, where ``generation`` asks."""
        output = super().evaluation_loop(
            dataloader, description, *args, metric_key_prefix=metric_key_prefix, **kwargs
        )
        if self.generation is not None:
            found = generation_metrics(
                self.accelerator.unwrap_model(self.model),
                dataloader,
                self.generation,
                self.accelerator,
            )
            output.metrics.update({f"{metric_key_prefix}_{k}": v for k, v in found.items()})
        return output

    def _log_terms(self, terms: dict) -> None:
        """Keep the mean of each term over ranks for the next log."""
        mode = "train" if self.model.training else "eval"
        for name, value in terms.items():
            gathered = self.accelerator.gather_for_metrics(value.detach()).float().mean()
            self._metrics[mode][name].append(gathered.item())


class AgirSFTTrainer(AgirTrainerMixin, SFTTrainer):
    """L = L_LM + λ_fmt · L_fmt + λ_cls · L_cls + λ_ego · L_EGO, each logged by name.

    L_LM, L_fmt and L_cls are of the answers of a batch; L_EGO is the language loss of the
    descriptions and motions beside them (AGIR's embedded generative objective). With all weights
    zero (the generative stage) it is TRL's own loss. A step gives the same gradient however it is
    split over gradient accumulation and ranks: every term is summed and divided by what the whole
    step has of it.

    Args:
        format_weight: λ_fmt.
        class_weight: λ_cls.
        embedded_weight: λ_ego.
        score_weights: weights of the scores 0, 1, 2 in L_cls; None weighs them alike.
        format_form: see `agir_hf.training.losses.format_loss`.
        eval_collator: makes the batches of evaluation; by default ``data_collator`` does.
        generation: `agir_hf.training.generation_metrics.Generation`, or None.
    """

    def __init__(
        self,
        *args,
        format_weight: float = 0.0,
        class_weight: float = 0.0,
        embedded_weight: float = 0.0,
        score_weights=None,
        format_form: str = "paper",
        eval_collator=None,
        generation=None,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.weights = {
            "loss_lm": 1.0,
            "loss_fmt": format_weight,
            "loss_cls": class_weight,
            "loss_ego": embedded_weight,
        }
        self.score_weights = score_weights
        self.format_form = format_form
        self.eval_collator = eval_collator
        self.generation = generation
        self.prepare()

    def _set_signature_columns_if_needed(self):
        self._signature_columns = list(_COLUMNS)

    def get_batch_samples(self, epoch_iterator, num_batches, device):
        """As the stock one; counts what each term of the loss is divided by in this step."""
        batches, num_items = super().get_batch_samples(epoch_iterator, num_batches, device)
        counts = sum(self._counts(batch["labels"]) for batch in batches) if batches else None
        if counts is not None and self.args.average_tokens_across_devices:
            counts = self.accelerator.gather(counts.to(device)[None]).sum(0)
        self._step_counts = counts
        return batches, num_items

    def _counts(self, labels: torch.LongTensor) -> torch.Tensor:
        """Labelled tokens of answers, answers, and labelled tokens of all else."""
        answers = self._answers(labels)
        labelled = (labels >= 0).sum(1)
        return torch.stack([labelled[answers].sum(), answers.sum(), labelled[~answers].sum()])

    def _answers(self, labels: torch.LongTensor) -> torch.BoolTensor:
        """(B,) which rows are answers."""
        return labels[:, 0] == self._config.reasoning_start_token_id

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        if not any(weight for name, weight in self.weights.items() if name != "loss_lm"):
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        labels = inputs["labels"]
        passed = {k: v for k, v in inputs.items() if k not in ("labels", "shift_labels")}
        outputs = model(**passed, use_cache=False)
        own = self._counts(labels)
        counts, ranks = own, 1
        if num_items_in_batch is not None:  # of the whole step
            counts = self._step_counts
            if self.args.average_tokens_across_devices:  # ranks average what was summed over them
                ranks = self.accelerator.num_processes
        answers = self._answers(labels)
        tokens, rows, other = counts.clamp(min=1).unbind()
        logits, targets = outputs.logits[answers], labels[answers]
        share, score_ids = answers.sum() / rows, self._config.score_token_ids
        terms = {
            "loss_lm": language_loss(logits, targets, tokens),
            "loss_fmt": share * format_loss(logits, targets, self.format_form),
            "loss_cls": share * class_loss(logits, targets, score_ids, self.score_weights),
        }
        if self.weights["loss_ego"]:
            terms["loss_ego"] = language_loss(outputs.logits[~answers], labels[~answers], other)
        loss = ranks * sum(self.weights[name] * value for name, value in terms.items())
        parts = self.current_gradient_accumulation_steps if counts is not own else 1
        self._log_terms({name: ranks * parts * value for name, value in terms.items()})
        return (loss, outputs) if return_outputs else loss

    @property
    def _config(self):
        return self.accelerator.unwrap_model(self.model).config
