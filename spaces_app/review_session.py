"""A review of rationales: the texts of a table, the decisions of the reviewer, undo and redo.

A `Review` is immutable: each step returns a new one, so that sessions share no state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from textwrap import shorten

from uploads import UploadError, copy_upload

from agir_hf.corpus.clinical import ClinicalTableError, read_rows
from agir_hf.corpus.review import (
    ACCEPTED,
    COLUMNS,
    PARTS,
    RECORDING,
    REJECTED,
    REVIEWED,
    write_table,
)
from agir_hf.utils.spreadsheets import original_cell

MAX_BYTES = 5_000_000
MAX_ROWS = 5_000
MAX_CHARACTERS = 4_000  # of a cell
MAX_CHANGES = 1_000  # that can be undone
EDIT, ACCEPT, REJECT, RESTORE = "edit", "accept", "reject", "restore"  # kinds of changes
_DONE_WORDS = {EDIT: "edit", ACCEPT: "acceptance", REJECT: "rejection", RESTORE: "restored text"}
_REVISED = tuple(f"revised_{part}" for part in PARTS)
_STATE = (*_REVISED, REVIEWED)  # columns that a reviewer changes
ALL = "all texts"
FILTERS = {
    ALL: lambda row: True,
    "not reviewed": lambda row: not row[REVIEWED],
    "changed": lambda row: any(row[name] for name in _REVISED),
    "rejected": lambda row: row[REVIEWED] == REJECTED,
    "with a contradicted claim": lambda row: bool(row["flags"]),
}


@dataclass(frozen=True)
class Change:
    """What a step of the reviewer changed in one row.

    Attributes:
        index: Index of the row.
        kind: `EDIT`, `ACCEPT`, `REJECT` or `RESTORE`.
        before: Content of the columns that a reviewer changes, before the step.
        after: Content of these columns after the step.
    """

    index: int
    kind: str
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True)
class Review:
    """The texts of a table, the current position and the decisions of the reviewer.

    Attributes:
        rows: Column → content, for each text.
        index: Index of the current text.
        name: Name of the table without its suffix, for the name of the downloaded file.
        is_example: Whether the recordings are the examples of the Space.
        changes: Changes that can be undone, the oldest first.
        undone: Changes that can be made again, the newest last.
        is_unsaved: Whether there are changes that were not downloaded.
    """

    rows: tuple[Mapping[str, str], ...]
    index: int = 0
    name: str = "review"
    is_example: bool = False
    changes: tuple[Change, ...] = ()
    undone: tuple[Change, ...] = ()
    is_unsaved: bool = False

    @property
    def row(self) -> Mapping[str, str]:
        """Row of the current text."""
        return self.rows[self.index]

    def texts(self) -> dict[str, str]:
        """Return the current foot, arm and overall texts, with the changes of the reviewer."""
        return {part: self.row[f"revised_{part}"] or self.row[part] for part in PARTS}

    @property
    def reviewed(self) -> int:
        """Number of texts that the reviewer has accepted or rejected."""
        return sum(bool(row[REVIEWED]) for row in self.rows)

    @property
    def revised(self) -> int:
        """Number of texts that the reviewer has changed."""
        return len(self.matching("changed"))

    @property
    def rejected(self) -> int:
        """Number of texts that the reviewer has rejected."""
        return len(self.matching("rejected"))

    def matching(self, wanted: str) -> list[int]:
        """Return the indices of the rows of a filter.

        Args:
            wanted: Key of `FILTERS`.
        """
        return [index for index, row in enumerate(self.rows) if FILTERS[wanted](row)]

    def progress(self) -> str:
        """Return the progress, such as "3 of 12 reviewed, 1 changed, 0 rejected"."""
        return (
            f"{self.reviewed} of {len(self.rows)} reviewed, {self.revised} changed, "
            f"{self.rejected} rejected"
        )

    def at(self, index: int) -> Review:
        """Go to a text.

        Args:
            index: Index of the text; limited to the table.
        """
        return replace(self, index=min(max(index, 0), len(self.rows) - 1))

    def move(self, steps: int, wanted: str = ALL) -> Review:
        """Go to the next or previous text of a filter; stay where there is none.

        Args:
            steps: 1 for the next text, -1 for the previous one.
            wanted: Key of `FILTERS`.
        """
        ahead = [i for i in self.matching(wanted) if (i - self.index) * steps > 0]
        return self.at(min(ahead, key=lambda i: abs(i - self.index))) if ahead else self

    def next_unreviewed(self) -> Review:
        """Go to the next text that is not reviewed, after the last one to the first one."""
        missing = self.matching("not reviewed")
        later = [index for index in missing if index > self.index]
        return self.at((later or missing or [self.index])[0])

    def edit(self, texts: Mapping[str, str]) -> Review:
        """Store the texts of the reviewer as long as they are typed; the text is not yet reviewed.

        Args:
            texts: Texts for foot, arm and overall. An empty or unchanged text is no change.

        Raises:
            UploadError: A text is too long.
        """
        changed = {}
        for part in PARTS:
            text = " ".join(texts[part].split())
            if len(text) > MAX_CHARACTERS:
                raise UploadError(
                    f"a text has {len(text)} characters, expected at most {MAX_CHARACTERS}: "
                    "shorten it"
                )
            same = text == " ".join(self.row[part].split())
            changed[f"revised_{part}"] = "" if same else text
        return self._change(EDIT, changed)

    def accept(self) -> Review:
        """Mark the current text, with the changes of the reviewer, as accepted."""
        return self._change(ACCEPT, {REVIEWED: ACCEPTED})

    def reject(self) -> Review:
        """Mark the current text as rejected; changes of the reviewer are kept."""
        return self._change(REJECT, {REVIEWED: REJECTED})

    def restore(self) -> Review:
        """Remove the changes of the current text; `undo` brings them back."""
        return self._change(RESTORE, dict.fromkeys(_REVISED, ""))

    def _change(self, kind: str, changed: Mapping[str, str]) -> Review:
        """Change columns of the current row. Typing in one row is a single change."""
        before = {name: self.row[name] for name in _STATE}
        after = before | changed
        if after == before:
            return self
        changes = self.changes
        last = changes[-1] if changes else None
        if last and last.kind == kind == EDIT and last.index == self.index:
            before, changes = last.before, changes[:-1]
        if before != after:
            changes = (*changes, Change(self.index, kind, before, after))
        return replace(
            self._with(self.index, after),
            changes=changes[-MAX_CHANGES:],
            undone=(),
            is_unsaved=True,
        )

    def _with(self, index: int, cells: Mapping[str, str]) -> Review:
        row = {**self.rows[index], **cells}
        return replace(self, rows=(*self.rows[:index], row, *self.rows[index + 1 :]))

    def undo(self) -> Review:
        """Take back the last change and go to its text; unchanged if there is none."""
        if not self.changes:
            return self
        *rest, last = self.changes
        review = self._with(last.index, last.before).at(last.index)
        undone = (*self.undone, last)
        return replace(review, changes=tuple(rest), undone=undone, is_unsaved=True)

    def redo(self) -> Review:
        """Make the last change again that was taken back; unchanged if there is none."""
        if not self.undone:
            return self
        *rest, last = self.undone
        review = self._with(last.index, last.after).at(last.index)
        changes = (*self.changes, last)
        return replace(review, changes=changes, undone=tuple(rest), is_unsaved=True)

    def undo_words(self) -> str:
        """Return what `undo` takes back, such as "acceptance of text 3"; empty if nothing."""
        return _words(self.changes)

    def redo_words(self) -> str:
        """Return what `redo` makes again; empty if nothing."""
        return _words(self.undone)

    def save(self, folder: Path) -> Path:
        """Write the table that `agir corpus review import` reads, with all columns of the upload.

        Args:
            folder: Folder of the file, which is named after the uploaded table.

        Returns:
            The file.
        """
        standard = (*COLUMNS, *RECORDING, REVIEWED)
        further = dict.fromkeys(name for row in self.rows for name in row if name not in standard)
        columns = [name for name in standard if name in self.rows[0]]
        table = folder / f"{self.name}_reviewed.csv"
        write_table(table, self.rows, (*columns, *further))
        return table

    def as_json(self) -> dict:
        """Return the review as values for JSON; `from_json` reads them."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping) -> Review:
        """Return the review of values of `as_json`.

        Args:
            values: The values.
        """
        changes = {
            name: tuple(Change(**row) for row in values[name]) for name in ("changes", "undone")
        }
        return cls(**{**values, **changes, "rows": tuple(values["rows"])})


