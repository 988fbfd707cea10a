"""Second stage: instruction and motion → rationale and gait score.

    accelerate launch -q --cpu recipes/sft_reasoning.py --config recipes/reasoning/config_tiny.yaml

Loss: L_LM + λ_fmt · L_fmt + λ_cls · L_cls, and λ_ego · L_EGO with ``embedded_weight``. Starts from
the output of ``sft_generative.py`` (``model``), or, if only this stage is trained, from any
starting point of ``sft_generative.py``. Writes the model with its processor into ``output_dir``.
``--resume_from_checkpoint auto`` resumes an interrupted training; ``--use_peft`` trains low-rank
adapters and the new tokens only, and merges them.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from transformers import EarlyStoppingCallback, set_seed
from trl import ModelConfig, SFTConfig

from agir_hf.corpus.loading import (
    check_scores,
    load_corpus,
    num_scores_of,
    require_columns,
    with_shuffled_scores,
)
from agir_hf.training.codebook_rows import add_codebook_rows
from agir_hf.training.collators import build_collators
from agir_hf.training.data import reasoning_example, with_descriptions, with_targets
from agir_hf.training.generation_metrics import GenerationArguments, generation_settings
from agir_hf.training.initialization import StartArguments, add_probe, corpus_texts, starting_model
from agir_hf.training.losses import balanced_score_weights, grade_and_side_words, token_weights
from agir_hf.training.motion_encoding import encode_motions
from agir_hf.training.parameter_targets import TargetScale
from agir_hf.training.peft_utils import add_adapters, save_merged
from agir_hf.training.script_arguments import parse_arguments
from agir_hf.training.script_utils import find_checkpoint, run, train
from agir_hf.training.trainers import AgirSFTTrainer

SPLITS = ("train", "validation")


@dataclass
class ScriptArguments(GenerationArguments, StartArguments):
    corpus: str = field(kw_only=True, metadata={"help": "Folder or Hub name of a corpus."})
    fold: str | None = field(
        default=None,
        metadata={
            "help": "Fold to train on, such as stratified/fold0; None uses the fixed splits."
        },
    )
    format_weight: float = field(
        default=0.5, metadata={"help": "Weight of the format loss (λ_fmt)."}
    )
    format_form: str = field(
        default="paper", metadata={"help": "Form of the format loss: paper or cross_entropy."}
    )
    class_weight: float = field(default=0.5, metadata={"help": "Weight of the class loss (λ_cls)."})
    balance_scores: bool = field(
        default=True,
        metadata={"help": "Whether each score has the same total weight in the class loss."},
    )
    probe_loss_weight: float = field(
        default=0.0,
        metadata={
            "help": "Weight of the loss of the probe, which is then part of the model; 0: no probe."
        },
    )
    parameter_weight: float = field(
        default=0.0,
        metadata={
            "help": "Weight of an auxiliary loss on measured gait parameters, so that the motion "
            "embedding keeps them; 0: not used."
        },
    )
    grade_weight: float = field(
        default=1.0,
        metadata={"help": "Weight of the tokens of grades and sides in the language loss."},
    )
    use_references: bool = field(
        default=False,
        metadata={
            "help": "Whether the target is drawn from all reference texts of a walk in each epoch."
        },
    )
    read_mirror_image: bool = field(
        default=False,
        metadata={
            "help": "Whether assessments also read the mirror image; needs a tokenizer with "
            "mirror_images."
        },
    )
    embedded_weight: float = field(
        default=0.0,
        metadata={"help": "Weight of the embedded generative objective (λ_ego); 0: not used."},
    )
    embedded_share: float = field(
        default=1.0,
        metadata={"help": "Share (0 to 1) of the answers with an embedded generative example."},
    )
    shortest_crop_s: float = field(
        default=3.0, metadata={"help": "Minimum length of a random crop, in seconds."}
    )
    hidden_share: float = field(
        default=0.0,
        metadata={"help": "Share (0 to 1) of motion codes masked in a random half of the prompts."},
    )
    shuffle_scores: bool = field(
        default=False,
        metadata={"help": "Whether to shuffle the training scores over subjects (a control)."},
    )
    num_rationales: int = field(
        default=1,
        metadata={"help": "Rationales that an assessment samples and averages over."},
    )
    score_rationales: int | None = field(
        default=None,
        metadata={"help": "Rationales whose score probabilities are averaged; None: all."},
    )
    rationale_temperature: float = field(
        default=1.0, metadata={"help": "Sampling temperature of these rationales."}
    )
    training_data: str | None = field(
        default=None,
        metadata={"help": "Description of the training data, shown with every score."},
    )


def encode_splits(
    corpus: dict, generative: dict, model, processor, embedded: bool, use_references: bool
) -> dict:
    """Encode the motions of both splits; add descriptions if there is an embedded objective."""
    rows = {}
    for split in SPLITS:
        require_columns(corpus[split], ("id", "motion", "rationale", "score"))
        check_scores(corpus[split])
        source = corpus[split]
        if not use_references and "references" in source.column_names:
            source = source.remove_columns("references")
        encoded = encode_motions(source, model.vqvae, processor.feature_extractor)
        rows[split] = with_descriptions(encoded, generative[split]) if embedded else encoded
    return rows


def grade_weights(tokenizer, weight: float):
    """Weights of the tokens of grades and sides, or None for the weight 1.

    Args:
        tokenizer: Tokenizer of the model.
        weight: Weight of these tokens.
    """
    return None if weight == 1 else token_weights(tokenizer, grade_and_side_words(), weight)


def main() -> None:
    script, training, model_options = parse_arguments(ScriptArguments, SFTConfig, ModelConfig)
    set_seed(training.seed)
    checkpoint = find_checkpoint(training.output_dir, training.resume_from_checkpoint)
    training.dataset_kwargs = {"skip_prepare_dataset": True}
    corpus = load_corpus(script.corpus, "reasoning", SPLITS, script.fold)
    generative = load_corpus(script.corpus, "generative", SPLITS, script.fold)
    texts = corpus_texts(generative["train"], corpus["train"])
    num_scores = num_scores_of(corpus["train"])
    model, processor = starting_model(script, texts, num_scores)
    model.config.training_data = script.training_data or model.config.training_data
    model.config.num_rationales = script.num_rationales
    model.config.score_rationales = script.score_rationales
    model.config.rationale_temperature = script.rationale_temperature
    model.config.read_mirror_image = script.read_mirror_image
    if script.codebook_rows:
        add_codebook_rows(model)
    if script.probe_loss_weight:
        add_probe(model)
    embedded = bool(script.embedded_weight)
    if script.shuffle_scores:
        corpus["train"] = with_shuffled_scores(corpus["train"], training.seed)
    with training.main_process_first():
        rows = encode_splits(corpus, generative, model, processor, embedded, script.use_references)
        num_targets = 0
        if script.parameter_weight:
            motions = load_corpus(script.corpus, "motion", SPLITS, script.fold)
            scale = TargetScale.fit(motions["train"].with_format(None)["parameters"])
            rows = {split: with_targets(rows[split], motions[split], scale) for split in SPLITS}
            num_targets = len(scale.names)
    counts = {split: Counter(rows[split]["score"]) for split in rows}
    weights = None
    if script.balance_scores:
        weights = balanced_score_weights(rows["train"]["score"], num_scores)
    generation = generation_settings(script, training, model, processor)
    trainer = AgirSFTTrainer(
        model=add_adapters(model, model_options),
        args=training,
        train_dataset=rows["train"],
        eval_dataset=rows["validation"],
        processing_class=processor.tokenizer,
        format_weight=script.format_weight,
        format_form=script.format_form,
        class_weight=script.class_weight,
        score_weights=weights,
        embedded_weight=script.embedded_weight,
        probe_loss_weight=script.probe_loss_weight,
        parameter_weight=script.parameter_weight,
        num_targets=num_targets,
        token_weights=grade_weights(processor.tokenizer, script.grade_weight),
        generation=generation,
        callbacks=[EarlyStoppingCallback(script.patience)] if script.patience else None,
        **build_collators(
            processor,
            partial(reasoning_example, num_scores=num_scores),
            script.shortest_crop_s,
            training.seed,
            script.embedded_share if embedded else 0.0,
            script.hidden_share,
        ),
    )
    if trainer.is_world_process_zero():
        for split, scores in counts.items():
            print(f"walks of each score in {split}: {sorted(scores.items())}")
        print(f"weights of the scores in L_cls: {weights or 'all 1'}")
    train(trainer, checkpoint)
    save_merged(trainer, processor)
    if trainer.is_world_process_zero():
        print(f"second stage: {training.output_dir}")


if __name__ == "__main__":
    run(main)
