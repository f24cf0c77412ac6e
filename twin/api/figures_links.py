"""What /metrics tells of connections and outlets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from twin.core.instant import DAY, SECOND
from twin.runtime.outlets.forwarding import Forwarding
from twin.runtime.report import ConnectionReport
from twin.state.source_clock import Learnt

Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric: its name after `linetwin_`, counter or gauge, what it says."""

    name: str
    kind: str
    help: str


@dataclass(frozen=True, slots=True)
class Told:
    """A gauge of a connector as a metric: its name after `linetwin_connection_`, what one of it is in its unit."""

    name: str
    help: str
    times: float = 1.0


GAUGES = {
    "clock_offset_s": Told("clock_offset_seconds", "How far the server's clock is ahead of ours, as learnt."),
    "certificate_days": Told("certificate_remaining_seconds", "Until the server's certificate ends.", DAY / SECOND),
    "own_certificate_days": Told("own_certificate_remaining_seconds", "Until our certificate ends.", DAY / SECOND),
    "publishing_asked_s": Told("publishing_asked_seconds", "Publishing interval asked of the server."),
    "publishing_s": Told("publishing_seconds", "Publishing interval granted, the longest."),
    "sampling_asked_s": Told("sampling_asked_seconds", "Sampling interval asked of the server."),
    "sampling_s": Told("sampling_seconds", "Sampling interval granted, the longest."),
    "keep_alive_s": Told("keep_alive_seconds", "A server that is silent for 1.5 times this counts as lost."),
    "items": Told("items", "Items that are subscribed."),
    "subscriptions": Told("subscriptions", "Subscriptions that hold them."),
    "publish_requests": Told("publish_requests", "Publish requests that wait at the server."),
}
"""Gauge of a connector -> metric. Others are told under their own name by `connection_gauge`."""

FIGURES = (
    Figure("connection_up", "gauge", "1 while values flow."),
    Figure("connection_values_per_second", "gauge", "Values that became durable, over the last 10 s and 60 s."),
    Figure("connection_lag_seconds", "gauge", "How old the newest sample was when it became durable."),
    Figure("connection_lag_quantile_seconds", "gauge", "The same for the last minute, by quantile; within 12 %."),
    Figure("connection_problems", "gauge", "Tags of the connection that do not work."),
    Figure("connection_notice", "gauge", "1 for each thing that people should know of the link, by subject."),
    *(Figure(f"connection_{told.name}", "gauge", told.help) for told in GAUGES.values()),
    Figure("connection_gauge", "gauge", "Other figures of a connector; the unit stands in the label."),
    Figure("connection_source_offset_seconds", "gauge", "How far the source's clock is ahead, by its samples."),
    Figure("connection_source_jitter_seconds", "gauge", "By how much delays of its batches differ, 5 to 95 %."),
    Figure("connection_source_drift_ppm", "gauge", "How much faster than ours its clock goes, parts in a million."),
    Figure("connection_events_total", "counter",
        "What a connection counts: messages, values, stored, reconnects, republished, duplicates, overflow, filled,"
        " dead_letters and more."),
    Figure("outlet_up", "gauge", "1 while an outlet takes rows."),
    Figure("outlet_waiting_rows", "gauge", "Rows of the log behind an outlet's cursor, about; of other tags too."),
    Figure("outlet_waiting_seconds", "gauge", "Age of the oldest entry that waits for an outlet."),
    Figure("outlet_quarantine_rows", "gauge", "Refused rows that are kept."),
    Figure("outlet_rows_total", "counter",
        "What became of an outlet's rows since it began: sent, refused, dropped, mended, overflowed."),
)  # fmt: skip


def link_values(reports: Mapping[str, ConnectionReport]) -> Iterator[tuple[str, list[Sample]]]:
    """The samples of each of FIGURES."""
    yield "connection_up", [({"connection": id}, float(r.state == "up")) for id, r in reports.items()]
    yield "connection_lag_seconds", [({"connection": id}, r.lag_ns / SECOND) for id, r in reports.items()]
    yield "connection_problems", [({"connection": id}, len(r.problems)) for id, r in reports.items()]
    flowing = [(id, report.flowing()) for id, report in reports.items()]
    rates = [(id, over, rate) for id, one in flowing for over, rate in (("10s", one.rate_10s), ("60s", one.rate_60s))]
    yield "connection_values_per_second", [({"connection": id, "over": over}, rate) for id, over, rate in rates]
    lags = [(id, q, lag) for id, one in flowing for q, lag in (("0.5", one.lag_p50_s), ("0.99", one.lag_p99_s))]
    told: list[Sample] = [({"connection": id, "quantile": q}, lag) for id, q, lag in lags if lag is not None]
    yield "connection_lag_quantile_seconds", told
    notices = [(id, about) for id, r in reports.items() for about in sorted(dict(r.notices))]
    yield "connection_notice", [({"connection": id, "about": about}, 1) for id, about in notices]
    yield from _clock_values({id: found for id, r in reports.items() if (found := r.clock_learnt()) is not None})
    yield from _of_gauges({id: dict(report.gauges) for id, report in reports.items()})
    counted = [(id, what, n) for id, r in reports.items() for what, n in sorted(dict(r.counters).items())]
    yield "connection_events_total", [({"connection": id, "what": what}, n) for id, what, n in counted]


def _clock_values(learnt: Mapping[str, Learnt]) -> Iterator[tuple[str, list[Sample]]]:
    yield "connection_source_offset_seconds", [({"connection": id}, c.offset / SECOND) for id, c in learnt.items()]
    yield "connection_source_jitter_seconds", [({"connection": id}, c.jitter / SECOND) for id, c in learnt.items()]
    yield (
        "connection_source_drift_ppm",
        [({"connection": id}, c.drift) for id, c in learnt.items() if c.drift is not None],
    )


def outlet_values(forwarding: Forwarding) -> Iterator[tuple[str, list[Sample]]]:
    """The samples of the figures of outlets."""
    reports = forwarding.reports()
    behind = {id: forwarding.behind(id) for id in reports}
    standings = {id: forwarding.standing(id) for id in reports}
    yield "outlet_up", [({"outlet": id}, float(report.state == "up")) for id, report in reports.items()]
    yield "outlet_waiting_rows", [({"outlet": id}, rows) for id, (rows, _) in behind.items()]
    yield "outlet_waiting_seconds", [({"outlet": id}, age) for id, (_, age) in behind.items()]
    yield "outlet_quarantine_rows", [({"outlet": id}, forwarding.outbox.counts(id)[0]) for id in reports]
    counted = ("sent", "refused", "dropped", "mended", "overflowed")
    rows = [(id, what, getattr(one, what)) for id, one in standings.items() for what in counted]
    yield "outlet_rows_total", [({"outlet": id, "what": what}, n) for id, what, n in rows]


def _of_gauges(gauges: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[str, list[Sample]]]:
    others: list[Sample] = []
    known: dict[str, list[Sample]] = {what: [] for what in GAUGES}
    for id, of in gauges.items():
        for what, value in sorted(of.items()):
            if not isfinite(value):
                continue
            if what in GAUGES:
                known[what].append(({"connection": id}, value * GAUGES[what].times))
            else:
                others.append(({"connection": id, "what": what}, value))
    for what, samples in known.items():
        yield f"connection_{GAUGES[what].name}", samples
    yield "connection_gauge", others
