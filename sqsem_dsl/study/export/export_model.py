"""One model exported: written beside its place, compared with the original on samples, and then moved there."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from sqsem_dsl.data.dataset import Array, Part
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study.errors_export import ExportDiffers, ExportFailed, ExportPlace, NeedsSamples
from sqsem_dsl.study.export.formats import FORMATS, check_packages
from sqsem_dsl.study.export.run_exported import Runner, exported_runner
from sqsem_dsl.study.export.write_model import write_model
from sqsem_dsl.study.inference.predict import predicted
from sqsem_dsl.utils.exceptions import in_a_line
from sqsem_dsl.utils.keras_backend import held_back

if TYPE_CHECKING:
    import keras

TOLERANCE = 1e-3
"""The largest difference that is allowed, as a part of the largest absolute value of an output: other runtimes sum up
in another order."""
RUNS = 20
"""The runs of which the latency is the median."""


@dataclass(frozen=True, eq=False)
class Export:
    """A model in a file or folder."""

    form: str
    path: Path
    size: int
    """In bytes."""
    int8: bool = False
    difference: float | None = None
    """The largest absolute difference from the original on the samples; None if it was not compared."""
    seconds: float | None = None
    """The latency for one sample on this machine; None if it was not run."""
    values: Mapping[str, Array] = field(default_factory=dict, repr=False)
    """Its outputs for the samples."""


def export_model(
    model: keras.Model,
    form: str,
    path: Path,
    samples: Mapping[str, Array] | None = None,
    *,
    ids: tuple[str, ...] | None = None,
    int8: bool = False,
    document: str = "",
    architecture: Architecture | None = None,
) -> Export:
    """Writes a model in a format, and compares it with the original on samples by input, `[samples, …]`.

    An 8-bit model is calibrated with the samples, and may differ. `document` is the docstring of Python code, and
    `architecture` says which of its layers are backbones.

    Raises SqsError, and then writes nothing: without the packages of the format, without samples for a format that
    other programs run, for a model that cannot be exported or differs, and for a place that cannot be written.
    """
    about = FORMATS[form]
    check_packages(about)
    if samples is None and form != "python":
        raise SqsError([NeedsSamples(NOWHERE, about.title)])
    if path.parent.is_symlink():
        raise SqsError([ExportPlace(NOWHERE, str(path.parent), "it is a link")])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent, prefix=".export-") as folder:
            part = Path(folder) / f"model{about.ending}"
            with held_back(), warnings.catch_warnings():  # converters write what concerns their own authors
                warnings.simplefilter("ignore")
                calibration = samples if int8 else None
                write_model(model, form, part, document=document, architecture=architecture, calibration=calibration)
                export = Export(form, path, _size(part), int8)
                if samples is not None and form != "python":
                    export = _compared(model, export, part, samples, ids)
            _move(part, path)
    except OSError as error:
        raise SqsError([ExportPlace(NOWHERE, str(path), (error.strerror or str(error)).lower())]) from error
    return export


def _compared(
    model: keras.Model, export: Export, part: Path, samples: Mapping[str, Array], ids: tuple[str, ...] | None
) -> Export:
    """The export with its outputs, difference and latency. Raises SqsError if it cannot be run, or differs."""
    from keras import tree

    title = FORMATS[export.form].title
    inputs = [tensor.name for tensor in tree.flatten(model.input)]
    outputs = sorted(model.output) if isinstance(model.output, dict) else [model.output_names[0]]
    arrays = {name: np.asarray(samples[name]) for name in inputs}
    expected = predicted(model, Part(arrays, {}), outputs)
    try:
        run = exported_runner(export.form, part, inputs, outputs)
        values = {name: np.asarray(array, np.float32) for name, array in run(arrays).items()}
        seconds = latency(run, arrays)
    except Exception as error:  # each runtime has exceptions of its own
        raise SqsError([ExportFailed(NOWHERE, title, in_a_line(error))]) from error
    largest = 0.0
    for name, right in expected.items():
        apart = np.abs(values[name].reshape(right.shape) - right).reshape(len(right), -1).max(axis=1)
        allowed = TOLERANCE * max(1e-6, float(np.abs(right).max()))
        at = int(np.argmax(np.where(np.isnan(apart), np.inf, apart)))
        if not export.int8 and not apart[at] <= allowed:
            sample = ids[at] if ids is not None else str(at)
            raise SqsError([ExportDiffers(NOWHERE, title, name, sample, float(apart[at]), allowed)])
        largest = max(largest, float(apart[at]))
    return Export(export.form, export.path, export.size, export.int8, largest, seconds, values)


def latency(run: Runner, arrays: Mapping[str, Array]) -> float:
    """Seconds for one sample: the median of several runs, after one that is not counted."""
    one = {name: array[:1] for name, array in arrays.items()}
    run(one)
    seconds = []
    for _ in range(RUNS):
        begin = perf_counter()
        run(one)
        seconds.append(perf_counter() - begin)
    return median(seconds)


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def _move(part: Path, path: Path) -> None:
    """Puts a file or a folder into its place. An older export is replaced; any other folder is kept.

    Raises SqsError for such a folder, and OSError.
    """
    if path.is_dir():
        if not part.is_dir() or not (path / "saved_model.pb").exists():
            raise SqsError([ExportPlace(NOWHERE, str(path), "it is a folder with other files")])
        shutil.rmtree(path)
    elif part.is_dir() and path.exists():
        raise SqsError([ExportPlace(NOWHERE, str(path), "it is a file, and the export is a folder")])
    part.replace(path)
