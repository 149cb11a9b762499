"""The files of the package: their length, the modules that use them, their names, and no module that imports itself."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "sqsem_dsl"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}

MOST_LINES = 300
FEWEST_LINES = 60
"""A file with fewer lines that only one module uses belongs into that module."""

FAMILIES = {
    "sqsem_dsl.cli": r"^def add_parser\(",
    "sqsem_dsl.operators": r"^ROWS = ",
    "sqsem_dsl.report.text": r"^def \w+_page\(",
    "sqsem_dsl.study.executors": r"^    def submit\(",
}
"""Folders with a file for each command, kind of operators, page, and executor, and what such a file defines."""
SMALL = {
    "sqsem_dsl.report.html.cards": "HTML, which the classes of the public interface do not contain",
}
"""Other small files with one user, and the reason."""

PAIRS = {
    ("sqsem_dsl.backends.hypermodel", "sqsem_dsl.backends.keras"): "the same part of a network as code and as a model",
    ("sqsem_dsl.elaborate.errors", "sqsem_dsl.elaborate.lower"): "a part of the language and its diagnostics",
    ("sqsem_dsl.elaborate.errors", "sqsem_dsl.elaborate.resolve"): "a part of the language and its diagnostics",
    ("sqsem_dsl.lint", "sqsem_dsl.lint.findings"): "a family of lints and its findings",
    ("sqsem_dsl.operators", "sqsem_dsl.settings"): "`extern` as an operator and in settings",
    ("sqsem_dsl.report.html", "sqsem_dsl.report.statistics"): "a section of the page and its statistics",
}
"""Neighboring folders with files of the same name, and what these have in common."""


def test_no_file_is_longer_than_the_limit() -> None:
    long = {name: lines for name, path in MODULES.items() if (lines := _lines(path)) > MOST_LINES}
    assert long == {}


def test_a_small_file_has_several_users() -> None:
    """Imports for type checkers are no use. The files of a family are entries of a table."""
    users = _users({name: _imported(path, MODULES) for name, path in MODULES.items()})
    assert {name for name in MODULES if _is_small(name) and len(users[name]) < 2} == SMALL.keys()


def test_users_are_counted() -> None:
    assert _users({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {"a": set(), "b": {"a"}, "c": {"a", "b"}}


def test_files_of_one_name_are_not_in_neighboring_folders() -> None:
    """Neighbors are a folder and one directly in it, two folders in the same one, and two layers of which one is the
    next below the other. Files of diagnostics are called `errors` everywhere."""
    assert {(one, other) for one, other in _neighbors() if _names(one) & _names(other)} == PAIRS.keys()


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports inside functions count, those for type checkers do not."""
    edges = {name: _imported(path, MODULES) for name, path in MODULES.items()}
    assert len(edges) > 400
    assert _circles(edges) == []


def test_circles_are_found() -> None:
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == ["b", "c"]


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _is_small(name: str) -> bool:
    """Whether a file has few lines, and is none of a package, of diagnostics, or of a family."""
    path = MODULES[name]
    folder, _, own = name.rpartition(".")
    if path.stem in ("__init__", "__main__") or own.startswith("errors") or _lines(path) >= FEWEST_LINES:
        return False
    return folder not in FAMILIES or not re.search(FAMILIES[folder], path.read_text(encoding="utf-8"), re.MULTILINE)


def _users(edges: Mapping[str, set[str]]) -> Mapping[str, set[str]]:
    """The modules that import each module."""
    return {name: {user for user, targets in edges.items() if name in targets} for name in edges}


def _neighbors() -> Iterator[tuple[str, str]]:
    """All pairs of neighboring folders, in order."""
    folders = sorted(name for name, path in MODULES.items() if path.stem == "__init__" and path.parent != PACKAGE)
    for one, other in combinations(folders, 2):
        above, beside = one.rpartition(".")[0], other.rpartition(".")[0]
        if beside == one or (above == beside != PACKAGE.name):
            yield one, other
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = next(each["layers"] for each in settings["tool"]["importlinter"]["contracts"] if each["type"] == "layers")
    for one, other in pairwise(layers):
        yield min(one, other), max(one, other)


def _names(folder: str) -> set[str]:
    """The names of the files in a folder, without those of diagnostics."""
    path = PACKAGE.joinpath(*folder.split(".")[1:])
    return {each.stem for each in path.glob("*.py") if each.stem != "__init__" and not each.stem.startswith("errors")}


def _imported(path: Path, modules: Mapping[str, Path]) -> set[str]:
    """The modules of the package that a file imports."""
    found: set[str] = set()
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                pending.extend(node.orelse)
            case ast.ImportFrom(module=str(module)):
                found |= {each if (each := f"{module}.{alias.name}") in modules else module for alias in node.names}
            case ast.Import():
                found |= {alias.name for alias in node.names}
            case _:
                pending.extend(ast.iter_child_nodes(node))
    return found & modules.keys()


def _circles(edges: Mapping[str, set[str]]) -> list[str]:
    """The modules in a cycle: all that remain after removing modules without imports, and modules never imported."""
    left = {name: set(targets) for name, targets in edges.items()}
    while True:
        imported = set().union(*left.values())
        gone = {name for name, targets in left.items() if not targets or name not in imported}
        if not gone:
            return sorted(left)
        left = {name: targets - gone for name, targets in left.items() if name not in gone}
