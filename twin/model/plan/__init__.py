"""What another plant file changes, and what that does to history (docs/decisions/0012-editions.md)."""
