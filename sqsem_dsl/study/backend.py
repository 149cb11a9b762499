"""Sees that a search can run, before Keras is imported. Imports no framework itself."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from tempfile import TemporaryFile

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


def import_quietly() -> None:
    """Import Keras and its backend without the notes on the processor that TensorFlow's own code writes before anybody
    can set a level for them. What was written is shown where the import fails."""
    with _held_back():
        import keras  # noqa: F401


@contextmanager
def _held_back() -> Iterator[None]:
    """Keep what goes to the standard error stream, and show it only if what is done here fails."""
    try:
        stream = sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # a stream of Python's alone, which no native code writes to
        yield
        return
    sys.stderr.flush()
    with TemporaryFile() as kept:
        before = os.dup(stream)
        os.dup2(kept.fileno(), stream)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(before, kept.read())
            raise
        finally:
            os.dup2(before, stream)
            os.close(before)
