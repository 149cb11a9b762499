"""The report of a study as one HTML page that needs nothing else: charts by matplotlib, inline, in CSS variables.

A section is a function from the facts of a study to an element, in the module of its name; `html_page` puts them in
order. No script runs on the page, and nothing is fetched.
"""
