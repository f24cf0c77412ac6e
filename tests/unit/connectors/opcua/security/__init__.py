"""Mirrors connectors/opcua/security."""
