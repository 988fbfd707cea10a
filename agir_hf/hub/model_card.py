"""The model card of a published model, made from the files in the folder of the model.

A card in that folder (`agir_hf.training.card` and ``recipes/tiny/train.py`` write one) is the
middle of the new card. The sections that every published model needs are added around it, and none
is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..constants_agir import NOTICE, NUM_SCORES
from ..evaluation.reporting.model_index import card_section, eval_results
from ..evaluation.reporting.results import Results
from ..evaluation.reporting.split_results import SplitResults, split_eval_results, split_section

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, RepoCard

TAGS = ("gait", "human-motion", "gait-assessment", "agir")
LIBRARY, PIPELINE, LANGUAGE, LICENCE = "transformers", "other", "en", "apache-2.0"
_LEAD = """\
A motion language model that scores gait and gives reasons, with the architecture of AGIR (Wang,
Bobenrieth and Seo 2025, arXiv 2503.18141)."""
_TRAINED = "**Training data: {data}.**"
_USE = """\
```python
import numpy as np
from transformers import pipeline

assess = pipeline("gait-assessment", model="{repo}", {revision}trust_remote_code=True)
joints = np.load("walk.npy")  # (frames, 22, 3) metres, Y up, 20 frames per second
print(assess(joints))
```

Joints are the 22 of HumanML3D, in its order. HumanML3D features (frames, 263) can be passed too.
Without the pipeline:

```python
from transformers import AutoModel, AutoProcessor

model = AutoModel.from_pretrained("{repo}", {revision}trust_remote_code=True)
processor = AutoProcessor.from_pretrained("{repo}", {revision}trust_remote_code=True)
outputs = model.generate_assessment(**processor(motion=joints))
print(processor.decode_assessments(outputs)[0])
```

With the package agir-hf installed no remote code is needed, and
`agir assess walk.c3d --model {repo}` reads recordings (C3D, TRC, BVH, AMASS) and marks each claim
of the rationale as supported, near, contradicted or not measurable."""
_INTENDED = """\
Research and teaching on gait from 3D motion: comparing methods on labelled walks, studying
rationales with measured gait, trying the software. The input is the motion of one person for at
least one second. The output is a score from 0 to {last} for the gait item of the MDS-UPDRS with its
probabilities, and a rationale. Not for diagnosis, for monitoring or treating a person, or for any
decision about a person."""
_NOTICE = f"""\
{NOTICE} The score is a prediction from motion alone. Before you rely on
it for people, measure its accuracy on recordings that were not used in training."""
_LIMITS = """\
- The scores are 0, 1 and 2 only: a walk that a clinician would score 3 or 4 gets one of these.
- The input is motion tokens only. The model does not see what the motion tokenizer loses; freezing,
  turning and walking aids are not scored as such.
- A rationale is generated text and can be wrong: check its claims against measured gait.
- {probabilities}
- Training data: {data}. {reach}
- Rationales and instructions are in English."""
_RECORDED = """\
Measure the accuracy before you use it with other cameras, marker
  sets, ages and disorders."""
_SIMULATED = """\
No person was recorded, so the score of a person is not reliable,
  and the figures below are valid for simulated walkers only."""
_CALIBRATED = """\
Probabilities were calibrated on validation walks; on other recordings they may be too high or too
  low."""
_UNCALIBRATED = "Probabilities are not calibrated: high ones are often too high."
_NO_EVALUATION = "This model came without an evaluation: its accuracy is unknown."
# A card with this heading, or with a table row of this kind, already has its figures.
_HAS_FIGURES = re.compile(r"^(?:## Evaluation\b|\| accuracy \|)", re.MULTILINE)


@dataclass(frozen=True)
class CardFacts:
    """Content of a model card.

    Attributes:
        repo: Name of the repository, "name" or "owner/name".
        tag: Name of the revision, or None.
        training_data: Training data in the configuration of the model; None if not stated.
        calibrated: Whether the probabilities were calibrated.
        source: Text of the card in the folder of the model, or "".
        results: Evaluation of the model, or None.
        row: Name of the model in ``results``, if they are of several models.
        datasets: Names of the training data sets on the Hub.
        base_model: Name on the Hub of the model that training started from.
        num_scores: Number of scores that the model predicts.
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
    num_scores: int = NUM_SCORES

    @property
    def data(self) -> str:
        """Training data, or "data not stated"."""
        return self.training_data or "data not stated"

    @property
    def simulated(self) -> bool:
        """Whether the training data are simulated."""
        return "simulated" in self.data.lower()


