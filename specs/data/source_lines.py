"""Lines of Python's standard library for `source_lines.sqs`: is a line code, a comment, or prose of a docstring?

The signs that would give it away, `#` and the quotes around a docstring, are removed.
"""

from __future__ import annotations

import ast
import io
import random
import sysconfig
import tokenize
from pathlib import Path

import numpy as np

KINDS = ("code", "comment", "prose")
LENGTH = 64
"""Characters that are kept of a line; shorter ones end with zeros."""
FEWEST = 12
"""Characters of the shortest lines."""


def load(lines_per_kind: int = 1500) -> dict[str, np.ndarray]:
    """`characters` `[lines, 64]`, ASCII codes, and `kind` `[lines]`, names; as many lines of each kind."""
    found: dict[str, dict[str, None]] = {kind: {} for kind in KINDS}
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        for kind, lines in _read(path.read_text(encoding="utf-8", errors="replace")).items():
            found[kind].update(dict.fromkeys(line for line in lines if len(line) >= FEWEST and line.isascii()))
    chosen = {kind: random.Random(7).sample(list(lines), lines_per_kind) for kind, lines in found.items()}
    texts = [line[:LENGTH] for lines in chosen.values() for line in lines]
    codes = [[*line.encode("ascii"), *[0] * (LENGTH - len(line))] for line in texts]
    return {
        "characters": np.array(codes, "int32"),
        "kind": np.repeat(np.array(KINDS), lines_per_kind),
    }


def _read(source: str) -> dict[str, list[str]]:
    """The lines of a module, by kind."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
            found["prose"] += map(str.strip, text.splitlines())
            docstrings.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    code = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            found["comment"].append(token.string.lstrip("#! ").strip())
        elif token.type in (tokenize.NAME, tokenize.OP, tokenize.NUMBER) and token.start[0] not in docstrings:
            code[token.start[0]] = token.line.partition("#")[0].strip()
    found["code"] = list(code.values())
    return found
