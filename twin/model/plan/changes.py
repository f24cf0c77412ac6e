"""All changes from one plant to another."""

from __future__ import annotations

from collections.abc import Mapping

from twin.core.instant import FAR_FUTURE
from twin.model.plan.around import connection_changes, keeping_changes, outlet_changes, product_changes, time_changes
from twin.model.plan.assets import asset_changes
from twin.model.plan.change import Change
from twin.model.plan.pair import Pair
from twin.model.plan.scales import Readings, readings, scale_changes
from twin.model.plan.tags import tag_changes
from twin.model.plant import Plant


def changes(
    old: Plant,
    new: Plant,
    known: Mapping[str, str] | None = None,
    read: Readings | None = None,
    now: int = FAR_FUTURE,
) -> list[Change]:
    """What a new plant file adds, removes, renames and does to history.

    known: path -> type of the series that a data folder has; read: how their numbers read before and after, by the
    path of now; without them they are those of the old plant. now: what is later is not past yet.
    """
    pair = Pair(old, new, {path: tag.type for path, tag in old.tags.items()} if known is None else known)
    found = [*tag_changes(pair), *scale_changes(pair, readings(pair) if read is None else read, now)]
    found += [*asset_changes(pair), *connection_changes(pair), *product_changes(pair), *time_changes(pair)]
    return [*found, *outlet_changes(pair), *keeping_changes(pair)]
