"""Every key of a plant file, as data: what check, completion and the reference pages are made of.

Keys of connections and tags that belong to a protocol stand with its plug-in. Kinds are those of
`twin.core.plugin.Key`, and `list`; a `map`, `list` or `any` that has a grammar of its own has a file of its own here.
"""

from __future__ import annotations

from twin.core.instant import MINUTE
from twin.core.plugin import Key

VERSION = 1
"""The version of the grammar."""

GENERIC_STATES = (
    "running",
    "changeover",
    "blocked",
    "starved",
    "waiting",
    "down",
    "stopped",
    "idle",
    "maintenance",
    "off",
)
"""What a machine can be doing (domain: ISO 22400 and PackML). `unknown` is what bad quality gives by itself."""

STEPPED, SLOPED = "stepped", "sloped"
"""What a tag's value is between two samples: the last one until the next, or on the line between them."""

PLANT_KEYS = (
    Key("linetwin", "int", "version of this grammar", VERSION),
    Key(
        "include",
        "any",
        "files whose sections are part of this plant: [types.yaml, lines/*.yaml], in this folder or below",
    ),
    Key("plant", "text", "path of the plant, before every other path: acme/brno", ""),
    Key("timezone", "text", "IANA zone that shifts and days are reckoned in", "UTC"),
    Key("shifts", "map", "shift name -> times of the week: Mon-Fri 06:00-14:00; `breaks` is a list of such times"),
    Key(
        "calendar",
        "map",
        "day, or first..last -> closed, or what is otherwise: {early: 06:00-12:00, late: closed}",
    ),
    Key("sites", "map", "path of a site or area -> time zone, shifts and calendar of all lines below it"),
    Key("connections", "map", "connection name -> protocol with its URL, and settings"),
    Key("outlets", "map", "outlet name -> where the log goes, with its URL, and settings"),
    Key("products", "map", "product name -> its code and ideal rates"),
    Key(
        "types", "map", "type name, with a version or without (filler@2) -> what all machines of a type have in common"
    ),
    Key("lines", "map", "path of a line -> its machines and their flow"),
    Key("tags", "map", "path -> tag that belongs to no machine"),
    Key("history", "map", "how long samples are kept, by groups of tags"),
)

SITE_KEYS = (
    Key("display", "text", "name for people", ""),
    Key("timezone", "text", "IANA zone of its shifts and days; default: that of what stands above it", None),
    Key("shifts", "map", "its shifts and breaks, instead of those above it"),
    Key("calendar", "map", "its days, beside those above it; {} makes a day like any other of its week"),
)

HISTORY_KEYS = (
    Key(
        "keep",
        "duration",
        "age past which entries and results are forgotten: 400d; default: never (`--keep` wins)",
        None,
    ),
    Key("groups", "map", "group name -> tags that are kept shorter or longer; of several groups the first counts"),
)

HISTORY_GROUP_KEYS = (
    Key("tags", "any", "globs over tag paths: */vibration, with or without the plant", required=True),
    Key("keep", "duration", "age past which their samples are forgotten, a day at a time, at least 8d", required=True),
)

OUTLET_KEYS = (
    Key("tags", "list", "globs of the tags that it gets: [packaging/**]; default: all"),
    Key(
        "from", "choice", "where a new outlet begins: with the whole log, or with what comes", "start", ("start", "now")
    ),
    Key("most", "any", "what may wait for it: 30d, or a number of rows; beyond it the oldest is dropped, and told"),
    Key("was", "text", "former name: the outlet goes on where that one stands", ""),
)

PRODUCT_KEYS = (
    Key("code", "int", "number that the line's product tag shows"),
    Key("ideal", "map", "machine or type -> ideal rate: 120/min, or a list of such with dates"),
)

IDEAL_KEYS = (
    Key("rate", "text", "ideal rate: 120/min", required=True),
    Key("from", "text", "since when: 2026-11-20T06:00, in the plant's time zone where none is written", required=True),
)

SHARED = (
    Key("makes", "any", "what one count is: bottle, or {case: 12 bottle}", "piece"),
    Key("tags", "map", "tag name -> where it is found and what it means"),
    Key("counts", "map", "total, good, reject, rework -> counter tag"),
    Key("state", "any", "rules, the first that holds, or a table of state numbers"),
    Key("micro_stop", "duration", "a shorter stop is lost speed: its time stays production time", MINUTE),
    Key("health", "list", "models that watch the machine's condition, beside those of its type; []: none of these"),
    Key("without", "list", "tags of its type that it has not: [vibration]"),
)
"""What a type and a machine may say alike: the machine's stands above its type's."""

TYPE_KEYS = (
    Key("like", "text", "type that this one builds on; what is written here stands above what that one says"),
    *SHARED,
)

MACHINE_KEYS = (
    Key("type", "text", "the type whose tags, counts and state this machine has: filler, filler@2"),
    Key("from", "text", "connection of all its tags that name none"),
    Key("node", "text", "stands before the node of its tags", ""),
    Key("display", "text", "name for people", ""),
    *SHARED,
)

LINE_KEYS = (
    Key("display", "text", "name for people", ""),
    Key("product", "map", "{tag: machine/tag} that shows the product's code"),
    Key("flow", "list", "machines in the order of the flow: [a, {buffer: 200 bottle}, [b, c]]"),
    Key("output", "list", "machines whose good pieces are the line's; default: the last of the flow"),
    Key("machines", "map", "machine name -> machine; packer[1..2] makes packer1 and packer2", required=True),
)

