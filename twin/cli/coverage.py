"""`twin coverage`: is anything missing? What covered each tag, what was missing and why, rows by kind."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from twin.cli.command import DONE, Command, data_argument, json_argument
from twin.cli.progress import Progress
from twin.cli.remote import as_of
from twin.core.errors import Misconfigured
from twin.core.event import RUN_STOPPED
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, SECOND, Span, duration_text, from_text, to_text
from twin.model.globs import takes
from twin.runtime.coverage import SpanCover, Thin, blind, lengths
from twin.runtime.plant_file import stored_plant
from twin.state.stretch import Stretch
from twin.store.counted import Counts
from twin.store.lock import address
from twin.store.reader import LogReader

SHOWN = ("received", "filled", "overflowed", "overwritten", "repeats", "bad", "uncertain", "late")
"""Columns of the table, after the tag, its cover and what is missing."""
NAMED = 3
"""So many tags are named beside an interval; of more it is said how many."""
WHY = {
    "gap": "gap",
    "lost": "connection lost",
    "stopped": "twin stopped",
    "uncovered": "not subscribed",
    "never": "not watched",
}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="start", metavar="T", help="first instant (default: a day before --to)")
    parser.add_argument("--to", dest="end", metavar="T", help="first instant no more (default: the last there is)")
    parser.add_argument("--tag", metavar="GLOB", default="*", help="tags by their path (default: all)")
    data_argument(parser)
    json_argument(parser)


def _run(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.data)
    reader = LogReader(folder)
    try:
        now, ended = _present(folder, reader)
        span = _span(arguments.start, arguments.end, now)
        plant, tags = stored_plant(folder), reader.tags()
        known = {*plant.tags, *tags.names()}
        paths = sorted(filter(takes((arguments.tag,), plant.path), known))
        if not paths:
            raise Misconfigured(f"--tag {arguments.tag}: no tag of this data folder matches; --tag '*' takes all")
        cover = SpanCover(reader, plant, tags, span, ended=ended)
        stretches = cover.stretches(paths)
        bar = Progress("coverage")
        counts = cover.counts(paths, bar)
        thinned = cover.thinned(paths)
        bar.done()
    finally:
        reader.close()
    if arguments.json:
        print(json.dumps(_as_json(cover, stretches, counts, thinned, now)))
    else:
        print("\n".join(_told(cover, stretches, counts, thinned)))
    return DONE


def _present(folder: Path, reader: LogReader) -> tuple[int, int | None]:
    """(up to when something can be said, since when no twin runs or None while one does)."""
    last = reader.last()
    url = address(folder)
    if url:
        return max(as_of(url), last), None
    stopped = [
        event.time for recorded, event in reader.events(FAR_PAST, FAR_FUTURE, (RUN_STOPPED,), 1) if recorded == last
    ]
    ended = min([last, *stopped])
    return ended, ended


def _span(start: str | None, end: str | None, now: int) -> Span:
    last = now if end is None else _instant("--to", end)
    first = last - DAY if start is None else _instant("--from", start)
    if first >= last:
        raise Misconfigured(f"--from {to_text(first)} is not before --to {to_text(last)}")
    return Span(first, last)


def _instant(option: str, text: str) -> int:
    try:
        return from_text(text)
    except ValueError as error:
        raise Misconfigured(f"{option}: {error}") from error


# --- for people -----------------------------------------------------------------------------------------------------


def _told(
    cover: SpanCover, stretches: Mapping[str, Sequence[Stretch]], counts: Counts, thinned: Mapping[str, Thin]
) -> list[str]:
    span = cover.span
    columns = counts.columns()
    rows = [
        [path, *_lengths(mine, span), *(f"{columns[name][place]}" for name in SHOWN)]
        for place, (path, mine) in enumerate(stretches.items())
    ]
    total = [sum(lengths(mine)[state] for mine in stretches.values()) for state in ("covered", "filled", "missing")]
    whole = max(sum(total), 1)
    sums = ", ".join(f"{int(columns[name].sum())} {name}" for name in SHOWN)
    return [
        *_table(["tag", "covered", "missing", *SHOWN], rows),
        *_intervals("missing", stretches, cover),
        *_intervals("filled", stretches, cover),
        *_ways(stretches),
        *(
            f"thinned {to_text(one.start)} to {to_text(one.end)}: {one.dropped} rows left out, each at most "
            f"{one.error:g} off; {path}"
            for path, one in thinned.items()
        ),
        f"{len(rows)} tags from {to_text(span.start)} to {to_text(span.end)}: "
        f"{_percent(total[0] + total[1], whole)} covered (of it {duration_text(total[1])} filled), "
        f"{duration_text(total[2])} missing over all tags; {sums}",
    ]


def _lengths(stretches: Sequence[Stretch], span: Span) -> tuple[str, str]:
    found = lengths(stretches)
    missing = duration_text(found["missing"]) if found["missing"] else "0"
    return _percent(found["covered"] + found["filled"], span.end - span.start), missing


def _percent(part: int, whole: int) -> str:
    """To two decimals, and never 100 % or 0 % of what is not all or nothing."""
    if part in {0, whole}:
        return "100 %" if part else "0 %"
    return f"{min(max(100 * part / whole, 0.01), 99.99):.2f} %"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in (heads, *rows)
    ]


def _intervals(state: str, stretches: Mapping[str, Sequence[Stretch]], cover: SpanCover) -> list[str]:
    """Each interval in this state with its cause; one line for all tags of which it is true."""
    found: defaultdict[tuple[Stretch, str], list[str]] = defaultdict(list)
    for path, mine in stretches.items():
        for one in mine:
            if one.state == state:
                found[one, cover.home(path)].append(path)
    lines: list[str] = []
    for (one, home), paths in sorted(found.items(), key=lambda item: (item[0][0].start, item[0][0].end, item[1])):
        who = (
            ", ".join(paths)
            if len(paths) <= NAMED
            else f"{len(paths)} tags of {home}"
            if home
            else f"{len(paths)} tags"
        )
        cause = ": ".join(part for part in (WHY[one.why], one.cause) if part)
        unfilled = f"; not in the source's history: {one.unfilled}" if one.unfilled else ""
        when = f"{to_text(one.start)} to {to_text(one.end)} ({duration_text(one.length)})"
        lines.append(f"{state} {when}: {cause}{unfilled}; {who}")
    return lines


def _ways(stretches: Mapping[str, Sequence[Stretch]]) -> list[str]:
    """How tags are covered, and what that cannot see."""
    found: defaultdict[tuple[str, int | None], list[str]] = defaultdict(list)
    for path, mine in stretches.items():
        for by in {one.by for one in mine if one.state == "covered"}:
            found[by, blind([one for one in mine if one.by == by])].append(path)
    lines: list[str] = []
    for (by, pulse), paths in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or 0)):
        who = ", ".join(paths) if len(paths) <= NAMED else f"{len(paths)} tags"
        lines.append(f"covered by {by}{unseen(by, pulse)}: {who}")
    return lines


def unseen(by: str, pulse: int | None) -> str:
    """What a way of covering cannot see."""
    if by == "messages":
        return ", every message that came is there"
    if pulse:
        return f", cannot see pulses shorter than {duration_text(pulse)}"
    return ", every change that the server saw"


# --- for programs ---------------------------------------------------------------------------------------------------


def _as_json(
    cover: SpanCover,
    stretches: Mapping[str, Sequence[Stretch]],
    counts: Counts,
    thinned: Mapping[str, Thin],
    now: int,
) -> Mapping[str, Any]:
    columns = counts.columns()
    return {
        "as_of": to_text(now),
        "from": to_text(cover.span.start),
        "to": to_text(cover.span.end),
        "tags": [
            {
                "tag": path,
                "connection": cover.home(path),
                **{f"{state}_s": length / SECOND for state, length in lengths(mine).items()},
                "blind_s": None if (pulse := blind(mine)) is None else pulse / SECOND,
                "rows": {name: int(column[place]) for name, column in columns.items()},
                "thinned": None if (thin := thinned.get(path)) is None else _thinned(thin),
                "stretches": [_stretch(one) for one in mine],
            }
            for place, (path, mine) in enumerate(stretches.items())
        ],
        "total": {name: int(column.sum()) for name, column in columns.items()},
    }


def _thinned(one: Thin) -> dict[str, Any]:
    return {"rows": one.dropped, "error": one.error, "from": to_text(one.start), "to": to_text(one.end)}


def _stretch(one: Stretch) -> dict[str, Any]:
    told = {name: value for name, value in asdict(one).items() if value and name not in {"start", "end", "sampling"}}
    sampling = {"sampling_s": one.sampling / SECOND} if one.state == "covered" and one.by != "messages" else {}
    return {"from": to_text(one.start), "to": to_text(one.end), **told, **sampling}


COMMAND = Command("coverage", "is anything missing: what was covered, gaps with their causes", _arguments, _run)
