"""Analysis of a space before training: counts, distributions of costs, samples, distinct networks."""
