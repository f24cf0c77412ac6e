"""Rows as line protocol, one by one as point.py says: what read.py is tested with, whoever else writes."""

from __future__ import annotations

import numpy as np

from connectors.influx.point import prefix, quality, string, usual
from twin.core.batch import Batch, texts
from twin.core.tags import TagTable


def lines_of(item: Batch, tags: TagTable, measurement: str = "linetwin") -> bytes:
    text = texts(item)
    kinds = np.array([usual(tags[tag].type) for tag in item.tag.tolist()], np.int64)
    codes = quality(item.value, np.array([one is not None for one in text]), item.status, kinds)
    made: list[bytes] = []
    for row, (tag, time, value, code) in enumerate(
        zip(item.tag.tolist(), item.time.tolist(), item.value.tolist(), codes.tolist(), strict=True)
    ):
        fields = [b"q=%di" % code]
        if np.isfinite(value):
            fields.append(f"v={value!r}".encode())
        elif text[row] is None and not np.isnan(value):
            fields.append(b's="%s"' % (b"inf" if value > 0 else b"-inf"))
        if text[row] is not None:
            fields.append(b"s=" + string(text[row]))
        made.append(prefix(measurement, tags[tag].name) + b",".join(fields) + b" %d\n" % time)
    return b"".join(made)
