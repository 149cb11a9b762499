"""Small files of images and tables for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.load import load_data
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.settings.metrics import OutputFact

THREE = {"label": OutputFact((3,), "softmax")}
CLASSES = ("cat", "dog", "emu")


def write_image(path: Path, value: int = 0, size: tuple[int, int] = (4, 4), mode: str = "RGB") -> None:
    """An image of one value, in the format of its file extension; `size` is height and width."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = size
    if mode == "I;16":
        Image.fromarray(np.full((height, width), value, np.uint16)).save(path)
    else:
        Image.new(mode, (width, height), value if mode in ("L", "I") else (value,) * len(mode)).save(path)


def write_classes(folder: Path, count: int = 4, mode: str = "RGB") -> None:
    """For each class `count` images `CLASS-NUMBER.png` in its own folder; in order, image k has the value k."""
    for number, name in enumerate(CLASSES):
        for at in range(count):
            write_image(folder / name / f"{name}-{at}.png", number * count + at, mode=mode)


def write_table(path: Path, columns: Mapping[str, Sequence[Any]]) -> None:
    """CSV with columns by name."""
    rows = [",".join(columns), *(",".join(str(value) for value in row) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def refusals(
    what: str | Sequence[str], inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, OutputFact] = THREE
) -> list[Diagnostic]:
    """The diagnostics for rejected data."""
    try:
        load_data(what, inputs, outputs, 0)
    except DataError as error:
        return list(error.diagnostics)
    raise AssertionError(f"{what} was taken")


def refusal(
    what: str | Sequence[str], inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, OutputFact] = THREE
) -> Diagnostic:
    """The only diagnostic."""
    [diagnostic] = refusals(what, inputs, outputs)
    return diagnostic
