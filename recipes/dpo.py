r"""Ablation: fine-tune the model of the second stage on preference pairs of answers.

    accelerate launch -q --cpu recipes/dpo.py --config recipes/dpo/config_tiny.yaml

Loss: L_DPO, or its sum with L_LM, L_fmt and L_cls of the chosen answers; ``dpop_lambda`` makes it
DPO-positive. The configurations of the paper are ``recipes/dpo/irrelevant.yaml``,
``counterfactual.yaml``, ``both.yaml`` and ``both_added.yaml``. Additions are ``dpop.yaml``,
``same_score.yaml`` (rejected answers of other walks of the same score) and ``evidence.yaml``, which
adds pairs of the model's own rationales, chosen by the measured gait::

    python recipes/draw_preferences.py --model runs/tiny/reasoning --corpus runs/tiny/corpus \
        --output runs/tiny/preferences.jsonl
    accelerate launch -q --cpu recipes/dpo.py --config recipes/dpo/evidence.yaml

Starts from the output of ``sft_reasoning.py``, which is also the reference, and writes the model
with its processor into ``output_dir``. It evaluates by generation on validation walks, as
``sft_reasoning.py`` does. With ``load_best_model_at_end`` the model before DPO is a candidate too
(step 0), and the last lines of the output say which step was kept.
"""

import copy
from dataclasses import dataclass, field

from transformers import EarlyStoppingCallback, set_seed
from trl import DPOConfig, ModelConfig

from agir_hf.corpus.loading import check_scores, load_corpus, num_scores_of, require_columns
from agir_hf.training.data import check_num_scores_of
from agir_hf.training.dpo import AgirDPOTrainer, build_preference_collators
from agir_hf.training.evidence_preferences import EVIDENCE
from agir_hf.training.generation_metrics import GenerationArguments, generation_settings
from agir_hf.training.initialization import load_trained_model
from agir_hf.training.losses import balanced_score_weights
from agir_hf.training.motion_encoding import encode_motions
from agir_hf.training.peft_utils import add_adapters, save_merged
from agir_hf.training.preference_rows import (
    edit_distance_statistics,
    evidence_rows,
    joined_pairs,
    kind_names,
    sample_kinds,
)
from agir_hf.training.script_arguments import parse_arguments
from agir_hf.training.script_utils import find_checkpoint, run, train

SPLITS = ("train", "validation")


@dataclass
class ScriptArguments(GenerationArguments):
    corpus: str = field(kw_only=True, metadata={"help": "Folder or Hub name of a corpus."})
    model: str = field(
        kw_only=True,
        metadata={"help": "Folder or Hub name of a model (output of sft_reasoning.py)."},
    )
    fold: str | None = field(
        default=None,
        metadata={
            "help": "Fold to train on, such as stratified/fold0; None uses the fixed splits."
        },
    )
    kinds: str = field(
        default="both",
        metadata={
            "help": "Kinds of rejected answers: irrelevant, counterfactual, same_score, both (the "
            "first two, as in the paper), all, evidence (with --preferences), or several joined by "
            "+, such as same_score+evidence."
        },
    )
    preferences: str | None = field(
        default=None,
        metadata={"help": "File of draw_preferences.py, the pairs of the kind evidence."},
    )
    pairs_per_kind: int | None = field(
        default=None,
        metadata={"help": "Largest number of random pairs of each kind; None uses all."},
    )
    language_weight: float = field(default=0.0, metadata={"help": "Weight of the language loss."})
    format_weight: float = field(default=0.0, metadata={"help": "Weight of the format loss."})
    class_weight: float = field(default=0.0, metadata={"help": "Weight of the class loss."})
    balance_scores: bool = field(
        default=True,
        metadata={"help": "Whether each score has the same total weight in the class loss."},
    )
    dpop_lambda: float = field(
        default=0.0, metadata={"help": "Factor λ of DPO-positive; 0 is plain DPO."}
    )
    freeze_encoder: bool = field(
        default=False,
        metadata={
            "help": "Whether the encoder and the token embeddings stay unchanged, and with them "
            "the probabilities of the model's probe."
        },
    )
    shortest_crop_s: float = field(
        default=3.0, metadata={"help": "Minimum length of a random crop, in seconds."}
    )
    training_data: str | None = field(
        default=None,
        metadata={"help": "Description of the training data, shown with every score."},
    )


