"""Lints: what is right and yet surely not meant. Each is proved of every architecture, or says nothing.

`table` has them all; a file holds a family, and `findings` what they say.
"""
