"""`twin whatif`: what may come of a line from the state that it is in, and how good earlier forecasts were."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from twin.api.shapes_forecast import forecasts_answer, whatif_answer
from twin.cli.command import DONE, Command, data_argument, json_argument
from twin.cli.remote import forecasts_of, whatif_of
from twin.core.errors import Misconfigured
from twin.core.event import FORECAST_MADE, RUN_STARTED, RUN_STOPPED, Event
from twin.core.instant import FAR_FUTURE, FAR_PAST, duration
from twin.forecast.settings import BUFFER_KEYS, MACHINE_KEYS
from twin.model.plant import Plant
from twin.runtime.assembly import assemble_all
from twin.runtime.clock import WallClock
from twin.runtime.editions import stored_loads
from twin.runtime.forecasts import USUAL_RUNS, Asked, kept, line_named, made_event, whatif
from twin.runtime.live import LiveView, Meaning, view_of
from twin.runtime.plant_file import stored_plant
from twin.store.lock import address, writer_lock
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.results import SqliteResults

WHO = "command line"
KINDS = {
    "ks": "off the law by",
    "drift": "halves apart by",
    "scatter": "hours scatter by",
    "range": "open by",
    "throughput": "off by",
}
"""What the error of a fit is called; all are shares."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    keys = "; ".join(f"{key}: {text}" for key, text in {**MACHINE_KEYS, **BUFFER_KEYS}.items())
    parser.add_argument("--line", metavar="L", default="", help="path of the line, or its end (default: the only one)")
    parser.add_argument("--for", dest="length", metavar="TIME", default="8h", help="how far (default: %(default)s)")
    parser.add_argument(
        "--set", dest="settings", metavar="X=Y", action="append", default=[],
        help=f"another assumption, as filler.rate=130/min; may be repeated ({keys})".replace("%", "%%"),
    )  # fmt: skip
    parser.add_argument("--runs", type=int, default=USUAL_RUNS, metavar="N", help="runs (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the runs (default: %(default)s)")
    parser.add_argument("--pieces", type=float, metavar="N", help="when are so many good pieces made?")
    parser.add_argument("--fits", action="store_true", help="every fitted quantity with its error, too")
    parser.add_argument("--scores", action="store_true", help="how good earlier forecasts were, instead")
    data_argument(parser)
    json_argument(parser)


def _run(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.data)
    url = address(folder)
    if arguments.scores:
        found = forecasts_of(url, _query(arguments)) if url else _scored(folder, arguments)
        print(json.dumps(found) if arguments.json else "\n".join(_scores_told(found)))
        return DONE
    found = whatif_of(url, _body(arguments)) if url else _made(folder, arguments)
    print(json.dumps(found) if arguments.json else "\n".join(_told(found, arguments.fits)))
    return DONE


# --- where the answer comes from --------------------------------------------------------------------------------------


def _body(arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "line": arguments.line, "duration": arguments.length, "settings": arguments.settings, "runs": arguments.runs,
        "seed": arguments.seed, "pieces": arguments.pieces,
    }  # fmt: skip


def _query(arguments: argparse.Namespace) -> str:
    return urlencode({"line": arguments.line, "from": "now-365d"})


@dataclass(frozen=True, slots=True, eq=False)
class _Stored:
    """A data folder that no twin runs on, as of its last entry."""

    plant: Plant
    reader: LogReader
    results: SqliteResults
    view: LiveView


def _stored(folder: Path, reader: LogReader) -> _Stored:
    plant, tags = stored_plant(folder), reader.tags()
    assembly = assemble_all(stored_loads(folder, reader), tags)
    results = SqliteResults(reader, assembly.names, assembly.editions.codes)
    known = reader.last()
    as_of = _ended(reader, known)
    lanes = assembly.engine(reader, results).at(as_of, known)
    view = view_of(1, as_of, known, lanes, Meaning(plant, tags.names(), assembly.editions.newest.scales), len(tags))
    return _Stored(plant, reader, results, view)


def _ended(reader: LogReader, last: int) -> int:
    """The instant up to which the plant was watched; forecasts that were kept since do not move it."""
    newest = [reader.events(FAR_PAST, FAR_FUTURE, (kind,), 1) for kind in (RUN_STARTED, RUN_STOPPED, FORECAST_MADE)]
    started, stopped, made = (found[0] if found else None for found in newest)
    begun = 0 if started is None else started[0]
    if stopped is not None and stopped[0] > begun:
        return stopped[1].time
    if made is not None and made[0] > begun and made[1].who == WHO:
        return made[1].time
    return last + 1


