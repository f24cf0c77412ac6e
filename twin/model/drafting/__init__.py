"""Plant files that somebody else's list is made into: a server's variables, CSV, Telegraf, OPC Publisher. Pure."""
