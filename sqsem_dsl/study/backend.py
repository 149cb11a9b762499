"""Sees that a search can run, before Keras is imported. Imports no framework itself."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec

from sqsem_dsl.diagnostics import SqsError
from sqsem_dsl.source import NOWHERE
from sqsem_dsl.study.errors import MissingPackage

BACKENDS = ("tensorflow", "jax", "torch")
"""Keras's backends that can train, which are also the names of their packages."""
DISTRIBUTIONS = {"keras_tuner": "keras-tuner", "sklearn": "scikit-learn"}
"""The packages whose name to install differs from the one to import."""


def prepare_backend() -> None:
    """Raises SqsError, with the extra to install, where a package is missing that every search needs.

    Without `KERAS_BACKEND`, the backend of Keras's own configuration is used where it is installed, else the first of
    `BACKENDS` that is. Where Keras is loaded, its backend stays.
    """
    if "keras" in sys.modules and "keras_tuner" in sys.modules:
        return
    # TensorFlow's remarks on the processor are no news to whoever runs a search.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen is None and "keras" not in sys.modules:
        # Keras writes its configuration itself, with TensorFlow in it: that is nobody's decision where it is missing.
        wanted = (_configured(), *BACKENDS)
        chosen = next((name for name in wanted if name in BACKENDS and find_spec(name) is not None), BACKENDS[0])
        os.environ["KERAS_BACKEND"] = chosen
    extra = "jax" if chosen == "jax" else "tensorflow"
    # KerasTuner imports six and does not declare it; scikit-learn and scipy are for its Bayesian optimisation.
    for package in (*([chosen] if chosen in BACKENDS else []), "keras", "keras_tuner", "six", "sklearn", "scipy"):
        if package not in sys.modules and find_spec(package) is None:
            name = DISTRIBUTIONS.get(package, package)
            raise SqsError([MissingPackage(NOWHERE, name, "a search", extra)])


def _configured() -> str | None:
    """The backend in Keras's own configuration file, where there is one."""
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        with open(os.path.join(home, "keras.json"), encoding="utf-8") as file:
            found = json.load(file).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None
