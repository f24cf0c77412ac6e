"""The JSON of what people said."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.api.shapes import Answer, Shape, Time

LONGEST_REASON = 100
LONGEST_TEXT = 1000


class LabellingShape(Shape):
    """What POST /stops/{id}/label takes: a reason, short and always written alike, and a text in one's own words."""

    reason: str = Field("", max_length=LONGEST_REASON)
    text: str = Field("", max_length=LONGEST_TEXT)


class LabelShape(Shape):
    """What a person said of a stop. about: the id under which it was shown; role: of the caller."""

    reason: str
    text: str
    who: str
    role: str
    said: Time
    about: str


class NoteShape(Shape):
    """What a person said, and of what it is now. asset: of a label and a judgement the machine, of an acknowledgement
    the tag. about: the id as it was shown then; now: of what it is today, null when late data left nothing of it.

    reason: of a label, or the verdict on an alert. text: the label's, or the note to an acknowledgement or verdict.
    """

    kind: Literal["label", "acknowledgement", "judgement"]
    asset: str
    about: str
    now: Annotated[str | None, Field(description="null: orphaned")]
    said: Time
    who: str
    role: str
    reason: str
    text: str


class NotesAnswer(Answer):
    """Notes, the newest first. orphaned: how many of all those in the span have lost what they were about."""

    notes: list[NoteShape]
    orphaned: int
    cursor: str | None
