"""Data sources, the split into training, validation and test set, and checks of the data."""
