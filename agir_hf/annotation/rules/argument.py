"""Conclusion of a text: why the signs make the score, and where they do not agree with it.

The criterion of the score is in own words: no sign limits walking (0), walking is limited slightly
(1), walking is limited substantially but needs no help (2), a device is needed (3), another
person has to help (4).
"""

from __future__ import annotations

from collections.abc import Sequence

from .clauses import Clause, Wording
from .composer import Composer
from .parts import consistent
from .selection import draw
from .signs import WEIGHTS, Topic, burden

# Burdens that go with each score, set on simulated walks; outside of them there is a conflict.
# Whether an aid or a helper is needed does not show in the parameters: 3 and 4 are as 2.
_RANGES = ((0.0, 0.30), (0.09, 0.85), (0.50, 9.0), (0.50, 9.0), (0.50, 9.0))
LIMITATION = (
    "no limitation", "a slight limitation", "a substantial limitation",
    "a limitation that calls for a device", "a limitation that calls for another person",
)  # fmt: skip
_ADVERBS = (
    "", "slightly", "substantially", "so much that a device is needed",
    "so much that another person has to help",
)  # fmt: skip
_NEEDS_HELP = 3  # lowest score of a person who needs an aid or a helper
_LEAST_SHARE = 0.6  # of the greatest weight, from which a sign is named as one that decides
_DECISIVE = 0.6  # weight from which a normal sign argues for a milder score
# What the score means, as a clause of its own.
_CRITERIA = (
    ("nothing limits walking", "walking is not limited"),
    ("walking is limited slightly", "walking is limited, though only slightly",
     "walking is limited a little and needs no help", "the limitation of walking is slight"),
    ("walking is limited substantially, although no help is needed",
     "walking is limited substantially, though possible without help",
     "walking needs no help, yet the limitation is substantial"),
    ("walking is limited so much that a device is needed",
     "walking is possible with a device only",
     "walking needs a device, though no other person"),
    ("walking is limited so much that another person has to help",
     "walking is not possible without the help of another person"),
)  # fmt: skip
_WITHOUT_HELP = ("without a need for help", "without making help necessary",
                 "although no help is needed")  # fmt: skip


def write_conclusion(composer: Composer, score: int) -> str:
    """Write the sentences that argue for the score.

    Args:
        composer: The text under construction.
        score: The score, 0 to 4.

    Returns:
        One sentence; an empty text if nothing was measured.
    """
    topics = list(composer.topics.values())
    impaired = sorted((t for t in topics if t.degree), key=lambda t: -t.weight)
    normal = sorted((t for t in topics if not t.degree), key=lambda t: -t.weight)
    weight = burden(composer.topics)
    low, high = _RANGES[score]
    if not topics:
        return ""
    if not impaired:
        composer.say(lambda: _nothing(composer, score, normal))
    elif weight < low:
        composer.say(lambda: _too_mild(composer, score, impaired))
    elif weight > high:
        composer.say(lambda: _too_severe(composer, score, impaired, normal))
    elif score == 0:
        composer.say(lambda: _slight_signs(composer, impaired, normal))
    elif not (composer.wording.chance(0.4)
              and composer.say(lambda: _counter(composer, score, impaired, normal))):  # fmt: skip
        composer.say(lambda: _reason(composer, score, impaired))
    return composer.take()


class _Names:
    """Names of the signs that weigh most, with the forms of verbs that go with them."""

    def __init__(self, composer: Composer, impaired: Sequence[Topic], most: int = 3):
        least = _LEAST_SHARE * impaired[0].weight
        leading = [topic for topic in impaired[:most] if topic.weight > least]
        count = self.count = int(
            composer.wording.rng.integers(min(2, len(leading)), len(leading) + 1)
        )
        self.text, self.plural = composer.names(leading[:count])

    def __str__(self) -> str:
        return self.text

    def do(self, verb: str) -> str:
        """The names with a verb in the form of the third person singular, such as "weighs"."""
        if self.plural:
            verb = {"does": "do"}.get(verb, verb.removesuffix("s"))
        return f"{self.text} {verb}"

    def alone(self, verb: str) -> str:
        """The names with "alone" and a verb."""
        return self.do(verb).replace(self.text, f"{self.text} alone", 1)


def _kept(composer: Composer, normals: Sequence[Topic]) -> Clause | None:
    """A clause about a normal sign that speaks for a milder score and is unsaid, or None."""
    normals = consistent(composer, normals)
    important = [topic for topic in normals if WEIGHTS[topic.quantity] >= _DECISIVE]
    options = draw(composer.unsaid(important), composer.score, 1, composer.wording.rng)
    return composer.wording.clause(options[0]) if options else None


def _nothing(composer: Composer, score: int, normals: Sequence[Topic]) -> Clause:
    wording = composer.wording
    name = wording.bare(max(normals, key=lambda topic: topic.sign.beyond_sd))
    if any(topic.degree for topic in composer.unspoken.values()):
        return _nothing_named(composer, score, name)
    if score:
        return Clause(wording.pick([
            f"no measured sign departs from the norm, so the measurement does not explain "
            f"{LIMITATION[score]}; {name} comes nearest to its limit",
            f"the measured signs do not explain {LIMITATION[score]}, because none of them departs "
            f"from the norm; {name} comes nearest to doing so",
        ]))  # fmt: skip
    return Clause(wording.pick([
        f"because even {name}, the sign nearest to its limit, departs little from the mean, "
        "nothing limits walking",
        f"nothing is conspicuous, and even {name}, which comes nearest to its limit, does not "
        "limit walking",
        f"no sign is conspicuous, so walking is not limited; {name} comes nearest to its limit",
        f"walking is not limited, because no sign departs from the norm; {name} would be the first "
        "to do so",
        f"since no sign goes beyond its limit, {name} included, nothing limits walking",
    ]))  # fmt: skip


