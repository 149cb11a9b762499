"""Python statements broken into lines as ruff and black break them.

Only the forms that the emitted modules have are known: calls, lists, dicts and assignments. So the module needs no
formatter at run time, and a formatter leaves it unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

WIDTH = 88
"""The default of ruff and black."""
STEP = "    "
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


def layout(statement: str, indent: str = "") -> list[str]:
    """The lines of a statement.

    >>> layout('x = layers.Dense(16, name="a_long_name_of_a_layer")(x)', " " * 40)[1].strip()
    '16, name="a_long_name_of_a_layer"'
    """
    if len(indent) + len(statement) > WIDTH and statement.startswith(("if ", "elif ")):
        return _condition(statement, indent)
    return list(_lines(statement, indent, 0 if statement.startswith("def ") else _value(statement)))


def _condition(statement: str, indent: str) -> list[str]:
    """The lines of an `if` that is too long: its terms, or up to the call that ends it if there are two."""
    word, _, test = statement.removesuffix(":").partition(" ")
    terms = _terms(test)
    groups = _groups(statement, 0)
    if len(terms) == 2 and groups and groups[-1][1] == len(statement) - 2 and len(indent) + groups[-1][0] < WIDTH:
        return list(_lines(statement, indent, groups[-1][0]))
    if not terms:
        return list(_lines(statement, indent, 0))
    return [f"{indent}{word} (", *(line for term in terms for line in layout(term, indent + STEP)), f"{indent}):"]


def docstring(text: str, indent: str) -> list[str]:
    """The lines of a docstring."""
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")
    if plain.endswith('"'):
        plain += " "
    lines = wrap(f'"""{plain}', WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
    if len(lines) == 1:
        return [f'{indent}"""{plain}"""']
    return [*(indent + line for line in lines), f'{indent}"""']


def whole_statement(lines: list[str], indent: str) -> tuple[int, str]:
    """Where the last statement begins, and the statement in one line."""
    at = next(
        at
        for at in range(len(lines) - 1, -1, -1)
        if not lines[at].startswith(indent + " ") and lines[at].strip()[:1] not in (")", "]", "}")
    )
    return at, _joined(lines[at:])


def returned(lines: list[str], variable: str, indent: str = STEP) -> list[str]:
    """The lines of a function with a `return` of a variable; of its value, if the last statement assigns it."""
    if lines:
        at, statement = whole_statement(lines, indent)
        assigned = statement.startswith(f"{variable} = ")
        if assigned and (at == len(lines) - 1 or lines[at].endswith(("(", "["))):
            return [*lines[:at], *layout(f"return {statement.removeprefix(f'{variable} = ')}", indent)]
    return [*lines, f"{indent}return {variable}"]


def _joined(lines: list[str]) -> str:
    """A statement in one line again."""
    text = lines[0].strip()
    for line in lines[1:]:
        part = line.strip()
        if part[0] in ")]}":
            text = text.removesuffix(",") + part
        elif text[-1] in "([{":
            text += part
        else:
            text += " " + part
    return text


def _value(statement: str) -> int:
    """Where the value of an assignment begins; 0 for other statements."""
    depth, end = 0, 0
    for at, letter in _code(statement):
        depth += (letter in _BRACKETS) - (letter in _BRACKETS.values())
        if not depth and not end and statement.startswith(" = ", at):
            end = at + 3
    return end


def _lines(text: str, indent: str, start: int) -> Iterator[str]:
    """The lines of a text whose brackets are broken from a position on."""
    if len(indent) + len(text) <= WIDTH:
        yield indent + text
        return
    groups = _groups(text, start)
    if not groups:
        yield indent + text
        return
    # The first group stays whole if the line fits up to the bracket that opens the next one.
    opening, closing = groups[0]
    for following in groups[1:]:
        if following[0] != closing + 1 or len(indent) + following[0] + 1 > WIDTH:
            break
        opening, closing = following
    inner = text[opening + 1 : closing]
    yield indent + text[: opening + 1]
    whole = text[opening] == "(" and len(indent) + len(STEP) + len(inner) <= WIDTH
    if whole:
        yield indent + STEP + inner
    else:
        terms = _terms(inner) if text[opening] == "(" else []
        parts = terms or arguments(inner)
        comma = "" if terms else "," if len(parts) > 1 or text[opening] != "(" else ""
        for part in parts:
            name = part.find("=") + 1 if part.partition("=")[0].isidentifier() else 0
            yield from _lines(part + comma, indent + STEP, name)
    yield from _lines(text[closing:], indent, 1)


def _terms(text: str) -> list[str]:
    """The terms of a condition, each but the first with its operator; empty for other texts.

    >>> _terms("a or f(b or c) and d")
    ['a', 'or f(b or c) and d']
    >>> _terms("max(a or b, 1)")
    []
    """
    depth, found = 0, {" or ": [0], " and ": [0]}
    for at, letter in _code(text):
        depth += (letter in _BRACKETS) - (letter in _BRACKETS.values())
        if letter == "," and not depth:
            return []
        for operator, places in found.items():
            if not depth and text.startswith(operator, at):
                places.append(at + 1)
    places = next((each for each in found.values() if len(each) > 1), [])
    if not places:
        return []
    return [text[start:end].strip() for start, end in zip(places, [*places[1:], None], strict=True)]


def _groups(text: str, start: int) -> list[tuple[int, int]]:
    """The outermost brackets that hold anything."""
    found: list[tuple[int, int]] = []
    depth, opening = 0, 0
    for at, letter in _code(text):
        if letter in _BRACKETS:
            if not depth:
                opening = at
            depth += 1
        elif letter in _BRACKETS.values():
            depth -= 1
            if not depth and opening >= start and at > opening + 1:
                found.append((opening, at))
    return found


def arguments(text: str) -> list[str]:
    """The parts of a text between commas outside of brackets and quotes.

    >>> arguments('a, f(b, c), name="d, e"')
    ['a', 'f(b, c)', 'name="d, e"']
    """
    found, depth, begin = [], 0, 0
    for at, letter in _code(text):
        depth += (letter in _BRACKETS) - (letter in _BRACKETS.values())
        if letter == "," and not depth:
            found.append(text[begin:at].strip())
            begin = at + 1
    return [part for part in (*found, text[begin:].strip()) if part]


def _code(text: str) -> Iterator[tuple[int, str]]:
    """The letters outside of quotes, with their positions."""
    quote = ""
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        else:
            yield at, letter
