"""A word of `--data` as an opened source, by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqsem_dsl.data.arrays import is_image
from sqsem_dsl.data.dataset import Array
from sqsem_dsl.data.errors import DataError, missing
from sqsem_dsl.data.errors_sources import UnknownKind
from sqsem_dsl.data.folder import Folder, read_folder
from sqsem_dsl.data.foreign_files import conversion
from sqsem_dsl.data.npz import read_arrays
from sqsem_dsl.data.output_images import unfit_output
from sqsem_dsl.data.paths import read_listing, unused_columns
from sqsem_dsl.data.sequences import length_names
from sqsem_dsl.data.source import Opened
from sqsem_dsl.data.table import ID, Table, read_table
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


def open_source(
    source: str,
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    serves: tuple[str, ...],
    group: str | None = None,
    options: TableOptions | None = None,
) -> Opened:
    """Opens `images:DIR`, `csv:FILE` or `FILE.npz` for some inputs and outputs, and perhaps for groups. Raises
    DataError."""
    options = options or TableOptions()
    kind, _, path = source.partition(":")
    listed: Mapping[str, Folder] = {}
    groups: tuple[str, ...] = () if group is None else (group,)
    aside = groups
    if kind == "images":
        content: Folder | Table | Mapping[str, Array] = read_folder(path)
        unfit = [unfit_output(path, name, outputs[name]) for name in serves if name in outputs]
        found = [diagnostic for diagnostic in unfit if diagnostic is not None]
        if found:
            raise DataError(found)
    elif kind == "csv":
        fit = {name: fact.shape for name, fact in outputs.items() if unfit_output(path, name, fact) is None}
        images = {name: inputs[name] for name in serves if name in inputs and is_image(inputs[name])}
        listing = read_listing(path, images, fit)
        listed = listing.images
        aside = (*groups, *listing.used)
        if listed and all(name in listed for name in serves if name in inputs):  # no input takes columns
            aside += unused_columns(listing, tuple(outputs))
        needed = [name for name in serves if name in outputs]
        content = read_table(path, needed, options)
    elif source.lower().endswith(".npz"):
        weight = () if options.weight is None else (options.weight,)
        arrays = read_arrays(source, (*serves, *outputs, *length_names(inputs), *weight, *groups, ID))
        absent = missing(source, [n for n in serves if n in inputs], [n for n in serves if n in outputs], arrays)
        if absent:
            raise DataError(absent)
        content = arrays
    else:
        raise DataError([UnknownKind(NOWHERE, source, *_unknown(source))])
    return Opened(source, content, inputs, outputs, serves, group, listed, aside, options.weight)


def base_name(source: str) -> str:
    """The short name of a source: the last part of its path.

    >>> base_name("images:data/faces/"), base_name("points.csv")
    ('faces', 'points.csv')
    """
    path = source.removeprefix("images:").removeprefix("csv:")
    return Path(path).name or path


def _unknown(source: str) -> tuple[str, str]:
    """Why something is not a source, and what to write instead."""
    if Path(source).is_dir():
        return "it is a directory", f"write `images:{source}` for a folder of images"
    if source.lower().endswith((".csv", ".tsv", ".txt")):
        return "it does not say how to read it", f"write `csv:{source}` for a table"
    other = ("it cannot be the source of one input", "a source is `images:DIR`, `csv:FILE` or `FILE.npz`")
    return conversion(source) or other
