"""A file through the connector, as `twin import` reads it."""

from collections import Counter
from pathlib import Path

from connectors.files import PLUGIN
from twin.core.batch import texts
from twin.core.plugin import ConnectionSpec, Surroundings
from twin.core.tags import TagTable


class FixedClock:
    def now(self):
        return 0


class Kept:
    """A Reporter that keeps everything."""

    def __init__(self):
        self.counts = Counter()
        self.dead = []
        self.notices = []

    def event(self, event):
        assert event.kind == "import.notice"
        self.notices.append(event.body["notice"])

    def count(self, what, n=1):
        self.counts[what] += n

    def dead_letter(self, cause, place, payload):
        self.dead.append((cause, place, payload.decode()))

    def problem(self, tag, text):
        raise AssertionError(text)

    def notice(self, about, text):
        raise AssertionError(text)

    def gauge(self, what, value):
        raise AssertionError(what)

    def alive(self):
        raise AssertionError("a file does not live")


class Imported:
    """rows: (tag, time, value, status, text), NaN as None, in the order they came."""

    def __init__(self, path: Path, tags: TagTable | None = None, **settings):
        self.tags = TagTable() if tags is None else tags
        self.kept = Kept()
        surroundings = Surroundings(self.tags, FixedClock(), self.kept, path.parent)
        self.connector = PLUGIN.build(ConnectionSpec("import", "file", str(path), settings), (), surroundings)
        self.rows = []
        self.batches = []

    async def read(self):
        async with self.connector.open() as batches:
            async for one in batches:
                self.batches.append(one)
                columns = (one.tag.tolist(), one.time.tolist(), one.value.tolist(), one.status.tolist(), texts(one))
                self.rows += [
                    (self.tags[tag].name, time, value if value == value else None, status, text)
                    for tag, time, value, status, text in zip(*columns, strict=True)
                ]
        return self

    def of(self, tag: str):
        """(time, value or text) of one tag."""
        return [(time, value if text is None else text) for name, time, value, _, text in self.rows if name == tag]


async def imported(path: Path, **settings) -> Imported:
    return await Imported(path, **settings).read()


async def of_text(folder: Path, text: str, encoding: str = "utf-8", **settings) -> Imported:
    file = folder / "machine.csv"
    file.write_bytes(text.encode(encoding))
    return await imported(file, **settings)