def _made(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Of a folder that stands still: from its last entry on."""
    with closing(LogReader(folder)) as reader:
        stored = _stored(folder, reader)
        line = line_named(stored.plant, arguments.line)
        try:
            horizon = duration(arguments.length)
        except ValueError as error:
            raise Misconfigured(f"--for: {error}") from error
        asked = Asked(line, horizon, arguments.runs, arguments.seed, arguments.settings, arguments.pieces)
        first = reader.complete_from()
        found = whatif(stored, stored.view, asked, stored.view.as_of if first is None else first)
    asyncio.run(_keep(folder, made_event(found, WHO)))
    return whatif_answer(found, stored.view.as_of).model_dump(mode="json", by_alias=True)


async def _keep(folder: Path, event: Event) -> None:
    with writer_lock(folder), closing(SqliteLog(folder, WallClock())) as log:
        await log.note(event)


def _scored(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    with closing(LogReader(folder)) as reader:
        stored = _stored(folder, reader)
        lines = [line_named(stored.plant, arguments.line)] if arguments.line else list(stored.plant.lines)
        found = kept(stored, stored.view, lines, FAR_PAST, FAR_FUTURE)
    return forecasts_answer(found, stored.view.as_of).model_dump(mode="json", by_alias=True)


# --- for people -------------------------------------------------------------------------------------------------------


def _told(found: Mapping[str, Any], with_fits: bool) -> list[str]:
    unit, model = found["unit"], found["model"]
    check = model["check"]
    lines = [
        f"{found['line']} from {found['from']} to {found['to']}, {found['runs']} runs, seed {found['seed']}",
        *(f"  set {name} = {value}" for name, value in found["settings"].items()),
        f"good pieces       {_amounts(found['good'])} {unit}",
        f"produced          {_amounts(found['produced'])} {unit}",
    ]
    if found["oee"] is not None:
        lines.append(f"OEE               {_shares(found['oee'])}")
    if found["finish"] is not None:
        lines.append(_finish(found["finish"], unit))
    for one in found["machines"]:
        name = one["machine"].rpartition("/")[2]
        lines.append(
            f"  {name:15} availability {_shares(one['availability'])}, {_amounts(one['stops'])} stops, starved "
            f"{one['starved']['p50']:.0%}, blocked {one['blocked']['p50']:.0%}"
        )
    lines.append(
        f"model {model['digest']} of {model['from']} to {model['to']}; against its own history: {check['inside']} of "
        f"{check['hindcasts']} forecasts inside, moved by {check['bias']:+.2f}, spread {check['spread']:.2f}"
    )
    lines += [f"  note: {note}" for note in model["notes"]]
    if with_fits:
        lines += [_fit(one) for one in model["fits"]]
    return lines


def _amounts(one: Mapping[str, float]) -> str:
    return f"{one['p50']:.0f} ({one['p10']:.0f} to {one['p90']:.0f})"


def _shares(one: Mapping[str, float]) -> str:
    return f"{one['p50']:.1%} ({one['p10']:.1%} to {one['p90']:.1%})"


def _finish(one: Mapping[str, Any], unit: str) -> str:
    first, middle, last = (one[name] or "not within the time" for name in ("p10", "p50", "p90"))
    return f"{one['pieces']:.0f} {unit} by  {middle} ({first} to {last}), in {one['reached']:.0%} of the runs"


def _fit(one: Mapping[str, Any]) -> str:
    error = "" if one["error"] is None else f", {KINDS[one['kind']]} {one['error']:.1%}"
    return (
        f"  {one['asset']:12} {one['quantity']:32} {one['value']:10.4g} {one['unit']:6} n {one['observations']}{error}"
    )


def _scores_told(found: Mapping[str, Any]) -> list[str]:
    lines = [_kept(one) for one in found["forecasts"]]
    scores = found["scores"]
    if not scores["forecasts"]:
        return [*lines, "no forecast of this line whose time is over: nothing to score yet"]
    return [
        *lines,
        f"{scores['forecasts']} scored: {scores['coverage']:.0%} inside of the 80 % interval, "
        f"bias {scores['bias'] or 0:+.1%}, width {scores['width'] or 0:.1%}, pinball loss {scores['loss']:.2f}",
    ]


def _kept(one: Mapping[str, Any]) -> str:
    told = "not over yet" if one["actual"] is None else f"{one['actual']:.0f} made, {_verdict(one)}"
    if one["settings"]:
        told = "under " + ", ".join(f"{name}={value}" for name, value in one["settings"].items()) + ": not scored"
    return f"{one['made_at']} to {one['until']}: {_amounts(one['good'])} {one['unit']}; {told}"


def _verdict(one: Mapping[str, Any]) -> str:
    return "inside" if one["inside"] else "OUTSIDE"


COMMAND = Command("whatif", "what may come of a line, with intervals, and how good forecasts were", _arguments, _run)
