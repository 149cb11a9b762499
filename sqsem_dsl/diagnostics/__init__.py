"""Places in a text, messages about them, and how they are shown."""
