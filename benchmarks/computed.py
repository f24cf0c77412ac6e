"""1,000 computed tags over 2,000 tags at 5 Hz: how many of their samples the fold makes in a second, live."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np

from benchmarks.command import Effort, main
from benchmarks.row import Row
from twin.core.fold import Step
from twin.core.instant import MILLISECOND, SECOND
from twin.core.rows import Rows
from twin.model.rule_parser import parse
from twin.state.computed import Computed, ComputedSpec

BEGIN = 1_700_000_040 * SECOND
TAGS = 1000
TICK = 200 * MILLISECOND
KINDS = {"of two tags": "(a - b) * 4.19", "with a mean over 1 min": "a - mean(b, 1m)"}


def fold_of(text: str) -> Computed:
    """The same expression over tags of its own for each computed tag."""
    specs: list[ComputedSpec] = []
    ids: dict[str, int] = {}
    for number in range(TAGS):
        own = {"a": f"a{number}", "b": f"b{number}"}
        ids |= {own["a"]: 2 * number, own["b"]: 2 * number + 1}
        renamed = text.replace("a ", f"{own['a']} ").replace("b)", f"{own['b']})").replace("b,", f"{own['b']},")
        specs.append(ComputedSpec(0, 2 * TAGS + number, f"c{number}", parse(renamed)))
    return Computed(0, specs, ids, {})


def steps(ticks: int) -> list[Step]:
    """A step a tick: every tag has a sample in it."""
    random = np.random.default_rng(1)
    tag = np.arange(2 * TAGS, dtype=np.int32)
    good, recorded = np.zeros(len(tag), np.uint32), np.zeros(len(tag), np.int64)
    found: list[Step] = []
    for tick in range(ticks):
        at = BEGIN + tick * TICK
        instant = np.full(len(tag), at)
        found.append(Step(at, at + TICK, Rows(tag, instant, random.normal(50, 1, len(tag)), good, recorded)))
    return found


def made_per_s(text: str, given: Sequence[Step]) -> float:
    """Samples of computed tags a second of processor time."""
    fold = fold_of(text)
    begun = time.process_time()
    made = sum(0 if (rows := fold.step(step).rows) is None else len(rows) for step in given)
    return made / (time.process_time() - begun)


def looped_per_s(given: Sequence[Step]) -> float:
    """The expression as a Python function, row by row, without status and without windows."""
    begun = time.process_time()
    made = 0
    for step in given:
        held = dict(zip(step.rows.tag.tolist(), step.rows.value.tolist(), strict=True))
        made += len([difference(held[2 * number], held[2 * number + 1]) for number in range(TAGS)])
    return made / (time.process_time() - begun)


def difference(a: float, b: float) -> float:
    """What a script would do."""
    return (a - b) * 4.19


def run(effort: Effort) -> list[Row]:
    """Each kind of expression over the same ticks."""
    given = steps(150 if effort.short else 600)
    rival = looped_per_s(given)
    return [
        Row(f"1,000 computed tags {name}", made_per_s(text, given) / 1e6, "M samples/s", "Python loop", rival / 1e6)
        for name, text in KINDS.items()
    ]


if __name__ == "__main__":
    sys.exit(main([run]))