PRODUCT_TAG_KEYS = (Key("tag", "text", "tag that shows the product's code", required=True),)
BUFFER_KEYS = (Key("buffer", "text", "room for pieces: 200 bottle", required=True),)

TAG_KEYS = (
    Key("from", "text", "connection, where it is not the machine's"),
    Key("type", "choice", "how samples are kept", "number", ("number", "text", "bytes")),
    Key("unit", "text", "unit of the value", ""),
    Key("wire", "text", "unit of the number on the wire, where that is another one: degF", ""),
    Key("compute", "text", "made of other tags: (supply - return) * flow * 4.19; such a tag has no connection"),
    Key("raw", "numbers", "two wire numbers that `range` gives the values of"),
    Key("range", "quantities", "values at the two numbers of `raw`"),
    Key("bad", "numbers", "wire numbers that mean no value", ()),
    Key("scales", "list", "spans of time in which another scale counts: [{from: 2026-11-20T06:00, to: .., range: ..}]"),
    Key("shared", "bool", "another tag may be read from the same place", False),
    Key("interpolation", "choice", "between samples: the last value holds, or a line", STEPPED, (STEPPED, SLOPED)),
    Key("counter", "map", "the tag counts pieces; {} is the usual kind"),
    Key("was", "text", "former name: the series goes on", ""),
    Key("display", "text", "name for people", ""),
    Key("alarms", "list", "limits: {high: 85, delay: 15s, deadband: 1, priority: 2}"),
    Key("thin", "map", "past days keep only rows that tell the others: {after: 7d, exception: 0.05, deviation: 0.1}"),
    Key("write", "map", "the tag may be written, within these limits: {low: 0, high: 100}; without it never"),
)

SCALE_KEYS = (
    Key("from", "text", "since when: 2026-11-20T06:00, in the plant's time zone where none is written", required=True),
    Key("to", "text", "until when, itself not included; default: until further notice"),
    Key("raw", "numbers", "two wire numbers that `range` gives the values of; default: the tag's scale"),
    Key("range", "quantities", "values at the two numbers of `raw`"),
    Key("wire", "text", "unit of the number on the wire", ""),
    Key("bad", "numbers", "wire numbers that mean no value; default: the tag's", None),
)

WRITE_KEYS = (
    Key("low", "quantity", "lowest value that may be written, in the tag's unit"),
    Key("high", "quantity", "highest value that may be written"),
    Key("values", "quantities", "the only values that may be written; instead of low and high"),
    Key("step", "step", "longest way from the present value in one write; none: any"),
    Key("every", "duration", "shortest time between two writes", 1_000_000_000),
    Key("while", "any", "states of the machine in which it may be written, one or a list; none: any"),
    Key("role", "choice", "the least role that may write it", "engineer", ("operate", "engineer")),
)

THIN_KEYS = (
    Key("after", "duration", "age from which on rows go, at least 7d", required=True),
    Key("exception", "step", "rows that stay within a band so wide count as one value, in the tag's unit", 0.0),
    Key("deviation", "step", "how far a row that goes may lie off the line between those that stay", 0.0),
    Key("longest", "duration", "at most so much time between two that stay, unless none came; 0: any", 0),
)

COUNTER_KEYS = (
    Key("wraps", "int", "number after which it starts at 0 again, 65536 for 16 bits; 0: never", 0),
    Key("resets", "choice", "when it may fall and count on from there", "any", ("never", "any", "order")),
    Key("pulse", "bool", "every sample of 1 is one piece; there is no running total", False),
    Key("limit", "int", "more pieces than this in one step is a jump, not production; 0: half of `wraps` or none", 0),
)

COUNT_KEYS = (
    Key("total", "text", "counter of all pieces"),
    Key("good", "text", "counter of good pieces"),
    Key("reject", "text", "counter of rejected pieces"),
    Key("rework", "text", "counter of pieces to be worked on again: not good this time"),
)

STATE_RULE_KEYS = (
    Key("when", "text", "condition: bit(status, 3) and rate(total, 30s) > 0; none always holds"),
    Key("is", "choice", "state that the machine is in then", None, GENERIC_STATES, required=True),
)

STATE_TABLE_KEYS = (
    Key("table", "any", "packml, or state number -> state: {3: running, 9: down}", required=True),
    Key("value", "text", "tag with the state number", required=True),
    Key("blocked", "text", "PackML: tag that says that Suspended means blocked"),
    Key("starved", "text", "PackML: tag that says that Suspended means starved"),
)

ALARM_KEYS = (
    Key("high", "quantity", "alarm above this value: 85, or 185 degF"),
    Key("low", "quantity", "alarm below this value"),
    Key("stale", "duration", "alarm when no usable value came for this long"),
    Key("delay", "duration", "the limit must be passed for this long", 0),
    Key("deadband", "step", "how far back behind the limit the value must come", 0.0),
    Key("off_delay", "duration", "the value must be back for this long", 0),
    Key("priority", "int", "1 is the most urgent, 4 the least", 3),
    Key("name", "text", "tells alarms of one tag apart; default: high, then high_high further out; low, stale"),
    Key("text", "text", "what to tell people", ""),
)

HEALTH_KEYS = (
    Key("model", "choice", "kind of model", None, ("normal_behaviour",), required=True),
    Key("tags", "list", "tags that the model watches", (), required=True),
    Key("while", "choice", "only in this state", None, GENERIC_STATES),
    Key("learn", "duration", "running time that normal is learnt from, 10m to 24h", 60 * MINUTE),
)

LOWEST_PRIORITY = 4
"""Priorities go from 1 to this (ISA-18.2: a few, so that they mean something)."""
