"""Mistakes in how tags are followed, as in mistakes.py: (old text, new text, what is said)."""

from __future__ import annotations

GROUP_MISTAKES = {
    "unknown key of a group": (
        'ns: "urn:x"',
        'ns: "urn:x", groups: {fast: {publshing: 100ms}}',
        "3: connections.s7.groups.fast: unknown key 'publshing' (did you mean 'publishing'?)",
    ),
    "group that is a word": (
        'ns: "urn:x"',
        'ns: "urn:x", groups: {fast: 100ms}',
        "3: connections.s7.groups.fast: is text, not a mapping (write `key: value`)",
    ),
    "groups that are a list": (
        'ns: "urn:x"',
        'ns: "urn:x", groups: []',
        "3: connections.s7.groups: is a list, not a mapping (write `{name: {key: value}}`)",
    ),
    "trigger that is none": (
        'ns: "urn:x"',
        'ns: "urn:x", groups: {fast: {trigger: statusvalue}}',
        "3: connections.s7.groups.fast.trigger: 'statusvalue' is not one of status, status_value,"
        " status_value_timestamp (did you mean 'status_value'?)",
    ),
    "two deadbands": (
        'ns: "urn:x"',
        'ns: "urn:x", groups: {fast: {deadband: 1, deadband_percent: 2}}',
        "3: group 'fast' of connection 's7': has both deadband and deadband_percent; write one of them",
    ),
    "group that is not there": (
        "{node: .t}",
        "{node: .t, group: fast}",
        "9: tag 'hall/line1/filler/temp': no group 'fast' in connection 's7' (it has no `groups`)",
    ),
}
