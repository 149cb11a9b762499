"""The models of a spec file, and reading them from a text."""
