"""The report of a study as one HTML page that needs nothing else: charts by matplotlib, inline, in CSS variables.

A module makes the data of each section, and the template of the same name in `templates` sets them; `html_page` puts
the sections in order. No script runs on the page, and nothing is fetched.
"""