def model_card(facts: CardFacts) -> str:
    """Write the card of a published model.

    Args:
        facts: Content of the card.

    Returns:
        Text of README.md, YAML header and Markdown.

    Raises:
        ValueError: The header of the card in the folder of the model is no valid YAML, or ``row``
            is not in the evaluation.
    """
    source = read_card(facts.source)
    lead, sections = _lead_and_sections(source.text)
    lead = lead or _LEAD
    if facts.data not in " ".join(lead.split()):
        lead += f"\n\n{_TRAINED.format(data=facts.data)}"
    intended = _INTENDED.format(last=facts.num_scores - 1)
    own = {
        "Use": _use(facts),
        "Intended use": intended if NOTICE in facts.source else f"{intended}\n\n{_NOTICE}",
        "Limits": _limits(facts),
    }
    sections = own | sections | {"Use": own["Use"]}  # the address in the old one is outdated
    by_fold = isinstance(facts.results, Results)  # better than the one split of the old card
    if by_fold or not _HAS_FIGURES.search(facts.source):
        sections["Evaluation"] = _evaluation(facts.results)
    body = [f"# {facts.repo.rpartition('/')[2]}", lead]
    body += [f"## {title}\n\n{text}" for title, text in sections.items()]
    return f"---\n{_header(facts, source)}\n---\n\n" + "\n\n".join(body) + "\n"


def read_card(text: str) -> RepoCard:
    """Split a card into its YAML header and its Markdown text.

    Args:
        text: Content of a README.md.

    Returns:
        `huggingface_hub.RepoCard`; without a header its `data` is empty.

    Raises:
        ValueError: The header is no valid YAML of names and values.
    """
    import yaml
    from huggingface_hub import RepoCard

    if not text.lstrip().startswith("---"):
        text = f"---\n{{}}\n---\n{text}"  # a card without a header would print a warning
    try:
        return RepoCard(text)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise ValueError(
            f"the YAML header of the card cannot be read: {' '.join(str(error).split())}: fix it"
        ) from error


def _use(facts: CardFacts) -> str:
    revision = f'revision="{facts.tag}", ' if facts.tag else ""
    return _USE.format(repo=facts.repo, revision=revision)


def _limits(facts: CardFacts) -> str:
    return _LIMITS.format(
        data=facts.data,
        reach=_SIMULATED if facts.simulated else _RECORDED,
        probabilities=_CALIBRATED if facts.calibrated else _UNCALIBRATED,
    )


def _header(facts: CardFacts, source: RepoCard) -> str:
    """Return the YAML header; entries of the card in the folder of the model have priority."""
    from huggingface_hub import ModelCardData

    old = source.data
    tags = [*TAGS, *(["simulated"] if facts.simulated else []), *_as_list(old.get("tags"))]
    data = ModelCardData(
        library_name=LIBRARY,
        pipeline_tag=PIPELINE,
        base_model=facts.base_model or old.get("base_model"),
        datasets=list(facts.datasets) or _as_list(old.get("datasets")) or None,
        language=old.get("language", LANGUAGE),
        license=old.get("license", LICENCE),
        tags=tags,
        model_name=facts.repo.rpartition("/")[2],
        eval_results=_eval_results(facts) or None,
    )
    return data.to_yaml()


def _as_list(value) -> list:
    """Return an entry that may have one value or several as a list."""
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


def _lead_and_sections(text: str) -> tuple[str, dict[str, str]]:
    """Split the Markdown of a card into what precedes its first section, and its sections."""
    lead, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    lead = re.sub(r"\A\s*# .*\n", "", lead).strip()
    pairs = (section.partition("\n") for section in sections)
    return lead, {title.strip(): section.strip() for title, _, section in pairs}
