"""Sets up a process that trains, before it imports a framework: by environment variables, which frameworks read as they
are loaded. What the user has set himself stays.
"""

from __future__ import annotations

import os
import platform
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

COMPILED_BYTES = 2 * 1024**3
"""The most that JAX's compiled programs take up on the disk; the longest unused go first."""


def prepare_process(threads: int | None = None) -> None:
    """Compiled programs of JAX are kept for later processes, memory of GPUs is taken as it is needed (so that several
    trials fit on one), and computations use that many threads; None: as many as there are cores.
    """
    settings = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    if find_spec("filelock") is not None:  # Without it JAX cannot bound the folder.
        settings |= {
            "JAX_COMPILATION_CACHE_DIR": str(compiled_programs()),
            "JAX_COMPILATION_CACHE_MAX_SIZE": str(COMPILED_BYTES),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }
    if threads is not None:
        # NPROC is what XLA takes for the number of cores.
        names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC")
        settings |= dict.fromkeys(names, str(threads))
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def compiled_programs() -> Path:
    """The folder of JAX's compiled programs, one for each kind of processor: they hold its machine code."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home, "sqsem", "jax", f"{platform.machine()}-{sha256(_processor().encode()).hexdigest()[:8]}")


def _processor() -> str:
    """What tells processors with different instructions apart."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next((line for line in file if line.startswith(("flags", "Features"))), "")
    except OSError:
        return platform.processor()
