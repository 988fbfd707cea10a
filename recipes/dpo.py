"""Ablation: the second stage's model, tuned on pairs of answers by preference.

    accelerate launch --cpu recipes/dpo.py --config recipes/dpo/config_tiny.yaml

Loss: L_DPO alone, or added to L_LM, L_fmt and L_cls of the chosen answers; with ``dpop_lambda`` it
is DPO-positive. The paper's runs are ``recipes/dpo/irrelevant.yaml``, ``counterfactual.yaml``,
``both.yaml`` and ``both_added.yaml``; ``dpop.yaml`` is ours. Starts from what ``sft_reasoning.py``
wrote, which is the reference too, and writes the model with its processor into ``output_dir``.
"""

import copy
from dataclasses import dataclass, field

from transformers import set_seed
from trl import DPOConfig, ModelConfig, TrlParser

from agir_hf.corpus.loading import check_scores, load_corpus, require_columns
from agir_hf.training.dpo import (
    AgirDPOTrainer,
    edit_distance_statistics,
    preference_collators,
)
from agir_hf.training.initialization import whole_model
from agir_hf.training.motion_encoding import with_codes
from agir_hf.training.peft_utils import adapters, save_merged
from agir_hf.training.script_utils import resume_point, run

SPLITS = ("train", "validation")


@dataclass
class ScriptArguments:
    corpus: str = field(metadata={"help": "folder or Hub name of a corpus"})
    model: str = field(metadata={"help": "what sft_reasoning.py wrote"})
    fold: str | None = field(default=None, metadata={"help": "such as stratified/fold0"})
    kinds: str = field(default="both", metadata={"help": "irrelevant, counterfactual or both"})
    language_weight: float = field(default=0.0, metadata={"help": "weight of the language loss"})
    format_weight: float = field(default=0.0, metadata={"help": "weight of the format loss"})
    class_weight: float = field(default=0.0, metadata={"help": "weight of the class loss"})
    dpop_lambda: float = field(default=0.0, metadata={"help": "λ of DPO-positive; 0 is plain DPO"})
    shortest_crop_s: float = field(default=3.0, metadata={"help": "shortest crop of a motion"})
    training_data: str | None = field(default=None, metadata={"help": "told with every score"})


def checked(corpus: dict) -> dict:
    """Rows of training and validation, with scores that there are."""
    for split in SPLITS:
        for column in ("chosen_score", "rejected_score"):
            require_columns(corpus[split], ("id", column))
            check_scores(corpus[split], column)
    return corpus


def main() -> None:
    parser = TrlParser((ScriptArguments, DPOConfig, ModelConfig))
    script, training, model_options = parser.parse_args_and_config()
    set_seed(training.seed)
    point = resume_point(training.output_dir, training.resume_from_checkpoint)
    corpus = checked(load_corpus(script.corpus, "preference", SPLITS, script.fold))
    model, processor = whole_model(script.model)
    model.config.training_data = script.training_data or model.config.training_data
    with training.main_process_first():
        rows = {
            split: with_codes(corpus[split], model.vqvae, processor.feature_extractor)
            for split in SPLITS
        }
    trainer = AgirDPOTrainer(
        model=adapters(model, model_options),
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
        **preference_collators(processor, script.shortest_crop_s, training.seed),
    )
    if trainer.is_world_process_zero():
        print("words of chosen and rejected answers, edit distance over the longer:")
        for kind, found in edit_distance_statistics(trainer.train_dataset).items():
            print(
                "  {}: mean {mean:.2f}, median {median:.2f}, quartiles {lower_quartile:.2f} and "
                "{upper_quartile:.2f}, of {pairs} pairs".format(kind, **found)
            )
    trainer.train(resume_from_checkpoint=point)
    save_merged(trainer, processor)
    if trainer.is_world_process_zero():
        print(f"preference stage: {training.output_dir}")


if __name__ == "__main__":
    run(main)