def _words(changes: Iterable[Change]) -> str:
    changes = tuple(changes)
    if not changes:
        return ""
    return f"{_DONE_WORDS[changes[-1].kind]} of text {changes[-1].index + 1}"


def first_of(review: Review, wanted: str) -> Review:
    """Go to the first text of a filter, unless the current text belongs to it.

    Args:
        review: The review.
        wanted: Key of `FILTERS`.

    Raises:
        UploadError: No text belongs to it.
    """
    matching = review.matching(wanted)
    if not matching:
        raise UploadError(f"no text is {wanted}: choose other texts")
    return review if review.index in matching else review.at(matching[0])


def with_typed(
    review: Review, shown: Mapping | None, texts: Sequence[str], parts: Collection[str]
) -> Review:
    """Store what was typed into the fields.

    Args:
        review: The review on the server, which another window may have changed.
        shown: Index of the text of the fields; None if no text was shown.
        texts: Present texts of the fields, in the order of `PARTS`.
        parts: Parts into whose fields the user typed.

    Returns:
        The review at the text of the fields.
    """
    if not shown:
        return review
    review = review.at(shown["index"])
    fields = dict(zip(PARTS, texts, strict=True))
    typed = {part: fields[part] for part in parts}
    return review.edit(review.texts() | typed) if typed else review


def load_review(path: str | Path, session: Path) -> Review:
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
        stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in Path(path).stem)
        return replace(read_review(copy), name=stem.removesuffix("_reviewed")[:80] or "review")
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
    rows = [{REVIEWED: ""} | {name: original_cell(text) for name, text in row.items() if name}
            for row in rows]  # fmt: skip
    review = Review(tuple(rows))
    return review.at((review.matching("not reviewed") or [0])[0])
