"""The container of an incident file: a zip of named parts, each with its SHA-256, and one over the whole file.

Layout: the parts in the order of writing, `manifest.json` last, then the zip's directory, whose comment ends in the
SHA-256 of every byte before those 64 digits. Times, modes and the order are fixed: equal parts make equal bytes.
The file may come from a stranger: nothing is unpacked by name, no size is believed that was not read.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from twin.core.errors import Misconfigured, StoreFailed

MANIFEST = "manifest.json"
MARK = b"linetwin incident sha256:"
DIGITS = 64
MOST_BYTES = 64 * 2**20
"""Of one part, unpacked."""
MOST_DIRECTORY = 32 * 2**20
"""Of the zip's directory: about 300,000 parts."""
_END = struct.Struct("<4s4H2IH")
"""The zip's last record, before its comment: signature, disks, entries, size and place of the directory, comment."""
_ZIP64 = b"PK\x06\x07"
_BLOCK = 2**20

Progress = Callable[[float], None]


class Packing:
    """Writes an incident file. For one thread; the file has its name only once it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._parts: dict[str, dict[str, Any]] = {}
        try:
            self._zip = zipfile.ZipFile(self._partial, "w", zipfile.ZIP_DEFLATED, allowZip64=False)
        except OSError as error:
            raise Misconfigured(f"{path}: {error.strerror}; name a file we may write with -o FILE") from None

    def add(self, name: str, body: bytes) -> None:
        """One more part. Raises Misconfigured for what no reader would take, StoreFailed for a full disk."""
        if len(body) > MOST_BYTES:
            raise Misconfigured(f"{self._path}: {name} would have {len(body):,} bytes; take a shorter span or one line")
        self._parts[name] = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        self._write(name, body)

    def _write(self, name: str, body: bytes) -> None:
        info = zipfile.ZipInfo(name)  # of 1980-01-01, whoever writes it
        info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
        try:
            self._zip.writestr(info, body)
        except zipfile.LargeZipFile:
            raise Misconfigured(f"{self._path}: more than 4 GiB; take a shorter span or one line") from None
        except OSError as error:
            raise StoreFailed(f"{self._path}: {error.strerror}; there is no file") from error

    def close(self, manifest: Mapping[str, Any]) -> None:
        """The manifest, the checksum of the whole, and the name."""
        body = json_bytes({**manifest, "parts": self._parts})
        if len(body) > MOST_BYTES:
            raise Misconfigured(f"{self._path}: {len(self._parts):,} parts; take a shorter span or one line")
        self._write(MANIFEST, body)
        self._zip.comment = MARK + b"0" * DIGITS
        try:
            self._zip.close()
            with self._partial.open("r+b") as file:
                digest = _whole(file, self._partial.stat().st_size - DIGITS, lambda _: None)
                file.seek(-DIGITS, 2)
                file.write(digest.encode())
            self._partial.replace(self._path)
        except OSError as error:
            raise StoreFailed(f"{self._path}: {error.strerror}; there is no file") from error

    def give_up(self) -> None:
        """Leave nothing behind."""
        if self._zip.fp is not None:
            self._zip.fp.close()
            self._zip.fp = None
        self._partial.unlink(missing_ok=True)


class Container:
    """Reads an incident file that is as it was written; raises Misconfigured naming the part that is not.

    digest: SHA-256 of the whole. parts: name -> bytes unpacked.
    """

    def __init__(self, path: Path, progress: Progress = lambda _: None) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise Misconfigured(f"{path}: {error.strerror}; name a file of `twin incident export`") from None
        try:
            self.digest = self._checked(progress)
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, name: str) -> bytes:
        """A part, unpacked."""
        listed = self._listed.get(name)
        if listed is None:
            raise Misconfigured(f"{self.path}: part {name} is missing; export it again")
        body = self._unpacked(name)
        if len(body) != listed["bytes"] or hashlib.sha256(body).hexdigest() != listed["sha256"]:
            raise self._changed(f"part {name}")
        return body

    @property
    def parts(self) -> Mapping[str, int]:
        """Every part but the manifest, in the order of the file, and its size unpacked."""
        return {name: one["bytes"] for name, one in self._listed.items()}

    def _checked(self, progress: Progress) -> str:
        size = self._file.seek(0, 2)
        tail = self._tail(size)
        found = _whole(self._file, size - DIGITS, progress)
        self._zip, broken = self._opened(tail)
        if found.encode() == tail[-DIGITS:]:
            if self._zip is None:
                raise Misconfigured(f"{self.path}: {broken}; export it again")
            self.manifest = self._manifest()
            return found
        raise self._changed(self._changed_part(broken))

    def _tail(self, size: int) -> bytes:
        length = _END.size + len(MARK) + DIGITS
        self._file.seek(max(size - length, 0))
        tail = self._file.read(length)
        if len(tail) < length or tail[_END.size : -DIGITS] != MARK:
            raise Misconfigured(
                f"{self.path}: its end is not that of an incident file; was it copied whole, is it one at all?"
            )
        return tail

    def _opened(self, tail: bytes) -> tuple[zipfile.ZipFile | None, str]:
        """The zip, or None and why not. What it claims is looked at before any of it is believed."""
        signature, _, _, _, entries, size, _, comment = _END.unpack(tail[: _END.size])
        self._file.seek(-len(tail) - 20, 2)
        if signature != b"PK\x05\x06" or comment != len(MARK) + DIGITS or self._file.read(4) == _ZIP64:
            return None, "the directory of its parts cannot be read"
        if size > MOST_DIRECTORY or entries * 46 > size:
            return None, f"claims {entries:,} parts in {size:,} bytes"
        try:
            found = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, UnicodeDecodeError, OSError):
            return None, "the directory of its parts cannot be read"
        names = found.namelist()
        if len(set(names)) < len(names):
            return None, "holds a part twice"
        return found, ""

    def _manifest(self) -> Mapping[str, Any]:
        """What the file says of itself; its list of parts is that of the zip."""
        manifest = json_of(self._unpacked(MANIFEST), self.path, MANIFEST)
        parts = manifest.get("parts") if isinstance(manifest, dict) else None
        if not isinstance(parts, dict):
            raise Misconfigured(f"{self.path}: {MANIFEST} lists no parts; export it again")
        for name, one in parts.items():
            is_right = isinstance(one, dict) and isinstance(one.get("sha256"), str)
            if not is_right or not isinstance(one.get("bytes"), int) or not 0 <= one["bytes"] <= MOST_BYTES:
                raise Misconfigured(
                    f"{self.path}: {MANIFEST}: {name[:80]!r} is no part of at most {MOST_BYTES:,} bytes"
                )
        self._listed: Mapping[str, Mapping[str, Any]] = parts
        zipped = self._zip.namelist() if self._zip is not None else []
        if {*parts, MANIFEST} != set(zipped):
            odd = sorted({*parts, MANIFEST} ^ set(zipped))[0]
            raise Misconfigured(
                f"{self.path}: part {odd[:80]!r} stands in the list or in the zip alone; export it again"
            )
        return manifest

    def _unpacked(self, name: str) -> bytes:
        """At most MOST_BYTES, whatever the zip claims."""
        if self._zip is None:
            raise Misconfigured(f"{self.path}: is not open")
        try:
            info = self._zip.getinfo(name)
            if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or info.flag_bits & 1:
                raise Misconfigured(f"{self.path}: part {name} is packed in a way that we do not write")
            with self._zip.open(info) as part:
                body = part.read(MOST_BYTES + 1)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError):
            raise self._changed(f"part {name}") from None
        if len(body) > MOST_BYTES:
            raise Misconfigured(f"{self.path}: part {name} unpacks to more than {MOST_BYTES:,} bytes")
        return body

    def _changed_part(self, broken: str) -> str:
        """Which part differs, where the whole does."""
        if broken:
            return f"its list of parts ({broken})"
        try:
            self.manifest = self._manifest()
        except Misconfigured:
            return f"part {MANIFEST}"
        for name in self._listed:
            try:
                self.read(name)
            except Misconfigured:
                return f"part {name}"
        return "the container between its parts, or the checksum of the whole"

    def _changed(self, where: str) -> Misconfigured:
        return Misconfigured(
            f"{self.path}: {where} is not as it was exported: its SHA-256 differs; take the original file"
        )


def json_bytes(value: Any) -> bytes:
    """JSON in the one form that is compared and hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def json_of(body: bytes, path: Path, part: str) -> Any:
    """The value of a part. Raises Misconfigured for what is no JSON, or nested to break the reader."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Misconfigured(f"{path}: part {part} is no JSON ({str(error)[:80]}); export it again") from None


def _whole(file: IO[bytes], length: int, progress: Progress) -> str:
    """SHA-256 of the first bytes of a file."""
    file.seek(0)
    found = hashlib.sha256()
    left = length
    while left > 0 and (block := file.read(min(left, _BLOCK))):
        found.update(block)
        left -= len(block)
        progress(1 - left / length)
    return found.hexdigest()
