"""All errors, by what happens next.

LinetwinError
 +-- Misconfigured      the user changes a setting; nothing is retried (exit code 2)
 |    +-- Refused       a rule of ours forbids it: no token, no trust, no role
 +-- Unreachable        the other side is not there; the supervisor tries again with back-off
 +-- Undecodable        one message cannot be read; it is counted, kept as dead letter and skipped
 +-- StoreFailed        the log cannot be written or read; nothing is acknowledged
      +-- Locked        another process writes this data folder
      +-- Corrupt       what is stored does not match its checksum; the place is named, the bytes are not served
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class LinetwinError(Exception):
    """The root. Its text is one line: the place, the fact, the fix."""


class Misconfigured(LinetwinError):
    """A setting, a file or an argument is wrong; trying again cannot help."""


class Refused(Misconfigured):
    """A rule of ours forbids what was asked."""


class Unreachable(LinetwinError):
    """The other side does not answer, or went away; trying again may help.

    retry_after: how long (s) it asked to be left alone; 0 when it did not say.
    """

    def __init__(self, text: str = "", retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class Undecodable(LinetwinError):
    """One message cannot be read. `cause` groups like with like in counters: `not JSON`, `no value at $.v`."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause = cause


class StoreFailed(LinetwinError):
    """The log did not take or give what was asked."""


class Locked(StoreFailed):
    """Another process holds this data folder for writing."""


class Corrupt(StoreFailed):
    """Stored bytes do not match their checksum."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in a file: where, what, and how to mend it."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class Problems(Misconfigured):
    """Everything that is wrong in one file, in one report, in the order of its lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(p) for p in self.problems))
