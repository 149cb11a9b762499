"""The report of a study as one self-contained HTML page: charts by matplotlib, inline, with CSS variables.

A module makes the data of each section, and the template of the same name in `templates` renders them; `html_page` puts
the sections in order. The page runs no scripts and loads nothing.
"""
