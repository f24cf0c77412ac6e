"""The log is fed to outlets: each has a durable cursor, a task of its own, and a quarantine for what is refused."""
