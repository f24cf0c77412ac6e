"""What a page asked for and complained of, from its first request on."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Page


@dataclass(slots=True)
class Seen:
    """hosts: of all requests and WebSockets. paths: of all requests. complaints: console and uncaught errors."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def asked(self, url: str) -> None:
        parts = urlsplit(url)
        self.hosts.add(parts.hostname or "")
        self.paths.add(parts.path)


def watched(page: Page) -> Seen:
    """Listen to a page that has not gone anywhere yet."""
    seen = Seen(page)
    page.on("request", lambda request: seen.asked(request.url))
    page.on("websocket", lambda socket: seen.asked(socket.url))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on(
        "console",
        lambda message: seen.complaints.append(message.text) if message.type in {"error", "warning"} else None,
    )
    return seen
