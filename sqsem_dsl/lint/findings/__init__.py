"""What the lints say (SQS8xx): a file for each family. All are warnings."""
