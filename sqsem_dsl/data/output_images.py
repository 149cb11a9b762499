"""`OUTPUT=images:DIR`: masks of classes, or images of numbers from 0 to 1, and the outputs that they fit."""

from __future__ import annotations

from sqsem_dsl.data.dataset import Held
from sqsem_dsl.data.errors_masks import OutputImage
from sqsem_dsl.data.folder import Folder, check_images
from sqsem_dsl.data.images import MODES, Divided, ImageFiles
from sqsem_dsl.data.masks import read_masks
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


def output_images(folder: Folder, name: str, fact: OutputFact) -> tuple[Held, tuple[str, ...]]:
    """The masks of a folder and the values of the classes as text, empty if they are class numbers; for an output of
    numbers, the images with values from 0 to 1.

    The output is one that images fit (`unfit_output`). Raises DataError for files and values that do not.
    """
    if fact.ending is not None:
        return read_masks(folder, name, fact)
    height, width, channels = fact.shape
    largest = check_images(folder, name, channels)
    return Divided(ImageFiles.of(folder.path, folder.files, (height, width, channels), largest)), ()


def unfit_output(path: str, name: str, fact: OutputFact) -> Diagnostic | None:
    """A diagnostic for an output that images cannot fill."""
    forms = "class numbers" if fact.ending == "softmax" else "0 and 1" if fact.ending == "sigmoid" else "numbers"
    arrays = f"`{name}=FILE.npz`, with {forms} in an array `{name}` and the stems of the files in an array `id`"
    match fact.ending, fact.shape:
        case ("softmax", (_, _, _)) | ("sigmoid", (_, _, 1)):
            return None
        case None, (_, _, channels) if channels in MODES:
            return None
        case "sigmoid", (_, _, _):
            return OutputImage(NOWHERE, path, name, fact.shape, "sigmoid", f"a mask has one channel: give {arrays}")
        case None, (_, _, _):
            remedy = f"images have 1 channel (grayscale), 3 (RGB) or 4 (RGBA): give {arrays}"
            return OutputImage(NOWHERE, path, name, fact.shape, None, remedy)
        case _:
            table = f"`{name}=csv:FILE`, or " if len(fact.shape) < 2 else ""
            remedy = f"images are for outputs [height, width, channels]: give {table}{arrays}"
            return OutputImage(NOWHERE, path, name, fact.shape, fact.ending, remedy)
