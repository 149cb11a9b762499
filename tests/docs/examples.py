"""Runs the examples of a page: its specs become files, and its Python is a session with expected answers."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from tests.docs.scripts import ROOT

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def sections(page: str) -> dict[str, str]:
    """The sections of a page with Python in them, by heading; text before the first heading has none."""
    parts = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    return {part.split("\n")[0]: part for part in parts if "```python\n" in part}


def run(text: str, folder: Path) -> None:
    """Run all Python of a text as one session, in a folder with the project's specs and those of the text, as NAME.sqs.

    Raises AssertionError with the differences.
    """
    (folder / "specs").symlink_to(ROOT / "specs")
    (folder / "docs").symlink_to(ROOT / "docs")
    session = ""
    for language, example in FENCE.findall(text):
        if language == "sqs":
            (space,) = re.findall(r"^space (\w+)", example, re.MULTILINE)
            (folder / f"{space}.sqs").write_text(example, encoding="utf-8")
        if language == "python":
            session += example
    test = doctest.DocTestParser().get_doctest(session, {"__name__": "__page__"}, "page", None, 0)
    said: list[str] = []
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.FAIL_FAST
    doctest.DocTestRunner(optionflags=options).run(test, out=said.append)
    assert test.examples
    assert not said, "".join(said)
