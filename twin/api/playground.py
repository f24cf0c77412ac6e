"""What can be broken on purpose: only a demo has it, a real plant breaks by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Playground(Protocol):
    """A line whose machines and cables may be broken. Everything mends itself after a while."""

    def choices(self) -> Mapping[str, str]:
        """What can be broken -> what one then sees, in one sentence."""
        ...

    def break_(self, what: str, seconds: float) -> None:
        """Break it now. seconds: how long a cable stays out; a machine takes its own time. KeyError for no choice."""
        ...
