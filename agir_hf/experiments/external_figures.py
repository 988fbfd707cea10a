"""Figures of the external validation: groups and scores, with intervals over people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from ..constants_agir import NUM_SCORES
from ..evaluation.metrics.classification import confusion_matrix
from ..evaluation.metrics.significance import Interval
from .external_assessments import Assessment
from .external_baselines import Judge
from .external_people import PeopleTable
from .external_texts import TextFigures


@dataclass(frozen=True)
class GroupFigures:
    """Scores that the model gave to a group.

    Attributes:
        group: Name of the group.
        people: Number of persons.
        recordings: Number of recordings.
        scores: Number of recordings with the scores 0, 1 and 2.
        uncertain: Number of recordings whose answer is marked as uncertain.
        reasons: Reason of uncertainty → number of recordings that have it.
        expected_score: Mean expected score, with its interval over people.
    """

    group: str
    people: int
    recordings: int
    scores: tuple[int, ...]
    uncertain: int
    reasons: dict[str, int]
    expected_score: Interval


@dataclass(frozen=True)
class JudgeFigures:
    """Figures of the model's scores or of a baseline; None where they are not defined.

    Attributes:
        name: Name of the row.
        recordings: Number of recordings that were judged.
        auc: Area under the ROC curve, healthy against the other groups.
        healthy_as_0: Share of the healthy recordings that are scored 0.
        impaired_as_0: Share of the other recordings that are scored 0.
        wrong: Share of wrong scores: unequal to the score in the table, or without one, healthy
            above 0 or impaired 0.
        confident_errors: Share of scores that are wrong and not marked as uncertain.
        uncertain: Share of answers that are marked as uncertain.
        accuracy: Share of the scores in the table that are predicted.
        mirror_changes: Share of recordings whose mirror image has another score.
        confusion: Counts, true score by predicted score, of the scores in the table, or None.
    """

    name: str
    recordings: int
    auc: Interval | None = None
    healthy_as_0: Interval | None = None
    impaired_as_0: Interval | None = None
    wrong: Interval | None = None
    confident_errors: Interval | None = None
    uncertain: Interval | None = None
    accuracy: Interval | None = None
    mirror_changes: Interval | None = None
    confusion: list[list[int]] | None = None


@dataclass(frozen=True)
class ExternalFigures:
    """All figures of an external validation.

    Attributes:
        people: Number of persons.
        recordings: Number of recordings that were assessed.
        healthy: Name of the healthy group, or None.
        groups: Scores of each group.
        judges: The model first, then the baselines.
        texts: The texts of the model first, then those of the baselines.
        left_out: File → reason, of the recordings that were left out.
        notes: What was left out, and why.
    """

    people: int
    recordings: int
    healthy: str | None
    groups: list[GroupFigures]
    judges: list[JudgeFigures]
    texts: list[TextFigures]
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict:
        """Return JSON values."""
        return asdict(self)


def group_figures(walks: Sequence[Assessment]) -> list[GroupFigures]:
    """Compute the distribution of the model's scores by group.

    Args:
        walks: Assessed recordings.

    Returns:
        One entry for each group, in the order of the table.
    """
    rows = []
    num_scores = max(len(walk.probabilities) for walk in walks)
    for group in dict.fromkeys(walk.recording.group for walk in walks):
        members = [walk for walk in walks if walk.recording.group == group]
        people = [walk.recording.person for walk in members]
        scores = [walk.score for walk in members]
        rows.append(
            GroupFigures(
                group,
                len(set(people)),
                len(members),
                tuple(scores.count(score) for score in range(num_scores)),
                sum(walk.uncertain for walk in members),
                dict(Counter(reason for walk in members for reason in walk.reasons)),
                PeopleTable(people).mean([walk.expected_score for walk in members]),
            )
        )
    return rows


def judge_figures(judge: Judge, walks: Sequence[Assessment], healthy: str | None) -> JudgeFigures:
    """Compute the figures of the model's scores or of a baseline.

    Args:
        judge: Judgements of all recordings.
        walks: Assessed recordings.
        healthy: Name of the healthy group, or None, which leaves out what needs it.
    """
    table = PeopleTable([walk.recording.person for walk in walks])
    is_healthy = [healthy and walk.recording.group == healthy for walk in walks]
    figures = {"recordings": sum(value is not None for value in judge.impairment)}
    if healthy is not None:
        figures["auc"] = table.auc(judge.impairment, is_healthy)
    if judge.scores is not None:
        figures |= _score_figures(
            table, judge, [walk.recording.score for walk in walks], is_healthy
        )
    return JudgeFigures(judge.name, **figures)


def _score_figures(
    table: PeopleTable, judge: Judge, truth: list[int | None], healthy: list[bool | None]
) -> dict:
    """Figures of predicted scores."""
    scores, uncertain = judge.scores, judge.uncertain
    rows = list(zip(scores, truth, healthy, strict=True))
    wrong = [_is_wrong(*row) for row in rows]
    figures = {
        "healthy_as_0": table.mean([s == 0 if h else None for s, _, h in rows]),
        "impaired_as_0": table.mean([s == 0 if h is False else None for s, _, h in rows]),
        "wrong": table.mean(wrong),
        "accuracy": table.mean([None if t is None else s == t for s, t, _ in rows]),
    }
    if figures["accuracy"] is not None:
        pairs = [(t, s) for s, t, _ in rows if t is not None]
        classes = range(max(NUM_SCORES, 1 + max(score for pair in pairs for score in pair)))
        counts = confusion_matrix(*zip(*pairs, strict=True), classes)
        figures["confusion"] = counts[:, :-1].tolist()
    if uncertain is not None:
        figures["uncertain"] = table.mean(uncertain)
        figures["confident_errors"] = table.mean(
            [None if w is None else w and not u for w, u in zip(wrong, uncertain, strict=True)]
        )
    if judge.mirrored_scores is not None:
        figures["mirror_changes"] = table.mean(
            [a != b for a, b in zip(scores, judge.mirrored_scores, strict=True)]
        )
    return figures


def _is_wrong(score: int, truth: int | None, healthy: bool | None) -> bool | None:
    """Whether a score is wrong, or None if that cannot be said."""
    if truth is not None:
        return score != truth
    return None if healthy is None else healthy != (score == 0)
