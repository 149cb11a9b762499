"""The graph of a space: items, choices, scalars, and when a choice is active."""
