"""Bytes of notifications into columns. Pure: no server, no clock."""
