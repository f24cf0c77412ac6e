"""What if: the forecast of a line from a live view, kept as an event, and scored later by what the records say then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twin.core.errors import Misconfigured
from twin.core.event import FORECAST_MADE, Event
from twin.core.instant import DAY, FAR_FUTURE, HOUR, MINUTE, duration_text
from twin.forecast.calibrate import calibrate
from twin.forecast.forecast import LEVELS, Forecast, forecast
from twin.forecast.hindcast import checked
from twin.forecast.model import LineModel
from twin.forecast.scores import Score, score
from twin.forecast.settings import changed, read_settings
from twin.forecast.standing import standing
from twin.mes.flow import flow_of
from twin.mes.quantities import pieces_of
from twin.model.plant import Line, Plant
from twin.model.report import suggestion
from twin.runtime.line_history import line_history
from twin.runtime.live import LiveView
from twin.runtime.shown import Shown

USUAL_RUNS, MOST_RUNS, MOST_TIME = 300, 5000, 7 * DAY
USUAL_TIME, SHORTEST_TIME = 8 * HOUR, 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Asked:
    """What shall be forecast. horizon: ns. settings: texts of `--set`. target: good pieces to be made."""

    line: Line
    horizon: int = USUAL_TIME
    runs: int = USUAL_RUNS
    seed: int = 1
    settings: Sequence[str] = ()
    target: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """model: as it was fitted, without the settings."""

    model: LineModel
    forecast: Forecast


def line_named(plant: Plant, name: str) -> Line:
    """By as much of its path as makes it one; the only one for ''. Raises Misconfigured."""
    found = [one for one in plant.lines if not name or one.path == name or one.path.endswith(f"/{name}")]
    if len(found) == 1:
        return found[0]
    names = [plant.short(one.path) for one in plant.lines]
    if not found:
        raise Misconfigured(f"line {name!r}: the plant has none of this name{suggestion(name, names)}")
    raise Misconfigured(f"line {name!r} is not one line; the plant has {', '.join(names)}")


def whatif(twin: Shown, view: LiveView, asked: Asked, complete_from: int) -> Answered:
    """Fit, check and run. Blocking, some seconds. Raises Misconfigured for what cannot be answered, with the reason."""
    if not SHORTEST_TIME <= asked.horizon <= MOST_TIME:
        told = f"{duration_text(SHORTEST_TIME)} to {duration_text(MOST_TIME)}"
        raise Misconfigured(f"a forecast is for {told}, not for {duration_text(asked.horizon)}")
    if not 20 <= asked.runs <= MOST_RUNS:
        raise Misconfigured(f"a forecast has 20 to {MOST_RUNS} runs, not {asked.runs}")
    horizon = asked.horizon - asked.horizon % MINUTE
    history = line_history(twin, view, asked.line, complete_from)
    fitted = calibrate(history)
    settings = read_settings(asked.settings, fitted, history.calendar)
    model = checked(fitted, history, horizon, asked.seed)
    state = standing(model, history, horizon, settings)
    told = {f"{one.asset}.{one.what}": one.text for one in settings}
    found = forecast(changed(model, settings), state, horizon, asked.runs, asked.seed, asked.target, told)
    return Answered(model, found)


def made_event(answered: Answered, who: str) -> Event:
    """What the log keeps of a forecast."""
    found = answered.forecast
    body = {
        "until": found.end,
        "quantiles": [round(float(one), 3) for one in found.good],
        "settings": dict(found.settings),
        "runs": found.runs,
        "seed": found.seed,
        "unit": found.unit,
        "model": answered.model.digest,
    }
    return Event(found.start, FORECAST_MADE, found.line, body, who)


@dataclass(frozen=True, slots=True)
class Kept:
    """A forecast of the log. score: None while its time is not over, or where it was of other assumptions."""

    line: str
    recorded: int
    made_at: int
    until: int
    quantiles: Sequence[float]
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    unit: str = ""
    model: str = ""
    who: str = ""
    score: Score | None = None


def kept(twin: Shown, view: LiveView, lines: Sequence[Line], start: int, end: int, limit: int = 1000) -> list[Kept]:
    """Forecasts that were made in [start, end), the newest first, scored by what the records say now. Blocking.

    One under other assumptions is not scored: nobody knows what would have come of them.
    """
    by_path = {line.path: line for line in lines}
    found: list[Kept] = []
    for recorded, event in twin.reader.events(start, end, (FORECAST_MADE,), limit):
        if event.subject not in by_path:
            continue
        body: Mapping[str, Any] = event.body
        until, quantiles = int(body["until"]), [float(one) for one in body["quantiles"]]
        settings = {str(key): str(value) for key, value in body["settings"].items()}
        scored = None
        if until <= view.frontier and not settings and len(quantiles) == len(LEVELS):
            scored = score(quantiles, made_between(twin, by_path[event.subject], event.time, until))
        told = Kept(event.subject, recorded, event.time, until, quantiles, settings, str(body["unit"]),
                    str(body["model"]), event.who, scored)  # fmt: skip
        found.append(told)
    return found


def made_between(twin: Shown, line: Line, start: int, end: int) -> float:
    """Good line pieces of a line in [start, end), full minutes that are over."""
    flow = flow_of(line)
    made = 0.0
    for machine in flow.outputs:
        counted: dict[str, int] = {}
        for role, path in machine.counts.items():
            stored = twin.results.records("count", [path], start, end, FAR_FUTURE)
            counted[role] = sum(int(dict(one.data)["pieces"]) for one, _ in stored if start <= one.start < end)
        made += flow.content.get(machine.path, 1) * (pieces_of(counted).good or 0)
    return made
