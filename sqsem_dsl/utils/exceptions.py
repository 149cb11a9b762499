"""An exception in one line: the line that names the cause.

Frameworks put other lines before it. TensorFlow begins with "Graph execution error:" and the place in the graph,
Keras with the layer that was called or the object that could not be loaded, both in terminal colors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LONGEST = 300
"""The maximum number of characters of a line."""

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
"""Lines that only give the location."""
_STACK = re.compile(r'File "[^"]*", line \d+')
_MARKS = re.compile(r"^(\(\d+\)\s+[A-Z_]+:\s+)?(\{\{[^}]*\}\}\s*)*(Exception encountered:\s+)?")
"""The prefix of a cause in TensorFlow and Keras: its number, the kind of the error, the node."""
_TAIL = re.compile(r"\s*\[Op:[^\]]*\](\s*name:\s*)?$|\s*Full object config: \{.*")
"""The suffix of a cause."""


def in_a_line(error: BaseException) -> str:
    """The type of an exception and the line of its message that names the cause; only the type if it is empty."""
    name, line = type(error).__name__, telling_line(str(error))
    if not line or line.startswith(f"{name}: "):
        return line or name
    return f"{name}: {line}"


def telling_line(message: str) -> str:
    """The line of a message that names the cause, of at most `LONGEST` characters; empty for an empty message.

    >>> telling_line("Graph execution error:\\n\\nDetected at node f/Gather\\n\\nindices[1,0] = 142 is not in [0, 100)")
    'indices[1,0] = 142 is not in [0, 100)'
    """
    lines = [line for line in _COLORS.sub("", message).splitlines() if line.strip()]
    cause = next(_telling(lines), None)
    if cause is None:  # all lines only give the location
        cause = lines[0].strip() if lines else ""
    return cause[:LONGEST]


def _telling(lines: Iterable[str]) -> Iterator[str]:
    """The lines that do more than give the location, without prefix and suffix."""
    stack: int | None = None
    for line in lines:
        indent, text = len(line) - len(line.lstrip()), line.strip()
        if _STACK.match(text):
            stack = indent
            continue
        if stack is not None and indent > stack:  # the source code of that line
            continue
        stack = None
        text = _MARKS.sub("", text)
        if not _INTRODUCTION.match(text):
            yield _TAIL.sub("", text)
