"""Environment variables that the commands read. A plant file may name any others, as `${NAME}`."""

from __future__ import annotations

TOKEN = "LINETWIN_TOKEN"  # noqa: S105 - the name of a variable
"""Secret of a caller, for `twin import` into the folder of a twin that runs and wants tokens."""
PASSWORD = "LINETWIN_PASSWORD"  # noqa: S105
"""Password of `--user` for `twin browse` and `twin init`; else they ask on a terminal. `init` names it in its file."""
MQTT_PASSWORD = "LINETWIN_MQTT_PASSWORD"  # noqa: S105
"""Password of `--user` for `twin mqtt watch`."""
