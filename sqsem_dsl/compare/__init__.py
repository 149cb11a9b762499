"""What differs between two spaces (`sqsem diff`)."""
