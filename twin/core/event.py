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
GAP_FILLED = "gap.filled"
"""The source's own history gave what a gap left out. body: `from` (of the first row it gave where that lies before the
gap), `to`, `tags` (ids that are whole now), `rows`, `refused` (cause -> ids of tags of which there is no history)."""
TAGS_COVERED = "tags.covered"
"""From here on the source tells every change of these tags, or its connection is told lost. body: `tags` (ids), `by`
(`subscription`, `poll`; `messages`: no sampling), `sampling` (ns, as granted; shorter pulses are not seen; 0: each
change), `queue`; after a session that was resumed and missed nothing `resumed` (true) and `since` (ns, up to then all
was there before): the time between is covered too."""
TAGS_UNCOVERED = "tags.uncovered"
"""From here on nothing can come of these tags although the link is up. body: `tags` (ids), `cause`."""
VALUES_KNOWN_SINCE = "values.known_since"
"""First values that had not changed for long: kept at the instant we learnt them. body: `since` (tag id -> ns)."""
CLOCK_OFFSET = "clock.offset"
"""A source's clock differs from ours by more than a second, or does no more. body: `offset_ns`, source minus ours."""
CLOCK_JUMPED = "clock.jumped"
"""A source's clock went ahead or back at once, as its samples show. body: `jump_ns` (ahead is positive), `since` (ns,
about when), `offset_ns` (source minus ours, from then on), `like` (`summer time` for one hour, else empty)."""
WRITE_ASKED = "write.asked"
"""A caller wants a value written; logged before anything is sent. subject: the tag. body: `value`, `reason`."""
WRITE_DONE = "write.done"
"""What became of it. subject: the tag. body: `asked` (recorded of the asking), `outcome` (`done`, `refused`,
`unknown`), `status`, `text`, `read_back`."""
OUTLET_DROPPED = "outlet.dropped"
"""Rows never reached an outlet. subject: the outlet. body: `from`, `to` (`recorded`, the first excluded), `rows` (null
where they cannot be counted any more), `cause`."""
OUTLET_RETRIED = "outlet.retried"
"""A caller wants refused rows sent again. subject: the outlet. body: `rows`."""
OUTLET_DISCARDED = "outlet.discarded"
"""A caller gave refused rows up: they left the quarantine. subject: the outlet. body: `rows`."""
TAGS_RENAMED = "tags.renamed"
"""Series go on under other names, with their ids and all their samples. body: `names` (former name -> name)."""
CLOCK_AHEAD = "clock.ahead"
"""A source's time lay ahead of ours; its samples are restamped and Uncertain. body: `ahead_ns`."""
PLANT_LOADED = "plant.loaded"
"""An edition of the model, which counts from here on. body: `digest`, `text`, `tags` (how many the log knew before);
`why`, where somebody said it."""
RUN_STARTED = "run.started"
"""A process opened the log for writing. subject: the plant. body: `last` (ns, the last entry of the run before; absent
in the first one): if that run was killed, so long it lived."""
RUN_STOPPED = "run.stopped"
"""It closed it as it should."""
LOG_DAMAGED = "log.damaged"
"""Bytes on disk are not as they were written; what they said counts no more, and they stay aside. subject: the
connection, or the data folder's log. body: `cause`, and of an entry `recorded`."""
IMPORTED = "import.done"
"""A file was imported. body: `file`, `rows`, `tags`."""
IMPORT_NOTICE = "import.notice"
"""Something was decided in reading a file that a person may want otherwise; told to who imports. subject: the file.
body: `notice`."""
ALARM_ACKNOWLEDGED = "alarm.acknowledged"
"""A person has seen an alarm. subject: the alarm's tag. body: `id`, `note`, `role` of the caller. It acts on what is
active then (R11)."""
STOP_LABELLED = "stop.labelled"
"""A person says why a machine stood. subject: the machine. body: `from`, `to` (ns, the stop as it was shown; `to` null:
it went on), `id` (as it was shown), `reason`, `text`, `role` of the caller. It is of the stop that covers `from`; if
none does, of the one that shares most with it (R11)."""
MODEL_LEARNT = "model.learnt"
"""A model that health folds use from here on; never learnt again on replay (R12). subject: the machine. body: `model`,
`signature`, `digest`, `learnt_from`, `learnt_to`, `rows`, `tags`, and the model's `constants`."""
MODEL_REFUSED = "model.refused"
"""What a machine did could not be learnt as normal; the next hours are tried. subject: the machine. body: `model`,
`signature`, `reason`."""
ALERT_JUDGED = "alert.judged"
"""A person says whether an alert was right. subject: the machine. body: `id`, `verdict` (confirmed, false), `note`,
`role` of the caller."""
FORECAST_MADE = "forecast.made"
"""What may come of a line was reckoned: it is scored later by what was made. time: from when. subject: the line. body:
`until`, `quantiles` of the good pieces (5 % to 95 % in steps of 5), `unit`, `settings` (assumptions that were changed),
`runs`, `seed`, `model` (digest of the fit)."""
