"""Ablation: fine-tune the model of the second stage on preference pairs of answers.

    accelerate launch --cpu recipes/dpo.py --config recipes/dpo/config_tiny.yaml

Loss: L_DPO, or its sum with L_LM, L_fmt and L_cls of the chosen answers; ``dpop_lambda`` makes it
DPO-positive. The configurations of the paper are ``recipes/dpo/irrelevant.yaml``,
``counterfactual.yaml``, ``both.yaml`` and ``both_added.yaml``; ``dpop.yaml`` is an addition.
Starts from the output of ``sft_reasoning.py``, which is also the reference, and writes the model
with its processor into ``output_dir``.
"""

import copy
from dataclasses import dataclass, field

from transformers import set_seed
from trl import DPOConfig, ModelConfig, TrlParser

from agir_hf.corpus.loading import check_scores, load_corpus, require_columns
from agir_hf.training.dpo import (
    AgirDPOTrainer,
    build_preference_collators,
    edit_distance_statistics,
)
from agir_hf.training.initialization import load_trained_model
from agir_hf.training.motion_encoding import encode_motions
from agir_hf.training.peft_utils import add_adapters, save_merged
from agir_hf.training.script_utils import find_checkpoint, run

SPLITS = ("train", "validation")


@dataclass
class ScriptArguments:
    corpus: str = field(metadata={"help": "Folder or Hub name of a corpus."})
    model: str = field(
        metadata={"help": "Folder or Hub name of a model (output of sft_reasoning.py)."}
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
            "first two, as in the paper) or all."
        },
    )
    language_weight: float = field(default=0.0, metadata={"help": "Weight of the language loss."})
    format_weight: float = field(default=0.0, metadata={"help": "Weight of the format loss."})
    class_weight: float = field(default=0.0, metadata={"help": "Weight of the class loss."})
    dpop_lambda: float = field(
        default=0.0, metadata={"help": "Factor λ of DPO-positive; 0 is plain DPO."}
    )
    shortest_crop_s: float = field(
        default=3.0, metadata={"help": "Minimum length of a random crop, in seconds."}
    )
    training_data: str | None = field(
        default=None,
        metadata={"help": "Description of the training data, shown with every score."},
    )


def check_rows(corpus: dict) -> None:
    """Check that the rows of training and validation have valid scores."""
    for split in SPLITS:
        for column in ("chosen_score", "rejected_score"):
            require_columns(corpus[split], ("id", column))
            check_scores(corpus[split], column)


def main() -> None:
    parser = TrlParser((ScriptArguments, DPOConfig, ModelConfig))
    script, training, model_options = parser.parse_args_and_config()
    set_seed(training.seed)
    checkpoint = find_checkpoint(training.output_dir, training.resume_from_checkpoint)
    corpus = load_corpus(script.corpus, "preference", SPLITS, script.fold)
    check_rows(corpus)
    model, processor = load_trained_model(script.model)
    model.config.training_data = script.training_data or model.config.training_data
    with training.main_process_first():
        rows = {
            split: encode_motions(corpus[split], model.vqvae, processor.feature_extractor)
            for split in SPLITS
        }
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
        dpop_lambda=script.dpop_lambda,
        **build_preference_collators(processor, script.shortest_crop_s, training.seed),
    )
    if trainer.is_world_process_zero():
        print("edit distance between chosen and rejected answers (0: equal, 1: no common word):")
        for kind, statistics in edit_distance_statistics(trainer.train_dataset).items():
            print(
                "  {}: mean {mean:.2f}, median {median:.2f}, quartiles {lower_quartile:.2f} and "
                "{upper_quartile:.2f}, {pairs} pairs".format(kind, **statistics)
            )
    trainer.train(resume_from_checkpoint=checkpoint)
    save_merged(trainer, processor)
    if trainer.is_world_process_zero():
        print(f"preference stage: {training.output_dir}")


if __name__ == "__main__":
    run(main)
