"""The files of the pages as they are sent: read, hashed and compressed once, when the application is made."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "ui"
TEMPLATES = FOLDER / "templates"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_IMPORT = re.compile(r"""(?:from|import)\s*"\./([\w./-]+)\"""")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent. small: gzipped."""

    body: bytes
    small: bytes
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All files of the pages by their name below `/ui/`; there are no others.

    version: changes with any of them, so that `/ui/VERSION/NAME` may be kept for ever.
    """

    files: Mapping[str, Asset]
    version: str

    @staticmethod
    def read() -> Assets:
        """Everything in the folder that a browser may ask for."""
        paths = sorted(path for path in FOLDER.rglob("*") if path.suffix in TYPES)
        files = {path.relative_to(FOLDER).as_posix(): _asset(path) for path in paths}
        digest = hashlib.sha256("".join(f"{name}{one.etag}" for name, one in files.items()).encode())
        return Assets(files, digest.hexdigest()[:12])

    def modules(self, first: str) -> list[str]:
        """A module and all that it imports, near and far: what a page may load at once instead of one by one."""
        found, waiting = dict.fromkeys([first]), [first]
        while waiting:
            text = self.files[waiting.pop()].body.decode()
            for name in _IMPORT.findall(text):
                if name in self.files and name not in found:
                    found[name] = None
                    waiting.append(name)
        return list(found)


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    return Asset(body, gzip.compress(body, 9, mtime=0), TYPES[path.suffix], etag)
