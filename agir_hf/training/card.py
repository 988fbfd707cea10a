"""The card of a model that was just trained: what it is, of what, how, and what it is not for."""

from ..version import __version__

NOTICE = (
    "Research use only, not a medical device. A score is the model's guess from motion alone; what "
    "it is worth on people has to be measured on recordings that it has not seen."
)
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

{what} in AGIR's form (Wang, Bobenrieth and Seo 2025, arXiv 2503.18141), trained with agir-hf
{version}. Training data: **{data}**.

{notice}

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
    """Markdown of the card.

    Args:
        name: of the model.
        address: Hub name or folder.
        what: the kind of model.
        data: what it was trained on; None is said to be not stated.
        terms: name of each term of the loss → its weight.
        args: `transformers.TrainingArguments`.
        state: `transformers.TrainerState`; its last evaluation is told.
    """
    told = [f"{weight:g} · {term}" for term, weight in terms.items() if weight]
    evaluated = [row for row in state.log_history if "eval_loss" in row]
    figures = "No evaluation was made in training."
    if evaluated:
        last = evaluated[-1]
        rows = "\n".join(
            f"| {key.removeprefix('eval_')} | {value:.4g} |"
            for key, value in last.items()
            if key.startswith("eval_") and not key.endswith(("runtime", "per_second"))
        )
        figures = (
            f"On the validation split, at step {last['step']} of {state.max_steps}; one split, no "
            f"folds, no baseline beside it: a check of the training, not a result.\n\n"
            f"| | |\n|---|---|\n{rows}"
        )
    return _CARD.format(
        name=name,
        address=address,
        what=what,
        version=__version__,
        data=data or "not stated",
        notice=NOTICE,
        terms=f"Loss: {' + '.join(told) or 'as its class says'}; {state.global_step} steps.",
        settings="\n".join(f"| {key} | {getattr(args, key, '')} |" for key in _SETTINGS),
        figures=figures,
    )
