"""The shell: threads, tasks, clocks, plug-ins, and twin.py, the one place where things are put together."""