def _nothing_named(composer: Composer, score: int, name: str) -> Clause:
    """No sign that is spoken of is impaired, but others are."""
    if score:
        return Clause(composer.wording.pick([
            f"the signs named here do not explain {LIMITATION[score]}; {name} comes nearest to "
            "its limit",
            f"{LIMITATION[score]} does not follow from the signs named here, of which {name} comes "
            "nearest to its limit",
        ]))  # fmt: skip
    return Clause(composer.wording.pick([
        f"because no sign named here goes beyond its limit, {name} included, nothing limits "
        "walking",
        f"nothing limits walking, since even {name}, of the signs named here the nearest to its "
        "limit, does not depart from the norm",
    ]))  # fmt: skip


def _slight_signs(
    composer: Composer, impaired: Sequence[Topic], normals: Sequence[Topic]
) -> Clause:
    """Score 0 with signs that do not count for much."""
    wording, names = composer.wording, _Names(composer, impaired)
    kept = _kept(composer, normals)
    if kept is None or wording.chance(0.25):
        texts = [
            f"{names.do('departs')} from the norm, but nothing limits walking",
            f"{names.alone('does')} not suffice to limit walking",
        ]
        if names.count == len(impaired):
            texts += [f"because only {names.do('departs')} from the norm, nothing limits walking"]
        return Clause(wording.pick(texts))
    return Clause(wording.pick([
        f"because {kept.text}, {names.alone('does')} not limit walking",
        f"{names.alone('does')} not limit walking, because {kept.text}",
        f"{kept.text}, so {names.alone('does')} not limit walking",
        f"{names.do('departs')} from the norm, but nothing limits walking, because {kept.text}",
    ]), kept.said)  # fmt: skip


def _too_mild(composer: Composer, score: int, impaired: Sequence[Topic]) -> Clause:
    wording, names = composer.wording, _Names(composer, impaired)
    return Clause(wording.pick([
        f"the measured signs are milder than {LIMITATION[score]} would suggest; "
        f"{names.do('argues')} for it most",
        f"{names.do('argues')} for {LIMITATION[score]}, but the measured signs as a whole suggest "
        "less",
        f"the measurement explains {LIMITATION[score].replace('a ', 'the ', 1)} only in part, "
        f"above all by {names}",
        f"if walking is limited {_ADVERBS[score]}, the measurement shows it mainly in {names}, and "
        "less than the score suggests",
    ]))  # fmt: skip


def _too_severe(
    composer: Composer, score: int, impaired: Sequence[Topic], normals: Sequence[Topic]
) -> Clause:
    wording, names = composer.wording, _Names(composer, impaired)
    kept = _kept(composer, normals)
    more = f"more than {LIMITATION[score]}" if score else "a slight limitation"
    if kept is None or wording.chance(0.3):
        return Clause(wording.pick([
            f"{names.alone('argues')} for {more}, so the score is milder than the measurement",
            f"the measured signs suggest {more}, above all because of {names}",
        ]))  # fmt: skip
    return Clause(wording.pick([
        f"{names.do('argues')} for {more}, but {kept.text}, which argues against it",
        f"{names.do('suggests')} {more}; against this, {kept.text}",
    ]), kept.said)  # fmt: skip


def _counter(
    composer: Composer, score: int, impaired: Sequence[Topic], normals: Sequence[Topic]
) -> Clause | None:
    """A normal sign that argues for a milder score and is outweighed."""
    wording, kept, names = composer.wording, _kept(composer, normals), _Names(composer, impaired)
    if kept is None:
        return None
    limits = f"limits walking {_ADVERBS[score]}"
    criterion = wording.pick(_CRITERIA[score])
    return Clause(wording.pick([
        f"{kept.text}, which argues for a milder score, but {names.do('weighs')} more: {criterion}",
        f"that {kept.text} argues for a milder score; still, {names.do(limits.split()[0])} "
        f"walking {_ADVERBS[score]}",
        f"{names.do('weighs')} more than the fact that {kept.text}, so {criterion}",
        f"although {kept.text}, {names.do('limits')} walking {_ADVERBS[score]}"
        f"{_without_help(wording, score, 2)}",
    ]), kept.said)  # fmt: skip


def _reason(composer: Composer, score: int, impaired: Sequence[Topic]) -> Clause:
    wording, names = composer.wording, _Names(composer, impaired)
    criterion, degree = wording.pick(_CRITERIA[score]), _ADVERBS[score]
    return Clause(wording.pick([
        f"{names.do('weighs')} most, so {criterion}",
        f"{names.do('weighs')} most: {criterion}",
        f"{names.do('limits')} walking {degree}{_without_help(wording, score)}",
        f"{'no help is needed, but ' if score < _NEEDS_HELP else ''}{names.do('limits')} walking "
        f"{degree}",
        f"because {names.do('departs')} most from the norm, {criterion}",
        f"taken together, and above all because of {names}, {criterion}",
        f"together this makes {LIMITATION[score]}, in which {names.do('weighs')} most",
        f"what {names.do('shows')} is {LIMITATION[score]}{_without_help(wording, score, 2)}",
    ]))  # fmt: skip


def _without_help(wording: Wording, score: int, most: int = 3) -> str:
    """One of the first phrases that say that no help is needed, or nothing where it is."""
    return f" {wording.pick(_WITHOUT_HELP[:most])}" if score < _NEEDS_HELP else ""
