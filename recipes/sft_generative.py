"""First stage: motion ↔ description of feet and arms, in both directions.

    accelerate launch --cpu recipes/sft_generative.py --config recipes/generative/config_tiny.yaml

Starts from a whole model (``model``: one that ``agir convert-motiongpt`` made, say), from a T5
(``t5: google/flan-t5-base``) and a VQ-VAE, or from scratch with a small vocabulary of the corpus.
Writes the model with its processor into ``output_dir``. With ``--resume_from_checkpoint auto`` it
goes on where it was stopped; with ``--use_peft`` it trains low-rank adapters and the new tokens.
"""

from dataclasses import dataclass, field

from transformers import set_seed
from trl import ModelConfig, SFTConfig, TrlParser

from agir_hf.corpus.loading import load_corpus, require_columns
from agir_hf.training.collators import collators
from agir_hf.training.data import generative_example
from agir_hf.training.initialization import StartArguments, corpus_texts, starting_model
from agir_hf.training.motion_encoding import with_codes
from agir_hf.training.peft_utils import adapters, save_merged
from agir_hf.training.script_utils import resume_point, run
from agir_hf.training.trainers import AgirSFTTrainer

SPLITS = ("train", "validation")


@dataclass
class ScriptArguments(StartArguments):
    corpus: str = field(kw_only=True, metadata={"help": "folder or Hub name of a corpus"})
    fold: str | None = field(default=None, metadata={"help": "such as stratified/fold0"})
    shortest_crop_s: float = field(default=3.0, metadata={"help": "shortest crop of a motion"})
    training_data: str | None = field(default=None, metadata={"help": "told with every score"})


def main() -> None:
    parser = TrlParser((ScriptArguments, SFTConfig, ModelConfig))
    script, training, model_options = parser.parse_args_and_config()
    set_seed(training.seed)
    point = resume_point(training.output_dir, training.resume_from_checkpoint)
    training.dataset_kwargs = {"skip_prepare_dataset": True}
    corpus = load_corpus(script.corpus, "generative", SPLITS, script.fold)
    for split in SPLITS:
        require_columns(corpus[split], ("id", "motion", "part", "description"))
    scored = load_corpus(script.corpus, "reasoning", SPLITS, script.fold)
    texts = corpus_texts(corpus["train"], scored["train"])
    model, processor = starting_model(script, texts)
    model.config.training_data = script.training_data or model.config.training_data
    with training.main_process_first():
        rows = {
            split: with_codes(corpus[split], model.vqvae, processor.feature_extractor)
            for split in SPLITS
        }
    trainer = AgirSFTTrainer(
        model=adapters(model, model_options),
        args=training,
        train_dataset=rows["train"],
        eval_dataset=rows["validation"],
        processing_class=processor.tokenizer,
        **collators(processor, generative_example, script.shortest_crop_s, training.seed),
    )
    trainer.train(resume_from_checkpoint=point)
    save_merged(trainer, processor)
    if trainer.is_world_process_zero():
        print(f"first stage: {training.output_dir}")


if __name__ == "__main__":
    run(main)
