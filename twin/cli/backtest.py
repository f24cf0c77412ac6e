"""`twin backtest`: a recorded span under another plant file, beside what its own made of it."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from statistics import median
from typing import Any

from twin.alarms.warning import Failure, Load
from twin.cli.command import DONE, Command, data_argument, json_argument
from twin.cli.progress import Progress
from twin.core.errors import Misconfigured
from twin.core.fold import Record
from twin.core.instant import SECOND, Span, duration, duration_text, from_moment, to_text
from twin.mes.elements import Figures
from twin.runtime.backtest import WARNINGS, Backtest, Side, backtest
from twin.runtime.clock import WallClock
from twin.runtime.editions import stored_loads
from twin.runtime.plant_file import read_plant
from twin.store.reader import LogReader

SHOWN = 20
"""So many lines of one sort; `--json` has all."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NEW.yaml", required=True, help="the plant file to try")
    parser.add_argument("--from", dest="start", metavar="T", required=True, help="first instant, or now-30d")
    parser.add_argument("--to", dest="end", metavar="T", default="now", help="first instant no more (default: now)")
    parser.add_argument(
        "--warm-up", metavar="1h", help="fold from so long before --from on (default: from the beginning of the log)"
    )
    data_argument(parser)
    json_argument(parser)


def _run(arguments: argparse.Namespace) -> int:
    span = Span(_instant("--from", arguments.start), _instant("--to", arguments.end))
    if span.start >= span.end:
        raise Misconfigured("--from is not before --to")
    warm_up = None if arguments.warm_up is None else _length("--warm-up", arguments.warm_up)
    plant = read_plant(arguments.model, secrets=False)
    folder = Path(arguments.data)
    reader = LogReader(folder)
    try:
        bar = Progress("backtest")
        found = backtest(plant, stored_loads(folder, reader), reader, span, bar, warm_up)
        bar.done()
    finally:
        reader.close()
    print(json.dumps(_as_json(found)) if arguments.json else "\n".join(_told(arguments.model, found, warm_up)))
    return DONE


def _instant(option: str, text: str) -> int:
    try:
        return from_moment(text, WallClock().now())
    except ValueError as error:
        raise Misconfigured(f"{option}: {error}; or relative like now-2h") from error


def _length(option: str, text: str) -> int:
    try:
        return duration(text)
    except ValueError as error:
        raise Misconfigured(f"{option}: {error}") from error


# --- for people -----------------------------------------------------------------------------------------------------


def _told(file: str, found: Backtest, warm_up: int | None) -> Iterator[str]:
    where = "the beginning of the log" if warm_up is None else f"{duration_text(warm_up)} before --from at most"
    yield f"{file} from {to_text(found.span.start)} to {to_text(found.span.end)}"
    yield f"both sides are folded from {to_text(found.begins)} on ({where})"
    yield from _counts(found)
    yield from _first([_line("+", one) for one in found.difference.added])
    yield from _first([_line("-", one) for one in found.difference.removed])
    yield from _first([_pair(*pair) for pair in (*found.difference.moved, *found.difference.changed)])
    oee = [
        f"OEE {one.asset} {one.period.name} {to_text(one.period.start)}: {_figures(one.before, one.after)}"
        for one in found.oee
    ]
    yield from _first(oee)
    for kind in WARNINGS:
        each = zip(found.before.loads[kind], found.after.loads[kind], strict=True)
        loads = [
            f"{kind}s {one.name} {to_text(one.start)}: {_load(one)} before, {_load(other)} after"
            for one, other in each
            if one.begun or other.begun
        ]
        yield from _first(loads)
        yield f"{kind}s a {found.by}: {_mean(found.before.loads[kind])} before, {_mean(found.after.loads[kind])} after"
    yield f"failures warned of: {_warned(found.before.failures)} before, {_warned(found.after.failures)} after"


def _counts(found: Backtest) -> Iterator[str]:
    each = _by_kind(found)
    for kind in sorted(each):
        yield f"{kind}: " + ", ".join(f"{many} {name}" for name, many in each[kind].items())
    if found.difference.is_empty:
        yield "no record differs"


def _by_kind(found: Backtest) -> dict[str, dict[str, int]]:
    d = found.difference
    several = {
        "added": Counter(one.kind for one in d.added),
        "removed": Counter(one.kind for one in d.removed),
        "moved": Counter(one.kind for one, _ in d.moved),
        "changed": Counter(one.kind for one, _ in d.changed),
    }
    kinds = {*found.before.ended, *found.after.ended, *(kind for counted in several.values() for kind in counted)}
    return {kind: {name: counted[kind] for name, counted in several.items()} for kind in kinds}


