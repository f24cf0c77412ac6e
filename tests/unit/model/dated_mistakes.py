"""Mistakes in dated scales, in the calendar, and tags of one place: (old text, new text, what is said)."""

from __future__ import annotations


def _scales(scales: str, says: str) -> tuple[str, str, str]:
    return "{node: .t}", f"{{node: .t, scales: [{scales}]}}", f"9: types.filler.tags.temp.scales{says}"


def _calendar(calendar: str, says: str) -> tuple[str, str, str]:
    shifts = "shifts: {early: Mon-Fri 06:00-14:00, breaks: 10:00-10:15}"
    return "types:", f"{shifts}\ncalendar: {{{calendar}}}\ntypes:", f"6: calendar{says}"


_BOTH = "raw: [0, 1], range: [0, 2]"

DATED_MISTAKES = {
    "a dated scale without a date": _scales(
        f"{{{_BOTH}}}",
        "[0]: key 'from' is missing (since when: 2026-11-20T06:00, in the plant's time zone where none is written)",
    ),
    "a date that is none": _scales(
        f"{{from: yesterday, {_BOTH}}}", "[0].from: 'yesterday' is not a time like 2026-11-22T14:03:12Z"
    ),
    "a month that is none": _scales(f"{{from: 2026-13-01, {_BOTH}}}", "[0].from: month must be in 1..12"),
    "a span that ends before it begins": _scales(
        f"{{from: 2026-11-20, to: 2026-11-19, {_BOTH}}}", "[0].to: is not after `from`"
    ),
    "a dated scale that is none": _scales(
        "{from: 2026-11-20}", "[0]: says nothing of the scale; write `raw` and `range`, `wire`, or `bad`"
    ),
    "a dated scale of half": _scales(
        "{from: 2026-11-20, raw: [0, 1]}",
        "[0]: has only one of `raw` and `range`; write both: raw: [0, 27648], range: [0, 150]",
    ),
    "two scales at one instant": _scales(
        f"{{from: 2026-11-20, {_BOTH}}}, {{from: 2026-11-10, to: 2026-11-21, {_BOTH}}}",
        "[0]: overlaps with types.filler.tags.temp.scales[1] (line 9); one instant has one scale",
    ),
    "a scale of a text": (
        "{node: .t}",
        "{node: .t, type: text, scales: [{from: 2026-11-20, bad: [1]}]}",
        "9: types.filler.tags.temp.scales: a text tag has no scale; only numbers have",
    ),
    "a day that is none": _calendar(
        "24.12.: closed",
        ".24.12.: '24.12.' is not a day like 2026-12-24, nor days like 2026-12-28..2026-12-31",
    ),
    "days that go back": _calendar(
        "2026-12-28..2025-12-31: closed",
        ".2026-12-28..2025-12-31: '2026-12-28..2025-12-31' is -361 days;"
        " write the first day, then the last, at most 366",
    ),
    "a day that is neither": _calendar(
        "2026-12-24: clsed",
        ".2026-12-24: is neither `closed` nor times of shifts: {early: 06:00-12:00, late: closed}",
    ),
    "a day in two spans": _calendar(
        "2026-12-24..2026-12-26: closed, 2026-12-26..2026-12-31: closed",
        ".2026-12-26..2026-12-31: 2026-12-26 stands in calendar.2026-12-24..2026-12-26 too (line 6)",
    ),
    "a shift of a day that is none": _calendar(
        "2026-12-24: {earlyy: 06:00-12:00}",
        ".2026-12-24.earlyy: no shift 'earlyy' (did you mean 'early'?); a new one needs `earlyy: []` among the shifts",
    ),
    "days of the week on one day": _calendar(
        "2026-12-24: {early: Mon 06:00-12:00}",
        ".2026-12-24.early: 'Mon 06:00-12:00' names days, and this is one day (write 06:00-12:00, or closed)",
    ),
    "two tags on one node": (
        "temp: {node: .t}",
        "temp: {node: .n}",
        "9: types.filler.tags.temp: tag 'hall/line1/filler/temp' is read from where 'hall/line1/filler/total' is"
        " (node DB.n; line 8); name another place, or write `shared: true` beside it",
    ),
    "two machines on one node": (
        "filler: {type: filler, from: s7, node: DB}",
        "filler: {tags: {a: {node: DB.t}}, from: s7}\n      m: {tags: {b: {node: .t}}, from: s7, node: DB}",
        "20: lines.hall/line1.machines.m.tags.b: tag 'hall/line1/m/b' is read from where 'hall/line1/filler/a' is"
        " (node DB.t; line 19); name another place, or write `shared: true` beside it",
    ),
}
