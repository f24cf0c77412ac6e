"""Mistakes in the alarms of a tag, as in mistakes.py: (old text, new text, what is said)."""

from __future__ import annotations

ALARM_MISTAKES = {
    "alarm without a limit": (
        "{node: .t}",
        "{node: .t, alarms: [{delay: 5s}]}",
        "9: types.filler.tags.temp.alarms[0]: an alarm needs a limit: `high`, `low` or `stale`",
    ),
    "alarm that would always be one": (
        "{node: .t}",
        "{node: .t, alarms: [{stale: 0s}]}",
        "9: types.filler.tags.temp.alarms[0]: stale 0 would always be an alarm;"
        " write how long the tag may be silent: 30s",
    ),
    "alarm of a priority that is not there": (
        "{node: .t}",
        "{node: .t, alarms: [{high: 5, priority: 5}]}",
        "9: types.filler.tags.temp.alarms[0]: priority 5 is not in 1..4",
    ),
    "dead-band below nothing": (
        "{node: .t}",
        "{node: .t, alarms: [{high: 5, deadband: -1}]}",
        "9: types.filler.tags.temp.alarms[0]: deadband -1 is below 0",
    ),
    "limits turned round": (
        "{node: .t}",
        "{node: .t, alarms: [{high: 5, low: 10}]}",
        "9: types.filler.tags.temp.alarms[0]: high 5 is not above low 10",
    ),
    "dead-band without room": (
        "{node: .t}",
        "{node: .t, alarms: [{high: 10, low: 5, deadband: 5}]}",
        "9: types.filler.tags.temp.alarms[0]: deadband 5 leaves no room between low and high",
    ),
    "limit of a text": (
        "{node: .t}",
        "{node: .t, type: text, alarms: [{high: 5}]}",
        "9: types.filler.tags.temp.alarms[0]: a text tag has no value above or below a limit; only `stale` is possible",
    ),
    "one name for two alarms": (
        "{node: .t}",
        "{node: .t, alarms: [{high: 5, low: 1, name: warm}]}",
        "9: types.filler.tags.temp.alarms[0]: has one name for 2 alarms; write an entry for each",
    ),
    "two alarms of one name": (
        "{node: .t}",
        "{node: .t, alarms: [{high: 5, name: warm}, {low: 1, name: warm}]}",
        "9: types.filler.tags.temp.alarms[1]: two alarms of this tag are named 'warm'; name one of them: name: trip",
    ),
    "name of an alarm": (
        "{node: .t}",
        "{node: .t, alarms: [{high: 5, name: Too Hot}]}",
        "9: types.filler.tags.temp.alarms[0]: 'Too Hot' is not a name of a-z, 0-9, _ and -"
        " (write 'too_hot' and `display` may keep the other)",
    ),
}
