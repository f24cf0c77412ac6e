"""influxdb-client as its own guide begins: the default write_api, which batches behind the scenes, a Point a row."""

from __future__ import annotations

import time
from collections.abc import Sequence

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point

from twin.core.batch import Batch


def rows_per_s(url: str, names: Sequence[str], batches: Sequence[Batch]) -> float:
    """Rows by the seconds until the client was closed, which waits for all that it had taken."""
    begun, rows = time.perf_counter(), 0
    with InfluxDBClient(url, token="t", org="o") as client, client.write_api() as api:
        for one in batches:
            columns = (one.tag.tolist(), one.time.tolist(), one.value.tolist(), one.status.tolist())
            for tag, at, value, status in zip(*columns, strict=True):
                point = Point("linetwin").tag("tag", names[tag]).field("v", value).field("q", status).time(at)
                api.write("plant", record=point)
            rows += len(one)
    return rows / (time.perf_counter() - begun)
