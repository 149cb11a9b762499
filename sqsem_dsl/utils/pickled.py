"""Objects of a user as bytes for other processes.

cloudpickle (which scikit-learn brings) also writes classes and functions of the main module, a script or a notebook,
which another process cannot import. Whatever it writes, pickle reads.
"""

from __future__ import annotations

import pickle


def pickled(content: object) -> bytes:
    """An object as bytes. Raises the exceptions of pickle."""
    try:
        import cloudpickle
    except ModuleNotFoundError:
        return pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
    found: bytes = cloudpickle.dumps(content)
    return found
