"""The papers of the exam: which server, and what is wrong with the connector's answer. No word is a pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import pairwise

from simulators.wire.nasty.contents import BAD, CODES
from simulators.wire.server import OVERFLOW
from tests.wire.simulators.nasty.exam import BY_FIELD, BY_NAME, BY_PATH, BY_PICK, SECOND, US, Paper, Row, Sitting
from twin.core.event import VALUES_KNOWN_SINCE

Sample = tuple[int, float]
NO_VALUE = "tags without a value"
MISSING = "values missing"
TWICE = "values twice"
INVENTED = "values that never were"
WRONG_TIME = "wrong times"
NO_GAP = "the gap is not named"
NOT_TOLD = "not told"


def identified(sitting: Sitting) -> list[str]:
    """Tags whose values tell which sample they are."""
    return [name for name in sitting.run.names if not name.endswith("boolean")]


def wrong(
    sitting: Sitting, shifted: Callable[[int], int] | None = lambda time: time, but: Iterable[str] = ()
) -> list[str]:
    """What is wrong with values: all from the first on, once, at their own times (moved by `shifted`; None: at any)."""
    found: set[str] = set()
    if sitting.fell:
        found.add(f"falls with {sitting.fell}")
    for tag in identified(sitting):
        if tag not in but:
            found |= wrong_of(sitting, tag, shifted)
    return sorted(found)


def wrong_of(sitting: Sitting, tag: str, shifted: Callable[[int], int] | None) -> set[str]:
    """The same for one tag."""
    rows = [row for row in sitting.of(tag) if not math.isnan(row.value)]
    if not rows:
        return {NO_VALUE}
    sent = {value: time for time, value in sitting.run.sent_of(tag)}
    values = [row.value for row in rows]
    found: set[str] = set()
    if len(set(values)) < len(values):
        found.add(TWICE)
    if not set(values) <= set(sent):
        found.add(INVENTED)
    kept = {row.time: row.value for row in rows}  # a store holds one value for each tag and time
    first = min(sent.get(value, 0) for value in values)
    lost = [(sitting.run.written[t], v) for v, t in sent.items() if t > first and v not in kept.values()]
    sitting.lost[tag] = [v for w, v in lost if not any(begin <= w <= end for begin, end in sitting.excused(tag))]
    if sitting.lost[tag]:
        found.add(MISSING)
    if shifted is not None and any(abs(row.time - shifted(sent.get(row.value, 0))) > US for row in rows):
        found.add(WRONG_TIME)
    return found


def all_there(sitting: Sitting) -> list[str]:
    return wrong(sitting)


def with_gap(sitting: Sitting) -> list[str]:
    """Values before and after, and the gap between them named."""
    found = wrong(sitting)
    late = [row for row in sitting.rows if row.time > sitting.thrown + SECOND // 2]
    if len({row.tag for row in late}) < len(sitting.run.names):
        found.append(NO_VALUE)
    return found if sitting.gaps else [*found, NO_GAP]


def back(sitting: Sitting) -> list[str]:
    """Nothing is lost although the link broke."""
    found = wrong(sitting)
    if sitting.links < 2:
        found.append("no new link")
    return [*found, "a gap where none was"] if sitting.gaps else found


def said(sitting: Sitting, *words: str) -> list[str]:
    return [] if any(word in sitting.told.lower() for word in words) else [NOT_TOLD]


def clock_behind(sitting: Sitting) -> list[str]:
    behind = int(timedelta(minutes=40).total_seconds()) * SECOND
    return wrong(sitting, lambda time: time - behind) + said(sitting, "clock", "skew")


def old_first(sitting: Sitting) -> list[str]:
    """The first is 150 days old, by itself or as it was told when it was learnt; all others are of now."""
    found = wrong(sitting, None)
    told = {
        sitting.tags[int(id_)].name: time
        for event in sitting.record.events
        if event.kind == VALUES_KNOWN_SINCE
        for id_, time in event.body["since"].items()
    }
    months = int(timedelta(days=150).total_seconds()) * SECOND
    for tag in identified(sitting):
        rows = sitting.of(tag)
        sent = {value: time for time, value in sitting.run.sent_of(tag)}
        shifts = [sent[row.value] - row.time for row in rows if row.value in sent]
        if shifts and rows[0].tag in told:
            shifts[0] = sent[rows[0].value] - told[rows[0].tag]
        if shifts and (any(abs(s) > US for s in shifts[1:]) or min(abs(shifts[0]), abs(shifts[0] - months)) > US):
            found.append(WRONG_TIME)
    return sorted(set(found))


def stands(sitting: Sitting) -> list[str]:
    return wrong(sitting, None) + said(sitting, "clock", "stands", "frozen")


def in_order(sitting: Sitting) -> list[str]:
    return wrong(sitting, None)


def statuses(sitting: Sitting) -> list[str]:
    """Every code, and of a Bad value nothing but its code."""
    found = [f"falls with {sitting.fell}"] if sitting.fell else []
    if {row.status for row in sitting.rows} != set(CODES):
        found.append("codes missing")
    if any(math.isnan(row.value) != bool(row.status & BAD) for row in sitting.rows):
        found.append("a Bad value kept")
    return found


def not_numbers(sitting: Sitting) -> list[str]:
    """Every sample is there, whatever its value."""
    found = wrong(sitting, but=("line/m0/double", "line/m0/float"))
    rows = sitting.of("line/m0/double")
    times = {time // US for time, _ in sitting.run.sent_of("line/m0/double")}
    if {str(row.value) for row in rows if not math.isfinite(row.value)} != {"nan", "inf", "-inf"}:
        found.append("no numbers changed")
    if {t for t in times if t > rows[0].time // US} - {row.time // US for row in rows}:
        found.append(MISSING)
    return sorted(set(found))


def strings(sitting: Sitting) -> list[str]:
    """As many words about texts as there were texts, and no value in their place."""
    found = set(wrong(sitting)) - {MISSING}
    texts = sum("number" in cause for cause, _ in sitting.record.letters)
    lost = sum(len(unheard(sitting, tag)) for tag in identified(sitting))
    if not lost or texts < lost:
        found.add(NOT_TOLD)
    return sorted(found)


def unheard(sitting: Sitting, tag: str) -> list[float]:
    """What was sent after the first value that came, and did not come."""
    rows = sitting.of(tag)
    came = {row.value for row in rows}
    return [value for time, value in sitting.run.sent_of(tag) if time > rows[0].time and value not in came]


def silence(sitting: Sitting) -> list[str]:
    return wrong(sitting) + said(sitting, "silent", "no notification", "does not notify")


def browsed(sitting: Sitting) -> list[str]:
    return wrong(sitting)


def revised(sitting: Sitting) -> list[str]:
    return wrong(sitting) + said(sitting, "revised", "granted")


def overflow(sitting: Sitting) -> list[str]:
    """Where something is missing, the next value says so."""
    found = set(wrong(sitting)) - {MISSING}
    for tag in identified(sitting):
        rows = sitting.of(tag)
        for before, row in pairwise(rows):
            if row.value - before.value > 1 and row.status & OVERFLOW != OVERFLOW:
                found.add("a loss not named")
    return sorted(found if sitting.record.counts["overflow"] else found | {"a loss not named"})


def strange(sitting: Sitting) -> list[str]:
    return wrong(sitting) + said(sitting, "is not trusted yet")


FIRST = "line/m0/double"


def removed(sitting: Sitting) -> list[str]:
    gone = any(row.status == 0x80340000 for row in sitting.of(FIRST)) or FIRST in sitting.record.problems
    return wrong(sitting, but=[FIRST]) + ([] if gone else [NOT_TOLD])


def node_back(sitting: Sitting) -> list[str]:
    later = [row for row in sitting.of(FIRST) if row.time > sitting.thrown and not math.isnan(row.value)]
    return wrong(sitting, but=[FIRST]) + ([] if later else [f"no value of {FIRST.rpartition('/')[2]} again"])


def retyped(sitting: Sitting) -> list[str]:
    found = wrong(sitting, but=[FIRST])
    late: list[Row] = [row for row in sitting.of(FIRST) if row.time > sitting.thrown + SECOND // 2]
    if any(not math.isnan(row.value) for row in late):
        found.append("made something of it")
    return found + said(sitting, "str where a number", "is a text", "retyped")


PAPERS = (
    Paper(("special-ids",), all_there),
    Paper(("long-ids",), all_there),
    Paper(("numeric-ids",), all_there),
    Paper(("guid-ids",), all_there),
    Paper(("opaque-ids",), all_there),
    Paper(("array",), all_there, where=BY_PICK, machines=2),
    Paper(("structure",), all_there, where=BY_FIELD, machines=2),
    Paper(("host-in-namespace",), with_gap, "restart", BY_NAME, anew=True),
    Paper(("program-version",), with_gap, "restart", BY_PATH, anew=True),
    Paper(("clock-behind",), clock_behind),
    Paper(("old-first",), old_first),
    Paper(("no-source-time",), all_there),
    Paper(("stamps-of-1601",), all_there),
    Paper(("stamps-of-9999",), all_there),
    Paper(("frozen-time",), stands, seconds=4, messages=16),
    Paper(("whole-seconds",), in_order, seconds=2, messages=12),
    Paper(("statuses",), statuses, seconds=3),
    Paper(("not-numbers",), not_numbers),
    Paper(("string-for-number",), strings),
    Paper(("huge-values",), all_there, tick=SECOND // 4),
    Paper(("duplicates",), all_there),
    Paper((), silence, "silent", seconds=8),
    Paper(("few-items",), all_there, machines=170, tick=2 * SECOND, seconds=4),
    Paper(("small-calls",), all_there, machines=40, tick=SECOND),
    Paper(("small-calls-denied",), all_there, machines=40, tick=SECOND),
    Paper(("few-publishes",), all_there),
    Paper(("slow-items",), all_there, machines=100, tick=2 * SECOND, seconds=2),
    Paper(("slow-browse",), browsed, where=BY_PATH, machines=5),
    Paper(("revised",), revised, seconds=3),
    Paper(("small-queue",), overflow, tick=SECOND // 50),
    Paper(("one-session",), back, "cut", anew=True),
    Paper(("one-subscription",), back, "cut", anew=True),
    Paper(("other-host",), all_there),
    Paper(("no-none",), strange, where=BY_NAME, trusting=True),
    Paper((), with_gap, "restart", BY_NAME, anew=True),
    Paper((), removed, "node-removed", seconds=2),
    Paper((), node_back, "node-removed node-back", seconds=4),
    Paper((), retyped, "node-retyped", seconds=2),
    Paper((), back, "half-open", tick=SECOND // 2, anew=True),
    Paper((), with_gap, "sessions-closed", anew=True),
    Paper((), with_gap, "subscriptions-closed", anew=True),
)
