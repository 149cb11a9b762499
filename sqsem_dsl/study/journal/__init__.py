"""What is known of a study and its trials: the journal that is written, and the ways to read it."""
