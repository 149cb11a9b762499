"""The page on reports: its command, and the sections that it names."""

from __future__ import annotations

import re
import shlex
from contextlib import chdir
from pathlib import Path

import pytest

from sqsem_dsl.cli import main
from tests.docs.scripts import ROOT, page
from tests.fakes.made_study import made_study, plausible
from tests.report.html.reading import Page

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")
pytest.importorskip("scipy")

PAGE = page("report.md")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The output of the page's command for a study in `runs/digits`."""
    folder = tmp_path_factory.mktemp("report")
    made_study(folder / "runs" / "digits", ROOT / "specs" / "digits.sqs", 40, plausible)
    commands = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    [command] = [line for line in commands if line.startswith("sqsem ")]
    with chdir(folder):
        assert main(shlex.split(command)[1:]) == 0
        return Path("runs/digits/report.html").read_text(encoding="utf-8")


def test_the_parts_are_those_of_the_page(report: str) -> None:
    titles = re.findall(r"<h2>(.*?)</h2>", report)
    assert [title.lower() for title in titles] == re.findall(r"^\| (?!part|---|the top)(.+?) \|", PAGE, re.MULTILINE)


def test_what_is_quoted_is_how_it_is_said(report: str) -> None:
    """The example is a sentence of such a report, except for its numbers."""
    [quoted] = re.findall(r"^> (.*)$", PAGE, re.MULTILINE)
    form = re.sub(r"\d+\\\.\d+", r"\\d+\\.\\d+", re.escape(quoted))
    assert re.search(form, Page.read(report).text)
