"""What a study's models say about data: predictions, and scores on labelled samples."""
