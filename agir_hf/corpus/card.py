"""Card of a corpus: `README.md` with the YAML header that `load_dataset` reads, and a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import DatasetCardData

from ..annotation.rule_writer import RULES
from ..gait.norms import ADULT_AGE, DEFAULT_AGE, Norms
from ..gait.parameters import PARAMETERS
from ..gait.specificity import OTHER_WALKS
from ..humanml3d import FPS
from ..utils.files import write_text_atomic
from .figures import FIGURES, draw_figures
from .fit_report import FitReport
from .packed_rows import RowHead
from .schema import CONFIGS, CORPUS_TAG, DATA, NUM_REFERENCES, SPLITS, parquet_options
from .splits import Fold
from .store import Annotation, Recorded
from .text_statistics import REASONS, TextStatistics
from .text_summary import parameter_rows, percent, specificity_rows, table_row

_MOST_EXCLUDED = 20  # recordings with reasons in the card; `report.json` has all
_SIMULATED = """\
**Everything here is SIMULATED.** There are no recordings of people and no clinical scores: the
walks and scores come from a simulation with parameters drawn from published ranges. Use it to test
software and to train demonstrations, never to draw conclusions about people.
"""
_REAL = """\
Recordings of people. The scores are those of the source's clinical table. The data are not a
diagnosis, and models trained on them are not medical devices. Research use only.
"""
_PROTOCOLS = """
`source` is the cohort. `splits.json` also has the protocols of CARE-PD (Adeli et al. 2025,
arXiv:2510.04312): `within_cohort` (trained and tested in one cohort), `cross_cohort` (trained on A,
tested on B), `leave_one_cohort_out`, and `all_together` (tested as within_cohort, trained on all
others). Cohorts without scores have no reasoning and no preference rows; they are in the training
part of every fold, for the stages that need no score, and never in a test part."""
_TEMPLATE = """\
---
{head}
---

# Gait with rationales{suffix}

{introduction}
{subjects} subjects, {walks} recordings, from: {title}. Terms of the source: {licence}.
{publish}
Built with

```bash
{command}
```

(agir-hf {version}). The same command on the same recordings gives the same rows.

| split | subjects | recordings | {scores} |
|---|---|---{score_rule}|
{counts}

All recordings of a subject are in one split. `splits.json` has further folds by subject
(stratified by score, and leave-one-subject-out), and `statistics.npz` the mean and standard
deviation of the features of every fold's training part.
{cohorts}{figure}
## Configurations

Load one with `load_dataset(…, "reasoning")`: it has one row a walk, "motion" too, "generative" two
and "preference" up to three, each with its `motion`.

A motion is stored once. The configurations share the Parquet files: a configuration is its columns
below of the rows where `in_motion`, `in_generative`, `in_reasoning` or `in_preference` is true.
`load_dataset` selects them from the header of this card, also with `streaming=True`; another reader
of the files, a preview for example, shows the rows and columns of all configurations. The cache of
`datasets` has a copy of the motion for each row.

{columns}

Motions are HumanML3D features of joints at {fps} fps. {joints} Gait parameters are measured from
the recordings themselves.
{excluded}
## Annotation

Texts are written from the measured gait parameters: {writers}. {references} {flagged} of {walks}
texts have a flag, {revised} were revised by a reviewer. {quantities}

Every claim is checked against the same parameters. Each value has exactly one grade: normal;
mildly, moderately or markedly reduced or increased; absent where that is possible. A claim is
supported only if it states this grade. A claim of the neighbouring grade is near if the value is at
most half a standard deviation from it; near claims are not supported ones.

Norms: {norms}.
Age and sex are those of the subject; without an age the norms are those of {default_age} years.
Below {adult} years there is no norm, and claims that something is normal or reduced cannot be
checked.

| claims | share, mean over the texts |
|---|---|
| supported | {supported} |
| near | {near} |
| contradicted | {contradicted} |
| claims that can be checked, of all claims | {coverage} |

{distinct_texts} of {texts} texts and {distinct_references} of {all_references} references are
different. {shared} of {sentences} sentences occur in more than a tenth of the texts.

Specificity is the share of supported claims in the own walk minus the share in walks of other
subjects with the same score, up to {others} for each text. It is 0 for texts that fit every walk
of their score.

| score | own walk | other walks | specificity | texts |
|---|---|---|---|---|
{specificity}

Share of the measured parameters that a text speaks of, and number of parameters per text that it
speaks of or leaves out, by reason:

| score | share spoken of | {reasons} |
|---|---|---{reason_rule}|
{spoken}

Rejected texts in the configuration "preference": a counterfactual is written by rule to fit another
score, and the measured gait contradicts some of its claims. A text of the kind same_score is that
of another subject, and the measured gait contradicts some of its claims too.

## Gait parameters

