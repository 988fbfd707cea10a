r"""First stage: motion ↔ description of feet and arms, in both directions.

    accelerate launch -q --cpu recipes/sft_generative.py \
        --config recipes/generative/config_tiny.yaml

Starts from a complete model (``model``, for example the output of ``agir convert-motiongpt``), from
a T5 (``t5: google/flan-t5-base``) and a VQ-VAE, or from scratch with a small vocabulary made from
the corpus. Writes the model with its processor into ``output_dir``. ``--resume_from_checkpoint
auto`` resumes an interrupted training; ``--use_peft`` trains low-rank adapters and the new tokens
only.
"""

from dataclasses import dataclass, field

from transformers import set_seed
from trl import ModelConfig, SFTConfig

from agir_hf.corpus.loading import load_corpus, num_scores_of, require_columns
from agir_hf.training.codebook_rows import add_codebook_rows
from agir_hf.training.collators import build_collators
from agir_hf.training.data import generative_example
from agir_hf.training.initialization import StartArguments, corpus_texts, starting_model
from agir_hf.training.motion_encoding import encode_motions
from agir_hf.training.peft_utils import add_adapters, save_merged
from agir_hf.training.script_arguments import parse_arguments
from agir_hf.training.script_utils import find_checkpoint, run, train
from agir_hf.training.trainers import AgirSFTTrainer

SPLITS = ("train", "validation")


@dataclass
class ScriptArguments(StartArguments):
    corpus: str = field(kw_only=True, metadata={"help": "Folder or Hub name of a corpus."})
    fold: str | None = field(
        default=None,
        metadata={
            "help": "Fold to train on, such as stratified/fold0; None uses the fixed splits."
        },
    )
    shortest_crop_s: float = field(
        default=3.0, metadata={"help": "Minimum length of a random crop, in seconds."}
    )
    training_data: str | None = field(
        default=None,
        metadata={"help": "Description of the training data, shown with every score."},
    )


def main() -> None:
    script, training, model_options = parse_arguments(ScriptArguments, SFTConfig, ModelConfig)
    set_seed(training.seed)
    checkpoint = find_checkpoint(training.output_dir, training.resume_from_checkpoint)
    training.dataset_kwargs = {"skip_prepare_dataset": True}
    corpus = load_corpus(script.corpus, "generative", SPLITS, script.fold)
    for split in SPLITS:
        require_columns(corpus[split], ("id", "motion", "part", "description"))
    reasoning = load_corpus(script.corpus, "reasoning", SPLITS, script.fold)
    texts = corpus_texts(corpus["train"], reasoning["train"])
    model, processor = starting_model(script, texts, num_scores_of(reasoning["train"]))
    model.config.training_data = script.training_data or model.config.training_data
    if script.codebook_rows:
        add_codebook_rows(model)
    with training.main_process_first():
        rows = {
            split: encode_motions(corpus[split], model.vqvae, processor.feature_extractor)
            for split in SPLITS
        }
    trainer = AgirSFTTrainer(
        model=add_adapters(model, model_options),
        args=training,
        train_dataset=rows["train"],
        eval_dataset=rows["validation"],
        processing_class=processor.tokenizer,
        **build_collators(processor, generative_example, script.shortest_crop_s, training.seed),
    )
    train(trainer, checkpoint)
    save_merged(trainer, processor)
    if trainer.is_world_process_zero():
        print(f"first stage: {training.output_dir}")


if __name__ == "__main__":
    run(main)
