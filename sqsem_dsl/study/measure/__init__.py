"""`sqsem measure`: the times of the layers of a space on a machine, as a table for the quantity `latency`."""
