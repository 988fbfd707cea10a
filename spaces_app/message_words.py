"""Turn messages of the package into the words of the page, or into those of a program.

The package names options of its command line (`--rate`). A page has fields instead, and an endpoint
has parameters.
"""

from __future__ import annotations

import html
import re

PAGE_FIELDS = {
    "rate": "“Frames per second”",
    "unit": "“Unit of length”",
    "up": "“Vertical axis”",
    "item": "“Walk to assess”",
    "age": "“Age”",
    "sex": "“Sex”",
    "norms": "“Norms of your laboratory”",
    "height": "“Body height”",
    "id": "“Identifier”",
}
PROGRAM_FIELDS = {
    "rate": "rate_hz",
    "height": "height_m",
    "id": "subject_id",
    **{name: name for name in ("unit", "up", "item", "age", "sex", "norms")},
}
_FIELD = r"--(rate|unit|up|item|age|sex|norms|height|id)\b"
_VALUE = r"[=\s]\s*(mm|cm|m|inch|ft|[+-]?[XYZ]|\d[\d.]*|'[^']*')(?=[\s,;:.)]|$)"
# Advice that a page or a program cannot follow, with the advice that takes its place.
_ELSEWHERE = (
    (r"with --up, or a recording", "with --up, or upload a recording"),
    (r"label these markers, or write a mapping .*", "label these markers, and export again"),
    (r": write a JSON file .* with --mapping", ": rename the joints, and export again"),
    (r"pass --mapping if they are others", "rename the joints if they are others"),
    (r"map a joint to (\w+) with --mapping, or export", r"name a joint \1, or export"),
    (r",? or (?:pass|with) --format\b(?: \.?\w+(?: if it is a \w+ file)?)?", ""),
    (r"pass --format\b.*", "give the file the ending of its format"),
    (r"pass one of these with --format", "give the file one of these endings"),
    (r", or use the detected events \(--events detected\)", ""),
    (r"lower --batch-size[^:;]*? or pass --device \w+", "use a shorter part of the recording"),
    (r",? then pass --mixed-rates", ""),
    (r"\s*\(agir \w+ [^)]*\)", ""),
    (r",? (?:with|by) '?agir [^':,;]*'?", ""),
    (r"that '?agir \w+'? wrote", "that this software wrote"),
    (r"(?:of|those of) '?agir (norms|fit|measure|corpus)[^':,;]*'?", "of this software"),
    (r"run '?agir [^':;]*'?", "make it first"),
    (r":? pip install \S+", ""),
)


def page_words(message: object, fields: dict[str, str] = PAGE_FIELDS) -> str:
    """Return a message in the words of the page: no options, no commands, no HTML entities.

    Args:
        message: Text of the package, or an exception whose text is used.
        fields: Name of an option without dashes → what the reader has instead of it.

    Returns:
        The message on one line. Angle brackets are replaced by ‹ and ›, so that no part of it can
        be taken for HTML.

    Example:
        ```python
        >>> page_words("the file states no frame rate: pass it with --rate")
        'the file states no frame rate: enter it in “Frames per second”'
        >>> page_words("expected 0.3 to 3 m: pass --unit mm if the file is in mm")
        'expected 0.3 to 3 m: set “Unit of length” to mm if the file is in mm'

        ```
    """
    text = " ".join(html.unescape(str(message)).split())
    for pattern, words in _ELSEWHERE:
        text = re.sub(pattern, words, text)

    text = text.replace("--unit NUMBER", "--unit")

    def name(match: re.Match) -> str:
        return fields[match[1]]

    def set_to(match: re.Match) -> str:
        return f"set {fields[match[1]]} to {match[2]}"

    text = re.sub(rf"leave out {_FIELD}(?:{_VALUE})?", lambda m: f"leave {name(m)} unset", text)
    text = re.sub(rf"pass {_FIELD}{_VALUE}", set_to, text)
    text = re.sub(
        r"choose it with --item (\d+) to --item (\d+)", rf"enter \1 to \2 in {fields['item']}", text
    )
    text = re.sub(rf"such as {_FIELD}{_VALUE}", r"such as \2", text)
    text = re.sub(rf"pass ([^:;]*?) with {_FIELD}", lambda m: _entered(m, fields), text)
    text = re.sub(rf"with {_FIELD}", lambda m: f"in {name(m)}", text)
    text = re.sub(rf"the option {_FIELD}", name, text)
    text = re.sub(rf"pass {_FIELD}", lambda m: f"set {name(m)}", text)
    text = re.sub(_FIELD, name, text)
    text = re.sub(r"--([a-z][a-z-]*)", lambda m: m[1].replace("-", " "), text)
    text = re.sub(r"'?\bagir (\w+)\b'?", "this software", text)
    return text.replace("<", "‹").replace(">", "›")


def _entered(match: re.Match, fields: dict[str, str]) -> str:
    return f"enter {match[1]} in {fields[match[2]]}"
