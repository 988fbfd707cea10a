"""How far the measured gait supports texts: supported, near and checked claims, specificity."""

from collections.abc import Iterable, Mapping, Sequence

from ...gait import grounding_score
from ...gait.grounding import CONTRADICTED, NEAR, NOT_MEASURABLE, SUPPORTED
from ...gait.norms import Norms
from ...gait.specificity import text_specificity


def grounding_figures(
    texts: Sequence[str],
    parameters: Sequence[Mapping[str, float]],
    ages: Sequence[float | None] | None = None,
    sexes: Sequence[str | None] | None = None,
    norms: Norms | None = None,
) -> list[dict[str, float | None]]:
    """Compute the shares of supported, near and checked claims of each text.

    Args:
        texts: Rationales.
        parameters: Gait parameters measured in each walk, name → value.
        ages: Age of the subject of each walk in years, or None; None uses 70 years.
        sexes: "male", "female" or None for each walk; None uses the mean of both.
        norms: Norms of a laboratory, or None for the published norms.

    Returns:
        `supported`, `near` and `coverage` of each text, see `shares`.

    Raises:
        ValueError: The lists differ in length, or an age or a sex is not valid.
    """
    ages = [None] * len(texts) if ages is None else ages
    sexes = [None] * len(texts) if sexes is None else sexes
    numbers = {len(texts), len(parameters), len(ages), len(sexes)}
    if len(numbers) > 1:
        raise ValueError(
            f"{len(texts)} texts, {len(parameters)} walks with parameters, {len(ages)} ages and "
            f"{len(sexes)} sexes, expected the same number of each"
        )
    return [
        shares(row.verdict for row in grounding_score(text, measured, age, sex, norms).checked)
        for text, measured, age, sex in zip(texts, parameters, ages, sexes, strict=True)
    ]


def specificity_figures(
    texts: Sequence[str],
    parameters: Sequence[Mapping[str, float]],
    scores: Sequence[int],
    subjects: Sequence[str],
    ages: Sequence[float | None] | None = None,
    sexes: Sequence[str | None] | None = None,
    norms: Norms | None = None,
) -> list[dict[str, float | None]]:
    """Compute how much better each text fits its own walk than other walks of the same score.

    Args:
        texts: Rationales.
        parameters: Gait parameters measured in each walk, name → value.
        scores: True score of each walk.
        subjects: Subject of each walk.
        ages: Age of the subject of each walk in years, or None; None uses 70 years.
        sexes: "male", "female" or None for each walk; None uses the mean of both.
        norms: Norms of a laboratory, or None for the published norms.

    Returns:
        `own` and `other`, the shares of supported claims in the own walk and in walks of other
        subjects with the same score, and `specificity`, their difference. All are None where a text
        cannot be compared, see `agir_hf.gait.specificity`.

    Raises:
        ValueError: The lists differ in length, or an age or a sex is not valid.
    """
    rows = text_specificity(texts, parameters, scores, subjects, ages, sexes, norms)
    return [
        {"own": row and row.own, "other": row and row.other, "specificity": row and row.value}
        for row in rows
    ]


def shares(verdicts: Iterable[str]) -> dict[str, float | None]:
    """Compute the shares of supported, near and checked claims.

    Args:
        verdicts: Verdict of each claim.

    Returns:
        `supported` and `near`: supported and near claims divided by the supported, near and
        contradicted ones, or None if no claim could be checked. `coverage`: claims that could be
        checked divided by all, or None without claims.
    """
    verdicts = list(verdicts)
    checked = sum(verdicts.count(verdict) for verdict in (SUPPORTED, NEAR, CONTRADICTED))
    claims = checked + verdicts.count(NOT_MEASURABLE)
    return {
        "supported": verdicts.count(SUPPORTED) / checked if checked else None,
        "near": verdicts.count(NEAR) / checked if checked else None,
        "coverage": checked / claims if claims else None,
    }
