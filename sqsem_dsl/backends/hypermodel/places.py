"""Where code stands in a space: the texts for the paths of its choices and for the names of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One name of a path, with the Python expression of its index. `use`: the use of a block, not a structure."""

    name: str
    index: str | None = None
    use: bool = False
    more: tuple[str, ...] = ()
    """Further indices."""


def path_code(base: str | None, parts: Sequence[Part]) -> str:
    """The path of a choice as a Python string. `base` is the variable with the path of the enclosing use of a block.

    A structure and its direct child with the same name are written once, as in `elaborate.lower.scope.choice_path`.

    >>> path_code(None, [Part("fires", "i"), Part("se"), Part("se", use=True), Part("ratio")])
    'f"fires[{i}].se.ratio"'
    """
    kept: list[str] = []
    before: Part | None = None
    for part in parts:
        if before is None or before.use or part.index is not None or part.name != before.name:
            indices = () if part.index is None else (part.index, *part.more)
            kept.append(part.name + "".join(f"[{_filled(index)}]" for index in indices))
        before = part
    return _text(base, kept)


def name_code(base: str | None, parts: Sequence[Part]) -> str:
    """The name of a layer as a Python string; neighbors with the same name are written once, as in `layer_path`.

    >>> name_code("name", [Part("first"), Part("se"), Part("se", use=True), Part("dense_2")])
    'f"{name}.first.se.dense_2"'
    """
    kept: list[str] = []
    before: str | None = None
    for part in parts:
        if part.index is not None or part.name != before:
            kept.append(part.name + ("" if part.index is None else f".{_filled(part.index)}"))
        before = part.name
    return _text(base, kept)


def _filled(index: str) -> str:
    return index if index.isdigit() else f"{{{index}}}"


def _text(base: str | None, kept: Sequence[str]) -> str:
    text = ".".join(([f"{{{base}}}"] if base is not None else []) + list(kept))
    if text == f"{{{base}}}":
        return str(base)
    return f'f"{text}"' if "{" in text else f'"{text}"'
