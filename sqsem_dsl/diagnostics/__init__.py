"""Positions in a text, diagnostics about them, and their renderers."""
