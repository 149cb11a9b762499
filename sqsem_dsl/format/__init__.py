"""The formatter: a spec in its canonical layout, as text or as JSON."""
