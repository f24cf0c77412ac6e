"""From the plant model to the folds of computed tags, one for each level."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from twin.mes.condition import Input
from twin.mes.counts import CounterSpec
from twin.model.computed import levels
from twin.model.plant import Plant, TagSpec
from twin.model.rule import Rate, readings
from twin.state.computed import Computed, ComputedSpec


def computed_folds(
    plant: Plant, ids: Mapping[str, int], unit_of: Mapping[str, int], rates: Mapping[Input, int]
) -> list[Computed]:
    """The folds of the computed tags among `unit_of`, in the order in which they are stepped.

    unit_of: path -> number of its unit. rates: (path of a counter, window) -> its index among the rates.
    """
    by_level: dict[int, list[ComputedSpec]] = {}
    for path, level in levels(plant.tags).items():
        rule = plant.tags[path].compute
        if path not in unit_of or rule is None:
            continue
        by_level.setdefault(level, []).append(ComputedSpec(unit_of[path], ids[path], path, rule))
    return [Computed(level, by_level[level], ids, rates) for level in sorted(by_level)]


def rates_read(plant: Plant, paths: Iterable[str]) -> Collection[Input]:
    """The rates that computed tags among these read."""
    rules = [plant.tags[path].compute for path in paths if path in plant.tags]
    return {
        (one.path, one.window) for rule in rules if rule is not None for one in readings(rule) if isinstance(one, Rate)
    }


def counter_spec(spec: TagSpec, unit: int, tag: int) -> CounterSpec | None:
    """How a counter counts; None for a tag that is none."""
    if spec.counter is None:
        return None
    c = spec.counter
    return CounterSpec(unit, tag, spec.path, c.wraps, c.resets != "never", c.pulse, c.limit)
