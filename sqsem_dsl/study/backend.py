"""The door to Keras: a backend is chosen, and what is missing is named, before anything is imported."""

from __future__ import annotations

import os
from importlib.util import find_spec

from sqsem_dsl.diagnostics import SqsError
from sqsem_dsl.source import NOWHERE
from sqsem_dsl.study.errors import MissingPackage


def prepare_backend() -> None:
    """See that a search can run before Keras is imported. Raises SqsError with the extra to install.

    Where nobody chose a backend and TensorFlow is not installed, JAX or PyTorch is taken if it is.
    """
    os.environ.setdefault(
        "TF_CPP_MIN_LOG_LEVEL", "3"
    )  # TensorFlow's notes on the processor are no news to anybody here.
    modules = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch", "openvino": "openvino", "numpy": "numpy"}
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen is None and not _configured():
        installed = [name for name in ("tensorflow", "jax", "torch") if find_spec(name) is not None]
        chosen = installed[0] if installed else "tensorflow"
        os.environ["KERAS_BACKEND"] = chosen
    extra = chosen if chosen in ("tensorflow", "jax") else "tensorflow"
    wanted = [modules[chosen]] if chosen in modules else []
    for package in (*wanted, "keras", "keras_tuner", "six", "sklearn", "scipy"):
        if find_spec(package) is None:
            name = {"keras_tuner": "keras-tuner", "sklearn": "scikit-learn"}.get(package, package)
            raise SqsError([MissingPackage(NOWHERE, name, "a search", extra)])


def _configured() -> bool:
    """Whether Keras's own configuration file may name a backend."""
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    return os.path.exists(os.path.join(home, "keras.json"))
