"""Joints of a BVH file by their names: side and part of the body, checked against the hierarchy.

A name is split into words. Words for the side (left, L, .l, a leading l before a capital) are
removed, and so are words that name no part (Bip01, JNT, CC, Base). What remains is compared with
the names of parts in common skeletons. Names that mean different joints in different skeletons
("LeftShoulder", "LeftFoot", "LHipJoint") are decided by the chain: the hip is the nearest ancestor
of the knee with a name of the hip.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from .bvh_file import Joint

SIDES = ("left", "right")
_SIDE_WORDS = {"left": "left", "l": "left", "lt": "left", "right": "right", "r": "right",
               "rt": "right"}  # fmt: skip
# words that name no part of the body
_FILLER = {
    "jnt", "joint", "joints", "bone", "bones", "bip", "biped", "bip01", "bip001",
    "valvebiped", "base", "cc", "j", "def", "org", "b", "c", "m", "avg", "skel", "skeleton",
    "bind", "sk", "rig", "mixamorig", "character", "actor", "root", "reference", "grp", "sim",
    "jt", "bn", "rg", "stretch", "bend", "main", "model", "ctrl", "x",
}  # fmt: skip
# words of helper bones, which do not end a segment
_HELPERS = {
    "twist", "twst", "roll", "helper", "ik", "pole", "target", "tgt", "aux", "nub", "end",
    "effector", "site", "share", "mch", "tweak", "volume", "corrective", "dummy", "fk",
    "socket", "weapon", "prop", "marker",
}  # fmt: skip
_PARTS = {
    "hip": "upleg upperleg thigh hip hips femur hipjoint uleg upperlegs legupper upthigh "
           "upperthigh legup thighbone",
    "knee": "leg lowleg lowerleg shin calf knee tibia loleg shank legs leglower legdown "
            "foreleg crus lowerlegs kneejoint",
    "ankle": "foot ankle feet anklejoint calcn calcaneus talus",
    "toe": "toe toes toebase ball toejoint forefoot toebone football balljoint toesbase",
    "collar": "collar clavicle clav shoulder1 inshoulder scapula shoulderblade collarbone "
              "innershoulder",
    "either": "shoulder shoulderjoint",
    "shoulder": "arm uparm upperarm uarm humerus shldr armupper upperarms armup shoulder2 arm1",
    "elbow": "forearm elbow lowarm lowerarm farm radius ulna armlower lowerarms loarm armdown "
             "elbowjoint arm2",
    "wrist": "hand wrist wristjoint palm",
}  # fmt: skip
_PART_OF = {name: part for part, names in _PARTS.items() for name in names.split()}
_MIDDLE = {
    "pelvis": ("hips", "pelvis", "hip", "hipcenter", "hipcentre", "spinebase", "midhip", "cog"),
    "neck": ("neck", "neck1", "lowerneck", "necklower", "neck01",
             "necktwist01"),
    "head": ("head", "head1", "heads", "headjoint"),
}  # fmt: skip


def words_of(name: str) -> list[str]:
    """Words of a name: split at capitals, digits and signs, without the text up to a colon.

    Args:
        name: Name of a joint.
    """
    name = name.rpartition(":")[2] or name
    name = name.rpartition("|")[2] or name
    name = unicodedata.normalize("NFKD", name)
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|\d+", name)


def side_and_part(words: Sequence[str]) -> tuple[str, str, str]:
    """Side ("left", "right" or ""), part ("" if unknown) and plain text of the words of a name.

    Args:
        words: Words of the name, of `words_of`.
    """
    side, rest = _without_side(list(words))
    rest = [word.lower() for word in rest]
    if _HELPERS & set(rest):
        return side, "", "".join(rest)
    kept = [word for word in rest if word not in _FILLER]
    if kept and kept[0].isdigit() and len(kept) > 1:  # "Bip01", "Character1"
        kept = kept[1:]
    plain = "".join(kept) or "".join(rest)
    if not side:
        side, plain = _joined_side(plain)
    part = _PART_OF.get(plain) or _PART_OF.get(re.sub(r"\d+$", "", plain), "")
    return side, part, plain


def _without_side(words: list[str]) -> tuple[str, list[str]]:
    """Side that a word of its own names, or the begin of a word, and the other words."""
    for index, word in enumerate(words):
        if word.lower() in _SIDE_WORDS:
            return _SIDE_WORDS[word.lower()], words[:index] + words[index + 1 :]
    for index, word in enumerate(words):
        lower = word.lower()
        for side in SIDES:
            if lower.startswith(side):
                return side, [*words[:index], word[len(side) :], *words[index + 1 :]]
            if lower.endswith(side):
                return side, [*words[:index], word[: -len(side)], *words[index + 1 :]]
    if words and re.fullmatch("[LR][A-Z]", words[0]) and len(words) > 1:  # "LUArm"
        return _SIDE_WORDS[words[0][0].lower()], [words[0][1], *words[1:]]
    return "", words


def _joined_side(plain: str) -> tuple[str, str]:
    """Side of names such as "lfemur", "rthigh" and "upperarml", and the name without it."""
    if plain in _PART_OF or len(plain) < 3:
        return "", plain
    for letter in "lr":
        if plain.startswith(letter) and _known(plain[1:]):
            return _SIDE_WORDS[letter], plain[1:]
        if plain.endswith(letter) and _known(plain[:-1]):
            return _SIDE_WORDS[letter], plain[:-1]
    return "", plain


def _known(plain: str) -> bool:
    return plain in _PART_OF or re.sub(r"\d+$", "", plain) in _PART_OF


def joints_by_name(
    joints: Sequence[Joint], members: Sequence[int], mapped: dict[str, int]
) -> dict[str, int]:
    """Joint of HumanML3D → index, for all joints that the names and the hierarchy decide.

    Args:
        joints: Joints and end sites of the file.
        members: Indices of the joints of one person.
        mapped: Joint of HumanML3D → index, from the user; they replace what the names say.
    """
    named = [i for i in members if not joints[i].is_end]
    words = _without_common({i: words_of(joints[i].name) for i in named})
    described = {i: side_and_part(words[i]) for i in named}
    exact = {(side, text) for side, _, text in described.values()}
    for i, (side, _, text) in described.items():  # "thigh.L.001" is a helper of "thigh.L"
        base = re.sub(r"\d+$", "", text)
        if text not in _PART_OF and base != text and (side, base) in exact:
            described[i] = (side, "", text)
    for name, i in mapped.items():
        side, _, part = name.partition("_")
        described[i] = (side, part.replace("foot", "toe"), "") if part else ("", "", "")
    columns: dict[str, int] = {}
    for joint, spellings in _MIDDLE.items():
        texts = {text: i for i, (side, _, text) in reversed(described.items()) if not side}
        index = next((texts[spelling] for spelling in spellings if spelling in texts), None)
        if index is not None:
            columns[joint] = index
    for side in SIDES:
        parts: dict[str, list[int]] = {part: [] for part in _PARTS}
        for i, (side_of_joint, part, _) in described.items():
            if side_of_joint == side and part:
                parts.setdefault(part, []).append(i)
        columns |= {f"{side}_{part}": i for part, i in _leg(joints, parts).items()}
        texts = {i: described[i][2] for i in named}
        columns |= {f"{side}_{part}": i for part, i in _arm(joints, parts, texts).items()}
    return {name: i for name, i in columns.items() if i not in mapped.values()} | mapped


def _without_common(words: dict[int, list[str]]) -> dict[int, list[str]]:
    """Words of each name without those at the begin that nearly all names share."""
    while True:
        first = Counter(texts[0] for texts in words.values() if len(texts) > 1)
        if not first:
            return words
        word, count = first.most_common(1)[0]
        if count < 0.8 * len(words) or word.lower() in _SIDE_WORDS:
            return words
        words = {
            i: texts[1:] if len(texts) > 1 and texts[0] == word else texts
            for i, texts in words.items()
        }


def ancestors(joints: Sequence[Joint], index: int) -> list[int]:
    """Indices from the parent of a joint up to its root.

    Args:
        joints: Joints and end sites of the file.
        index: Index of the joint.
    """
    above = []
    while (index := joints[index].parent) >= 0:
        above.append(index)
    return above


def _chain(joints, uppers: list[int], middles: list[int], lowers: list[int]) -> list[int] | None:
    """First chain of three joints from the bottom up: nearest ancestors with the right names."""
    for lower in lowers:
        above = ancestors(joints, lower)
        middle = next((i for i in above if i in middles), None)
        if middle is None:
            continue
        upper = next((i for i in above[above.index(middle) + 1 :] if i in uppers), None)
        if upper is not None:
            return [upper, middle, lower]
    return None


def _leg(joints, parts: dict[str, list[int]]) -> dict[str, int]:
    ankles, toes = parts["ankle"], parts["toe"]
    named_ankle = [i for i in ankles if "foot" not in joints[i].name.lower()]
    if named_ankle:  # "LeftAnkle" above "LeftFoot": the foot is at the toes
        toes = [*toes, *(i for i in ankles if i not in named_ankle)]
        ankles = named_ankle
    thighs = parts["hip"] + parts["knee"]  # "LeftLeg" above "LeftLowerLeg" is the thigh
    chain = _chain(joints, parts["hip"], parts["knee"], ankles)
    chain = chain or _chain(joints, thighs, parts["knee"], ankles)
    chain = chain or _chain(joints, parts["hip"], parts["hip"], ankles)
    if chain is None:
        firsts = [parts["hip"], parts["knee"], ankles, toes]
        if any(joints[i].parent == joints[j].parent for i in parts["knee"] for j in ankles):
            flat = zip(("hip", "knee", "ankle", "foot"), firsts, strict=True)
            return {part: indices[0] for part, indices in flat if indices}
        return {}
    result = dict(zip(("hip", "knee", "ankle"), chain, strict=True))
    toe = next((i for i in toes if chain[2] in ancestors(joints, i)), None)
    if toe is not None:
        result["foot"] = toe
    return result


def _arm(joints, parts: dict[str, list[int]], texts: dict[int, str]) -> dict[str, int]:
    shoulders = parts["shoulder"] + parts["either"]
    wrists = sorted(parts["wrist"], key=lambda i: texts[i].startswith(("hand", "palm")))
    chain = _chain(joints, shoulders, parts["elbow"], wrists)
    chain = chain or _chain(joints, shoulders, shoulders, wrists)
    if chain is None:
        firsts = [shoulders, parts["elbow"], wrists]
        if all(firsts) and joints[firsts[1][0]].parent == joints[firsts[2][0]].parent:
            return {
                part: indices[0]
                for part, indices in zip(("shoulder", "elbow", "wrist"), firsts, strict=True)
            }
        return {}
    result = dict(zip(("shoulder", "elbow", "wrist"), chain, strict=True))
    bases = parts["collar"] + shoulders
    collar = next((i for i in ancestors(joints, chain[0]) if i in bases), None)
    if collar is not None:
        result["collar"] = collar
    return result
