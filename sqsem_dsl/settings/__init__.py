"""The settings of `train`, `search` and `meta`, as Pydantic models."""
