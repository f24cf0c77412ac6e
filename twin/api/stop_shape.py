"""A stop as JSON."""

from __future__ import annotations

from twin.api.shapes_notes import LabelShape
from twin.api.shapes_oee import StopShape
from twin.core.instant import SECOND, to_text
from twin.mes.labels import Label
from twin.runtime.notes import Labelled, stop_id


def stop_shape(one: Labelled) -> StopShape:
    """With what people said of it."""
    stop = one.stop
    return StopShape(
        id=stop_id(stop.asset, stop.start),
        asset=stop.asset,
        start=to_text(stop.start),
        end=None if stop.end is None else to_text(stop.end),
        state=stop.state,
        duration_s=stop.length / SECOND,
        micro=stop.is_micro,
        labels=[_label(label) for label in one.labels],
    )


def _label(one: Label) -> LabelShape:
    about = stop_id(one.asset, one.start)
    return LabelShape(reason=one.reason, text=one.text, who=one.who, role=one.role, said=to_text(one.said), about=about)
