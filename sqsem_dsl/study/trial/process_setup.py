"""Sets up a process that trains, before it imports a framework: by environment variables, which frameworks read when
they are loaded. Variables set by the user are kept."""

from __future__ import annotations

import os
import platform
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from sqsem_dsl.utils.keras_backend import AS_NEEDED

COMPILED_BYTES = 2 * 1024**3
"""The maximum disk space of JAX's compiled programs; the least recently used are removed first."""


def prepare_process(threads: int | None = None) -> None:
    """Keeps JAX's compiled programs for later processes, allocates GPU memory as needed (so that several trials fit on
    one), and sets the number of threads; None: as many as there are cores."""
    settings = {"TF_CPP_MIN_LOG_LEVEL": "3", **AS_NEEDED}
    if find_spec("filelock") is not None:  # JAX needs it to limit the folder.
        settings |= {
            "JAX_COMPILATION_CACHE_DIR": str(compiled_programs()),
            "JAX_COMPILATION_CACHE_MAX_SIZE": str(COMPILED_BYTES),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }
    if threads is not None:
        # XLA reads the number of cores from NPROC.
        names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC")
        settings |= dict.fromkeys(names, str(threads))
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def compiled_programs() -> Path:
    """The folder of JAX's compiled programs, one for each kind of processor: they hold its machine code."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home, "sqsem", "jax", f"{platform.machine()}-{sha256(_processor().encode()).hexdigest()[:8]}")


def _processor() -> str:
    """Identifies processors with different instructions."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next((line for line in file if line.startswith(("flags", "Features"))), "")
    except OSError:
        return platform.processor()
