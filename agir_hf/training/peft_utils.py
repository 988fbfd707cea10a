"""Low-rank adapters (LoRA) on the attention and feed-forward layers, with trainable new tokens.

A T5 shares its embeddings between encoder and decoder. PEFT trains single rows of shared embeddings
only if the tie is declared (`_tied_weights_keys` and ``ensure_weight_tying``). The head is a
separate matrix, and its rows of the new tokens are trained too.
"""

from trl import ModelConfig

from ..modeling_agir import AgirForGaitAssessment
from .codebook_rows import write_codebook_rows
from .parameter_targets import HEAD

# every linear layer of encoder and decoder, by T5's names
_TARGETS = r"model\.(encoder|decoder)\.block\..*\.(q|k|v|o|wi|wi_0|wi_1|wo)"


def add_adapters(model: AgirForGaitAssessment, options: ModelConfig):
    """Wrap a model in a `peft.PeftModel`, if ``options.use_peft``.

    Trainable are adapters of rank ``lora_r`` on every linear layer (or on
    ``lora_target_modules``), and the rows of motion and answer tokens in embeddings and head.

    Args:
        model: Complete model (T5 and motion tokenizer).
        options: Options of the recipe for adapters.

    Returns:
        The model itself, or a `peft.PeftModel` around it.

    Raises:
        ImportError: The package peft is not installed.
    """
    if not options.use_peft:
        return model
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise ImportError('adapters need peft: pip install "agir-hf[train]"') from error
    config = model.config
    first = config.motion_token_offset
    added = list(range(first, first + config.num_added_tokens))
    config.tie_word_embeddings = True  # read by PEFT; `merge_adapters` resets it
    adapted = get_peft_model(
        model,
        LoraConfig(
            r=options.lora_r,
            lora_alpha=options.lora_alpha,
            lora_dropout=options.lora_dropout,
            use_rslora=options.use_rslora,
            target_modules=options.lora_target_modules or _TARGETS,
            trainable_token_indices={"shared": added, "lm_head": added},
            ensure_weight_tying=True,
        ),
    )
    adapted.get_base_model().lm_head.register_parameter("bias", None)  # read by TRL's fused head
    return adapted


def merge_adapters(model) -> AgirForGaitAssessment:
    """Add the adapters of a model, if it has any, to its weights.

    Args:
        model: [`AgirForGaitAssessment`], or a `peft.PeftModel` around it.

    Returns:
        The model without adapters.
    """
    if hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload()
        model.config.tie_word_embeddings = False
    return model


def save_merged(trainer, processor) -> None:
    """Write the trained model, with adapters merged, its processor and card into ``output_dir``.

    With ``push_to_hub`` it is also uploaded to the Hub.

    Args:
        trainer: Trainer after training.
        processor: Processor of the model.
    """
    trainer.model = merge_adapters(trainer.accelerator.unwrap_model(trainer.model))
    write_codebook_rows(trainer.model)
    if hasattr(trainer.model, HEAD):
        delattr(trainer.model, HEAD)
    trainer.save_model()
    if trainer.is_world_process_zero():
        processor.save_pretrained(trainer.args.output_dir)
    trainer.create_model_card()
    if trainer.args.push_to_hub:
        trainer.push_to_hub()
