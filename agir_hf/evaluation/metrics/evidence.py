"""How far the measured gait supports texts: shares of supported, near and checked claims."""

from collections.abc import Iterable, Mapping, Sequence

from ...gait import grounding_score
from ...gait.grounding import CONTRADICTED, NEAR, NOT_MEASURABLE, SUPPORTED
from ...gait.norms import Norms


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
        `grounding`, `near` and `coverage` of each text, see `shares`.

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


def shares(verdicts: Iterable[str]) -> dict[str, float | None]:
    """Compute the shares of supported, near and checked claims.

    Args:
        verdicts: Verdict of each claim.

    Returns:
        `grounding` and `near`: supported and near claims divided by the supported, near and
        contradicted ones, or None if no claim could be checked. `coverage`: claims that could be
        checked divided by all, or None without claims.
    """
    verdicts = list(verdicts)
    checked = sum(verdicts.count(verdict) for verdict in (SUPPORTED, NEAR, CONTRADICTED))
    claims = checked + verdicts.count(NOT_MEASURABLE)
    return {
        "grounding": verdicts.count(SUPPORTED) / checked if checked else None,
        "near": verdicts.count(NEAR) / checked if checked else None,
        "coverage": checked / claims if claims else None,
    }
