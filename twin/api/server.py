"""Limits of the wire under the application: the one place that says how uvicorn is set up."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

MOST_HEADER = 32 * 1024
MOST_MESSAGE = 64 * 1024
MOST_CONNECTIONS = 1000


def server_config(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    """How the application is served.

    Live messages are not compressed: each would be compressed once for every viewer. Who forwards for others is not
    believed: a proxy on this machine must bring a token.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        ws_max_size=MOST_MESSAGE,
        ws_per_message_deflate=False,
        h11_max_incomplete_event_size=MOST_HEADER,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=2,
    )
