"""The nasty switches of MQTT, in the order in which they act on a message when several are on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from simulators.wire.nasty import poison
from simulators.wire.nasty.link import TakeOver, Will
from simulators.wire.nasty.order import Clock, Duplicates, Flood, Late, OutOfOrder, Retained, Storm
from simulators.wire.nasty.poison import Arrays, Body, Instead, Poison, Status
from simulators.wire.nasty.switch import Switch
from simulators.wire.nasty.twist import Twist

OFF_MS = 40 * 60_000
"""How wrong the clock of a device is."""


def _switch(name: str, make: Callable[[], Twist], effect: str, shows: str) -> Switch:
    return Switch(f"mqtt-{name}", "mqtt", effect, shows, make)


def _spoilt(name: str, spoil: Callable[[Body], bytes], what: str, cause: str) -> Switch:
    effect = f"a tenth of the messages is followed by a copy that {what}"
    return _switch(name, partial(Poison, spoil), effect, f"every true value; each copy a dead letter, cause {cause}")


SWITCHES = (
    _switch(
        "null",
        partial(Instead, poison.nulls),
        "in a tenth of the messages the last value is null",
        "the others; null is Bad without a value, never 0",
    ),
    _switch(
        "seconds",
        partial(Instead, poison.in_seconds),
        "a tenth of the messages has its time in seconds, the others in ms",
        "every value at its time with `unit: auto`; with `unit: ms` kept, but in 1970",
    ),
    _switch(
        "clock-behind",
        partial(Clock, -OFF_MS),
        "the device's clock is 40 minutes behind",
        "every value, 40 minutes back, and a word about the clock; `time: arrival` mends it",
    ),
    _switch(
        "clock-ahead",
        partial(Clock, OFF_MS),
        "the device's clock is 40 minutes ahead",
        "every value at the time of arrival, Uncertain; said once",
    ),
    _spoilt("broken-json", poison.cut_short, "is cut off", "`not JSON`"),
    _spoilt("wrong-type", poison.as_text, "has text with a decimal comma", "`text where a number is expected`"),
    _spoilt("nan", poison.as_nan, "says NaN", "`NaN is not a number`"),
    _spoilt("huge", poison.padded, "has a log of 1 MB and no values", "`no value at`"),
    _spoilt("encoding", poison.in_latin_1, "is in ISO 8859-1", "`not UTF-8`"),
    _spoilt("missing-key", poison.renamed, "has other keys", "`no value at`"),
    _spoilt("empty", poison.empty, "is empty", "`empty payload`"),
    _switch(
        "status",
        Status,
        "each message has an OPC quality `q`; in a tenth it is 0 and the values are 0 too",
        "with `quality: $.q` those are Bad; without it they are taken for good",
    ),
    _switch(
        "no-timestamp",
        partial(Instead, poison.no_time),
        "a tenth of the messages has no time stamp",
        "every value, those at the time of arrival",
    ),
    _switch(
        "retained",
        Retained,
        "each topic has a retained message three months old; who subscribes gets it first",
        "every value; the old ones at their own time, too old to count",
    ),
    _switch(
        "storm",
        Storm,
        "with each message come 20 on topics nobody knows",
        "every value; the strangers counted as unmapped where a filter takes them",
    ),
    _switch(
        "flood",
        Flood,
        "once a minute come 5,000 messages at once on the topic `trace` beside the others",
        "every value, those of the trace too",
    ),
    _switch(
        "arrays",
        Arrays,
        'ten messages of a topic come as one: {"points": [...]}',
        "every value with `each: $.points[*]`",
    ),
    _switch(
        "duplicates",
        Duplicates,
        "a fifth of the messages comes twice, a tenth again after some others",
        "every value once",
    ),
    _switch(
        "out-of-order",
        OutOfOrder,
        "a tenth of the messages comes only after 5 to 20 others",
        "every value at its time",
    ),
    _switch(
        "late",
        Late,
        "a gateway keeps everything for two minutes and sends it at once",
        "every value at its time, two minutes later; a longer `wait` spares the corrections",
    ),
    _switch(
        "will",
        Will,
        "the connection breaks every 300 messages; the last will is a bare word on a data topic",
        "every value; each will a dead letter, cause `not JSON`",
    ),
    _switch(
        "takeover",
        TakeOver,
        "every 300 messages another connection takes the client id over; the will says offline",
        "every value; `status` goes offline and comes back",
    ),
)
