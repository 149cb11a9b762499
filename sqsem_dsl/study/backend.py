"""Checks that models can be built and trained, before Keras is imported. Does not import a framework itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors import MissingPackage
from sqsem_dsl.utils.keras_backend import BACKENDS, choose_backend, configured_backend, held_back

DISTRIBUTIONS = {"keras_tuner": "keras-tuner", "sklearn": "scikit-learn"}
"""The packages whose name on PyPI differs from the one to import."""
SEARCHING = ("keras", "keras_tuner", "six", "sklearn", "scipy", "filelock")
"""The packages that every search needs besides the backend. KerasTuner imports six and does not declare it;
scikit-learn and scipy are for its Bayesian optimization, filelock prevents two processes in one study."""
BUILDING = ("keras",)
"""The packages that a model needs besides the backend."""
NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
"""How the backends write their names."""


def prepare_backend(purpose: str = "a search", packages: Sequence[str] = SEARCHING) -> None:
    """Raises SqsError, with the extra to install, if a package is missing that the purpose needs.

    `choose_backend` chooses the backend.
    """
    if all(package in sys.modules for package in packages):
        return
    chosen = choose_backend()
    extra = "jax" if chosen == "jax" else "tensorflow"
    for package in (*([chosen] if chosen in BACKENDS else []), *packages):
        if package not in sys.modules and find_spec(package) is None:
            name = DISTRIBUTIONS.get(package, package)
            raise SqsError([MissingPackage(NOWHERE, name, purpose, extra)])


def backend() -> str | None:
    """Keras's backend in this process and in those that it starts: that of the loaded Keras, otherwise the one that it
    will have."""
    if "keras" in sys.modules:
        name: str = sys.modules["keras"].config.backend()
        return name
    return os.environ.get("KERAS_BACKEND") or configured_backend()


def loading(workers: int) -> str | None:
    """A line for the seconds in which the framework is loaded: by `workers` processes, or by this one if there are
    none. None if this process has loaded it."""
    if not workers and "keras" in sys.modules:
        return None
    name = backend() or "Keras"
    where = f" in {workers} worker {'process' if workers == 1 else 'processes'}" if workers else ""
    return f"loading {NAMES.get(name, name)}{where}"


def import_quietly() -> None:
    """Imports Keras and its backend without the messages about the processor that TensorFlow's native code writes at
    any log level, during import and during the first computation. The output is shown if that fails."""
    with held_back():
        import keras

        keras.ops.zeros(1)
