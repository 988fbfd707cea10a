"""Instruction templates: what a model is asked, with a place for the motion or the description."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources


@cache
def instructions() -> dict[str, list[str]]:
    """Templates by task, from ``instructions.json``.

    "assess" asks for a rationale and a score; "motion_to_foot_text", "motion_to_arm_text" for a
    description; "text_to_motion" for a motion.
    """
    source = resources.files("agir_hf") / "corpus" / "instructions.json"
    return json.loads(source.read_text(encoding="utf-8"))
