"""New names for what other programs call otherwise: legal path segments, no two alike."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "o", "æ": "ae", "Æ": "ae", "œ": "oe", "ł": "l", "Ł": "l", "đ": "d", "µ": "u", "μ": "u"}
)
"""Letters that Unicode does not take apart."""
LONGEST = 100
"""Characters of a segment; some servers build names of thousands."""


def segment(name: str) -> str:
    """A path segment of [a-z0-9_-] for a name; `tag` where nothing of it can stay.

    >>> segment("Motor Temp (°C)"), segment("Füller"), segment('"DB_Filler"'), segment("Größe")
    ('motor_temp_c', 'fuller', 'db_filler', 'grosse')
    """
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_-]+", "_", plain.lower()).strip("_")[:LONGEST] or "tag"


class Taken:
    """The names given so far. `free` makes the next one."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def free(self, name: str) -> str:
        """The name, or with a number behind it when it is taken; it is taken then.

        >>> taken = Taken()
        >>> taken.free("temp"), taken.free("temp"), taken.free("temp")
        ('temp', 'temp_2', 'temp_3')
        """
        found, number = name, self._last.get(name, 1)
        while found in self._taken:
            number += 1
            found = f"{name}_{number}"
        self._last[name] = number
        self._taken.add(found)
        return found

    def free_row(self, name: str, length: int) -> str:
        """What stands before the numbers 0, 1, .. of this many free names; they are taken then."""
        while any(f"{name}{number}" in self._taken for number in range(length)):
            name += "_"
        self._taken.update(f"{name}{number}" for number in range(length))
        return name
