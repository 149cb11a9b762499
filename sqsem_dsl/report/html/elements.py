"""HTML from data: text is escaped unless it is markup already, so that no name in a spec can be more than a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from sqsem_dsl.utils.visible import visible

VOID = frozenset({"br", "meta", "hr", "col"})


class Html(str):
    """Markup: what `element` gives and takes as it is. Any other string is text."""

    __slots__ = ()


def element(name: str, /, *children: str | None, **attributes: str | None) -> Html:
    """An element. Children that are text are escaped, those that are None left out, as are attributes that are None.

    An underscore at the end of an attribute's name is not of the name, any other is a hyphen.

    >>> print(element("p", "1 < 2 ", element("b", "&"), class_="note", aria_label='"'))
    <p class="note" aria-label="&quot;">1 &lt; 2 <b>&amp;</b></p>
    """
    given = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    start = name + "".join(f' {key}="{escape(_text(value))}"' for key, value in given.items())
    return Html(f"<{start}>" if name in VOID else f"<{start}>{joined(children)}</{name}>")


def joined(children: Iterable[str | None], between: str = "") -> Html:
    """Children one after the other, with markup or text between them."""
    return Html(markup(between).join(markup(child) for child in children if child is not None))


def markup(text: str) -> Html:
    return text if isinstance(text, Html) else Html(escape(_text(text)))


def _text(text: str) -> str:
    """Text as a reader may see it: no character in it hides or reorders others."""
    return visible(text, "\n\t")


def fold(summary: str, *children: str | None) -> Html:
    """What is opened when it is asked for; printed, it stays as it is."""
    return element("details", element("summary", summary), *children)


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[int] = (), class_: str | None = None
) -> Html:
    """A table that scrolls within itself where it is too wide. `numbers` are the columns set to the right; the first
    cell of a row names it."""
    right = frozenset(numbers)

    def align(at: int) -> str | None:
        return "number" if at in right else None

    head = element("tr", *(element("th", text, scope="col", class_=align(at)) for at, text in enumerate(heads)))
    body = [
        element(
            "tr",
            *(
                element("td", cell, class_=align(at)) if at else element("th", cell, scope="row", class_=align(at))
                for at, cell in enumerate(row)
            ),
        )
        for row in rows
    ]
    return scrolling(element("table", element("thead", head), element("tbody", *body), class_=class_))


def scrolling(inner: Html) -> Html:
    return element("div", inner, class_="scroll", tabindex="0")


def figure(picture: Html, title: str, *below: str | None) -> Html:
    """A picture under its title, with what is said of it below."""
    caption = [element("p", line) if not isinstance(line, Html) else line for line in below if line]
    return element("figure", element("figcaption", title), picture, *caption)
