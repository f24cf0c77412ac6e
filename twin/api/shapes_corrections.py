"""The JSON of corrections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from twin.api.shapes import Answer, Shape, Time


class RecordShape(Shape):
    """A result: a state, the pieces of a minute, an outage."""

    kind: str
    key: str
    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    data: Mapping[str, Any]


class CauseShape(Shape):
    """Entries that came late. kind: `samples`, or the kind of an event. source: who brought them, of an event its
    subject; who: the caller. from, to: times of the first and the last; recorded: of the first.
    """

    kind: str
    source: str
    who: str
    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    recorded: int
    entries: int


class CorrectionShape(Shape):
    """A result that late data changed. removed: what was shown; added: what is right; known: since when it is known.

    why: what came late, at most 20; empty when the twin was started anew and found other results than the log gives.
    """

    number: int
    known: Time
    removed: RecordShape | None
    added: RecordShape | None
    why: list[CauseShape]


class CorrectionsAnswer(Answer):
    """Corrections. last: the greatest number so far in them, give it as `after` to follow; cursor: for older ones."""

    corrections: list[CorrectionShape]
    last: int
    cursor: str | None
