"""Words of requests that the lexicon of gait texts does not have: short forms, topics, fillers."""

from __future__ import annotations

import re

# Quantities of the lexicon that a generated walk is not asked for.
TOPIC_OF_QUANTITY = {
    "freezing": "freezing",
    "festination": "freezing",
    "turning": "turning",
    "tremor": "tremor",
    "walking_aid": "walking aids",
}
NEVER_ASKED = tuple(TOPIC_OF_QUANTITY)
# Topic that the model was not trained on → pattern of its words.
TOPICS = {
    "turning": r"turn(?:s|ed|ing)?(?: (?:around|round|back|left|right))?|pivot\w*|(?:in )?circles?",
    "running": r"runs?|running|jog\w*|sprint\w*",
    "jumping and dancing": r"jump\w*|hop(?:s|ping)?|leap\w*|danc\w*|skipping",
    "stairs and slopes": r"stairs?|staircase|steps up|climb\w*|ramps?|slopes?|(?:up|down)hill",
    "walking backwards or sideways": r"backwards?|sideways|sidestep\w*",
    "sitting and standing": r"sits?|sitting|sat|stand(?:s|ing)?(?: up| still)?|gets? up|chair"
    r"|kneel\w*|stops?|stopping",
    "hands": r"hands?|fingers?|fists?|wrists?|wav(?:es?|ing)|clap\w*",
    "head": r"heads?|necks?|face|looks?|looking",
    "freezing": r"fr[eo]e?z\w*|festinat\w*|hesitat\w*",
    "tremor": r"trembl\w*|tremor\w*|shak(?:es?|ing|y)",
    "walking aids": r"canes?|sticks?|crutch\w*|rollators?|walking aids?|walking frames?",
    "falling": r"falls?|falling|stumbl\w*|trip(?:s|ping)?",
}
TOPIC = re.compile(
    "|".join(rf"\b(?P<topic{i}>{words})\b" for i, words in enumerate(TOPICS.values())), re.I
)
_OF_LIMB = r"(?:\b(?:is|are|was|were|kept|held|hang(?:s|ing)?|stays?|remains?|being)\s+)*"
_STILL = r"(?:still|motionless|immobile|unmoved|fixed)\b(?: at (?:the|his|her|their) sides?)?"
# Short forms of requests → words of the lexicon, which replace the first group.
SHORT_FORMS = (
    (re.compile(rf"\barm(\s+{_OF_LIMB}{_STILL})", re.I), " does not swing"),
    (re.compile(rf"\barms(\s+{_OF_LIMB}{_STILL})", re.I), " do not swing"),
    (re.compile(r"\barm(\s+(?:is\s+)?(?:held\s+)?stiff(?:ly)?)\b", re.I), " is held stiff"),
    (re.compile(r"\barms(\s+(?:are\s+)?(?:held\s+)?stiff(?:ly)?)\b", re.I), " are held stiff"),
    (re.compile(r"\b(?:foot|feet)(\s+)(?:hardly|barely|scarcely) lifted\b", re.I), " is "),
    (re.compile(r"\b(?:knee|ankle)(\s+bending)\b", re.I), " flexion"),
)
_NORMAL = r"(?:normal|healthy|ordinary|unremarkable|typical)"
HEALTHY = re.compile(
    rf"\b{_NORMAL}(?:,? (?:and )?(?:{_NORMAL}|adult|old|older|elderly|young))*"
    r" (?:walk|walks|walking|gait|walker|person|adult|man|woman)\b",
    re.I,
)
OF_HEALTHY = (("step_length", ""), ("foot_lift", ""), ("arm_swing", "both"))
SENTENCE = re.compile(r"(?:[^.;!?]|(?<=\d)\.(?=\d))+")
SEGMENT = re.compile(
    r"[.;!?:](?=\s|$)|[,()]|\b(?:and|but|while|whereas|then|after|before|with|although|though)\b",
    re.I,
)
WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
PREPOSITIONS = frozenset(
    re.findall(
        r"\w+",
        """a an the in on at of to by for from through into over under with without during about
        around near towards like as his her their its this that""",
    )
)
# Words that ask for nothing of their own.
FILLERS = PREPOSITIONS | frozenset(
    re.findall(
        r"\w+",
        """and or but while whereas then after before although though who which both so only just
        also very all each one other same more less approximately roughly circa is are be being was
        were has have having does do it he she they person persons people man woman patient walker
        subject someone adult human walk walks walking walked gait gaits takes take taking makes
        make making moves move moving movement goes go going shows show showing side sides leg legs
        foot feet toe toes arm arms body step steps there please generate create give me want need
        i we you should would could can will seconds""",
    )
)
