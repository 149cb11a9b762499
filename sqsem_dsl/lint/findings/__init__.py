"""The messages of the lints (SQS8xx): a file for each family. All are warnings."""
