"""A review of rationales: the texts of a table, the current position and the changes.

A `Review` is immutable: each step returns a new one, so that sessions share no state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import shorten

from uploads import UploadError, copy_upload

from agir_hf.corpus.clinical import ClinicalTableError, read_rows
from agir_hf.corpus.review import COLUMNS, PARTS, REVIEWED, write_table
from agir_hf.gait import extract_claims
from agir_hf.gait.grounding import CONTRADICTED, NOT_MEASURABLE, CheckedClaim
from agir_hf.utils.spreadsheets import original_cell

MAX_BYTES = 5_000_000
MAX_ROWS = 5_000
MAX_CHARACTERS = 4_000  # of a cell
_FLAG = "contradicted: "


@dataclass(frozen=True)
class Review:
    """The texts of a table and the current position.

    Attributes:
        rows: Column → content, for each text.
        index: Index of the current text.
    """

    rows: tuple[Mapping[str, str], ...]
    index: int = 0

    @property
    def row(self) -> Mapping[str, str]:
        """Row of the current text."""
        return self.rows[self.index]

    def texts(self) -> dict[str, str]:
        """Return the current foot, arm and overall texts, with the changes of the reviewer."""
        return {part: self.row[f"revised_{part}"] or self.row[part] for part in PARTS}

    @property
    def reviewed(self) -> int:
        """Number of texts that the reviewer has accepted or changed."""
        return sum(bool(row.get(REVIEWED)) for row in self.rows)

    @property
    def revised(self) -> int:
        """Number of texts that the reviewer has changed."""
        return sum(any(row[f"revised_{part}"] for part in PARTS) for row in self.rows)

    def progress(self) -> str:
        """Return the progress, such as "Text 12 of 60; 11 reviewed, 3 revised"."""
        return (
            f"Text {self.index + 1} of {len(self.rows)}; {self.reviewed} reviewed, "
            f"{self.revised} revised"
        )

    def move(self, steps: int) -> Review:
        """Go to another text.

        Args:
            steps: Number of texts forwards, negative for backwards; limited to the table.
        """
        return replace(self, index=min(max(self.index + steps, 0), len(self.rows) - 1))

    def decide(self, texts: Mapping[str, str]) -> Review:
        """Store the texts of the reviewer and go to the next text.

        Args:
            texts: Texts for foot, arm and overall. An empty or unchanged text is no change.

        Raises:
            UploadError: A text is too long.
        """
        changes = {}
        for part in PARTS:
            text = " ".join(texts[part].split())
            if len(text) > MAX_CHARACTERS:
                raise UploadError(
                    f"a text has {len(text)} characters, expected at most {MAX_CHARACTERS}"
                )
            same = text == " ".join(self.row[part].split())
            changes[f"revised_{part}"] = "" if same else text
        row = {**self.row, **changes, REVIEWED: "yes"}
        rows = (*self.rows[: self.index], row, *self.rows[self.index + 1 :])
        return replace(self, rows=rows).move(1)

    def accept(self) -> Review:
        """Accept the original text and go to the next text."""
        return self.decide({part: self.row[part] for part in PARTS})

    def save(self, table: Path) -> Path:
        """Write the table that `agir corpus review import` reads.

        Args:
            table: CSV file to write.

        Returns:
            The file.
        """
        write_table(table, self.rows, (*COLUMNS, REVIEWED))
        return table


def load_review(path: Path, session: Path) -> Review:
    """Read an uploaded review table and start at its first text that was not reviewed.

    Args:
        path: The uploaded file.
        session: Folder of the session.

    Returns:
        The review.

    Raises:
        UploadError: The file is not a table of `agir corpus review export`, or is too large.
    """
    copy = copy_upload(path, session, MAX_BYTES)
    try:
        return read_review(copy)
    finally:
        copy.unlink()


def read_review(path: Path) -> Review:
    """Read a review table and start at its first text that was not reviewed.

    Args:
        path: CSV file.

    Returns:
        The review.

    Raises:
        UploadError: The file is not a table of `agir corpus review export`, or is too large.
    """
    try:
        rows = read_rows(path, COLUMNS)
    except ClinicalTableError as error:
        message = str(error).replace(str(path), "the file")
        raise UploadError(shorten(message, 300, placeholder=" …")) from None
    if not rows:
        raise UploadError(
            "the table has no texts: export it again with 'agir corpus review export'"
        )
    if len(rows) > MAX_ROWS:
        raise UploadError(f"the table has {len(rows)} texts, expected at most {MAX_ROWS}: split it")
    if any(len(cell) > MAX_CHARACTERS for row in rows for cell in row.values()):
        raise UploadError(
            f"a cell has more than {MAX_CHARACTERS} characters: upload a review table"
        )
    columns = (*COLUMNS, REVIEWED)
    rows = [{name: original_cell(row.get(name, "")) for name in columns} for row in rows]
    first = next((i for i, row in enumerate(rows) if not row[REVIEWED]), 0)
    return Review(tuple(rows), first)


def checked_claims(text: str, flags: str) -> list[CheckedClaim]:
    """Return the claims of a text; a claim is contradicted if a flag of the table is about it.

    Args:
        text: Part of a rationale.
        flags: Flags of the table, such as "contradicted: the steps are short; …".

    Returns:
        The claims; those that no flag is about are marked as not measurable.
    """
    spans = _flagged_spans(text, flags)
    return [
        CheckedClaim(
            claim,
            CONTRADICTED
            if any(start < claim.end and claim.start < end for start, end in spans)
            else NOT_MEASURABLE,
            *(None,) * 4,
        )
        for claim in extract_claims(text)
    ]


def _flagged_spans(text: str, flags: str) -> list[tuple[int, int]]:
    """Offsets of the words that the flags quote; a flag can quote a part of a clause."""
    quotes = [flag.removeprefix(_FLAG) for flag in flags.split("; ") if flag.startswith(_FLAG)]
    starts = [(text.find(quote), quote) for quote in quotes if quote]
    return [(start, start + len(quote)) for start, quote in starts if start >= 0]
