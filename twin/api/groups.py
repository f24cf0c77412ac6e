"""The groups of HTTP routes, in the order in which the documents show them."""

from __future__ import annotations

from twin.api import (
    routes_alarms,
    routes_connect,
    routes_corrections,
    routes_coverage,
    routes_demo,
    routes_events,
    routes_forecasts,
    routes_health,
    routes_load,
    routes_notes,
    routes_oee,
    routes_outlets,
    routes_plant,
    routes_results,
    routes_samples,
    routes_service,
    routes_state,
    routes_store,
    routes_write,
)

PREFIX = "/api/v1"

GROUPS = (
    ("", routes_service),
    (PREFIX, routes_plant),
    (PREFIX, routes_load),
    (PREFIX, routes_events),
    (PREFIX, routes_samples),
    (PREFIX, routes_coverage),
    (PREFIX, routes_state),
    (PREFIX, routes_results),
    (PREFIX, routes_corrections),
    (PREFIX, routes_oee),
    (PREFIX, routes_notes),
    (PREFIX, routes_health),
    (PREFIX, routes_forecasts),
    (PREFIX, routes_demo),
    (PREFIX, routes_alarms),
    (PREFIX, routes_write),
    (PREFIX, routes_connect),
    (PREFIX, routes_store),
    (PREFIX, routes_outlets),
)
"""(prefix, module with a `router`). A new group is added here, and each of its routes declares the role it needs
(twin.api.caller); `/openapi.json` and the reference pages are made from this list."""
