"""A Keras model written in the format of an export."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from sqsem_dsl.data.dataset import Array
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study.errors_export import ExportFailed
from sqsem_dsl.study.export.formats import FORMATS, Format
from sqsem_dsl.utils.exceptions import in_a_line

if TYPE_CHECKING:
    import keras


def write_model(
    model: keras.Model,
    name: str,
    path: Path,
    *,
    document: str = "",
    architecture: Architecture | None = None,
    calibration: Mapping[str, Array] | None = None,
) -> None:
    """Writes a model in a format. `path` must not exist.

    `document` is the docstring of Python code, and `architecture` says which of its layers are backbones. With
    `calibration`, samples by input, a LiteRT model computes with 8-bit integers. Raises SqsError if the model cannot be
    written in the format, and OSError.
    """
    form = FORMATS[name]
    if form.on_tensorflow:
        _check_backend(form)
    try:
        _write(model, name, path, document, architecture, calibration)
    except OSError:
        raise
    except Exception as error:  # exporters raise exceptions of many kinds
        raise SqsError([ExportFailed(NOWHERE, form.title, in_a_line(error))]) from error


def _write(
    model: keras.Model,
    name: str,
    path: Path,
    document: str,
    architecture: Architecture | None,
    calibration: Mapping[str, Array] | None,
) -> None:
    match name:
        case "keras":
            from sqsem_dsl.backends.keras.compiling import to_save

            to_save(model).save(path)
        case "savedmodel":
            model.export(str(path), format="tf_saved_model", verbose=False)
        case "onnx":
            from sqsem_dsl.study.export.write_onnx import write_onnx

            write_onnx(model, path)
        case "litert":
            from sqsem_dsl.backends.keras.unrolled import unrolled

            if calibration is not None:
                path.write_bytes(_quantized(unrolled(model), calibration))
            else:
                unrolled(model).export(str(path), format="litert", verbose=False)
        case "python":
            from sqsem_dsl.backends.keras.model_code import backbone_functions, model_code

            functions = {} if architecture is None else backbone_functions(architecture)
            path.write_text(model_code(model, document, functions), encoding="utf-8")
        case _:
            raise AssertionError(name)


def _quantized(model: keras.Model, calibration: Mapping[str, Array]) -> bytes:
    """A LiteRT model whose weights and activations have 8 bits, with ranges from the samples. Inputs and outputs stay
    numbers of 32 bits."""
    import tensorflow as tf

    with TemporaryDirectory() as folder:
        saved = str(Path(folder) / "model")
        model.export(saved, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS]
        converter.representative_dataset = lambda: (
            {name: np.asarray(values[at : at + 1]) for name, values in calibration.items()}
            for at in range(len(next(iter(calibration.values()))))
        )
        written: bytes = converter.convert()
    return written


def _check_backend(form: Format) -> None:
    """Raises SqsError if Keras runs on another backend than TensorFlow."""
    import keras

    backend = keras.config.backend()
    if backend != "tensorflow":
        reason = f"Keras exports to it on TensorFlow, and runs on {backend} (set KERAS_BACKEND=tensorflow)"
        raise SqsError([ExportFailed(NOWHERE, form.title, reason)])
