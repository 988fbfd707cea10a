"""The card of a model that is published, made of what the model's folder tells.

A card that lies beside the model (`agir_hf.training.card` and ``recipes/tiny/train.py`` write one)
is the middle of it; what every published model has to say is put around it, and nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..evaluation.reporting.model_index import card_section, eval_results
from ..evaluation.reporting.results import Results
from ..evaluation.reporting.split_results import SplitResults, split_eval_results, split_section
from ..training.card import NOTICE

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

TAGS = ("gait", "human-motion", "gait-assessment", "agir")
LIBRARY, PIPELINE, LANGUAGE, LICENCE = "transformers", "other", "en", "apache-2.0"
_LEAD = """\
A motion language model that scores gait with reasons, in AGIR's form (Wang, Bobenrieth and Seo
2025, arXiv 2503.18141)."""
_TRAINED = "**Trained on: {data}.**"
_USE = """\
```python
import numpy as np
from transformers import pipeline

assess = pipeline("gait-assessment", model="{repo}", {revision}trust_remote_code=True)
joints = np.load("walk.npy")  # (frames, 22, 3) metres, Y up, 20 frames a second
print(assess(joints))
```

Joints are HumanML3D's 22, in its order; its features (frames, 263) do as well. The same by hand:

```python
from transformers import AutoModel, AutoProcessor

model = AutoModel.from_pretrained("{repo}", {revision}trust_remote_code=True)
processor = AutoProcessor.from_pretrained("{repo}", {revision}trust_remote_code=True)
outputs = model.generate_assessment(**processor(motion=joints))
print(processor.decode_assessments(outputs)[0])
```

With the package agir-hf installed no remote code is needed, and
`agir assess walk.c3d --model {repo}` reads recordings (C3D, TRC, BVH, AMASS) and marks each claim
of the rationale as supported, contradicted or not measurable."""
_INTENDED = """\
Research and teaching on gait from 3D motion: to compare methods on labelled walks, to study
rationales against measured gait, to try the software. A motion of one person of at least one
second goes in; a score of 0, 1 or 2 for the gait item of the MDS-UPDRS with its probabilities and a
rationale comes out. Not for diagnosis, for following or treating anybody, or for any decision about
a person."""
_LIMITS = """\
- It knows the scores 0, 1 and 2 alone: a walk that would be scored 3 or 4 gets one of these.
- It judges from motion tokens alone. What the motion tokenizer loses, it does not see; freezing,
  turning and walking aids are not scored as such.
