"""What `train`, `search` and `meta` may say, as Pydantic models."""
