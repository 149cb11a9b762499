"""Search algorithms: `algorithm` is their interface, `make_algorithm` makes the one that a spec names."""
