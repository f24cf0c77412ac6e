"""Linetwin: a digital twin of a production line. What is named here is public; nothing else is."""
