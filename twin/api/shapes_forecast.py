"""JSON of what-if: forecasts, the fit behind them, what was kept and how good it was."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from twin.api.find import LONGEST
from twin.api.shapes import Answer, Shape, Time
from twin.core.instant import to_text
from twin.forecast.forecast import LEVELS, MachineForecast, Quantiles
from twin.forecast.model import Fit, LineModel
from twin.forecast.scores import Scores, total
from twin.runtime.forecasts import MOST_RUNS, USUAL_RUNS, Answered, Kept


class WhatIfShape(Shape):
    """What POST /whatif takes. line: may stay empty where the plant has one only. duration: `8h`. settings: as `--set`
    of the command. pieces: good line pieces, to hear when they are made.
    """

    line: str = Field("", max_length=LONGEST)
    duration: str = Field("8h", max_length=40)
    settings: list[str] = Field(default_factory=list[str], max_length=50)
    runs: int = Field(USUAL_RUNS, ge=20, le=MOST_RUNS)
    seed: int = Field(1, ge=0, lt=2**32)
    pieces: float | None = Field(None, gt=0, lt=1e12, allow_inf_nan=False)


class QuantilesShape(Shape):
    """A tenth, half and nine tenths of the runs stay below: the interval from p10 to p90 holds 80 %."""

    p10: float
    p50: float
    p90: float


class PathShape(Shape):
    """Good pieces so far at an instant."""

    time: Time
    pieces: QuantilesShape


class MachineForecastShape(Shape):
    """availability: share of the planned time that it runs; stopped, starved, blocked: shares of all time."""

    machine: str
    availability: QuantilesShape
    stops: QuantilesShape
    stopped: QuantilesShape
    starved: QuantilesShape
    blocked: QuantilesShape


class FinishShape(Shape):
    """When `pieces` good ones are made. reached: share of the runs in which they are; null: not within the time."""

    pieces: float
    reached: float
    p10: Time | None
    p50: Time | None
    p90: Time | None


class HistogramShape(Shape):
    """Runs by their good pieces: `runs[i]` from `edges[i]` to `edges[i + 1]`."""

    edges: list[float]
    runs: list[int]


class FitShape(Shape):
    """One quantity of the model. kind of the error: `ks`, `drift`, `scatter`, `range`, `throughput`."""

    asset: str
    quantity: str
    value: float
    unit: str
    observations: int
    error: float | None
    kind: str


class CheckShape(Shape):
    """The model against its own history: of `hindcasts`, `inside` lay in their interval. The forecast was moved by
    `bias` and spread by `spread`, in units of its own scatter.
    """

    hindcasts: int
    inside: int
    bias: float
    spread: float


class ModelShape(Shape):
    """What the forecast stands on. from, to: the history that it was fitted to."""

    digest: str
    start: Time = Field(alias="from")
    end: Time = Field(alias="to")
    fits: list[FitShape]
    check: CheckShape
    notes: list[str]


class WhatIfAnswer(Answer):
    """Good pieces that come out of a line over [from, to), and what becomes of its machines."""

    line: str
    unit: str
    start: Time = Field(alias="from")
    end: Time = Field(alias="to")
    runs: int
    seed: int
    settings: dict[str, str]
    good: QuantilesShape
    produced: QuantilesShape
    oee: QuantilesShape | None
    finish: FinishShape | None
    machines: list[MachineForecastShape]
    path: list[PathShape]
    histogram: HistogramShape
    model: ModelShape


class KeptShape(Shape):
    """A forecast of the log; `actual` and what follows are null until its time is over, and for changed assumptions."""

    line: str
    made_at: Time
    until: Time
    recorded: int
    unit: str
    good: QuantilesShape
    settings: dict[str, str]
    model: str
    who: str
    actual: float | None
    inside: bool | None
    error: float | None
    crps: float | None


class ScoresShape(Shape):
    """coverage: share inside of the 80 % interval; bias and width: shares of what was made; loss: mean pinball loss."""

    forecasts: int
    coverage: float | None
    bias: float | None
    width: float | None
    loss: float | None


class ForecastsAnswer(Answer):
    """Forecasts, the newest first, and how good those were whose time is over."""

    scores: ScoresShape
    forecasts: list[KeptShape]


def whatif_answer(answered: Answered, as_of: int) -> WhatIfAnswer:
    """Of a forecast."""
    found = answered.forecast
    finish = None
    if found.target is not None and found.reached is not None:
        first, middle, last = (None if one is None else to_text(one) for one in found.finish_ns)
        finish = FinishShape(pieces=found.target, reached=found.reached, p10=first, p50=middle, p90=last)
    edges, runs = found.histogram
    return WhatIfAnswer.model_validate({
        "as_of": to_text(as_of), "line": found.line, "unit": found.unit, "from": to_text(found.start),
        "to": to_text(found.end), "runs": found.runs, "seed": found.seed, "settings": dict(found.settings),
        "good": _quantiles(found.pieces), "produced": _quantiles(found.produced),
        "oee": None if found.oee is None else _quantiles(found.oee), "finish": finish,
        "machines": [_machine(one) for one in found.machines],
        "path": [PathShape(time=to_text(at), pieces=_quantiles(one)) for at, one in found.path],
        "histogram": HistogramShape(edges=edges.tolist(), runs=[int(one) for one in runs]),
        "model": _model(answered.model),
    })  # fmt: skip


def forecasts_answer(found: Sequence[Kept], as_of: int) -> ForecastsAnswer:
    """Of what was kept."""
    scores = total([(one.quantiles, one.score) for one in found if one.score is not None])
    return ForecastsAnswer(as_of=to_text(as_of), scores=_scores(scores), forecasts=[_kept(one) for one in found])


def _quantiles(one: Quantiles) -> QuantilesShape:
    return QuantilesShape(p10=one.p10, p50=one.p50, p90=one.p90)


def _machine(one: MachineForecast) -> MachineForecastShape:
    return MachineForecastShape(
        machine=one.machine, availability=_quantiles(one.availability), stops=_quantiles(one.stops),
        stopped=_quantiles(one.stopped), starved=_quantiles(one.starved), blocked=_quantiles(one.blocked),
    )  # fmt: skip


def _model(model: LineModel) -> ModelShape:
    check = model.check
    return ModelShape.model_validate({
        "digest": model.digest, "from": to_text(model.begins), "to": to_text(model.until),
        "fits": [_fit(one) for one in model.fits], "notes": list(model.notes),
        "check": CheckShape(hindcasts=check.hindcasts, inside=check.inside, bias=check.bias, spread=check.spread),
    })  # fmt: skip


def _fit(one: Fit) -> FitShape:
    return FitShape(
        asset=one.machine, quantity=one.quantity, value=one.value, unit=one.unit, observations=one.n, error=one.error,
        kind=one.kind,
    )  # fmt: skip


def _scores(one: Scores) -> ScoresShape:
    return ScoresShape(forecasts=one.forecasts, coverage=one.coverage, bias=one.bias, width=one.width, loss=one.loss)


def _kept(one: Kept) -> KeptShape:
    by_level = dict(zip(LEVELS, one.quantiles, strict=False))
    return KeptShape(
        line=one.line, made_at=to_text(one.made_at), until=to_text(one.until), recorded=one.recorded, unit=one.unit,
        good=QuantilesShape(p10=by_level.get(0.1, 0.0), p50=by_level.get(0.5, 0.0), p90=by_level.get(0.9, 0.0)),
        settings=dict(one.settings), model=one.model, who=one.who,
        actual=None if one.score is None else one.score.actual,
        inside=None if one.score is None else one.score.inside,
        error=None if one.score is None else one.score.error,
        crps=None if one.score is None else one.score.crps,
    )  # fmt: skip
