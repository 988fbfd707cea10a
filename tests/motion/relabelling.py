"""The embedded walk with the labels of other marker sets."""

from dataclasses import replace

import numpy as np

from agir_hf.motion.marker_sets import SHIDA_44
from agir_hf.motion.marker_sets.sets import MarkerSet

UP = np.array([0.0, 1.0, 0.0])


def all_sites(walk) -> dict[str, np.ndarray]:
    """Site → positions (T, 3): the markers of the walk, and further sites made from them."""
    columns = SHIDA_44.skin_columns(walk.labels)
    sites = {site: walk.positions[:, column].astype(float) for site, column in columns.items()}
    psis = (sites["left_psis"] + sites["right_psis"]) / 2
    shoulders = (sites["left_acromion"] + sites["right_acromion"]) / 2
    left = sites["left_acromion"] - sites["right_acromion"]
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    ahead = np.cross(left, UP)
    head = shoulders + 0.24 * UP + 0.06 * ahead
    sites |= {
        "sacrum": psis,
        "sternum": (sites["jugular_notch"] + sites["xiphoid"]) / 2,
        "head_top": head + 0.09 * UP,
        "forehead": head + 0.08 * ahead,
        "occiput": head - 0.09 * ahead,
        "right_scapula": sites["t10"] - 0.1 * left + 0.06 * UP,
    }
    for site, share in (("t2", 0.2), ("t6", 0.6), ("t8", 0.8)):
        sites[site] = sites["c7"] + share * (sites["t10"] - sites["c7"])
    for site, share in (("t12", 0.2), ("l1", 0.35), ("l3", 0.6), ("l5", 0.85)):
        sites[site] = sites["t10"] + share * (psis - sites["t10"])
    for side, sign in (("left", 1), ("right", -1)):
        sites |= {f"{side}_{site}": path for site, path in _of_side(sites, side).items()}
        outer = sign * left
        sites[f"{side}_head_front"] = head + 0.06 * outer + 0.06 * ahead
        sites[f"{side}_head_back"] = head + 0.06 * outer - 0.06 * ahead
        sites[f"{side}_head_side"] = head + 0.075 * outer
        sites[f"{side}_sternoclavicular"] = sites["jugular_notch"] + 0.02 * outer
    return sites


def _of_side(sites, side: str) -> dict[str, np.ndarray]:
    def at(first: str, second: str, share: float) -> np.ndarray:
        a, b = sites[f"{side}_{first}"], sites[f"{side}_{second}"]
        return a + share * (b - a)

    wrist = at("wrist_lateral", "wrist_medial", 0.5)
    ahead = at("heel", "metatarsal_2", 1.0) - sites[f"{side}_heel"]
    knee = at("knee_lateral", "knee_medial", 0.5)
    front = sites[f"{side}_tibial_tuberosity"] - knee
    front /= np.linalg.norm(front, axis=1, keepdims=True)
    return {
        "wrist": wrist,
        "hand": wrist + 0.3 * (wrist - sites[f"{side}_forearm"]),
        "iliac_crest": at("asis", "psis", 0.5) + 0.06 * UP,
        "thigh": at("trochanter", "knee_lateral", 0.6),
        "thigh_upper": at("trochanter", "knee_lateral", 0.5),
        "thigh_front": at("trochanter", "knee_medial", 0.7) + 0.06 * front,
        "thigh_front_low": at("trochanter", "knee_medial", 0.85) + 0.05 * front,
        "thigh_rear": at("trochanter", "knee_lateral", 0.85),
        "shank": at("fibula_head", "ankle_lateral", 0.4),
        "shank_upper": at("fibula_head", "ankle_lateral", 0.2),
        "shank_front": at("tibial_tuberosity", "ankle_medial", 0.3),
        "shank_rear": at("fibula_head", "ankle_lateral", 0.35) - 0.02 * front,
        "shin": at("tibial_tuberosity", "ankle_medial", 0.5),
        "midfoot": at("heel", "metatarsal_2", 0.6) + 0.03 * UP,
        "midfoot_lateral": at("heel", "metatarsal_5", 0.6),
        "hallux": sites[f"{side}_metatarsal_2"] + 0.3 * ahead,
    }


def relabelled(walk, marker_set: MarkerSet, without=()):
    """The walk with the markers of a set, without some sites."""
    sites = all_sites(walk)
    labels = {
        site: label for site, label in marker_set.skin_sites.items()
        if site not in without and site.partition("_")[2] not in without
    }  # fmt: skip
    positions = np.stack([sites[site] for site in labels], axis=1).astype(np.float32)
    return replace(walk, positions=positions, labels=tuple(labels.values()))
