"""A chart embedded in a page."""

from __future__ import annotations

import re

from sqsem_dsl.report.html.charts import VARIABLES, inline_svg
from tests.report.html.reading import Page

PICTURE = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 440 100">
 <metadata>who made it, and when</metadata>
 <defs><style>*{stroke: red}</style><path id="m1" d="M 0 0&#10;L 1.23456 3" style="stroke: #0a0b05"/></defs>
 <g id="unused" onclick="alert(1)"><use xlink:href="#m1" x="1.999999" style="fill: #0a0b01; stroke: none"/></g>
 <g clip-path="url(#c1)"><text style="font-size: 12px; font-family: 'DejaVu Sans', sans-serif">a &lt; b</text></g>
 <clipPath id="c1"><rect width="4" height="5"/></clipPath>
</svg>"""


def test_ids_are_the_pictures_own() -> None:
    page = Page.read(inline_svg(PICTURE, "one", "title").text + inline_svg(PICTURE, "two", "title").text)
    ids = page.all("id")
    assert len(ids) == len(set(ids)) == 6
    assert {value[1:] for value in page.all("href")} < set(ids)
    assert {re.sub(r"url\(#|\)", "", value) for value in page.all("clip-path")} < set(ids)


def test_it_takes_the_colors_and_letters_of_the_page() -> None:
    html = inline_svg(PICTURE, "one", "title").text
    assert "var(--accent)" in html
    assert "fill: var(--ink); stroke: none" in html
    assert not any(color in html for color in VARIABLES)
    assert "DejaVu" not in html
    assert "font-size: 12px" in html


def test_nothing_of_it_reaches_beyond() -> None:
    html = inline_svg(PICTURE, "one", "title").text
    assert not re.search("http|<style|metadata|onclick", html)
    assert "a &lt; b" in html
    assert 'd="M 0 0 L 1.23 3"' in html


def test_it_has_a_title_and_a_description() -> None:
    page = Page.read(inline_svg(PICTURE, "one", "Scores & <costs>", "what is seen").text)
    assert page.elements[0][1]["aria-labelledby"] == "one-title one-desc"
    assert "Scores & <costs>" in page.text
    assert page.elements[0][1]["role"] == "img"
