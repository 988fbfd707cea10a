"""What the server keeps of one browser window in which rationales are reviewed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup
from review_recordings import Recordings
from review_session import Review

from agir_hf.corpus.review import PARTS


class Text(NamedTuple):
    """A text of a review.

    Attributes:
        key: Key of the review in the store.
        index: Index of the text in the review.
    """

    key: str
    index: int


@dataclass(frozen=True)
class Measured:
    """A recording that was measured for the text that was then shown.

    Attributes:
        text: The text.
        recording: Id and file of the recording; None if it cannot be shown.
        html: The recording for the page, or why it cannot be shown.
    """

    text: Text
    recording: tuple | None
    html: str


@dataclass
class Session:
    """State of one browser window; the functions of the events change it.

    Attributes:
        recordings: Recordings that were uploaded.
        key: Key of the review in the store; empty without a review.
        index: Index of the text that is shown.
        shown_recording: Id and file of the recording that is shown; None if none is.
        pending: Review that replaces the present one when the user confirms it.
        measured: Recording that was measured and is not yet shown.
        is_open: Whether the fields are visible.
        is_asking: Whether the question about changes is visible.
        number: Number of the last answer.
        sent: Number of the answer that sent the texts of the fields last.
        typed: Number of the answer that sent the fields, and the parts typed into them since.
    """

    recordings: Recordings
    key: str = ""
    index: int = 0
    shown_recording: tuple | None = None
    pending: Review | None = None
    measured: Measured | None = None
    is_open: bool = False
    is_asking: bool = False
    number: int = 0
    sent: int = 0
    typed: tuple[int, frozenset[str]] = (0, frozenset())

    @property
    def text(self) -> Text:
        """The text that is shown."""
        return Text(self.key, self.index)

    def numbered(self, html: Markup | str) -> Markup:
        """Give a part of the page the number of its answer.

        Answers can reach the page in another order than the server gave them. The page asks for the
        present state where a part with a smaller number replaces one with a larger, see
        review_keys.js.

        Args:
            html: The part; a plain string is escaped.

        Returns:
            The part, with a number above all earlier ones, also those of an earlier server.
        """
        self.number = max(self.number + 1, time.time_ns() // 1_000_000)
        return Markup("<div data-number='{}'>{}</div>").format(self.number, html)

    def typed_parts(self, shown: Mapping | None, texts: Sequence[str]) -> frozenset[str]:
        """Return the parts into whose fields the user typed; they are remembered.

        A part counts as typed also if its field then has the text that was sent again.

        Args:
            shown: Number of the answer that sent the fields, and their texts; None before it.
            texts: Present texts of the fields, in the order of `PARTS`.
        """
        if not shown:
            return frozenset()
        number, earlier = self.typed
        parts = {
            part for part, text in zip(PARTS, texts, strict=True) if text not in (None, shown[part])
        }
        parts |= earlier if number == shown["number"] else frozenset()
        self.typed = shown["number"], frozenset(parts)
        return self.typed[1]
