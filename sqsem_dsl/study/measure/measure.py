"""Measures the layers of a space that a table lacks, and whole architectures to check their sums."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from random import Random
from statistics import fmean

from sqsem_dsl.backends.keras.model import build_model
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.elaborate.errors.latency import BadLayerTimes
from sqsem_dsl.elaborate.layer_times import parse_times
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.latency import LayerKind
from sqsem_dsl.network.layers import Layer, Network
from sqsem_dsl.operators.backbone import BACKBONE
from sqsem_dsl.operators.layer_times import COLUMNS, LayerTimes
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.space.measured import with_times
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.errors_files import CannotMeasure
from sqsem_dsl.study.measure.runtimes import On, Time, plain_shape, time_model
from sqsem_dsl.utils.exceptions import in_a_line


@dataclass(frozen=True)
class Compared:
    """The measured time of an architecture and the sum of its layers, in nanoseconds."""

    number: int
    measured: int
    summed: int


def known_times(path: Path, device: str) -> LayerTimes:
    """The table in a file, or an empty one if there is no file. A last line without an end, which a killed run left, is
    removed. Raises SqsError for a file that is not such a table, or was measured on another device, and OSError; such a
    file stays as it is."""
    if not path.exists():
        return LayerTimes(str(path), {})
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole or not _line(COLUMNS).encode().startswith(content):
        try:
            found = parse_times((whole or content).decode("utf-8-sig"), str(path), NOWHERE)
        except UnicodeDecodeError:
            reason, remedy = "it is not UTF-8 text", "name another file with `-o`"
            raise SqsError([CannotMeasure(NOWHERE, f"into `{path}`", reason, remedy)]) from None
    else:
        found = LayerTimes(str(path), {})
    if isinstance(found, BadLayerTimes):
        raise SqsError([found])
    if found.devices and device not in found.devices:
        reason = f"its layers were measured on `{found.devices[0]}`, and this is `{device}`"
        remedy = "name another file with `-o`; if it is the same device, give its name with `--device`"
        raise SqsError([CannotMeasure(NOWHERE, f"into `{path}`", reason, remedy)])
    if whole != content:
        path.write_bytes(whole)
    return found


def measure_layers(
    kinds: Sequence[LayerKind],
    path: Path,
    device: str,
    on: On,
    runs: int,
    folder: str | None,
    tell: Callable[[int], None] = lambda done: None,
) -> None:
    """Measures layers and adds a row to the table for each as soon as it is measured. `folder` is that of the spec.

    Raises SqsError with every layer that cannot be built or run, after all others are measured, and OSError.
    """
    wrong: list[CannotMeasure] = []
    if not path.exists() or not path.stat().st_size:
        path.write_text(_line(COLUMNS), encoding="utf-8")
    with path.open("a", encoding="utf-8", newline="") as file:
        for done, kind in enumerate(kinds, 1):
            try:
                time = time_model(build_model(architecture_of(kind, folder)), on, runs)
            except Exception as error:  # a layer of the user, or a runtime, may raise anything
                layer, inputs, _ = kind.key
                remedy = "without this layer the space has no latency: remove it, or add its row by hand"
                wrong.append(CannotMeasure(NOWHERE, f"`{layer}` on {inputs}", in_a_line(error), remedy))
            else:
                file.write(_line((*kind.key, *map(_microseconds, (time.median, time.spread)), device)))
                file.flush()
            tell(done)
    if wrong:
        raise SqsError(wrong)


def compared(space: Space, times: LayerTimes, on: On, runs: int, number: int) -> Iterator[Compared]:
    """A few random architectures, with their measured times and the sums of their layers."""
    timed = with_times(space, times)
    count = timed.count or 0
    for at in sorted(Random(0).sample(range(count), min(number, count))):
        architecture = timed.generic(at)
        summed = architecture.latency
        if summed is not None:
            measured: Time = time_model(build_model(architecture), on, runs)
            yield Compared(at, measured.median, summed)


def architecture_of(kind: LayerKind, folder: str | None) -> Architecture:
    """A network of one layer, with an input for each tensor that it reads."""
    inputs = tuple(Layer(f"x{at}", "input", {}, (), plain_shape(shape)) for at, shape in enumerate(kind.inputs)) or (
        Layer("x0", "input", {}, (), (1,)),
    )
    attributes = kind.attributes
    if kind.operator == BACKBONE:
        attributes = {**attributes, "weights": "none"}  # any weights take the same time
    layer = Layer("layer", kind.operator, attributes, tuple(range(len(kind.inputs))), kind.output)
    network = Network((*inputs, layer), {"y": len(inputs)}, TrainSettings(), folder)
    return Architecture("layer", {}, network)


def summary(found: Sequence[Compared]) -> str | None:
    """The mean ratio of the sums to the measured times, and their rank correlation; None without architectures.

    >>> print(summary([Compared(0, 100, 120), Compared(1, 200, 240), Compared(2, 50, 61)]))
    sums are 1.21 times the measured times in the mean; rank correlation 1.00
    """
    known = [each for each in found if each.measured]
    if not known:
        return None
    ratio = fmean(each.summed / each.measured for each in known)
    text = f"sums are {ratio:.2f} times the measured times in the mean"
    related = rank_correlation([each.measured for each in known], [each.summed for each in known])
    return text if related is None else f"{text}; rank correlation {related:.2f}"


def rank_correlation(one: Sequence[int], other: Sequence[int]) -> float | None:
    """Spearman's rank correlation; None for fewer than three pairs, or without differences.

    >>> rank_correlation([1, 2, 3], [10, 30, 20]), rank_correlation([1, 2], [1, 2])
    (0.5, None)
    >>> rank_correlation([1, 2, 3], [7, 7, 7])
    """
    if len(one) < 3:
        return None
    a, b = _ranks(one), _ranks(other)
    mean = (len(one) + 1) / 2
    spread = sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b)
    shared = sum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    return shared / spread**0.5 if spread else None


def _ranks(values: Sequence[int]) -> list[float]:
    """From 1; equal values have the mean of their ranks."""
    return [sum(v < value for v in values) + (1 + sum(v == value for v in values)) / 2 for value in values]


def _microseconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1000:.3f}"


def _line(values: Sequence[str]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
