"""From what the folds hold to the JSON of condition and alerts."""

from __future__ import annotations

from typing import Any

from twin.api.health_shapes import AlertShape, ConditionShape, ConditionState, ForecastShape, ModelShape, ShareShape
from twin.core.errors import StoreFailed
from twin.core.instant import SECOND, to_text
from twin.health.forecast import Forecast
from twin.health.reading import AlertNow, ConditionNow, ModelNow, Shares
from twin.runtime.alerts import Alert, title_of, with_verdicts
from twin.runtime.live import LiveView
from twin.runtime.twin import Twin


def condition_shape(asset: str, now: ConditionNow | None, as_of: int) -> ConditionShape:
    """A machine by one of its models; None for one that nothing watches."""
    if now is None:
        return ConditionShape(
            asset=asset, state="off", model=None, learnt=0.0, score=None, judged=None, trend=[], tags=[], onset=None,
            forecast=None, forecast_text="no forecast: the plant file has no `health` for this machine",
        )  # fmt: skip
    outlook = now.outlook
    return ConditionShape(
        asset=asset,
        state=_state(now),
        model=None if now.model is None else _model(now.model),
        learnt=round(now.learnt, 3),
        score=None if now.score is None else round(now.score, 3),
        judged=to_text(now.judged) if now.judged else None,
        trend=[(to_text(time), score) for time, score in now.trend],
        tags=shares(now.tags),
        onset=None if now.onset is None else to_text(now.onset),
        forecast=None if outlook is None else forecast_shape(outlook.forecast, outlook.tag, as_of),
        forecast_text=_text(now),
    )


def _state(now: ConditionNow) -> ConditionState:
    return "no_model" if now.model is None and now.refused else now.state


def _text(now: ConditionNow) -> str:
    if now.model is None:
        refused = f"not learnt: {now.refused}; again " if now.refused else ""
        return f"no forecast: {refused}learning, {now.learnt:.0%} done"
    return "no forecast: nothing has begun" if now.outlook is None else now.outlook.text


def _model(now: ModelNow) -> ModelShape:
    return ModelShape(
        name=now.name, learnt_from=to_text(now.learnt_from), learnt_to=to_text(now.learnt_to), rows=now.rows,
        digest=now.digest,
    )  # fmt: skip


def alert_shape(alert: Alert, view: LiveView) -> AlertShape:
    """An alert; while it is open, with the forecast of the view."""
    now = alert.now
    forecast, text = forecast_shape(now.forecast, now.limit_tag, now.made_at), now.forecast_text
    if now.end is None:
        present = [
            one.outlook
            for one in view.condition({now.asset}).get(now.asset, [])
            if one.state == "alert" and one.outlook
        ]
        if present:
            forecast, text = forecast_shape(present[0].forecast, present[0].tag, view.as_of), present[0].text
    return AlertShape(
        id=alert_id(now),
        asset=now.asset,
        title=alert.title,
        start=to_text(now.start),
        end=None if now.end is None else to_text(now.end),
        score=now.score,
        peak=now.peak,
        tags=shares(now.tags),
        onset=to_text(now.onset),
        forecast=forecast,
        forecast_text=text,
        model=now.model,
        verdict=alert.verdict,
    )


def open_alerts(view: LiveView) -> dict[str, AlertNow]:
    """The open alerts of a view by id, for the live channel."""
    return {alert_id(one): one for one in view.alerts()}


def alert_fields(twin: Twin, view: LiveView, now: AlertNow) -> dict[str, Any]:
    """The JSON of an open alert on the live channel; without its verdict while the store cannot be read."""
    try:
        [alert] = with_verdicts(twin, [now])
    except StoreFailed:
        alert = Alert(now, title_of(twin.plant, now), None)
    return alert_shape(alert, view).model_dump(by_alias=True)


def alert_id(now: AlertNow) -> str:
    """Asset and start."""
    return f"{now.asset}@{to_text(now.start)}"


def shares(found: Shares) -> list[ShareShape]:
    """Tags with their shares."""
    return [ShareShape(tag=tag, share=share) for tag, share in found]


def forecast_shape(forecast: Forecast | None, tag: str, made_at: int) -> ForecastShape | None:
    """A forecast with its instants."""
    if forecast is None:
        return None
    p10, p50, p90 = (to_text(made_at + s * SECOND) for s in (forecast.p10_s, forecast.p50_s, forecast.p90_s))
    return ForecastShape(
        limit_tag=tag, made_at=to_text(made_at), p10=p10, p50=p50, p90=p90,
        p10_s=forecast.p10_s, p50_s=forecast.p50_s, p90_s=forecast.p90_s,
    )  # fmt: skip
