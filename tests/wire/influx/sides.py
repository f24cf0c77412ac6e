"""Where an outlet to InfluxDB sends to in tests, as the contract kit sees it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from connectors.influx import PLUGIN
from connectors.influx.point import held, tag_name
from tests.unit.connectors.influx.line_parser import Point
from tests.wire.influx.sink import Sink, sink
from twin.core.batch import Batch, batch
from twin.core.plugin import OutletSpec
from twin.core.ports import Outlet
from twin.core.tags import TagTable, TagType
from twin.testing import OtherSide
from twin.testing.outlets import Arrived


def outlet_to(url: str, tags: TagTable, **settings: object) -> Outlet:
    return PLUGIN.build(OutletSpec("historian", "influx", url, {"bucket": "plant", "org": "acme", **settings}), tags)


def arrived(points: Iterable[Point], type: TagType = TagType.NUMBER) -> list[Arrived]:
    """Points as rows; all of tags of one type."""
    found: list[Arrived] = []
    for point in points:
        number = np.array([point.fields.get("v", math.nan)], np.float64)
        row = held(number, np.array([point.fields["q"]], np.int64), type)
        text = str(point.fields["s"]) if row.has_text[0] else None
        found.append((tag_name(point.tags["tag"]), point.time, float(row.value[0]), int(row.status[0]), text))
    return found


class SinkSide(OtherSide):
    """The contract sink: a server of ours over real HTTP, no InfluxDB."""

    def __init__(self, to: Sink, **settings: object) -> None:
        self.sink = to
        self.settings = settings

    def outlet(self, tags: TagTable) -> Outlet:
        return outlet_to(self.sink.url, tags, **self.settings)

    def arrived(self) -> list[Arrived]:
        with self.sink.lock:
            return arrived(self.sink.held.values())

    @contextmanager
    def away(self) -> Iterator[None]:
        self.sink.away = True
        yield
        self.sink.away = False

    def misconfigured(self, tags: TagTable) -> Outlet:
        self.sink.authorization = "Token right"
        return outlet_to(self.sink.url, tags, token="wrong")

    def unwanted(self) -> Batch:
        self.sink.refuses = lambda point: "field type conflict" if 7 <= point.time <= 9 else None
        return batch("s", [2, 2, 2], [7, 8, 9], [1.0, 2.0, 3.0])

    def relents(self) -> bool:
        self.sink.refuses = lambda _point: None
        return True


def sink_side(style: str, **settings: object):
    @contextmanager
    def opened() -> Iterator[SinkSide]:
        with sink() as one:
            one.style = style
            yield SinkSide(one, **settings)

    return opened
