"""Architectures and analyses as JSON."""
