"""Second stage: instruction and motion → rationale and gait score.

    accelerate launch --cpu recipes/sft_reasoning.py --config recipes/reasoning/config_tiny.yaml

Loss: L_LM + λ_fmt · L_fmt + λ_cls · L_cls. Starts from what ``sft_generative.py`` wrote and writes
the model with its processor into ``output_dir``.
"""

from collections import Counter
from dataclasses import dataclass, field

from transformers import set_seed
from trl import SFTConfig, TrlParser

from agir_hf import AgirForGaitAssessment, AgirProcessor
from agir_hf.training.collators import collators
from agir_hf.training.data import load_corpus, reasoning_example
from agir_hf.training.trainers import AgirSFTTrainer


@dataclass
class ScriptArguments:
    corpus: str = field(metadata={"help": "folder or Hub name of a corpus"})
    model: str = field(metadata={"help": "what sft_generative.py wrote"})
    format_weight: float = field(default=0.5, metadata={"help": "weight of the format loss"})
    class_weight: float = field(default=0.5, metadata={"help": "weight of the class loss"})
    shortest_crop_s: float = field(default=3.0, metadata={"help": "shortest crop of a motion"})
    training_data: str | None = field(default=None, metadata={"help": "told with every score"})


def main() -> None:
    script, training = TrlParser((ScriptArguments, SFTConfig)).parse_args_and_config()
    set_seed(training.seed)
    training.dataset_kwargs = {"skip_prepare_dataset": True}
    corpus = load_corpus(script.corpus, "reasoning")
    model = AgirForGaitAssessment.from_pretrained(script.model)
    processor = AgirProcessor.from_pretrained(script.model)
    model.config.training_data = script.training_data or model.config.training_data
    trainer = AgirSFTTrainer(
        model=model,
        args=training,
        train_dataset=corpus["train"],
        eval_dataset=corpus["validation"],
        processing_class=processor.tokenizer,
        format_weight=script.format_weight,
        class_weight=script.class_weight,
        **collators(processor, model.vqvae, reasoning_example, script.shortest_crop_s),
    )
    if trainer.is_world_process_zero():
        for split in ("train", "validation"):
            print(
                f"walks of each score in {split}: {sorted(Counter(corpus[split]['score']).items())}"
            )
    trainer.train()
    trainer.save_model()
    if trainer.is_world_process_zero():
        processor.save_pretrained(training.output_dir)
        print(f"second stage: {training.output_dir}")


if __name__ == "__main__":
    main()
