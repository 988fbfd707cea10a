"""First stage: motion ↔ description of feet and arms, in both directions.

    accelerate launch --cpu recipes/sft_generative.py --config recipes/generative/config_tiny.yaml

Starts from a T5 (``t5: google/flan-t5-base``), or from scratch with a small vocabulary of the
corpus (``t5`` empty). Writes the model with its processor into ``output_dir``.
"""

from dataclasses import dataclass, field

from transformers import (
    AutoFeatureExtractor,
    AutoTokenizer,
    T5Config,
    T5ForConditionalGeneration,
    set_seed,
)
from trl import SFTConfig, TrlParser

from agir_hf import AgirForGaitAssessment, AgirProcessor, MotionVQVAE
from agir_hf.corpus.templates import instructions
from agir_hf.training.collators import collators
from agir_hf.training.data import generative_example, load_corpus
from agir_hf.training.tokenizer import train_t5_tokenizer
from agir_hf.training.trainers import AgirSFTTrainer


@dataclass
class ScriptArguments:
    corpus: str = field(metadata={"help": "folder or Hub name of a corpus"})
    vqvae: str = field(metadata={"help": "what train_vqvae.py wrote"})
    t5: str | None = field(default=None, metadata={"help": "T5 to start from; none: from scratch"})
    vocabulary_size: int = field(default=1200, metadata={"help": "from scratch: entries"})
    d_model: int = field(default=128, metadata={"help": "from scratch: width"})
    d_ff: int = field(default=384, metadata={"help": "from scratch: width of feed-forward"})
    num_layers: int = field(default=3, metadata={"help": "from scratch: layers of each stack"})
    shortest_crop_s: float = field(default=3.0, metadata={"help": "shortest crop of a motion"})
    training_data: str | None = field(default=None, metadata={"help": "told with every score"})


def start(script: ScriptArguments, corpus) -> tuple[AgirForGaitAssessment, AgirProcessor]:
    """The model before training, and its processor."""
    vqvae = MotionVQVAE.from_pretrained(script.vqvae)
    extractor = AutoFeatureExtractor.from_pretrained(script.vqvae)
    if script.t5:
        tokenizer = AutoTokenizer.from_pretrained(script.t5)
        t5 = T5ForConditionalGeneration.from_pretrained(script.t5)
    else:
        texts = list(corpus["train"]["description"])
        texts += list(load_corpus(script.corpus, "reasoning")["train"]["rationale"])
        texts += [text for templates in instructions().values() for text in templates]
        tokenizer = train_t5_tokenizer(texts, script.vocabulary_size)
        t5 = T5ForConditionalGeneration(
            T5Config(
                vocab_size=len(tokenizer),
                d_model=script.d_model,
                d_kv=script.d_model // 4,
                d_ff=script.d_ff,
                num_layers=script.num_layers,
                num_heads=4,
                feed_forward_proj="gated-gelu",
                decoder_start_token_id=tokenizer.pad_token_id,
            )
        )
    model = AgirForGaitAssessment.from_t5(t5, vqvae, tokenizer)
    model.config.training_data = script.training_data
    processor = AgirProcessor.from_t5(
        tokenizer, extractor.mean, extractor.std, vqvae.config.codebook_size
    )
    return model, processor


def main() -> None:
    script, training = TrlParser((ScriptArguments, SFTConfig)).parse_args_and_config()
    set_seed(training.seed)
    training.dataset_kwargs = {"skip_prepare_dataset": True}
    corpus = load_corpus(script.corpus, "generative")
    model, processor = start(script, corpus)
    trainer = AgirSFTTrainer(
        model=model,
        args=training,
        train_dataset=corpus["train"],
        eval_dataset=corpus["validation"],
        processing_class=processor.tokenizer,
        **collators(processor, model.vqvae, generative_example, script.shortest_crop_s),
    )
    trainer.train()
    trainer.save_model()
    if trainer.is_world_process_zero():
        processor.save_pretrained(training.output_dir)
        print(f"first stage: {training.output_dir}")


if __name__ == "__main__":
    main()
