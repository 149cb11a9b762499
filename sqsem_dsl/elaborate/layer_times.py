"""The table of measured layers that `search` names: a CSV file beside the spec."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from io import StringIO
from pathlib import Path

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.latency import BadLayerTimes, NoLayerTimes, UnreadableLayerTimes
from sqsem_dsl.ir.graph import Budget, Item, SettingValue
from sqsem_dsl.ir.settings import place_of, plain_setting
from sqsem_dsl.operators.layer_times import COLUMNS, LayerKey, LayerTimes
from sqsem_dsl.utils.regular_files import not_regular

NEEDED = ("layer", "inputs", "output", "microseconds")
Fault = tuple[int, str, str]
Entries = Sequence[tuple[str, SettingValue]]


def layer_times(items: Sequence[Item], search: Entries, root: Path | None) -> LayerTimes | Diagnostic | None:
    """The table that the settings of `search` name, below the folder of the spec; None if they name none, or what is
    wrong with it."""
    value = dict(search).get("latency")
    if value is None:
        return None
    match plain_setting(items, value, {}):
        case {"path": str() as path}:
            return read_times(path, root, place_of(items, value, ("path",), {}))
        case _:
            return None


def read_times(path: str, root: Path | None, span: Span) -> LayerTimes | Diagnostic:
    """The table in a file, which must be in the folder `root` or below it; or what is wrong with it."""
    if root is None:
        return UnreadableLayerTimes(span, path, "a spec that is not a file has no folder")
    file = (root / path).resolve()
    if not file.is_relative_to(root.resolve()):
        return UnreadableLayerTimes(span, path, "it is outside the folder of the spec")
    other = not_regular(str(file))
    if other is not None:
        return UnreadableLayerTimes(span, path, other)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return UnreadableLayerTimes(span, path, "there is no such file", absent=True)
    except UnicodeDecodeError:
        return UnreadableLayerTimes(span, path, "it is not UTF-8 text")
    except OSError as error:
        return UnreadableLayerTimes(span, path, (error.strerror or str(error)).lower())
    return parse_times(text, path, span)


def parse_times(text: str, path: str, span: Span) -> LayerTimes | BadLayerTimes:
    """The table in a text; or all its faults."""
    times: dict[LayerKey, int] = {}
    devices: dict[str, None] = {}
    faults: list[Fault] = []
    lines: dict[LayerKey, int] = {}
    try:
        for line, row in _rows(text, faults):
            key = row["layer"], row["inputs"], row["output"]
            time = _nanoseconds(row["microseconds"])
            if isinstance(time, str):
                faults.append((line, "microseconds", time))
            if key in lines:
                faults.append((line, "layer", f"the same layer as in line {lines[key]}"))
            elif not key[0]:
                faults.append((line, "layer", "it is empty"))
            device = row.get("device", "")
            if devices and device and device not in devices:
                faults.append((line, "device", f"`{device}`, but the layers before were measured on another device"))
            if device and not devices:
                devices[device] = None
            lines.setdefault(key, line)
            times[key] = 0 if isinstance(time, str) else time
    except csv.Error as error:
        faults.append((1, "layer", f"it is not CSV: {error}"))
    if faults:
        return BadLayerTimes(span, path, tuple(faults))
    return LayerTimes(path, times, tuple(devices), text, span)


def _rows(text: str, faults: list[Fault]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows by column, each with its last line. Rows with another number of values are faults."""
    reader = csv.reader(StringIO(text, newline=""))
    header = [name.strip() for name in next(reader, [])]
    lacking = [name for name in NEEDED if name not in header]
    faults.extend((1, name, "there is no such column") for name in lacking)
    twice = [name for at, name in enumerate(header) if name in header[:at] and name in COLUMNS]
    faults.extend((1, name, "two columns have this name") for name in twice)
    if lacking or twice:
        return
    for row in reader:
        if not row:
            continue
        if len(row) == len(header):
            yield reader.line_num, {name: " ".join(value.split()) for name, value in zip(header, row, strict=True)}
            continue
        at = min(len(row), len(header) - 1)
        wrong = f"the line has {len(row)} values, but there are {len(header)} columns"
        faults.append((reader.line_num, header[at], wrong))


def _nanoseconds(written: str) -> int | str:
    """A time in microseconds as whole nanoseconds; or what is wrong with it.

    >>> _nanoseconds("12.3456"), _nanoseconds("1e3"), _nanoseconds("fast"), _nanoseconds("-1"), _nanoseconds("inf")
    (12346, 1000000, '`fast` is not a number', '`-1` is negative', '`inf` is not a time')
    """
    try:
        time = Decimal(written)
    except InvalidOperation:
        return f"`{written}` is not a number" if written else "it is empty"
    if not time.is_finite() or time > 10**12:
        return f"`{written}` is not a time"
    return f"`{written}` is negative" if time < 0 else round(time * 1000)


def needs_times(items: Sequence[Item], budgets: Sequence[Budget], search: Entries) -> Iterator[NoLayerTimes]:
    """An error for each budget and objective on `latency`, for a space without a table."""
    for budget in budgets:
        if reads_latency(budget):
            yield NoLayerTimes(budget.span, "budget")
    objective = dict(search).get("objective")
    if objective is None:
        return
    plain = plain_setting(items, objective, {})
    for at, one in enumerate(plain if isinstance(plain, list) else [plain]):
        if isinstance(one, dict) and one.get("metric") == "latency":
            where = (at, "metric") if isinstance(plain, list) else ("metric",)
            yield NoLayerTimes(place_of(items, objective, where, {}), "objective")


def reads_latency(budget: Budget) -> bool:
    """Whether a budget compares `latency`."""
    return any(name == "latency" for name, _ in budget.terms)
