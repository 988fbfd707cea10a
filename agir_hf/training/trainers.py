"""TRL's SFT trainer with AGIR's loss, and the mixins of all trainers of this package."""

import json
from pathlib import Path

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader
from transformers.trainer import TRAINING_ARGS_NAME
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR
from trl import SFTTrainer

from .card import training_card
from .codebook_rows import store_codebook_rows
from .generation_metrics import generation_metrics
from .losses import IGNORED, class_loss, format_loss, language_loss
from .parameter_targets import HEAD, ParameterHead, parameter_loss
from .samplers import EpochCallback, GroupedByLength

# columns of a corpus that the collator reads
_COLUMNS = (
    "id", "codes", "length", "score", "rationale", "references", "part", "description", "foot",
    "arm", "targets",
)  # fmt: skip


class LossNotFiniteError(ArithmeticError):
    """A loss is NaN or infinite; the message names the step and the rows."""


class FiniteLossMixin:
    """Stop the training when the loss is not finite, with the ids of the rows in the message."""

    def training_step(self, model, inputs, num_items_in_batch=None):
        """Run a training step of the parent class and check its loss.

        Raises:
            LossNotFiniteError: The loss is NaN or infinite.
        """
        ids = inputs.pop("ids", ())
        loss = super().training_step(model, inputs, num_items_in_batch)
        if not torch.isfinite(loss):
            raise LossNotFiniteError(
                f"the loss is {loss.item()} at step {self.state.global_step + 1}, rows "
                f"{', '.join(ids)}: lower the learning rate, or check these rows; the last "
                f"checkpoint in {self.args.output_dir} is unchanged"
            )
        return loss

    def prediction_step(self, model, inputs, *args, **kwargs):
        """Run an evaluation step of the parent class, without the ids of the rows."""
        inputs = {name: value for name, value in inputs.items() if name != "ids"}
        return super().prediction_step(model, inputs, *args, **kwargs)


class OutputFilesMixin:
    """Save the training arguments as JSON instead of a pickle, and write the model card of AGIR."""

    kind = "A model"
    weights: dict[str, float] = {}

    def _save(self, output_dir=None, state_dict=None):
        if state_dict is None:  # the rows of motion tokens may be computed by a network
            store_codebook_rows(self.accelerator.unwrap_model(self.model))
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
        """Write ``README.md`` into ``output_dir``, see `agir_hf.training.card`."""
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


class AgirTrainerMixin(OutputFilesMixin, FiniteLossMixin):
    """What the trainers of this package add to those of TRL.

    - A separate collator for evaluation, with whole motions and fixed random choices
      (``eval_collator``; `None` uses ``data_collator``).
    - Random choices and row order that depend only on seed and epoch; rows of similar length in a
      batch if ``train_sampling_strategy`` is "group_by_length".
    - Each term of the loss is logged by name.
    - A loss that is not finite stops the training, with the ids of its rows in the message.
    - Evaluation by generation, if ``generation`` is set, see `generation_metrics`.
    - With ``eval_on_start`` and ``load_best_model_at_end``, the model before training is a
      candidate for the best checkpoint: it is saved as ``checkpoint-0``.
    """

    kind = "A motion language model that predicts a gait score with a rationale,"
    eval_collator = None
    generation = None
    _walk_batches = None  # batches of ``generation.dataset``

    def prepare(self) -> None:
        """Freeze the motion tokenizer, and pass the epoch to the collator."""
        self.accelerator.unwrap_model(self.model).vqvae.requires_grad_(False)
        self._epoch_callback = EpochCallback(self.data_collator)
        self.add_callback(self._epoch_callback)

    def get_eval_dataloader(self, eval_dataset=None):
        """Make the data loader of the parent class with ``eval_collator``."""
        if self.eval_collator is None:
            return super().get_eval_dataloader(eval_dataset)
        train_collator, self.data_collator = self.data_collator, self.eval_collator
        try:
            return super().get_eval_dataloader(eval_dataset)
        finally:
            self.data_collator = train_collator

    def _get_train_sampler(self, train_dataset=None):
        rows = self.train_dataset if train_dataset is None else train_dataset
        if self.args.train_sampling_strategy != "group_by_length":
            return super()._get_train_sampler(rows)
        step_size = self._train_batch_size * self.args.gradient_accumulation_steps
        seed = self.args.seed if self.args.data_seed is None else self.args.data_seed
        sampler = GroupedByLength(rows["length"], step_size * self.args.world_size, seed)
        self._epoch_callback.targets = (self.data_collator, sampler)
        return sampler

    def evaluation_loop(self, dataloader, description, *args, metric_key_prefix="eval", **kwargs):
        """Evaluate as the parent class, and by generation if ``generation`` is set."""
        output = super().evaluation_loop(
            dataloader, description, *args, metric_key_prefix=metric_key_prefix, **kwargs
        )
        if self.generation is not None:
            metrics = generation_metrics(
                self.accelerator.unwrap_model(self.model),
                self._generation_batches(dataloader),
                self.generation,
                self.accelerator,
            )
            output.metrics.update({f"{metric_key_prefix}_{k}": v for k, v in metrics.items()})
        return output

    def _generation_batches(self, dataloader):
        """Return the batches to write answers for; ``dataloader`` has those of the evaluation."""
        settings = self.generation
        if settings.dataset is None:
            return dataloader
        if self._walk_batches is None:
            self._walk_batches = self.accelerator.prepare(
                DataLoader(
                    settings.dataset, self.args.eval_batch_size, collate_fn=settings.collator
                )
            )
        return self._walk_batches

    def _evaluate(self, trial, ignore_keys_for_eval, skip_scheduler=False):
        """Evaluate as the parent class; the first evaluation of a training is a candidate too.

        The parent class evaluates with ``skip_scheduler`` before the first step only, also when a
        training is resumed, and does not compare that evaluation with later ones.
        """
        if skip_scheduler and self.state.global_step:
            return {}
        metrics = super()._evaluate(trial, ignore_keys_for_eval, skip_scheduler)
        is_first = skip_scheduler and self.state.best_metric is None
        if is_first and self.args.load_best_model_at_end:
            self._determine_best_metric(metrics, trial)
            folder = Path(self._get_output_dir(trial)) / f"{PREFIX_CHECKPOINT_DIR}-0"
            self.state.best_model_checkpoint = str(folder)  # the parent class leaves out step 0
            self._save_checkpoint(self.model, trial)
        return metrics

    def _load_best_model(self):
        """Load the best checkpoint as the parent class, and print its step."""
        super()._load_best_model()
        if self.is_world_process_zero():
            state, name = self.state, self.args.metric_for_best_model.removeprefix("eval_")
            print(
                f"kept the model of step {state.best_global_step} of {state.global_step}: "
                f"{name} {state.best_metric:.4f} on the validation split"
            )

    def _log_terms(self, terms: dict) -> None:
        """Store the mean of each term over ranks for the next log."""
        mode = "train" if self.model.training else "eval"
        for name, value in terms.items():
            gathered = self.accelerator.gather_for_metrics(value.detach()).float().mean()
            self._metrics[mode][name].append(gathered.item())


