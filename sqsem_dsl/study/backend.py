"""Checks that models can be built and trained, before Keras is imported. Does not import a framework itself."""

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
"""The packages whose name on PyPI differs from the one to import."""
SEARCHING = ("keras", "keras_tuner", "six", "sklearn", "scipy", "filelock")
"""The packages that every search needs besides the backend. KerasTuner imports six and does not declare it;
scikit-learn and scipy are for its Bayesian optimization, filelock prevents two processes in one study."""
NATIVE = 2
"""The file descriptor to which native code writes its messages."""
BUILDING = ("keras",)
"""The packages that a model needs besides the backend."""


def prepare_backend(purpose: str = "a search", packages: Sequence[str] = SEARCHING) -> None:
    """Raises SqsError, with the extra to install, if a package is missing that the purpose needs.

    Without `KERAS_BACKEND`, the backend of Keras's own configuration is used if it is installed, otherwise the first
    installed one of `BACKENDS`. If Keras is loaded, its backend stays.
    """
    if all(package in sys.modules for package in packages):
        return
    # TensorFlow's messages about the processor are of no interest to users.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen is None and "keras" not in sys.modules:
        # Keras writes its configuration itself, with TensorFlow as the backend, so it is not a decision of the user if
        # TensorFlow is missing.
        wanted = (_configured(), *BACKENDS)
        chosen = next((name for name in wanted if name in BACKENDS and find_spec(name) is not None), BACKENDS[0])
        os.environ["KERAS_BACKEND"] = chosen
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
    return os.environ.get("KERAS_BACKEND") or _configured()


def _configured() -> str | None:
    """The backend in Keras's own configuration file, if there is one."""
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        with open(os.path.join(home, "keras.json"), encoding="utf-8") as file:
            found = json.load(file).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def import_quietly() -> None:
    """Imports Keras and its backend without the messages about the processor that TensorFlow's native code writes at
    any log level, during import and during the first computation. The output is shown if that fails."""
    with held_back():
        import keras

        keras.ops.zeros(1)


@contextmanager
def held_back() -> Iterator[None]:
    """Captures the error stream of native code (in a notebook not that of `sys.stderr`), and shows it only if the code
    inside fails."""
    stream = NATIVE
    try:
        os.fstat(stream)
    except OSError:  # it is closed
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
