"""A review in progress: texts of a table, where the reviewer is, and what he has changed.

A `Review` is never changed: each step gives a new one, so that sessions share nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import shorten

from uploads import UploadError, take_in

from agir_hf.corpus.clinical import ClinicalTableError, read_rows
from agir_hf.corpus.review import COLUMNS, PARTS, REVIEWED, write_table
from agir_hf.gait import extract_claims
from agir_hf.gait.grounding import CONTRADICTED, NOT_MEASURABLE, CheckedClaim

MAX_BYTES = 5_000_000
MOST_ROWS = 5_000
MOST_LETTERS = 4_000  # of a cell
_FLAG = "contradicted: "


@dataclass(frozen=True)
class Review:
    """The texts of a table and the place of the reviewer.

    Attributes:
        rows: column → content, of each text.
        at: index of the text that is shown.
    """

    rows: tuple[Mapping[str, str], ...]
    at: int = 0

    @property
    def row(self) -> Mapping[str, str]:
        """The text that is shown."""
        return self.rows[self.at]

    def texts(self) -> dict[str, str]:
        """foot, arm and overall as they stand, revised where they were."""
        return {part: self.row[f"revised_{part}"] or self.row[part] for part in PARTS}

    @property
    def reviewed(self) -> int:
        """Texts that the reviewer has accepted or changed."""
        return sum(bool(row.get(REVIEWED)) for row in self.rows)

    @property
    def revised(self) -> int:
        """Texts that he has changed."""
        return sum(any(row[f"revised_{part}"] for part in PARTS) for row in self.rows)

    def progress(self) -> str:
        """Such as "Text 12 of 60; 11 reviewed, 3 revised"."""
        return (
            f"Text {self.at + 1} of {len(self.rows)}; {self.reviewed} reviewed, "
            f"{self.revised} revised"
        )

    def move(self, steps: int) -> Review:
        """Show another text; beyond the ends the last one stays."""
        return replace(self, at=min(max(self.at + steps, 0), len(self.rows) - 1))

    def decide(self, texts: Mapping[str, str]) -> Review:
        """Keep texts as the reviewer wants them and show the next.

        Args:
            texts: foot, arm and overall; one that is empty, or the original, is no change.

        Raises:
            UploadError: a text is too long.
        """
        changes = {}
        for part in PARTS:
            text = " ".join(texts[part].split())
            if len(text) > MOST_LETTERS:
                raise UploadError(
                    f"a text has {len(text)} letters, expected at most {MOST_LETTERS}"
                )
            same = text == " ".join(self.row[part].split())
            changes[f"revised_{part}"] = "" if same else text
        row = {**self.row, **changes, REVIEWED: "yes"}
        rows = (*self.rows[: self.at], row, *self.rows[self.at + 1 :])
        return replace(self, rows=rows).move(1)

    def accept(self) -> Review:
        """Keep the original and show the next."""
        return self.decide({part: self.row[part] for part in PARTS})

    def save(self, table: Path) -> Path:
        """Write the table that `agir corpus review import` takes in."""
        write_table(table, self.rows, (*COLUMNS, REVIEWED))
        return table


def load_review(path: Path, session: Path) -> Review:
    """A review of an uploaded table, at its first text that was not reviewed.

    Args:
        path: the upload.
        session: folder of the session.

    Raises:
        UploadError: it is no table of `agir corpus review export`, or too large.
    """
    kept = take_in(path, session, MAX_BYTES)
    try:
        return read_review(kept)
    finally:
        kept.unlink()


def read_review(path: Path) -> Review:
    """A review of a table, at its first text that was not reviewed.

    Raises:
        UploadError: it is no table of `agir corpus review export`, or too large.
    """
    try:
        rows = read_rows(path, COLUMNS)
    except ClinicalTableError as error:
        told = str(error).replace(str(path), "the file")
        raise UploadError(shorten(told, 300, placeholder=" …")) from None
    if not rows:
        raise UploadError(
            "the table has no texts: export it again with 'agir corpus review export'"
        )
    if len(rows) > MOST_ROWS:
        raise UploadError(
            f"the table has {len(rows)} texts, expected at most {MOST_ROWS}: split it"
        )
    if any(len(cell) > MOST_LETTERS for row in rows for cell in row.values()):
        raise UploadError(f"a cell has more than {MOST_LETTERS} letters: is this the table?")
    rows = [{name: row.get(name, "") for name in (*COLUMNS, REVIEWED)} for row in rows]
    first = next((i for i, row in enumerate(rows) if not row[REVIEWED]), 0)
    return Review(tuple(rows), first)


def checked_claims(text: str, flags: str) -> list[CheckedClaim]:
    """Claims of a text: contradicted where the table's flags say so, else not checked here.

    Args:
        text: a part of a rationale.
        flags: of the table, such as "contradicted: the steps are short; …".
    """
    wrong = {flag.removeprefix(_FLAG) for flag in flags.split("; ") if flag.startswith(_FLAG)}
    return [
        CheckedClaim(
            claim,
            CONTRADICTED if text[claim.start : claim.end] in wrong else NOT_MEASURABLE,
            *(None,) * 4,
        )
        for claim in extract_claims(text)
    ]
