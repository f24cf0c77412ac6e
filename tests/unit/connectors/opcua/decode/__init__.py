"""Mirrors connectors/opcua/decode."""
