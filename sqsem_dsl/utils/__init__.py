"""Small helpers that do not depend on the language."""
