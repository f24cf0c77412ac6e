"""Names of tags: the key that the log and its files hold for ever, and the name that the plant file has now.

A sealed file says `tag` as a path and is never written again, so a tag that gets another name keeps its key there. Keys
are the first names; a later tag of that name, for it may be given again, has its id behind it: `~` is in no path.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

WHERE_RENAMED = "SELECT value FROM meta WHERE key = 'renamed'"
PUT_RENAMED = "INSERT INTO meta VALUES ('renamed', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


def renamed(found: Sequence[Sequence[Any]]) -> dict[int, str]:
    """Tag id -> name of now, of the tags that do not have their first name any more; of the rows of WHERE_RENAMED."""
    return {int(id_): name for id_, name in json.loads(found[0][0]).items()} if found else {}


def stored(names: Mapping[int, str]) -> str:
    """The same as `meta` keeps it."""
    return json.dumps({str(id_): name for id_, name in names.items()}, ensure_ascii=False)


def second_key(name: str, id_: int) -> str:
    """The key of a tag whose name is the key of another one."""
    return f"{name}~{id_}"
