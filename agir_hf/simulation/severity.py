"""How impaired each domain of the gait is, for a score.

A session has one latent impairment per domain on the scale of the score: 0 none, 1 mild, 2 marked,
3 severe. The domains of a session scatter widely around its score and depend on each other only a
little, so that two walks of one score differ in which signs they show. A phenotype (Jankovic 1990,
Neurology 40:1529: tremor-dominant or akinetic-rigid against postural instability and gait
difficulty; Djaldetti 2006, Lancet Neurol 5:796: motor asymmetry) shifts some domains of a subject.
The sizes of the shifts and of the spread are rough: they were set by hand.
"""

from __future__ import annotations

import numpy as np

# pace: step length; rhythm: variability; arms: arm swing; posture: trunk and knees; feet: heel
# strike and foot lift; balance: width, sway, stance and turning; symmetry: left against right.
DOMAINS = ("pace", "rhythm", "arms", "posture", "feet", "balance", "symmetry")
# Probability of each phenotype, and its shift of the domains.
PHENOTYPES: dict[str, tuple[float, dict[str, float]]] = {
    "mixed": (0.40, {}),
    "akinetic_rigid": (
        0.25, {"pace": 0.35, "arms": 0.45, "feet": 0.35, "rhythm": -0.3, "balance": -0.4},
    ),
    "asymmetric": (0.20, {"symmetry": 0.9, "rhythm": 0.1, "pace": -0.2, "balance": -0.3}),
    "unstable": (0.15, {"balance": 0.8, "rhythm": 0.6, "arms": -0.4, "feet": -0.3}),
}  # fmt: skip
# SD of the impairment that all domains of a session have in common, and of each domain around it.
COMMON_SD, DOMAIN_SD = 0.25, 0.56
_TAIL = 0.10  # heavier tails: a normal deviate z becomes z (1 + 0.10 z²), scaled to its former SD
_TAIL_SD = np.sqrt(1 + 6 * _TAIL + 15 * _TAIL**2)
# Limits of the impairment of a domain for each score: a normal walk has no marked sign, a markedly
# impaired one may have single domains without impairment.
LIMITS = {0: (-0.8, 1.3), 1: (-0.6, 2.5), 2: (-0.2, 3.4)}
# Share of the sessions of score 2 at the severe end, and the impairment that is added to all
# domains.
SEVERE_SHARE, SEVERE = 0.12, (0.4, 1.0)
_OWN = 0.7  # correlation of the deviations of both sessions of a subject


def draw_phenotype(rng: np.random.Generator) -> str:
    """Draw one of `PHENOTYPES`.

    Args:
        rng: Random generator.
    """
    shares = [share for share, _ in PHENOTYPES.values()]
    return str(rng.choice(list(PHENOTYPES), p=shares))


def draw_impairments(
    severities: list[float], phenotype: str, rng: np.random.Generator
) -> list[dict[str, float]]:
    """Draw the impairment of each domain in the sessions of one subject.

    Args:
        severities: Severity of each session on the scale of the score, 0 to 2.
        phenotype: Key of `PHENOTYPES`.
        rng: Random generator. Most of the deviation from the severity is the same in all sessions.

    Returns:
        Domain → impairment, one dictionary for each session.
    """
    count = 1 + len(DOMAINS)
    shift = np.array([PHENOTYPES[phenotype][1].get(domain, 0.0) for domain in DOMAINS])
    shared, severe = rng.normal(size=count), rng.random() < SEVERE_SHARE
    extra = float(rng.uniform(*SEVERE)) if severe else 0.0
    limits, sessions = np.array(list(LIMITS.values())), []
    for severity in severities:
        deviates = _OWN * shared + np.sqrt(1 - _OWN**2) * rng.normal(size=count)
        deviates = deviates * (1 + _TAIL * deviates**2) / _TAIL_SD
        # the signs of a phenotype show less in nearly normal gait
        own = severity + shift * min(0.5 + 0.5 * severity, 1.0)
        own = own + COMMON_SD * deviates[0] + DOMAIN_SD * deviates[1:]
        own = own + extra * max(severity - 1.0, 0.0)
        low, high = (np.interp(severity, list(LIMITS), limits[:, k]) for k in (0, 1))
        sessions.append(dict(zip(DOMAINS, np.clip(own, low, high).tolist(), strict=True)))
    return sessions
