"""The difference of two spaces (`sqsem diff`)."""
