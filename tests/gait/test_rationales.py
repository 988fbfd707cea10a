"""Recorded claims and verdicts of simulated rationales, in `data/rationales.jsonl`.

    python tests/gait/test_rationales.py     # record them again, after a change that is meant

The texts were drawn from a simulated corpus. The record does not say that a claim or verdict is
right, but that it did not change; `git diff` shows what a change of the parser or of a cut-off
changes.
"""

import json
from pathlib import Path

from agir_hf.gait import PARAMETERS
from agir_hf.gait.claims import extract_claims
from agir_hf.gait.grounding import check_claims
from agir_hf.gait.norms import reference

PATH = Path(__file__).with_name("data") / "rationales.jsonl"
PERSONS = [(None, None), (45, "female"), (80, "male")]


def read():
    return [json.loads(line) for line in PATH.read_text("utf-8").splitlines()]


def claims_of(text):
    return [
        [c.quantity, c.side or "-", c.state, c.grade, c.value, text[c.start : c.end]]
        for c in extract_claims(text)
    ]


def parameters(shift):
    """Values from -3 to 3 standard deviations from the norm, other ones for each shift."""
    values = {}
    for i, name in enumerate(parameter.name for parameter in PARAMETERS):
        norm = reference(name, 70, None, 0.9)
        if norm is not None:
            values[name] = norm.mean + ((i * 5 + 7 * shift) % 13 - 6) / 2 * norm.sd
    return values


def verdicts_of(text):
    """First letters of the verdicts, "-" for not measurable; one text for each person."""
    rows = [
        check_claims(extract_claims(text), parameters(shift), *person)
        for shift, person in enumerate(PERSONS)
    ]
    signs = {"not measurable": "-"}
    return ["".join(signs.get(row.verdict, row.verdict[0]) for row in checked) for checked in rows]


def test_claims_are_as_recorded():
    for row in read():
        assert claims_of(row["text"]) == row["claims"]


def test_verdicts_are_as_recorded():
    for row in read():
        assert verdicts_of(row["text"]) == row["verdicts"], row["text"]


def main():
    lines = []
    for text in (row["text"] for row in read()):
        row = {"text": text, "claims": claims_of(text), "verdicts": verdicts_of(text)}
        lines.append(json.dumps(row, ensure_ascii=False))
    PATH.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