- A rationale is generated text, and can be wrong: hold its claims against measured gait.
- {probabilities}
- It was trained on: {data}. {reach}
- Rationales and instructions are English."""
_OTHERS = """\
What it is worth with other cameras, marker sets, ages
  and disorders has to be measured."""
_NOBODY = """\
Nobody walked, so it says nothing reliable about a
  person, and the figures below hold of simulated walkers alone."""
_FITTED = "Probabilities were fitted on validation walks; on other recordings they need not hold."
_RAW = "Probabilities are as the model gives them: they were not fitted, and may be too sure."
_NO_EVALUATION = "No evaluation came with this model: how good it is, is not known."
# A card tells its figures if it has this head, or a table with a line of this kind.
_HAS_FIGURES = re.compile(r"^(?:## Evaluation\b|\| accuracy \|)", re.MULTILINE)


@dataclass(frozen=True)
class CardFacts:
    """What a card is made of.

    Attributes:
        repo: "name" or "owner/name".
        tag: of the revision, or None.
        training_data: of the model's configuration; None is said to be not stated.
        calibrated: whether its probabilities were fitted.
        source: the card that lies beside the model, or "".
        results: its evaluation, or None.
        row: of ``results``, where it has several.
        datasets: names on the Hub of what it was trained on.
        base_model: name on the Hub of what it was trained from.
    """

    repo: str
    tag: str | None
    training_data: str | None
    calibrated: bool
    source: str = ""
    results: Results | SplitResults | None = None
    row: str | None = None
    datasets: Sequence[str] = field(default=())
    base_model: str | None = None

    @property
    def data(self) -> str:
        return self.training_data or "data not stated"

    @property
    def simulated(self) -> bool:
        return "simulated" in self.data.lower()


def model_card(facts: CardFacts) -> str:
    """The text of README.md.

    Raises:
        ValueError: the head of the card beside the model is no YAML, or ``row`` is none of the
            evaluation.
    """
    lead, sections = _parts(facts.source)
    lead = lead or _LEAD
    if facts.data not in " ".join(lead.split()):
        lead += f"\n\n{_TRAINED.format(data=facts.data)}"
    own = {
        "Use": _use(facts),
        "Intended use": _INTENDED if NOTICE in facts.source else f"{_INTENDED}\n\n{NOTICE}",
        "Limits": _limits(facts),
    }
    sections = own | sections | {"Use": own["Use"]}  # whose address is another one now
    by_fold = isinstance(facts.results, Results)  # says more than the one split of a folder's card
    if by_fold or not _HAS_FIGURES.search(facts.source):
        sections["Evaluation"] = _evaluation(facts.results)
    body = [f"# {facts.repo.rpartition('/')[2]}", lead]
    body += [f"## {head}\n\n{text}" for head, text in sections.items()]
    return f"---\n{_head(facts)}\n---\n\n" + "\n\n".join(body) + "\n"


def _use(facts: CardFacts) -> str:
    revision = f'revision="{facts.tag}", ' if facts.tag else ""
    return _USE.format(repo=facts.repo, revision=revision)


def _limits(facts: CardFacts) -> str:
    return _LIMITS.format(
        data=facts.data,
        reach=_NOBODY if facts.simulated else _OTHERS,
        probabilities=_FITTED if facts.calibrated else _RAW,
    )


def _head(facts: CardFacts) -> str:
    from huggingface_hub import ModelCardData

    known = card_head(facts.source)
    tags = [*TAGS, *(["simulated"] if facts.simulated else []), *_list(known.get("tags"))]
    data = ModelCardData(
        library_name=LIBRARY,
        pipeline_tag=PIPELINE,
        base_model=facts.base_model or known.get("base_model"),
        datasets=list(facts.datasets) or _list(known.get("datasets")) or None,
        language=known.get("language", LANGUAGE),
        license=known.get("license", LICENCE),
        tags=list(dict.fromkeys(tags)),
        model_name=facts.repo.rpartition("/")[2],
        eval_results=_eval_results(facts) or None,
    )
    return data.to_yaml()


def _list(value) -> list:
    """What a head has under a name that may stand for one or several."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _eval_results(facts: CardFacts) -> list[EvalResult]:
    dataset = facts.datasets[0] if facts.datasets else "agir-gait"
    if isinstance(facts.results, SplitResults):
        return split_eval_results(facts.results, dataset)
    return [] if facts.results is None else eval_results(facts.results, facts.row or "", dataset)


def _evaluation(results: Results | SplitResults | None) -> str:
    if results is None:
        return _NO_EVALUATION
    if isinstance(results, SplitResults):
        return split_section(results)
    return card_section(results).partition("\n\n")[2].strip()


def _parts(card: str) -> tuple[str, dict[str, str]]:
    """What stands before the first section of a card, without head and title; its sections."""
    lead, *sections = re.split(r"^## ", without_head(card), flags=re.MULTILINE)
    lead = re.sub(r"\A\s*# .*\n", "", lead).strip()
    pairs = (one.partition("\n") for one in sections)
    return lead, {head.strip(): text.strip() for head, _, text in pairs}


_HEAD = re.compile(r"\A---\n(.*?)\n---(?:\n|\Z)", re.DOTALL)


def card_head(text: str) -> dict:
    """The head of a card; empty where there is none.

    Raises:
        ValueError: it is no YAML of names and values.
    """
    import yaml

    found = _HEAD.match(text)
    try:
        head = yaml.safe_load(found[1]) if found else {}
    except yaml.YAMLError as error:
        raise ValueError(f"the head of the card is no YAML: {error}") from error
    if not isinstance(head, dict):
        raise ValueError(f"the head of the card is {head!r}, expected names and values")
    return head


def without_head(text: str) -> str:
    """The card below its head."""
    return _HEAD.sub("", text, count=1)
