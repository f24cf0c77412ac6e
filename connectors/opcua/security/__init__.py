"""Whom we trust, who trusts us, and how a channel is protected."""
