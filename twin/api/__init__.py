"""HTTP, the live WebSocket and the page: what people and programs see of a running twin. Start at app.py."""
