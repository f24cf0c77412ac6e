"""What /metrics tells: one table, and the Prometheus text of it (exposition format 0.0.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version

import numpy as np

from twin.api import figures_links
from twin.api.figures_links import Figure, Sample
from twin.model.keys import GENERIC_STATES, LOWEST_PRIORITY
from twin.runtime.twin import Twin

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


FIGURES = (
    Figure("info", "gauge", "Always 1; the label says which release runs."),
    Figure("ready", "gauge", "1 when the folds are at the present and every connection was tried."),
    Figure("log_recorded", "gauge", "Place of the newest entry of the log, ns since 1970 UTC."),
    Figure("log_commits_total", "counter", "Transactions of the log writer since the start."),
    Figure("log_bytes", "gauge", "Size of log.db with its write-ahead log."),
    Figure("history_files", "gauge", "Parquet files that hold sealed history."),
    Figure("history_bytes", "gauge", "Their size."),
    Figure("history_rows", "gauge", "Samples in them."),
    Figure("history_sealed_to", "gauge", "Place in the log up to which it is sealed, ns since 1970 UTC."),
    Figure("history_thinned_rows_total", "counter", "Rows left out of past days since the start, by `thin` of tags."),
    Figure("history_merged_files_total", "counter", "Files merged into larger ones since the start."),
    Figure("history_failures_total", "counter", "Times that sealing or merging failed; it is tried again."),
    Figure("fold_frontier_lag_seconds", "gauge", "How far the oldest frontier lies behind the clock."),
    Figure("fold_heals_total", "counter", "Times that late data made a unit be folded again."),
    Figure("fold_late_entries_total", "counter", "Entries that came behind the frontier."),
    Figure("fold_standing_still", "gauge", "1 while the folds cannot go on because the store answers badly."),
    Figure("corrections_total", "counter", "Results that late data changed."),
    Figure("machine_state", "gauge", "1 for the state that a machine is in, 0 for every other."),
    Figure("tags", "gauge", "Tags by what their last value is: good, uncertain, bad, none."),
    Figure("tags_stale", "gauge", "Tags whose last value is not the present one."),
    Figure("alarms_active", "gauge", "Alarms whose limit is passed, by priority; 1 is the most urgent."),
    Figure("alarms_unacknowledged", "gauge", "Alarms that nobody has acknowledged yet, returned ones too."),
    Figure("alarm_activations_total", "counter", "Alarms that came up since the start."),
    *figures_links.FIGURES,
    Figure("live_viewers", "gauge", "Open WebSockets of /live."),
    Figure("live_messages_total", "counter", "Live messages encoded; each is sent to all viewers of its subscription."),
    Figure("live_snapshots_total", "counter", "Snapshots that viewers got because they fell behind."),
    Figure("live_closed_slow_total", "counter", "Viewers closed because they took nothing for too long."),
)  # fmt: skip
"""All metrics, in the order in which they are told. The reference page is made from this table."""

STATES = (*GENERIC_STATES, "unknown")


def metrics_text(twin: Twin, live: Mapping[str, float]) -> str:
    """All metrics as text. live: figures of the live channel, by name."""
    values = dict(_values(twin, live))
    return "".join(_lines(figure, values.get(figure.name, ())) for figure in FIGURES)


def _lines(figure: Figure, samples: Sequence[Sample]) -> str:
    name = f"linetwin_{figure.name}"
    head = f"# HELP {name} {figure.help}\n# TYPE {name} {figure.kind}\n"
    return head + "".join(f"{name}{_labels(labels)} {_number(value)}\n" for labels, value in samples)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _labels(labels: Mapping[str, str]) -> str:
    escaped = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(escaped) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _values(twin: Twin, live: Mapping[str, float]) -> Iterator[tuple[str, list[Sample]]]:
    yield "info", [({"version": version("linetwin")}, 1)]
    yield "ready", [({}, float(twin.ready()[0]))]
    for name, value in {**twin.health(), **live}.items():
        yield name, [({}, value)]
    corrections = tuple(twin.corrections)
    yield "corrections_total", [({}, corrections[-1].number if corrections else 0)]
    yield from _of_tags(twin)
    machines = twin.live().machines.items()
    yield "machine_state", [({"machine": m, "state": s}, float(now.state == s)) for m, now in machines for s in STATES]
    yield from _of_alarms(twin)
    yield from figures_links.link_values(twin.reports)
    yield from figures_links.outlet_values(twin.forwarding)


def _of_tags(twin: Twin) -> Iterator[tuple[str, list[Sample]]]:
    columns = twin.live().tags
    came = columns.time > 0
    top = columns.status >> np.uint32(30)
    by_quality = {"good": came & (top == 0), "uncertain": came & (top == 1), "bad": came & (top > 1), "none": ~came}
    yield "tags", [({"quality": name}, int(rows.sum())) for name, rows in by_quality.items()]
    yield "tags_stale", [({}, int(columns.stale.sum()))]


def _of_alarms(twin: Twin) -> Iterator[tuple[str, list[Sample]]]:
    found = twin.live().alarms.values()
    active = Counter(one.priority for one in found if one.is_active)
    yield "alarms_active", [({"priority": str(p)}, active[p]) for p in range(1, LOWEST_PRIORITY + 1)]
    yield "alarms_unacknowledged", [({}, sum(one.needs_ack for one in found))]
