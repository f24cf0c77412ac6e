"""A model that was loaded: an edition of the plant before it is made ready to be folded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from twin.core.instant import FAR_PAST
from twin.model.plant import Plant


@dataclass(frozen=True, slots=True)
class Loaded:
    """since: ns, from when on it counts; recorded: of the event that says so. tags: how many the log knew before.

    names: what tags are called now that had another name in this model.
    """

    plant: Plant
    since: int = FAR_PAST
    recorded: int = 0
    tags: int = 0
    names: Mapping[str, str] = field(default_factory=dict[str, str])
