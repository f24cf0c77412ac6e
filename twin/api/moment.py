"""Times in requests: RFC 3339, `now`, `now-2h`."""

from __future__ import annotations

import re

from twin.api.problem import unprocessable
from twin.core.instant import FAR_FUTURE, MINUTE, Span, from_moment, is_relative, to_text

PLUS_LOST = re.compile(r"[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)? \d\d:?\d\d$")
"""A `+` in an address is read as a space."""


def moment(place: str, text: str, now: int) -> int:
    """The instant of a text. place: the parameter, for the problem that a text without sense raises."""
    try:
        instant = from_moment(text, now)
    except ValueError as error:
        remedy = "write the + of an offset as %2B" if PLUS_LOST.search(text) else "or relative like now-2h"
        raise unprocessable(f"{place}: {error}; {remedy}") from error
    if not 0 <= instant < FAR_FUTURE:
        raise unprocessable(f"{place}: {text!r} lies outside 1970 to {to_text(FAR_FUTURE)[:4]}")
    return instant


def span(start: str, end: str, now: int, longest: int = FAR_FUTURE) -> Span:
    """The span of `from` and `to`. Raises a problem when it is turned round or longer than the request may ask."""
    found = Span(moment("from", start, now), moment("to", end, now))
    if found.end < found.start:
        raise unprocessable(f"from {start} lies after to {end}; turn them round")
    if found.end - found.start > longest:
        raise unprocessable(f"from {start} to {end}: at most {longest // (24 * 60 * MINUTE)} days in one request")
    return found


def whole_minutes(start: str, end: str, now: int, longest: int = FAR_FUTURE) -> Span:
    """The same for what is kept by the minute: relative texts go down to the minute, others must stand on one.

    `to` may be now or later: then the open minute counts as far as it has come.
    """
    found = span(start, end, now, longest)
    first = found.start - found.start % MINUTE if is_relative(start) else found.start
    last = found.end - found.end % MINUTE if is_relative(end) and found.end < now else found.end
    for place, instant in (("from", first), ("to", last)):
        if instant % MINUTE and instant < now:
            below = to_text(instant - instant % MINUTE)
            raise unprocessable(
                f"{place}: {to_text(instant)} lies inside a minute and counts are kept by the minute; ask for {below}"
            )
    return Span(first, last)