class AgirSFTTrainer(AgirTrainerMixin, SFTTrainer):
    """SFT trainer with the loss L = L_LM + λ_fmt · L_fmt + λ_cls · L_cls + λ_ego · L_EGO.

    L_LM, L_fmt and L_cls are computed on the answers of a batch. L_EGO is the language loss on the
    embedded descriptions and motions (AGIR's embedded generative objective). If all weights are
    zero, as in the generative stage, the loss is that of TRL. Each term is logged by name.

    Two further terms belong to the motion embedding: λ_probe · the cross-entropy of the score of
    the model's probe, and λ_param · the smooth L1 loss of measured gait parameters, which a head
    predicts from the encoder states of the motion tokens. The head is removed after training; gait
    parameters never enter the model's input.

    The gradient of a step does not depend on gradient accumulation or on the number of ranks: every
    term is summed and divided by its count over the whole step.

    Args:
        *args: Arguments of `trl.SFTTrainer`.
        format_weight: Weight λ_fmt of the format loss.
        class_weight: Weight λ_cls of the class loss.
        embedded_weight: Weight λ_ego of the embedded generative objective.
        probe_loss_weight: Weight λ_probe of the loss of the probe; above 0 only for a model with
            one.
        parameter_weight: Weight λ_param of the loss of gait parameters; rows then have ``targets``.
        num_targets: Number of these parameters.
        token_weights: (V,) weights of token ids in L_LM, see `agir_hf.training.losses`; `None`
            gives each the weight 1.
        score_weights: Weights of the scores, from 0, in L_cls; `None` gives each the weight 1.
        format_form: Form of the format loss, see `agir_hf.training.losses.format_loss`.
        eval_collator: Collator of the evaluation; by default ``data_collator``.
        generation: [`~agir_hf.training.generation_metrics.GenerationSettings`] to evaluate by
            generation; `None` leaves it out.
        **kwargs: Further arguments of `trl.SFTTrainer`.
    """

    def __init__(
        self,
        *args,
        format_weight: float = 0.0,
        class_weight: float = 0.0,
        embedded_weight: float = 0.0,
        probe_loss_weight: float = 0.0,
        parameter_weight: float = 0.0,
        num_targets: int = 0,
        token_weights=None,
        score_weights=None,
        format_form: str = "paper",
        eval_collator=None,
        generation=None,
        **kwargs,
    ):
        if parameter_weight:
            model = kwargs["model"]
            width = model.config.text_config.d_model
            setattr(model, HEAD, ParameterHead(width, num_targets))
        if parameter_weight or probe_loss_weight:  # probe and head run outside of the forward pass
            kwargs["args"].ddp_find_unused_parameters = False
        super().__init__(*args, **kwargs)
        self.weights = {
            "loss_lm": 1.0,
            "loss_fmt": format_weight,
            "loss_cls": class_weight,
            "loss_ego": embedded_weight,
            "loss_probe": probe_loss_weight,
            "loss_param": parameter_weight,
        }
        self.token_weights = token_weights
        self.score_weights = score_weights
        self.format_form = format_form
        self.eval_collator = eval_collator
        self.generation = generation
        self.prepare()

    def _set_signature_columns_if_needed(self):
        self._signature_columns = list(_COLUMNS)

    def get_batch_samples(self, epoch_iterator, num_batches, device):
        """Get the batches of a step, and count the items by which each loss term is divided."""
        batches, num_items = super().get_batch_samples(epoch_iterator, num_batches, device)
        counts = sum(self._counts(batch["labels"]) for batch in batches) if batches else None
        if counts is not None and self.args.average_tokens_across_devices:
            counts = self.accelerator.gather(counts.to(device)[None]).sum(0)
        self._step_counts = counts
        return batches, num_items

    def _counts(self, labels: torch.LongTensor) -> torch.Tensor:
        """Count labelled tokens of answers, answers, and labelled tokens of the other rows."""
        is_answer = self._is_answer(labels)
        tokens = (labels >= 0).sum(1)
        return torch.stack([tokens[is_answer].sum(), is_answer.sum(), tokens[~is_answer].sum()])

    def _is_answer(self, labels: torch.LongTensor) -> torch.BoolTensor:
        """Return which rows are answers, (B,)."""
        return labels[:, 0] == self._config.reasoning_start_token_id

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        """Compute the weighted sum of the terms, and log each term."""
        if not any(weight for name, weight in self.weights.items() if name != "loss_lm"):
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        labels = inputs["labels"]
        not_inputs = ("labels", "shift_labels", "targets")
        model_inputs = {k: v for k, v in inputs.items() if k not in not_inputs}
        outputs = model(**model_inputs, use_cache=False)
        batch_counts = self._counts(labels)
        counts, ranks = batch_counts, 1
        if num_items_in_batch is not None:  # counts of the whole step
            counts = self._step_counts
            if self.args.average_tokens_across_devices:  # counts are summed, gradients averaged
                ranks = self.accelerator.num_processes
        is_answer = self._is_answer(labels)
        answer_tokens, answers, other_tokens = counts.clamp(min=1).unbind()
        logits, targets = outputs.logits[is_answer], labels[is_answer]
        share, score_ids = is_answer.sum() / answers, self._config.score_token_ids
        terms = {
            "loss_lm": language_loss(logits, targets, answer_tokens, self.token_weights),
            "loss_fmt": share * format_loss(logits, targets, self.format_form),
            "loss_cls": share * class_loss(logits, targets, score_ids, self.score_weights),
        }
        if self.weights["loss_ego"]:
            terms["loss_ego"] = language_loss(
                outputs.logits[~is_answer], labels[~is_answer], other_tokens
            )
        states = (outputs.encoder_last_hidden_state[is_answer], inputs["input_ids"][is_answer])
        further = self._embedding_terms(*states, targets, inputs.get("targets"))
        terms |= {name: share * value for name, value in further.items()}
        loss = ranks * sum(self.weights[name] * value for name, value in terms.items())
        batches = self.current_gradient_accumulation_steps if counts is not batch_counts else 1
        self._log_terms({name: ranks * batches * value for name, value in terms.items()})
        return (loss, outputs) if return_outputs else loss

    def _embedding_terms(self, states, input_ids, labels, parameters) -> dict[str, torch.Tensor]:
        """Compute the losses of probe and gait parameters from the encoder states of answers.

        Args:
            states: (A, S, d_model) encoder states.
            input_ids: (A, S) int64 prompts.
            labels: (A, T) int64 labels.
            parameters: (A, P) standardised gait parameters, or None.
        """
        model, terms = self.accelerator.unwrap_model(self.model), {}
        if self.weights["loss_probe"]:
            scores = torch.tensor(self._config.score_token_ids, device=labels.device)
            at_score = torch.isin(labels, scores) & (labels != IGNORED)
            classes = (labels[at_score][:, None] == scores).int().argmax(1)
            weights = None
            if self.score_weights is not None:
                weights = torch.tensor(list(self.score_weights), device=labels.device)[classes]
            errors = F.cross_entropy(
                model.probe_logits(states, input_ids), classes, reduction="none"
            )
            terms["loss_probe"] = (errors if weights is None else errors * weights).mean()
        if self.weights["loss_param"] and parameters is not None:
            head, kept = getattr(model, HEAD), model.motion_positions(input_ids)
            terms["loss_param"] = parameter_loss(head(states, kept), parameters)
        return terms

    @property
    def _config(self):
        return self.accelerator.unwrap_model(self.model).config
