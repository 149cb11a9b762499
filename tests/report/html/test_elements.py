"""Elements: text is text, markup is markup."""

from __future__ import annotations

from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.report.html.elements import Html, element, joined, table
from tests.report.html.reading import Page

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Zl", "Zp")))


@given(TEXT, TEXT)
def test_text_comes_back_as_it_was(text: str, value: str) -> None:
    html = element("p", text, title=value)
    page = Page.read(html)
    assert page.elements == [("p", {"title": value})]
    assert page.text == text
    assert page.faults == []


def test_markup_is_not_escaped_twice() -> None:
    inner = element("b", "1 < 2")
    assert element("p", inner, " & ", None) == "<p><b>1 &lt; 2</b> &amp; </p>"
    assert isinstance(joined([inner, "<"]), Html)


def test_names_of_attributes() -> None:
    assert element("td", class_="number", aria_label="x", id=None) == '<td class="number" aria-label="x"></td>'


def test_a_table_names_its_rows_and_columns() -> None:
    html = table(("a", "<b>"), [("x", "1"), ("y", "2")], numbers=(1,))
    tags = [tag for tag, _ in Page.read(html).elements]
    assert tags.count("th") == 4
    assert tags.count("td") == 2
    assert html.count('class="number"') == 3
    assert "<b>" in unescape(html)
    assert "<b>" not in html
