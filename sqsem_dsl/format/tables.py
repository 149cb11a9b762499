"""Tables: constants on neighbouring lines that are lists of as many numbers, in columns.

const kernels = [ 3,  3, 5]
const widths  = [16, 24, 80]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.format.expressions import flat
from sqsem_dsl.format.layout import Places


def table_lines(statements: Sequence[m.Node], room: int, places: Places) -> Mapping[int, str]:
    """The lines of the constants among some statements that are rows of a table at most `room` wide, by their ids."""
    found: dict[int, str] = {}
    for table in _tables(statements, places):
        rows = [[flat(number) for number in const.value.items] for const in table if isinstance(const.value, m.ListOf)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        longest = max(len(const.name) for const in table)
        for const, row in zip(table, rows, strict=True):
            numbers = ", ".join(map(str.rjust, row, widths))
            found[id(const)] = f"const {const.name:{longest}} = [{numbers}]"
        if len(found[id(table[0])]) > room:
            for const in table:
                del found[id(const)]
    return found


def _tables(statements: Sequence[m.Node], places: Places) -> Iterator[list[m.Const]]:
    """Runs of at least two constants without an empty line between them."""
    table: list[m.Const] = []
    columns = 0
    for statement in (*statements, None):
        here = _columns(statement, places) if isinstance(statement, m.Const) else 0
        if isinstance(statement, m.Const) and here and here == columns and not places.gap(places.start(statement)):
            table.append(statement)
            continue
        if len(table) > 1:
            yield table
        table, columns = ([statement] if isinstance(statement, m.Const) and here else []), here


def _columns(const: m.Const, places: Places) -> int:
    """The number of numbers in the list of a constant; 0 for anything else, a single number, or a list with a
    comment."""
    value = const.value
    if not isinstance(value, m.ListOf) or places.commented(places.start(const), places.end(const)):
        return 0
    numbers = [item.operand if isinstance(item, m.Unary) else item for item in value.items]
    return len(numbers) if len(numbers) > 1 and all(isinstance(number, m.Number) for number in numbers) else 0
