"""The page on the internals: its examples run, its table has every folder in order, and the names in it exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.examples import run
from tests.docs.scripts import ROOT, page

PAGE = page("architecture.md")
ROWS = [
    (row[1], re.findall(r"`([^`]+)`", row[2]))
    for row in re.findall(r"^(\| `(\w+)` \|.*\|) (.*) \|$", PAGE, re.MULTILINE)
]


def test_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(PAGE, tmp_path)


def test_the_table_has_the_folders_in_the_order_of_the_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = [layer.removeprefix("sqsem_dsl.") for layer in contracts["contracts"][0]["layers"]]
    assert [name for name, _ in ROWS] == layers[::-1]
    folders = {path.name for path in (ROOT / "sqsem_dsl").iterdir() if list(path.glob("*.py"))}
    assert folders <= set(layers)


@pytest.mark.parametrize(("folder", "names"), ROWS, ids=[name for name, _ in ROWS])
def test_what_the_table_names_exists(folder: str, names: list[str]) -> None:
    """Found in the module's text, since some modules import a framework."""
    assert names
    for name in names:
        *modules, what = f"{folder}.{name}".split(".")
        path = (ROOT / "sqsem_dsl").joinpath(*modules)
        text = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")
        assert re.search(rf"^(class |def |){what}\b", text, re.MULTILINE), name


def test_the_files_that_contributing_names_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"\b(?:tests|sqsem_dsl|docs|grammars)/[\w/.\-]*\w", text)
    assert len(paths) > 40
    assert [path for path in paths if "my_" not in path and not (ROOT / path).exists()] == []
