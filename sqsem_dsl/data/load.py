"""Loading of data: parses `--data` and calls the module of each kind of source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqsem_dsl.data.dataset import Dataset, Loaded
from sqsem_dsl.data.digits import NAME, load_digits
from sqsem_dsl.data.errors import DataError, UnknownData
from sqsem_dsl.data.errors_sources import DataWords, UnknownKind
from sqsem_dsl.data.keras_datasets import KNOWN, load_keras
from sqsem_dsl.data.multi_source import load_named
from sqsem_dsl.data.npz import load_npz
from sqsem_dsl.data.python_function import load_function
from sqsem_dsl.data.split import Splitting, split
from sqsem_dsl.diagnostics.diagnostic import closest, listing
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact

_NAMED = re.compile(r"([A-Za-z_]\w*)=(.+)")


def read_words(words: Sequence[str]) -> str | dict[str, str]:
    """The one source, or sources by the names of inputs and outputs. Raises DataError for any other words.

    >>> read_words(["digits"])
    'digits'
    >>> read_words(["image=images:faces", "points=csv:points.csv"])
    {'image': 'images:faces', 'points': 'csv:points.csv'}
    """
    named = [match for word in words if (match := _NAMED.fullmatch(word))]
    bare = [word for word in words if not _NAMED.fullmatch(word)]
    names = [match[1] for match in named]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    reason = None
    if not words:
        reason = "no source is given"
    elif named and bare:
        reason = f"{listing(bare)} does not say which input it is for"
    elif len(bare) > 1:
        reason = f"{listing(bare)} do not say which inputs they are for"
    elif repeated:
        reason = f"{listing(repeated)} is given more than once"
    if reason is not None:
        raise DataError([DataWords(NOWHERE, reason)])
    return bare[0] if bare else {match[1]: match[2] for match in named}


__all__ = ["EMBEDDED", "DataError", "OutputFact", "load_data"]

FACES = "faces"
EMBEDDED = (NAME, FACES, *KNOWN)
"""Data that have a name and need no user file."""


def load_data(
    what: str | Sequence[str],
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    splitting: Splitting | int,
    *,
    allow_extern: bool = False,
) -> Dataset:
    """The data that `--data` names, in one word or several, for all inputs and outputs of a space.

    One source for everything: `digits`, `faces`, a set of `keras.datasets`, `FILE.npz`, `images:DIR`, `csv:FILE`, or
    `python:module:function`, which runs code and therefore needs `allow_extern`. Or a source for each input, and
    perhaps for outputs, each as `NAME=SOURCE` and matched by the ids of the samples.

    Shapes are without the sample axis. The same data and splitting (a number is its seed) give the same parts.
    Raises DataError, an SqsError, with all problems.
    """
    if isinstance(splitting, int):
        splitting = Splitting(splitting)
    source = read_words([what] if isinstance(what, str) else what)
    found = _loaded(source, inputs, outputs, splitting, allow_extern)
    if isinstance(found, Dataset):
        return found
    return split(found, outputs, splitting)


def _loaded(
    source: str | dict[str, str],
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    splitting: Splitting,
    allow_extern: bool,
) -> Loaded | Dataset:
    """The data of a source; a `Dataset` if its function has split them."""
    if not isinstance(source, str):
        return load_named(source, inputs, outputs)
    kind, _, rest = source.partition(":")
    match kind:
        case "images":
            return load_named({_image_input(inputs): source}, inputs, outputs)
        case "csv":
            return load_named(dict.fromkeys(inputs, source), inputs, outputs)
        case "python":
            return load_function(rest, inputs, outputs, splitting, allow_extern=allow_extern)
        case "faces":
            from sqsem_dsl.data.faces.load_faces import load_faces

            return load_faces(inputs, outputs, source.removeprefix(FACES))
        case "digits" if not rest:
            return load_digits(inputs, outputs)
        case _ if source in KNOWN:
            return load_keras(source, inputs, outputs)
        case _ if source.lower().endswith(".npz") or Path(source).exists():
            return _load_file(source, inputs, outputs)
        case _:
            raise DataError([_unknown(source)])


def _image_input(inputs: Mapping[str, tuple[int, ...]]) -> str:
    """The first input that images can fill; the others are reported as missing."""
    return next((name for name, shape in inputs.items() if len(shape) == 3), next(iter(inputs)))


def _load_file(path: str, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, OutputFact]) -> Loaded:
    if Path(path).is_dir():
        raise DataError(
            [UnknownKind(NOWHERE, path, "it is a directory", f"write `images:{path}` for a folder of images")]
        )
    if path.lower().endswith((".csv", ".tsv")):
        raise DataError([UnknownKind(NOWHERE, path, "it is a table", f"write `csv:{path}`")])
    return load_npz(path, inputs, outputs)


def _unknown(source: str) -> UnknownData | UnknownKind:
    if closest(source, EMBEDDED):
        return UnknownData(NOWHERE, source, EMBEDDED)
    remedy = f"name `images:DIR`, `csv:FILE`, `FILE.npz`, `python:MODULE:FUNCTION`, or one of {listing(EMBEDDED)}"
    return UnknownKind(NOWHERE, source, "there is no file with that name", remedy)
