"""The model card (README.md) that a training writes next to its weights."""

from ..constants_agir import NOTICE
from ..version import __version__

_CARD = """\
---
library_name: transformers
pipeline_tag: other
language: en
tags:
- gait
- human-motion
- agir
---

# {name}

{what} with the architecture of AGIR (Wang, Bobenrieth and Seo 2025, arXiv 2503.18141), trained
with agir-hf {version}. Training data: **{data}**.

{notice}
The score is a prediction from motion alone. Before you rely on it for people, measure its accuracy
on recordings that were not used in training.

## Use

```python
from transformers import AutoModel, AutoProcessor

model = AutoModel.from_pretrained("{address}", trust_remote_code=True)
processor = AutoProcessor.from_pretrained("{address}", trust_remote_code=True)
```

## Training

{terms}

| | |
|---|---|
{settings}

{figures}
"""
_SETTINGS = (
    "seed", "num_train_epochs", "max_steps", "per_device_train_batch_size",
    "gradient_accumulation_steps", "learning_rate", "lr_scheduler_type", "warmup_steps",
    "weight_decay", "train_sampling_strategy", "bf16",
)  # fmt: skip


def training_card(name: str, address: str, what: str, data: str | None, terms, args, state) -> str:
    """Write the model card of a trained model.

    Args:
        name: Name of the model, the title of the card.
        address: Name on the Hub, or folder.
        what: Kind of model, with which the first sentence begins.
        data: Training data; `None` is shown as "not stated".
        terms: Name of each term of the loss → its weight.
        args: `transformers.TrainingArguments` of the training.
        state: `transformers.TrainerState`; its last evaluation is shown.

    Returns:
        Text of the card in Markdown.
    """
    weighted_terms = [f"{weight:g} · {term}" for term, weight in terms.items() if weight]
    evaluations = [row for row in state.log_history if "eval_loss" in row]
    figures = "No evaluation was made during training."
    if evaluations:
        last = evaluations[-1]
        rows = "\n".join(
            f"| {key.removeprefix('eval_')} | {value:.4g} |"
            for key, value in last.items()
            if key.startswith("eval_") and not key.endswith(("runtime", "per_second"))
        )
        figures = (
            f"Validation split, step {last['step']} of {state.max_steps}. This is a check of the "
            "training, not a result: one split, no cross-validation, no baseline.\n\n"
            f"| | |\n|---|---|\n{rows}"
        )
    return _CARD.format(
        name=name,
        address=address,
        what=what,
        version=__version__,
        data=data or "not stated",
        notice=NOTICE,
        terms=f"Loss: {' + '.join(weighted_terms) or 'the loss of the model class'}; "
        f"{state.global_step} steps.",
        settings="\n".join(f"| {key} | {getattr(args, key, '')} |" for key in _SETTINGS),
        figures=figures,
    )
