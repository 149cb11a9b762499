"""Image files by their names, as samples for a trained model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqsem_dsl.data.arrays import is_image
from sqsem_dsl.data.dataset import Loaded
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_sources import NoLabels
from sqsem_dsl.data.folder import Folder
from sqsem_dsl.data.multi_source import load_named
from sqsem_dsl.data.named import Named
from sqsem_dsl.data.pillow import ENDINGS
from sqsem_dsl.data.source import Opened
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


def load_images(
    words: Sequence[str], inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, OutputFact]
) -> Loaded | None:
    """The samples of the only input, if it can be an image and all words are image files: `cat.jpg`, `images:cat.jpg`.
    None otherwise.

    Raises DataError for damaged files, and for `outputs`, whose labels files alone do not have.
    """
    files = tuple(word.removeprefix("images:") for word in words)
    if len(inputs) != 1 or not all(file.lower().endswith(ENDINGS) and Path(file).is_file() for file in files):
        return None
    [(name, shape)] = inputs.items()
    if not is_image(shape):
        return None
    if outputs:
        raise DataError(NoLabels(NOWHERE, output, files) for output in outputs)
    word = words[0]
    opened = Opened(word, Folder(".", files, ()), inputs, outputs, (name,))
    return load_named(Named({name: word}, {word: opened}, inputs, outputs, None, TableOptions()), divided=False)
