"""What a capable engineer writes in an afternoon: the bar for speed. Each is a program of its own."""
