"""One architecture: its layers, reduced, normalized, ordered and identified."""
