"""Data sources, the split into training, validation and test set, and what is rejected."""
