"""What to try next: `algorithm` is what a study asks, `make_algorithm` gives the one that a spec names."""
