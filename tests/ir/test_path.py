"""A path is a value: its text restores it, and no other code in the package parses such a text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path as File

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sqsem_dsl
from sqsem_dsl.ir.path import Path, Segment

PACKAGE = File(sqsem_dsl.__file__).parent
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True)
SEGMENTS = st.builds(Segment, NAMES, st.lists(st.integers(0, 99), max_size=2).map(tuple))
PATHS = st.lists(SEGMENTS, min_size=1, max_size=5).map(lambda parts: Path(tuple(parts)))
ALLOWED = {
    "ir/path.py",
    # keys of settings, `loss.digit`
    "ir/settings.py", "lint/training.py", "settings/check.py", "settings/check_with_space.py", "settings/sections.py",
    "settings/train.py", "space/check_extern.py", "space/checks.py", "backends/hypermodel/training.py",
    "backends/hypermodel/class_weights.py", "backends/hypermodel/settings_code.py",
    # columns of tables, `tags.red`
    "data/table_options.py",
    # names of Keras layers
    "backends/keras/model_code.py",
    # Python modules
    "backends/keras/compiling.py", "backends/keras/object_code.py", "data/python_function.py", "operators/extern.py",
    "operators/extern_macs.py", "backends/hypermodel/emitted.py",
    # files
    "data/folder.py",
}  # fmt: skip
"""Places that split a text at dots or brackets where it is not a choice or a layer."""
INDEX = re.compile(r"\\\[\(?(?:\\d|\[0-9\])[+*]?\)?\\\]")
"""An index in a regular expression."""


@given(PATHS)
def test_a_text_gives_the_path_back(path: Path) -> None:
    assert Path.parse(str(path)) == path
    assert Path.parse(str(path.pooled)) == path.pooled
    assert Path.parse(str(path.family)) == path.family
    assert Path((*path.parent.parts, path.parts[-1])) == path


@given(PATHS)
def test_indices_are_all_that_the_paths_of_a_family_differ_in(path: Path) -> None:
    assert path.with_indices(path.indices) == path
    assert path.with_indices([0] * len(path.indices)).family == path.family
    assert (path.repeated is None) == (path == path.family)
    assert str(path).endswith(str(path.within_iteration))
    assert path.dotted.count(".") + 1 == len(path.parts) + len(path.indices)


@pytest.mark.parametrize(
    ("text", "repeated", "within"),
    [
        ("se.ratio", None, "se.ratio"),
        ("fires[2].se.ratio", "fires", "se.ratio"),
        ("a.b[0].c[1].d", "a.b", "d"),
        ("conv.size[1]", "conv.size", "conv.size[1]"),
    ],
)
def test_iterations(text: str, repeated: str | None, within: str) -> None:
    path = Path.parse(text)
    assert (path.repeated and str(path.repeated), str(path.within_iteration)) == (repeated, within)


def taken_apart(code: str) -> Iterator[str]:
    """Calls that split a text at dots, brackets or indices."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            first = node.args[0]
            builds = node.func.attr in ("join", "rstrip")
            if builds or not isinstance(first, ast.Constant) or not isinstance(first.value, str):
                continue
            of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            if INDEX.search(first.value) if of_re else first.value in (".", "[", "]", "()", "[*]", "[*].", "]."):
                yield ast.unparse(node)


def test_what_takes_a_path_apart_is_found() -> None:
    found = [
        'path.split(".")', 'path.rpartition(".")[2]', 'path.replace("[", ".")', 'path.count("[")',
        're.compile(r"\\[(\\d+)\\]")', 're.sub(r"\\[[0-9]+\\]", "", path)',
    ]  # fmt: skip
    assert all(list(taken_apart(code)) for code in found)
    assert not list(taken_apart('".".join(parts)')) + list(taken_apart('re.compile(r"\\d+")'))


def test_no_other_module_takes_a_path_apart() -> None:
    found = {
        str(file.relative_to(PACKAGE).as_posix()): calls
        for file in PACKAGE.rglob("*.py")
        if (calls := list(taken_apart(file.read_text(encoding="utf-8"))))
    }
    assert {name: calls for name, calls in found.items() if name not in ALLOWED} == {}
    assert found.keys() >= ALLOWED
