"""What the trials of a study say about its choices, with intervals: the numbers behind the report."""
