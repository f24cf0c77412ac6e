"""A progress bar on a terminal; silence in a pipe."""

from __future__ import annotations

import sys
import time

WIDTH = 30


class Progress:
    """One line on stderr, redrawn at most ten times a second. For one task."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = 0.0
        self._on = sys.stderr.isatty()

    def __call__(self, share: float, note: str = "") -> None:
        """Show how much is done, 0 to 1."""
        now = time.monotonic()
        if not self._on or (now - self._shown < 0.1 and share < 1):
            return
        self._shown = now
        bar = "#" * round(WIDTH * share)
        print(f"\r{self._what} [{bar:<{WIDTH}}] {share:4.0%} {note}", end="", file=sys.stderr, flush=True)

    def so_far(self, note: str) -> None:
        """Show how much is done of what nobody knows the end of."""
        now = time.monotonic()
        if self._on and now - self._shown >= 0.1:
            self._shown = now
            print(f"\r{self._what} {note}", end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        """Leave the line."""
        if self._on and self._shown:
            print(file=sys.stderr)
