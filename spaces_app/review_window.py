"""What the server keeps of one browser window in which rationales are reviewed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from review_recordings import Recordings
from review_session import Review


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
    """

    recordings: Recordings
    key: str = ""
    index: int = 0
    shown_recording: tuple | None = None
    pending: Review | None = None
    measured: Measured | None = None

    @property
    def text(self) -> Text:
        """The text that is shown."""
        return Text(self.key, self.index)
