"""The events that tell what covered which tags over a span, out of the log."""

from __future__ import annotations

from collections.abc import Sequence

from twin.core.errors import Misconfigured
from twin.core.event import CONNECTION_LOST, GAP, GAP_FILLED, RUN_STARTED, RUN_STOPPED, TAGS_COVERED, Event
from twin.core.instant import DAY, FAR_PAST, Span
from twin.state.coverage import KINDS, MESSAGES
from twin.store.entry import COLUMNS, decode
from twin.store.reader import LogReader

MOST_EVENTS = 50_000
MOST_BYTES = 200_000_000
"""Of the events of one question: an outage of 5,000 tags is 30 kB."""
RESUMED_WITHIN = DAY
"""No server keeps a session for longer: so long after a span somebody may tell that nothing in it was missed."""


def _listed(kinds: Sequence[str]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)


def _said(name: str) -> str:
    return f"json_extract(CAST(body AS TEXT), '$[3].{name}')"


# How a connection stands at the start of the span is said since it was last lost, or since a run last began or ended.
_SO_FAR = f"""
WITH run AS (SELECT coalesce(max(tmax), {FAR_PAST}) AS t FROM entry
        WHERE kind IN ({_listed([RUN_STARTED, RUN_STOPPED])}) AND tmax <= :start AND recorded <= :known),
    gone AS (SELECT source, max(tmax) AS t FROM entry, run
        WHERE kind = '{CONNECTION_LOST}' AND tmax >= run.t AND tmax <= :start AND recorded <= :known GROUP BY source)
SELECT recorded FROM entry JOIN run LEFT JOIN gone USING (source)
    WHERE kind IN ({_listed(KINDS)}) AND tmax >= min(:start, run.t) AND tmax < :end AND recorded <= :known
    AND (tmax >= min(:start, coalesce(gone.t, run.t)) OR kind IN ({_listed([RUN_STARTED, RUN_STOPPED])}))
"""  # noqa: S608 - words of ours
# What was told later of the span.
_AFTER = f"""
SELECT recorded FROM entry WHERE kind IN ({_listed([GAP, GAP_FILLED])}) AND tmax >= :end AND recorded <= :known
    AND {_said("from")} < :end AND {_said("to")} > :start
UNION ALL SELECT recorded FROM entry WHERE kind = '{TAGS_COVERED}' AND tmax >= :end
    AND tmax < :end + {RESUMED_WITHIN} AND recorded <= :known AND {_said("since")} < :end
UNION ALL SELECT recorded FROM entry WHERE kind = '{RUN_STARTED}' AND tmax >= :end AND recorded <= :known
    AND {_said("last")} < :end
"""  # noqa: S608
_CHOSEN = f"(SELECT recorded FROM ({_SO_FAR}) UNION SELECT recorded FROM ({_AFTER}))"  # noqa: S608


def cover_events(reader: LogReader, span: Span, known: int) -> list[tuple[int, Event]]:
    """All events with recorded <= known that say what covered which tags in the span. Raises Misconfigured."""
    given = {"start": span.start, "end": span.end, "known": known}
    ((count, size),) = reader.rows(
        f"SELECT count(*), coalesce(sum(length(body)), 0) FROM entry WHERE recorded IN {_CHOSEN}",  # noqa: S608
        given,
    )
    if count > MOST_EVENTS or size > MOST_BYTES:
        raise Misconfigured(
            f"{count} events tell what covered the tags in that span, at most {MOST_EVENTS} are read at once; "
            "ask for a shorter one"
        )
    stored = reader.rows(
        f"SELECT {COLUMNS} FROM entry WHERE recorded IN {_CHOSEN}",  # noqa: S608
        given,
    )
    return list(decode(stored).events)


def tellers(reader: LogReader, connections: Sequence[str], known: int) -> frozenset[str]:
    """Those connections that prove their subscriptions; of the others a link that is up is all there is."""
    told = (
        f"SELECT 1 FROM entry WHERE kind = '{TAGS_COVERED}' AND source = ? AND recorded <= ? "  # noqa: S608
        f"AND {_said('by')} != '{MESSAGES}' LIMIT 1"
    )
    return frozenset(one for one in connections if reader.rows(told, (one, known)))
