"""Read a data folder from Python, beside a running twin: python examples/read_log.py DIR TAG"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from twin.core.instant import DAY, FAR_FUTURE, to_text
from twin.core.rows import in_order
from twin.store.reader import LogReader

folder, tag = Path(sys.argv[1]), sys.argv[2]
reader = LogReader(folder)
names = reader.tags().names()
if tag not in names:
    sys.exit(f"{folder}: no tag {tag!r}; twin export --data {folder} lists what there is")

until = reader.last() + 1
chosen = np.array([names.index(tag)], dtype=np.int32)
rows = in_order(reader.read_tags(chosen, until - DAY, until, FAR_FUTURE).samples)  # columns: tag, time, value, status
for time, value, status in zip(rows.time[-10:].tolist(), rows.value[-10:].tolist(), rows.status[-10:], strict=True):
    print(to_text(time), value, f"0x{status:08X}")
for _recorded, event in reader.events(until - DAY, until, limit=10):
    print(to_text(event.time), event.kind, event.subject, dict(event.body))
reader.close()
