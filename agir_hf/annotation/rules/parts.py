"""Plans of the parts foot, arm and overall: which signs are said, in which order and relation.

The most deviant sign leads. Signs of the same grade share a sentence, milder ones follow, and
normal ones are said as an exception or where they explain another sign.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ...gait.grades import HIGH, LOW
from .clauses import Clause
from .composer import Composer
from .selection import draw, salience
from .signs import PARTS, Topic

NOT_MEASURED = {
    "foot": "The recording does not show enough of the feet to judge them.",
    "arm": "The recording does not show enough of the arms to judge them.",
    "overall": "The recording does not show enough of the walk to judge it as a whole.",
}
_NOT_JUDGED = {
    "foot": "This text does not judge the feet.",
    "arm": "This text does not judge the arms.",
    "overall": "This text does not judge the walk as a whole.",
}
_CLOSE_SD, _FAR_SD = -0.35, -1.2  # distances of a normal value from the limit, in SD


def write_part(composer: Composer, part: str) -> str:
    """Write a part without its conclusion.

    Args:
        composer: The text under construction.
        part: "foot", "arm" or "overall".

    Returns:
        The sentences; an empty text if nothing of the part was measured.
    """
    names = [name for name in PARTS[part] if name in composer.selected]
    topics = sorted(
        (composer.topics[name] for name in names), key=lambda t: -salience(t, composer.score)
    )
    impaired = [topic for topic in topics if topic.degree]
    normal = [topic for topic in topics if not topic.degree]
    if part == "overall":
        _write_pace(composer)
    if not impaired:
        _write_normal(composer, part, normal)
    elif part == "arm":
        _write_arms(composer, impaired, normal)
    else:
        _write_impaired(composer, part, impaired, normal)
    _write_rest(composer, normal)
    return composer.take()


def why_empty(part: str, unspoken: Collection[str]) -> str:
    """Sentence of a part that speaks of no quantity.

    Args:
        part: "foot", "arm" or "overall".
        unspoken: Quantities that were measured and may not be spoken of.
    """
    return (_NOT_JUDGED if any(name in unspoken for name in PARTS[part]) else NOT_MEASURED)[part]


def _write_rest(composer: Composer, normal: list[Topic]) -> None:
    """Say the selected signs that no sentence has mentioned."""
    while left := consistent(composer, composer.unsaid(normal)):
        some = left[:2]
        if not composer.say(lambda some=some: _clearly_normal(composer, some)):
            break  # no words passed the check


def informative(composer: Composer, normals: Sequence[Topic], count: int = 1) -> list[Topic]:
    """Draw unsaid topics, those that are unusual for the score more often.

    Args:
        composer: The text under construction.
        normals: Normal topics.
        count: Largest number of topics.
    """
    left = consistent(composer, composer.unsaid(normals))
    return draw(left, composer.score, count, composer.wording.rng)


def consistent(composer: Composer, normals: Sequence[Topic]) -> list[Topic]:
    """Leave out the evenness of arms or steps whose sides have different grades.

    Args:
        composer: The text under construction.
        normals: Normal topics.
    """
    uneven = {
        asymmetry
        for asymmetry, name in (("arm_asymmetry", "arm_swing"), ("step_asymmetry", "step_length"))
        if name in composer.topics and len(composer.topics[name].signs) == 2
    }
    return [topic for topic in normals if topic.quantity not in uneven]


def _write_impaired(
    composer: Composer, part: str, impaired: list[Topic], normal: list[Topic]
) -> None:
    """Leading sign, further signs, and an exception."""
    chance = composer.wording.chance
    left = composer.unsaid(impaired)
    contrasted = False
    if left:
        first, *rest = left
        equals = [first, *(t for t in rest if t.sign.grade == first.sign.grade)][:3]
        exception = informative(composer, normal)
        if len(equals) > 1 and composer.say(lambda: composer.together(equals, inference=0.5)):
            pass
        elif not rest and exception and chance(0.6):
            contrasted = composer.say(lambda: composer.contrast(first, exception[0]))
        if first.quantity not in composer.mentioned:
            frames = [lambda: composer.plain(first, norm=0.7, inference=0.5)]
            if not composer.sentences:
                frames.append(lambda: composer.prominent(first, part))
            composer.say(*frames)
    while left := composer.unsaid(impaired):
        exception = informative(composer, normal)
        if len(left) == 1 and exception and not contrasted and chance(0.5):
            contrasted = composer.say(lambda t=left, e=exception: composer.contrast(t[0], e[0]))
        if not contrasted or composer.unsaid(left):
            some = left[: 2 if chance(0.75) else 1]
            composer.say(lambda some=some: composer.addition(some))
        if len(composer.unsaid(left)) == len(left):
            break  # no words passed the check
    exception = informative(composer, normal, 2 if chance(0.3) else 1)
    if exception and not contrasted and len(composer.sentences) < 3 and chance(0.6):
        composer.say(lambda: composer.exception(exception))


def _write_normal(composer: Composer, part: str, normal: list[Topic]) -> None:
    """What is better than in others, what is clearly normal, and what is near its limit."""
    left = consistent(composer, composer.unsaid(normal))
    if not left:
        return
    first, rest = left[0], left[1:]
    if first.ample:
        composer.say(lambda: composer.plain(first, norm=0.2))
    rest = composer.unsaid(left)
    nearest = max(rest, key=lambda topic: topic.sign.beyond_sd, default=None)
    clear = [topic for topic in rest if topic is not nearest]
    for start in range(0, len(clear), 2):
        composer.say(lambda some=clear[start : start + 2]: _clearly_normal(composer, some))
    if nearest is not None:
        composer.say(lambda: _nearest(composer, part, nearest, len(rest) > 2))


def _clearly_normal(composer: Composer, topics: list[Topic]) -> Clause:
    first = composer.plain(topics[0], norm=0.5)
    if len(topics) == 1:
        return first
    shared = composer.together(topics) if composer.wording.chance(0.35) else None
    if shared is not None:
        return shared
    second = composer.wording.clause(topics[1])
    link = composer.wording.pick([", and ", "; ", " and "])
    return Clause(f"{first.text}{link}{second.text}", (*first.said, *second.said))


def _nearest(composer: Composer, part: str, topic: Topic, several: bool) -> Clause:
    """A normal sign with its distance from the limit in words; an ample one is called so."""
    if topic.ample or len(topic.signs) > 1:
        return composer.plain(topic, norm=0.2)
    wording, beyond = composer.wording, topic.sign.beyond_sd
    clause = wording.normal(topic)
    norm = composer.norm(topic, 0.3) if clause.comparable else ""
    it, come = ("they", "come") if clause.plural else ("it", "comes")
    others = {"foot": "signs of the feet", "arm": "signs of the arms", "overall": "signs"}[part]
    if beyond > _CLOSE_SD:
        tails = [", but only just", f", though {it} {come} close to the limit",
                 ", but close to its limit"]  # fmt: skip
    elif several and beyond > _FAR_SD:
        tails = ["", "", f"; of all {others}, {it} {come} nearest to the limit"]
    else:
        tails = ["", "", ", with room to spare"]
    return Clause(f"{clause.text}{norm}{wording.pick(tails)}", clause.said)


def _write_arms(composer: Composer, impaired: list[Topic], normal: list[Topic]) -> None:
    topics, wording = composer.topics, composer.wording
    swing = topics.get("arm_swing")
    steps = topics.get("step_length")
    if swing in impaired:
        frames = [lambda: composer.plain(swing, norm=0.4, inference=0.6)]
        if len(swing.signs) == 1:
            frames.append(lambda: composer.prominent(swing, "arm"))
        elif steps and len(steps.signs) == 2:
            frames.append(lambda: _same_side(composer, swing, steps))
        exception = informative(composer, normal)
        if exception and len(swing.signs) == 1 and wording.chance(0.35):
            frames = [lambda: composer.contrast(swing, exception[0])]
        composer.say(*frames)
    elif swing is not None and len(impaired) == 1:
        composer.say(lambda: composer.contrast(impaired[0], swing))
    if left := composer.unsaid(impaired):
        composer.say(lambda: composer.addition(left[:2]))
    few = len(composer.sentences) < 2
    if few and wording.chance(0.35) and (exception := informative(composer, normal)):
        composer.say(lambda: composer.exception(exception))


def _same_side(composer: Composer, swing: Topic, steps: Topic) -> Clause:
    """The worse arm, compared with the worse side of the steps."""
    clause, side = composer.wording.clause(swing), swing.sign.side
    if side == steps.sign.side:
        tail = composer.wording.pick([
            f"so that the {side} is the worse side of arms and legs",
            "the same side as in the legs", f"as in the legs, where the {side} is the worse side",
        ])  # fmt: skip
    else:
        tail = composer.wording.pick(
            [
                "the side opposite to that of the legs",
                "in contrast to the legs, where the other side is worse",
            ]
        )
    return Clause(f"{clause.text}, {tail}", clause.said)


def _write_pace(composer: Composer) -> None:
    """Speed, with the cadence that explains it."""
    topics, wording = composer.topics, composer.wording
    speed, cadence, steps = (topics.get(n) for n in ("speed", "cadence", "step_length"))
    if speed is None or cadence is None:
        return
    worst = max((t.weight for n, t in topics.items() if n in PARTS["overall"]), default=0.0)
    if not speed.degree and not cadence.degree:
        return
    if speed.weight < worst and wording.chance(0.7) and not cadence.degree:
        return  # another sign leads
    if not cadence.degree and wording.chance(0.2):
        return  # speed is said without cadence
    composer.say(lambda: _pace(composer, speed, cadence, steps))


def _pace(composer: Composer, speed: Topic, cadence: Topic, steps: Topic | None) -> Clause:
    wording = composer.wording
    main, other = composer.plain(speed, norm=0.6), wording.clause(cadence)
    said = (*main.said, *other.said)
    short = steps is not None and steps.degree > 0
    if not speed.degree:
        if cadence.state == HIGH and short:
            tail = wording.pick(["which makes up for the length of the steps",
                                 "which offsets the length of the steps"])  # fmt: skip
            return Clause(f"{main.text} because {other.text}, {tail}", said)
        return Clause(f"{other.text}, but {main.text}", said)
    if cadence.state == LOW:
        also = wording.pick([", and the length of the steps adds to it", ""]) if short else ""
        return Clause(f"{main.text} because {other.text}{also}", said)
    if cadence.state == HIGH:
        tail = ", so that haste does not make up for the length of the steps" if short else ""
        return Clause(f"{other.text}, yet {main.text}{tail}", said)
    if not short:
        return Clause(f"{main.text}, although {other.text}", said)
    slow = wording.pick(["what slows the walk is", "the cause is", "the reason is"])
    steps_ = wording.pick(["the length of the steps", "the step length"])
    return Clause(wording.pick([
        f"{main.text}; because {other.text}, {slow} {steps_}",
        f"{main.text}, and since {other.text}, {slow} {steps_}",
        f"{other.text}, but because of {steps_} {main.text}",
        f"{other.text}, so it is because of {steps_} that {main.text}",
        f"{main.text} because of {steps_}, while {other.text}",
        f"because of {steps_}, {main.text}, although {other.text}",
    ]), said)  # fmt: skip