def corpus_kinds(script: ScriptArguments) -> str:
    """Return the kinds that come from the corpus, joined by "+".

    Raises:
        ValueError: The kind "evidence" is named without a file, or a file without this kind.
    """
    names = kind_names(script.kinds)
    if (EVIDENCE in names) != (script.preferences is not None):
        raise ValueError(
            f"kinds is {script.kinds!r} and preferences {script.preferences!r}, expected a file "
            f"together with the kind {EVIDENCE}: pass both or neither"
        )
    return "+".join(name for name in names if name != EVIDENCE)


def encoded_pairs(script: ScriptArguments, corpus: dict, split: str, model, processor, seed: int):
    """Encode the pairs of a split, with those by evidence in training; None if there are none."""
    parts, kinds = [], corpus_kinds(script)
    if kinds:
        parts.append(sample_kinds(corpus[split], kinds, script.pairs_per_kind, seed))
    if script.preferences and split == "train":
        walks = load_corpus(script.corpus, "reasoning", (split,), script.fold)[split]
        parts.append(evidence_rows(walks, script.preferences, script.pairs_per_kind, seed))
    encoded = [encode_motions(part, model.vqvae, processor.feature_extractor) for part in parts]
    return joined_pairs(*encoded) if encoded else None


def check_rows(corpus: dict) -> None:
    """Check that the rows of training and validation have valid scores."""
    for split in SPLITS:
        for column in ("chosen_score", "rejected_score"):
            require_columns(corpus[split], ("id", column))
            check_scores(corpus[split], column)


def main() -> None:
    script, training, model_options = parse_arguments(ScriptArguments, DPOConfig, ModelConfig)
    set_seed(training.seed)
    checkpoint = find_checkpoint(training.output_dir, training.resume_from_checkpoint)
    corpus = load_corpus(script.corpus, "preference", SPLITS, script.fold)
    check_rows(corpus)
    model, processor = load_trained_model(script.model)
    num_scores = num_scores_of(corpus["train"], "chosen_score")
    check_num_scores_of(model, num_scores, script.model)
    model.config.training_data = script.training_data or model.config.training_data
    with training.main_process_first():
        rows = {
            split: encoded_pairs(script, corpus, split, model, processor, training.seed)
            for split in SPLITS
        }
    if training.eval_strategy != "no" and rows["validation"] is None:
        raise ValueError(
            f"kinds is {script.kinds!r}, of which there are no validation pairs: use "
            f"--eval_strategy no, or add a kind of the corpus, such as same_score+{EVIDENCE}"
        )
    weights = None
    if script.balance_scores:
        weights = balanced_score_weights(rows["train"]["chosen_score"], num_scores)
    training.eval_on_start |= training.load_best_model_at_end  # the model before DPO counts too
    generation = generation_settings(script, training, model, processor)
    trainer = AgirDPOTrainer(
        model=add_adapters(model, model_options),
        ref_model=None if model_options.use_peft else copy.deepcopy(model),
        args=training,
        train_dataset=rows["train"],
        eval_dataset=rows["validation"] if training.eval_strategy != "no" else None,
        processing_class=processor.tokenizer,
        kinds=script.kinds,
        language_weight=script.language_weight,
        format_weight=script.format_weight,
        class_weight=script.class_weight,
        score_weights=weights,
        dpop_lambda=script.dpop_lambda,
        freeze_encoder=script.freeze_encoder,
        generation=generation,
        callbacks=[EarlyStoppingCallback(script.patience)] if script.patience else None,
        **build_preference_collators(processor, script.shortest_crop_s, training.seed),
    )
    if trainer.is_world_process_zero():
        print("edit distance between chosen and rejected answers (0: equal, 1: no common word):")
        for kind, statistics in edit_distance_statistics(trainer.train_dataset).items():
            print(
                "  {}: mean {mean:.2f}, median {median:.2f}, quartiles {lower_quartile:.2f} and "
                "{upper_quartile:.2f}, {pairs} pairs".format(kind, **statistics)
            )
    train(trainer, checkpoint)
    save_merged(trainer, processor)
    if trainer.is_world_process_zero():
        print(f"preference stage: {training.output_dir}")


if __name__ == "__main__":
    run(main)
