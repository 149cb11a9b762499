"""Which backend Keras gets, and its import without messages. Nothing here imports a framework before it is asked to."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from tempfile import TemporaryFile

BACKENDS = ("tensorflow", "jax", "torch")
"""Keras's backends that can train, which are also the names of their packages."""
AS_NEEDED = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
"""Environment variables with which TensorFlow and JAX allocate the memory of GPUs as they need it. Without them the
first variable of a process, such as that of a metric, reserves all of it, and processes that train get none."""
NATIVE = 2
"""The file descriptor to which native code writes its messages."""


def choose_backend() -> str | None:
    """The backend that `KERAS_BACKEND` names, after this has set it; None if Keras is loaded without it. A backend that
    is loaded afterwards allocates the memory of GPUs as needed, unless the user has set it otherwise.

    Without `KERAS_BACKEND`, the backend of Keras's own configuration is used if it is installed, otherwise the first
    installed one of `BACKENDS`. If Keras is loaded, its backend stays.
    """
    # TensorFlow's messages about the processor are of no interest to users.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "keras" not in sys.modules:
        for name, value in AS_NEEDED.items():
            os.environ.setdefault(name, value)
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen is None and "keras" not in sys.modules:
        # Keras writes its configuration itself, with TensorFlow as the backend, so it is not a decision of the user if
        # TensorFlow is missing.
        wanted = (configured_backend(), *BACKENDS)
        chosen = next((name for name in wanted if name in BACKENDS and find_spec(name) is not None), BACKENDS[0])
        os.environ["KERAS_BACKEND"] = chosen
    return chosen


def configured_backend() -> str | None:
    """The backend in Keras's own configuration file, if there is one."""
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        with open(os.path.join(home, "keras.json"), encoding="utf-8") as file:
            found = json.load(file).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def load_keras() -> None:
    """Imports Keras on a backend that is installed, without the messages of native code. Raises ModuleNotFoundError if
    Keras or every backend is not installed."""
    if "keras" in sys.modules:
        return
    choose_backend()
    with held_back():
        import_module("keras")


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
