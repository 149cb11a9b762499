"""The formats of exports, and the packages that write and run them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors import MissingPackage


@dataclass(frozen=True)
class Format:
    """A format of `sqsem export`."""

    title: str
    """As in sentences: `to ONNX`."""
    ending: str
    """The ending of the file; empty for a folder."""
    needs: tuple[str, ...] = ()
    """Packages besides Keras that write or run it."""
    extra: str = "tensorflow"
    """The extra that installs them."""
    on_tensorflow: bool = False
    """Whether Keras exports to it only on the TensorFlow backend."""


FORMATS: Mapping[str, Format] = {
    "keras": Format("Keras", ".keras"),
    "savedmodel": Format("SavedModel", "", ("tensorflow",), on_tensorflow=True),
    "onnx": Format("ONNX", ".onnx", ("tensorflow", "tf2onnx", "onnxruntime"), "export", on_tensorflow=True),
    "litert": Format("LiteRT", ".tflite", ("tensorflow", "ai_edge_litert"), "export", on_tensorflow=True),
    "python": Format("Python", ".py"),
}
DISTRIBUTIONS = {"ai_edge_litert": "ai-edge-litert"}
"""The names of packages whose import has another name."""


def check_packages(form: Format) -> None:
    """Raises SqsError, with the extra to install, if a package of a format is missing."""
    for package in form.needs:
        if find_spec(package) is None:
            name = DISTRIBUTIONS.get(package, package)
            raise SqsError([MissingPackage(NOWHERE, name, f"an export to {form.title}", form.extra)])
