"""The outlet of examples/ behind a running twin: the file has the log once, whatever was refused and sent again."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from examples.csv_outlet import PLUGIN
from tests.unit.runtime.outlets.shelf import BEGIN, QUICK, Ticking, fill
from tests.unit.runtime.outlets.test_forwarding import until
from twin.core.batch import batch
from twin.core.tags import TagType
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.outlets.forwarding import Means
from twin.runtime.plugins import connectors
from twin.runtime.twin import open_twin


def plant(file: Path) -> Plant:
    text = f"""linetwin: 1
plant: p
connections:
  gw: {{mqtt: "mqtt://127.0.0.1:1"}}
tags:
  hall/temp: {{from: gw, topic: t}}
  yard/temp: {{from: gw, topic: y}}
  hall/note: {{from: gw, topic: n, type: text}}
outlets:
  copy: {{csv: "{file.as_posix()}"}}
"""
    return load(text, "plant.yaml", connectors(), {}, {"csv": PLUGIN})


async def test_the_file_has_every_row_once_and_the_quarantine_what_no_line_holds(tmp_path: Path) -> None:
    file, clock, means = tmp_path / "out.csv", Ticking(), Means({"csv": PLUGIN}, QUICK)
    for run in range(2):
        async with open_twin(plant(file), tmp_path / "data", clock, means=means) as twin:
            await fill(twin, 10, first=10 * run)
            note = twin.tags.id_of("p/hall/note", TagType.TEXT)
            item = batch("test", [note] * 2, [BEGIN + run, BEGIN + 5 + run], [math.nan] * 2, 0, ["a\nb", "ab"])
            await twin.append(item)
            await until(lambda run=run: twin.forwarding.standing("copy").sent == 101 * (run + 1))
            assert twin.forwarding.outbox.counts("copy") == (run + 1, 0)
            await twin.forwarding.retry("copy", None, "eva")  # refused again: the text has not changed
            await until(lambda run=run: twin.forwarding.outbox.counts("copy") == (run + 1, 0))
            logged = twin.reader.since(0, 2**63 - 1).samples
            due = sorted((r, twin.tags[t].name, at) for r, t, at in zip(
                logged.recorded.tolist(), logged.tag.tolist(), logged.time.tolist(), strict=True
            ) if not (twin.tags[t].name == "p/hall/note" and at < BEGIN + 5))  # fmt: skip
            with file.open(newline="", encoding="utf-8") as lines:
                there = sorted((int(row[0]), row[1], int(row[2])) for row in list(csv.reader(lines))[1:])
            assert there == due