| parameter | unit | definition |
|---|---|---|
{parameters}
"""


def draw_card_figure(
    folder: Path,
    rows: Iterable[tuple[int, Mapping[str, float]]],
    simulated: bool,
    norms: Norms | None = None,
) -> bool:
    """Draw the figure of the card, and return whether it was drawn, see `draw_figures`.

    Args:
        folder: Folder of the corpus.
        rows: Score and parameters of each recording with a score.
        simulated: Whether the recordings are simulated.
        norms: Norms of a laboratory, or None for the published norms.
    """
    return draw_figures(folder / FIGURES, rows, simulated, norms)


def write_card(
    folder: Path,
    recordings: Sequence[Recorded | RowHead],
    annotations: Mapping[str, Annotation],
    fold: Fold,
    metadata: dict,
    statistics: TextStatistics,
    figure: bool,
) -> None:
    """Write README.md of a corpus.

    Args:
        folder: Folder of the corpus.
        recordings: Measured recordings, of which id, subject, score and cohort are used.
        annotations: Id of a recording → its text.
        fold: Published split.
        metadata: Content of `corpus.json`, written by `assembly.join_rows`, and `excluded`: name of
            a recording that was left out → reason.
        statistics: Statistics of the texts.
        figure: Whether there is a figure.
    """
    files = {
        config: [split for split, count in counts.items() if count]
        for config, counts in metadata["rows"].items()
    }
    text = corpus_card(
        recordings, annotations, fold, metadata, statistics, figure=figure, files=files
    )
    write_text_atomic(folder / "README.md", text)


def corpus_card(
    recordings: Sequence[Recorded | RowHead],
    annotations: Mapping[str, Annotation],
    fold: Fold,
    metadata: dict,
    statistics: TextStatistics,
    *,
    figure: bool,
    files: dict[str, list[str]],
) -> str:
    """Text of the README.md of a corpus.

    Args:
        recordings: Measured recordings, of which id, subject, score and cohort are used.
        annotations: Id of a recording → its text.
        fold: Published split.
        metadata: Content of `corpus.json` and the recordings that were left out, see `write_card`.
        statistics: Statistics of the texts.
        figure: Whether there is a figure.
        files: Configuration → splits that have files.
    """
    simulated = metadata["simulated"]
    texts = _TextCounts.of(annotations[row.id] for row in recordings)
    num_scores = metadata["num_scores"]
    unscored = " | no score" * any(row.item["score"] is None for row in recordings)
    warning = "**Do not publish: the terms of the source do not allow it.**\n"
    figure_text = f"\n![gait parameters by score]({FIGURES}/parameters.png)\n" if figure else ""
    return _TEMPLATE.format(
        suffix=_suffix(simulated),
        head=card_data(metadata, files).to_yaml(),
        introduction=_SIMULATED if simulated else _REAL,
        subjects=len({row.item["subject"] for row in recordings}),
        walks=len(recordings),
        title=metadata["title"],
        licence=metadata["licence"],
        publish="" if metadata["publishable"] else warning,
        command=metadata["command"] or "agir corpus build SOURCE OUT",
        version=metadata["version"],
        scores=" | ".join(f"score {score}" for score in range(num_scores)) + unscored,
        score_rule="|---" * (num_scores + bool(unscored)),
        counts="\n".join(
            _count(split, _of_split(split, recordings, fold), num_scores, bool(unscored))
            for split in SPLITS
        ),
        cohorts=_cohorts(recordings, num_scores, bool(unscored)),
        figure=figure_text,
        columns="\n".join(_columns(config) for config in CONFIGS),
        fps=FPS,
        joints=FitReport(**metadata["joints"]).card_text(),
        excluded=_excluded(metadata["excluded"]),
        writers=", ".join(f"{count} by {name}" for name, count in texts.writers.items()),
        references=_references(texts),
        norms=metadata["norms"]["title"],
        adult=f"{ADULT_AGE:g}",
        default_age=f"{DEFAULT_AGE:g}",
        flagged=texts.flagged,
        revised=texts.revised,
        quantities=_quantities(metadata.get("quantities")),
        **_statistics(statistics),
        parameters="\n".join(f"| `{p.name}` | {p.unit} | {p.formula} |" for p in PARAMETERS),
    )


def _excluded(reasons: Mapping[str, str]) -> str:
    """Paragraph with a table of the recordings that were left out; empty if there are none."""
    if not reasons:
        return ""
    rows = [table_row(name, reason) for name, reason in list(reasons.items())[:_MOST_EXCLUDED]]
    if len(reasons) > _MOST_EXCLUDED:
        rows.append(table_row(f"and {len(reasons) - _MOST_EXCLUDED} more", "see `report.json`"))
    head = f"{len(reasons)} recordings of the source are left out:"
    return "\n".join(["", head, "", "| recording | reason |", "|---|---|", *rows, ""])


def _quantities(names: list[str] | None) -> str:
    """Sentence about the quantities that the texts of the rules may speak of."""
    if names is None:
        return "The rules may speak of all quantities that they have words for."
    return f"The rules speak of these quantities only: {', '.join(names)}."


def card_data(metadata: dict, files: dict[str, list[str]]) -> DatasetCardData:
    """YAML header of the card, from which `load_dataset` reads configurations and splits.

    Args:
        metadata: Content of `corpus.json`, written by `assembly.join_rows`.
        files: Configuration → splits that have files.
    """
    simulated = metadata["simulated"]
    return DatasetCardData(
        language=["en"],
        license="apache-2.0" if simulated else _licence_id(metadata["licence"]),
        pretty_name=f"Gait with rationales{_suffix(simulated)}",
        tags=[CORPUS_TAG, *(["simulated"] if simulated else []), "gait", "human-motion"],
        configs=[_config(config, splits) for config, splits in files.items() if splits],
    )


def _suffix(simulated: bool) -> str:
    return " (simulated)" if simulated else ""


def _licence_id(licence: str) -> str:
    return "cc-by-4.0" if licence.startswith("CC BY 4.0") else "other"


@dataclass
class _TextCounts:
    """Numbers of texts by writer, with a flag, and revised, from one pass over the texts."""

    writers: Counter[str]
    flagged: int = 0
    revised: int = 0

    @classmethod
    def of(cls, texts: Iterable[Annotation]) -> _TextCounts:
        counts = cls(Counter())
        for text in texts:
            counts.writers["rules" if text.writer == RULES else f"`{text.writer}`"] += 1
            counts.flagged += bool(text.flags)
            counts.revised += text.revised
        return counts


def _references(texts: _TextCounts) -> str:
    """Sentence about the references, which depend on the writers of the texts."""
    others = NUM_REFERENCES - 1
    if set(texts.writers) <= {"rules"} and not texts.revised:
        return f"Each walk has {NUM_REFERENCES} references: its text and {others} more by rules."
    return (
        f"Each walk has {NUM_REFERENCES} references: its text, by a language model or a reviewer "
        f"where one wrote it, and {others} texts by rules."
    )


def _statistics(statistics: TextStatistics) -> dict[str, object]:
    """Statistics of the texts as fields of the template."""
    return {
        "texts": statistics.texts,
        "distinct_texts": statistics.distinct_texts,
        "all_references": statistics.references,
        "distinct_references": statistics.distinct_references,
        "sentences": statistics.sentences,
        "shared": percent(statistics.shared_sentences),
        "others": OTHER_WALKS,
        "reasons": " | ".join(REASONS),
        "reason_rule": "|---" * (len(REASONS) - 1),
        "specificity": "\n".join(specificity_rows(statistics)),
        "spoken": "\n".join(parameter_rows(statistics)),
        **{
            name: percent(getattr(statistics, name))
            for name in ("supported", "near", "contradicted", "coverage")
        },
    }


def _config(config: str, splits: list[str]) -> dict:
    return {
        "config_name": config,
        **({"default": True} if config == "reasoning" else {}),
        "data_files": [{"split": split, "path": f"{DATA}/{split}*.parquet"} for split in splits],
        **parquet_options(config),
    }


def _of_split(
    split: str, recordings: Sequence[Recorded | RowHead], fold: Fold
) -> Sequence[Recorded | RowHead]:
    subjects = set(getattr(fold, split))
    return [row for row in recordings if row.item["subject"] in subjects]


def _count(name: str, rows: Sequence[Recorded | RowHead], num_scores: int, unscored: bool) -> str:
    """Row of a table: name, subjects, recordings, and recordings of each score."""
    scores = Counter(row.item["score"] for row in rows)
    subjects = len({row.item["subject"] for row in rows})
    columns = [*range(num_scores), *([None] if unscored else [])]
    return table_row(name, subjects, len(rows), *(scores[score] for score in columns))


def _cohorts(recordings: Sequence[Recorded | RowHead], num_scores: int, unscored: bool) -> str:
    """Paragraph with a table of the cohorts and their protocols; empty for one cohort."""
    members: dict[str, list[Recorded | RowHead]] = {}
    for row in recordings:
        members.setdefault(row.item.get("cohort", ""), []).append(row)
    if len(members) < 2:
        return ""
    scores = [f"score {score}" for score in range(num_scores)] + ["no score"] * unscored
    head = table_row("cohort", "subjects", "recordings", *scores)
    rows = [_count(name, rows, num_scores, unscored) for name, rows in sorted(members.items())]
    return "\n".join([_PROTOCOLS, "", head, "|---" * (3 + len(scores)) + "|", *rows, "", ""])


def _columns(config: str) -> str:
    rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in CONFIGS[config].items())
    return f"**{config}**\n\n| column | meaning |\n|---|---|\n{rows}\n"
