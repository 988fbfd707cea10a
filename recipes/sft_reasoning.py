"""Second stage: instruction and motion → rationale and gait score.

    accelerate launch --cpu recipes/sft_reasoning.py --config recipes/reasoning/config_tiny.yaml

Loss: L_LM + λ_fmt · L_fmt + λ_cls · L_cls, and λ_ego · L_EGO with ``embedded_weight``. Starts from
what ``sft_generative.py`` wrote (``model``), or, for one stage alone, from what that recipe may
start from; writes the model with its processor into ``output_dir``. With
``--resume_from_checkpoint auto`` it goes on where it was stopped; with ``--use_peft`` it trains
low-rank adapters and the new tokens, and merges them.
"""

from collections import Counter
from dataclasses import dataclass, field

from transformers import EarlyStoppingCallback, set_seed
from trl import ModelConfig, SFTConfig, TrlParser

from agir_hf.corpus.loading import check_scores, load_corpus, require_columns, with_shuffled_scores
from agir_hf.training.collators import collators
from agir_hf.training.data import reasoning_example, with_descriptions
from agir_hf.training.generation_metrics import Generation
from agir_hf.training.initialization import StartArguments, corpus_texts, starting_model
from agir_hf.training.losses import balanced_score_weights
from agir_hf.training.motion_encoding import with_codes
from agir_hf.training.peft_utils import adapters, save_merged
from agir_hf.training.script_utils import resume_point, run
from agir_hf.training.trainers import AgirSFTTrainer

SPLITS = ("train", "validation")


@dataclass
class ScriptArguments(StartArguments):
    corpus: str = field(kw_only=True, metadata={"help": "folder or Hub name of a corpus"})
    fold: str | None = field(default=None, metadata={"help": "such as stratified/fold0"})
    format_weight: float = field(default=0.5, metadata={"help": "λ_fmt"})
    format_form: str = field(default="paper", metadata={"help": "paper or cross_entropy"})
    class_weight: float = field(default=0.5, metadata={"help": "λ_cls"})
    balance_scores: bool = field(default=True, metadata={"help": "weigh scores alike in L_cls"})
    embedded_weight: float = field(default=0.0, metadata={"help": "λ_ego; 0 leaves L_EGO out"})
    embedded_share: float = field(default=1.0, metadata={"help": "of answers with such a row"})
    shortest_crop_s: float = field(default=3.0, metadata={"help": "shortest crop of a motion"})
    hidden_share: float = field(default=0.0, metadata={"help": "share of codes that are masked"})
    shuffle_scores: bool = field(default=False, metadata={"help": "control: falls to chance"})
    generate: bool = field(default=True, metadata={"help": "evaluate by generation: CIDEr, scores"})
    generate_rows: int | None = field(default=None, metadata={"help": "of validation; all"})
    patience: int = field(default=0, metadata={"help": "evaluations without a better one; 0: all"})
    num_rationales: int = field(default=1, metadata={"help": "drawn and averaged in assessments"})
    rationale_temperature: float = field(default=1.0, metadata={"help": "at which they are drawn"})
    training_data: str | None = field(default=None, metadata={"help": "told with every score"})


def encoded(corpus: dict, described: dict, model, processor, embedded: bool) -> dict:
    """Rows of training and validation, with codes for motions."""
    rows = {}
    for split in SPLITS:
        require_columns(corpus[split], ("id", "motion", "rationale", "score"))
        check_scores(corpus[split])
        made = with_codes(corpus[split], model.vqvae, processor.feature_extractor)
        rows[split] = with_descriptions(made, described[split]) if embedded else made
    return rows


def main() -> None:
    parser = TrlParser((ScriptArguments, SFTConfig, ModelConfig))
    script, training, model_options = parser.parse_args_and_config()
    set_seed(training.seed)
    point = resume_point(training.output_dir, training.resume_from_checkpoint)
    training.dataset_kwargs = {"skip_prepare_dataset": True}
    corpus = load_corpus(script.corpus, "reasoning", SPLITS, script.fold)
    described = load_corpus(script.corpus, "generative", SPLITS, script.fold)
    model, processor = starting_model(script, corpus_texts(described["train"], corpus["train"]))
    model.config.training_data = script.training_data or model.config.training_data
    model.config.num_rationales = script.num_rationales
    model.config.rationale_temperature = script.rationale_temperature
    embedded = bool(script.embedded_weight)
    if script.shuffle_scores:
        corpus["train"] = with_shuffled_scores(corpus["train"], training.seed)
    with training.main_process_first():
        rows = encoded(corpus, described, model, processor, embedded)
    scores = {split: Counter(rows[split]["score"]) for split in rows}
    weights = balanced_score_weights(rows["train"]["score"]) if script.balance_scores else None
    trainer = AgirSFTTrainer(
        model=adapters(model, model_options),
        args=training,
        train_dataset=rows["train"],
        eval_dataset=rows["validation"],
        processing_class=processor.tokenizer,
        format_weight=script.format_weight,
        format_form=script.format_form,
        class_weight=script.class_weight,
        score_weights=weights,
        embedded_weight=script.embedded_weight,
        generation=Generation(processor, script.generate_rows) if script.generate else None,
        callbacks=[EarlyStoppingCallback(script.patience)] if script.patience else None,
        **collators(
            processor,
            reasoning_example,
            script.shortest_crop_s,
            training.seed,
            script.embedded_share if embedded else 0.0,
            script.hidden_share,
        ),
    )
    if trainer.is_world_process_zero():
        for split, found in scores.items():
            print(f"walks of each score in {split}: {sorted(found.items())}")
        print(f"weights of the scores in L_cls: {weights or 'alike'}")
    trainer.train(resume_from_checkpoint=point)
    save_merged(trainer, processor)
    if trainer.is_world_process_zero():
        print(f"second stage: {training.output_dir}")


if __name__ == "__main__":
    run(main)
