"""The link to a server: channel, session, subscriptions, and the loop that misses no message."""
