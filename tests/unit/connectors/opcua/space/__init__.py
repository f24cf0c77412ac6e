"""Mirrors connectors/opcua/link."""
