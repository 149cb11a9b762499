"""Sees that models can be built and trained, before Keras is imported. Imports no framework itself."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from tempfile import TemporaryFile

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors import MissingPackage

BACKENDS = ("tensorflow", "jax", "torch")
"""Keras's backends that can train, which are also the names of their packages."""
DISTRIBUTIONS = {"keras_tuner": "keras-tuner", "sklearn": "scikit-learn"}
"""The packages whose name to install differs from the one to import."""
SEARCHING = ("keras", "keras_tuner", "six", "sklearn", "scipy", "filelock")
"""What every search needs beside the backend. KerasTuner imports six and does not declare it; scikit-learn and scipy
are for its Bayesian optimization, filelock keeps two processes from one study."""
BUILDING = ("keras",)
"""What a model needs beside the backend."""


def prepare_backend(purpose: str = "a search", packages: Sequence[str] = SEARCHING) -> None:
    """Raises SqsError, with the extra to install, where a package is missing that the purpose needs.

    Without `KERAS_BACKEND`, the backend of Keras's own configuration is used where it is installed, else the first of
    `BACKENDS` that is. Where Keras is loaded, its backend stays.
    """
    if all(package in sys.modules for package in packages):
        return
    # TensorFlow's remarks on the processor are no news to anybody.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen is None and "keras" not in sys.modules:
        # Keras writes its configuration itself, with TensorFlow in it: that is nobody's decision where it is missing.
        wanted = (_configured(), *BACKENDS)
        chosen = next((name for name in wanted if name in BACKENDS and find_spec(name) is not None), BACKENDS[0])
        os.environ["KERAS_BACKEND"] = chosen
    extra = "jax" if chosen == "jax" else "tensorflow"
    for package in (*([chosen] if chosen in BACKENDS else []), *packages):
        if package not in sys.modules and find_spec(package) is None:
            name = DISTRIBUTIONS.get(package, package)
            raise SqsError([MissingPackage(NOWHERE, name, purpose, extra)])


def backend() -> str | None:
    """Keras's backend in this process and those that it starts: the loaded Keras's, else the one that it will have."""
    if "keras" in sys.modules:
        name: str = sys.modules["keras"].config.backend()
        return name
    return os.environ.get("KERAS_BACKEND") or _configured()


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
    """Import Keras and its backend without the notes on the processor that TensorFlow's own code writes, whatever the
    level: as it is loaded, and as it first computes. What was written is shown where that fails."""
    with _held_back():
        import keras

        keras.ops.zeros(1)


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
