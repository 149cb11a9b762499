"""Lints: warnings about valid code that is probably not intended. Each is proved for every architecture, or not
reported.

`table` lists all of them. There is a file for each family; `findings` has their messages.
"""
