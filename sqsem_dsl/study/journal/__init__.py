"""The data of a study and its trials: the journal that is written, and the ways to read it."""
