"""What the plant file says of thinning, in the wire numbers that the log holds."""

from __future__ import annotations

from twin.core.tags import TagTable
from twin.core.thinning import Thinning
from twin.model.keys import STEPPED
from twin.model.plant import Plant, TagSpec, Thin
from twin.store.thin import Rule


def thinning_rules(plant: Plant, tags: TagTable) -> dict[int, Rule]:
    """The rules of those tags that have one and were heard of, by tag id."""
    found: dict[int, Rule] = {}
    for path, spec in plant.tags.items():
        number = tags.get(path)
        if spec.thin is not None and number is not None:
            found[number] = _rule(spec, spec.thin)
    return found


def _rule(spec: TagSpec, thin: Thin) -> Rule:
    per = 1 / abs(spec.factor) if spec.factor else 0.0  # without a factor every wire number is one value
    how = Thinning(thin.exception * per, thin.deviation * per, thin.longest, spec.interpolation == STEPPED)
    return Rule(thin.after, how, thin.exception + thin.deviation, spec.bad)
