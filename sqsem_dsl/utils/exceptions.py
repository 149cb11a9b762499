"""What an exception says, in a line: the one that names the cause.

Frameworks put other lines in front of it. TensorFlow begins with "Graph execution error:" and the place in the graph,
Keras with the layer that was called or the object that could not be loaded, both in the colors of a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LONGEST = 300
"""Characters of a line that are kept."""

_COLORS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_INTRODUCTION = re.compile(
    r"graph execution error:$"
    r"|in user code:$"
    r"|detected at node .*"
    r"|<stack traces unavailable>$"
    r"|\d+ root error\(s\) found\.?$"
    r"|exception encountered when calling .*"
    r"|arguments received by .*"
    r"|traceback \(most recent call last\):$"
    r"|.*could not be deserialized properly\..*"
    r"|error when deserializing class .*"
    r"|could not automatically infer .*error encountered:$"
    r"|\[\[.*"
    r"|config=\{.*",
    re.IGNORECASE,
)
"""Lines that only say where something happened."""
_STACK = re.compile(r'File "[^"]*", line \d+')
_MARKS = re.compile(r"^(\(\d+\)\s+[A-Z_]+:\s+)?(\{\{[^}]*\}\}\s*)*(Exception encountered:\s+)?")
"""What TensorFlow and Keras write before a cause: its number, the kind of the error, the node."""
_TAIL = re.compile(r"\s*\[Op:[^\]]*\](\s*name:\s*)?$|\s*Full object config: \{.*")
"""What they write behind it."""


def in_a_line(error: BaseException) -> str:
    """The type of an exception and the line of its message that names the cause; the type alone where it is empty."""
    name, line = type(error).__name__, telling_line(str(error))
    if not line or line.startswith(f"{name}: "):
        return line or name
    return f"{name}: {line}"


def telling_line(message: str) -> str:
    """The line of a message that names the cause, of at most `LONGEST` characters; empty where the message is.

    >>> telling_line("Graph execution error:\\n\\nDetected at node f/Gather\\n\\nindices[1,0] = 142 is not in [0, 100)")
    'indices[1,0] = 142 is not in [0, 100)'
    """
    lines = [line for line in _COLORS.sub("", message).splitlines() if line.strip()]
    told = next(_telling(lines), None)
    if told is None:  # It says nothing but where.
        told = lines[0].strip() if lines else ""
    return told[:LONGEST]


def _telling(lines: Iterable[str]) -> Iterator[str]:
    """The lines that do not only say where something happened, without their marks."""
    stack: int | None = None
    for line in lines:
        indent, text = len(line) - len(line.lstrip()), line.strip()
        if _STACK.match(text):
            stack = indent
            continue
        if stack is not None and indent > stack:  # the source of that line
            continue
        stack = None
        text = _MARKS.sub("", text)
        if not _INTRODUCTION.match(text):
            yield _TAIL.sub("", text)
