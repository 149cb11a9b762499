"""The models of a spec file, and the way from a text to them."""
