"""The command `twin`: a file a verb, imported when it is called. Start at main.py."""
