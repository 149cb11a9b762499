"""A page as parsed by a browser, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "meta", "hr", "col", "img", "link", "input"})


@dataclass
class Page(HTMLParser):
    """The elements of a page with their attributes, its text, and errors in their nesting."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""
    style: str = ""
    faults: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @classmethod
    def read(cls, html: str) -> Page:
        page = cls()
        page.feed(html)
        page.close()
        page.faults += [f"<{tag}> is not closed" for tag in page._open]
        return page

    def names(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def all(self, attribute: str) -> list[str]:
        """The values of an attribute in all elements."""
        return [value or "" for _, given in self.elements for key, value in given.items() if key == attribute]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(dict(attrs)) < len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """As SVG has them; in HTML `<p />` leaves a paragraph open."""
        if "svg" not in self._open:
            self.faults.append(f"<{tag} /> outside of a picture")
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> ends <{self._open[-1] if self._open else 'nothing'}>")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.style += data
        else:
            self.text += data