def _first(lines: Sequence[str]) -> list[str]:
    more = [f"... and {len(lines) - SHOWN} more like these; --json has all"] if len(lines) > SHOWN else []
    return [*lines[:SHOWN], *more]


def _line(mark: str, one: Record) -> str:
    data = ", ".join(f"{name} {value}" for name, value in one.data)
    return f"{mark} {one.kind} {one.key} {to_text(one.start)} to {to_text(one.end)}: {data}"


def _pair(one: Record, other: Record) -> str:
    old, new = dict(one.data), dict(other.data)
    data = [f"{n} {old.get(n)} -> {new.get(n)}" for n in sorted(old.keys() | new.keys()) if old.get(n) != new.get(n)]
    times = [f"{to_text(a)} -> {to_text(b)}" if a != b else to_text(a) for a, b in _ends(one, other)]
    return f"~ {one.kind} {one.key} {times[0]} to {times[1]}: {', '.join(data) or 'same data'}"


def _ends(one: Record, other: Record) -> list[tuple[int, int]]:
    return [(one.start, other.start), (one.end, other.end)]


def _figures(before: Figures | None, after: Figures | None) -> str:
    """Those that differ."""
    if before is None or after is None:
        return f"oee {_figure('oee', before)} -> {_figure('oee', after)}"
    told = [(one.name, _figure(one.name, before), _figure(one.name, after)) for one in fields(Figures)]
    return ", ".join(f"{name} {old} -> {new}" for name, old, new in told if old != new) or "by less than is shown here"


def _figure(name: str, figures: Figures | None) -> str:
    value = None if figures is None else getattr(figures, name)
    if value is None:
        return "none"
    return f"{value:.5g}" if name == "throughput_per_h" else f"{value:.2%}"


def _load(one: Load) -> str:
    return f"{one.begun} ({one.false} of {one.judged} false)"


def _mean(loads: Sequence[Load]) -> str:
    many = max(1, len(loads))
    return f"{sum(one.begun for one in loads) / many:.1f} ({sum(one.false for one in loads) / many:.1f} false)"


def _warned(failures: Sequence[Failure]) -> str:
    leads = [one.lead for one in failures if one.lead is not None]
    middle = f", {duration_text(round(median(leads)))} ahead (median)" if leads else ""
    return f"{len(leads)} of {len(failures)}{middle}"


# --- for programs ---------------------------------------------------------------------------------------------------


def _as_json(found: Backtest) -> dict[str, Any]:
    d = found.difference
    return {
        "from": to_text(found.span.start),
        "to": to_text(found.span.end),
        "begins": to_text(found.begins),
        "kinds": _by_kind(found),
        "added": [_record(one) for one in d.added],
        "removed": [_record(one) for one in d.removed],
        "moved": [{"before": _record(one), "after": _record(other)} for one, other in d.moved],
        "changed": [{"before": _record(one), "after": _record(other)} for one, other in d.changed],
        "oee": [
            {
                "asset": one.asset,
                "name": one.period.name,
                "from": to_text(one.period.start),
                "to": to_text(one.period.end),
                "before": None if one.before is None else asdict(one.before),
                "after": None if one.after is None else asdict(one.after),
            }
            for one in found.oee
        ],
        "by": found.by,
        "before": _side(found.before),
        "after": _side(found.after),
    }


def _record(one: Record) -> dict[str, Any]:
    return {
        "kind": one.kind, "key": one.key, "start": to_text(one.start), "end": to_text(one.end), "data": dict(one.data),
    }  # fmt: skip


def _side(side: Side) -> dict[str, Any]:
    loads = {
        f"{kind}s": [asdict(one) | {"start": to_text(one.start), "end": to_text(one.end)} for one in side.loads[kind]]
        for kind in WARNINGS
    }
    failed = [
        {
            "machine": one.machine,
            "start": to_text(one.start),
            "lead_s": None if one.lead is None else one.lead / SECOND,
            "by": one.by or None,
        }
        for one in side.failures
    ]
    return {"ended": side.ended, **loads, "failures": failed}


COMMAND = Command("backtest", "what a recorded span would have been under another plant file", _arguments, _run)
