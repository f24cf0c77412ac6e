"""Event: everything in the log that is not a sample."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """A fact with the instant it was true.

    kind: dotted noun and verb, one of those below. subject: the path of an asset or tag, or the id of a connection.
    body: JSON values only; its keys are sorted when stored, so equal events are equal bytes. who: name of
    the caller, empty when the twin itself saw it.
    """

    time: int
    kind: str
    subject: str
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    who: str = ""

    def to_bytes(self) -> bytes:
        """The stored form: JSON with sorted keys, UTF-8."""
        record = [self.time, self.kind, self.subject, dict(self.body), self.who]
        return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()

    @staticmethod
    def from_bytes(data: bytes) -> Event:
        """The event of a stored form."""
        time, kind, subject, body, who = json.loads(data)
        return Event(time, kind, subject, body, who)


CONNECTION_UP = "connection.up"
"""Values flow. body: `resumed` (true: nothing was missed), `attempt`."""
CONNECTION_LOST = "connection.lost"
"""No value can come. body: `cause`. time is the last instant at which the link was known to be good."""
GAP = "gap"
"""Samples of a connection are missing or may be. body: `from`, `to`, `cause`, `tags` (ids, absent: all)."""
CLOCK_AHEAD = "clock.ahead"
"""A source's time lay ahead of ours; its samples are restamped and Uncertain. body: `ahead_ns`."""
PLANT_LOADED = "plant.loaded"
"""The model from here on. body: `plant`, `digest`, `text`."""
RUN_STARTED = "run.started"
"""A process opened the log for writing. subject: the plant."""
RUN_STOPPED = "run.stopped"
"""It closed it as it should."""
IMPORTED = "import.done"
"""A file was imported. body: `file`, `rows`, `tags`."""
IMPORT_NOTICE = "import.notice"
"""Something was decided in reading a file that a person may want otherwise; told to who imports. subject: the file.
body: `notice`."""
ALARM_ACKNOWLEDGED = "alarm.acknowledged"
"""A person has seen an alarm. subject: the alarm's tag. body: `id`, `note`. It acts on what is active then (R11)."""
MODEL_LEARNT = "model.learnt"
"""A model that health folds use from here on; never learnt again on replay (R12). subject: the machine. body: `model`,
`signature`, `digest`, `learnt_from`, `learnt_to`, `rows`, `tags`, and the model's `constants`."""
MODEL_REFUSED = "model.refused"
"""What a machine did could not be learnt as normal; the next hours are tried. subject: the machine. body: `model`,
`signature`, `reason`."""
ALERT_JUDGED = "alert.judged"
"""A person says whether an alert was right. subject: the machine. body: `id`, `verdict` (confirmed, false), `note`."""
