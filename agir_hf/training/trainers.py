"""TRL's SFT trainer with AGIR's loss."""

from trl import SFTTrainer

from .losses import class_loss, format_loss, language_loss

# columns of a corpus that a collator reads
_COLUMNS = ("id", "motion", "score", "rationale", "part", "description")


class AgirTrainerMixin:
    """What our trainers add to TRL's: a collator of its own for evaluation, terms by name.

    ``eval_collator`` makes the batches of evaluation; None leaves them to ``data_collator``.
    """

    eval_collator = None

    def get_eval_dataloader(self, eval_dataset=None):
        """As the stock one, with the evaluation's collator: whole motions, fixed draws."""
        if self.eval_collator is None:
            return super().get_eval_dataloader(eval_dataset)
        kept, self.data_collator = self.data_collator, self.eval_collator
        try:
            return super().get_eval_dataloader(eval_dataset)
        finally:
            self.data_collator = kept

    def _log_terms(self, terms: dict) -> None:
        """Keep the mean of each term over ranks for the next log."""
        mode = "train" if self.model.training else "eval"
        for name, value in terms.items():
            gathered = self.accelerator.gather_for_metrics(value.detach()).float().mean()
            self._metrics[mode][name].append(gathered.item())


class AgirSFTTrainer(AgirTrainerMixin, SFTTrainer):
    """L = L_LM + λ_fmt · L_fmt + λ_cls · L_cls, each logged by name.

    With both weights zero (the generative stage) it is TRL's own loss. A step gives the same
    gradient however it is split over gradient accumulation and ranks: the language loss is summed
    and divided by the tokens of the whole step, the other two are averaged over its parts.

    Args:
        format_weight: λ_fmt.
        class_weight: λ_cls.
        eval_collator: makes the batches of evaluation; by default ``data_collator`` does.
    """

    def __init__(
        self,
        *args,
        format_weight: float = 0.0,
        class_weight: float = 0.0,
        eval_collator=None,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.format_weight = format_weight
        self.class_weight = class_weight
        self.eval_collator = eval_collator

    def _set_signature_columns_if_needed(self):
        self._signature_columns = list(_COLUMNS)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        if not (self.format_weight or self.class_weight):
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        labels = inputs["labels"]
        passed = {k: v for k, v in inputs.items() if k not in ("labels", "shift_labels")}
        outputs = model(**passed, use_cache=False)
        language = language_loss(outputs.logits, labels, num_items_in_batch)
        form = format_loss(outputs.logits, labels)
        score_ids = self.accelerator.unwrap_model(model).config.score_token_ids
        classes = class_loss(outputs.logits, labels, score_ids)
        parts = 1
        if num_items_in_batch is not None:
            parts = self.current_gradient_accumulation_steps
            if self.args.average_tokens_across_devices:  # ranks average what was summed over them
                language = language * self.accelerator.num_processes
        loss = language + (self.format_weight * form + self.class_weight * classes) / parts
        terms = {"loss_lm": language * parts, "loss_fmt": form, "loss_cls": classes}
        self._log_terms(terms)
        return (loss, outputs) if return_outputs else loss
