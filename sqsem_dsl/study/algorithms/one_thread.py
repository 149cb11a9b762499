"""Linear algebra in one thread, for the small matrices of a proposal.

More threads wait for each other in a loop. While trainings use all cores, they take several times as much processor
time as one thread, and no less time.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any


def one_thread() -> AbstractContextManager[Any]:
    """A context in which NumPy and SciPy use one thread, if threadpoolctl is installed, as it is with scikit-learn."""
    controller = _controller()
    if controller is None:
        return nullcontext()
    context: AbstractContextManager[Any] = controller.limit(limits=1, user_api="blas")
    return context


@cache
def _controller() -> Any:
    """Finds the libraries that are loaded, which takes some milliseconds."""
    import scipy.linalg  # type: ignore[import-untyped]  # noqa: F401 (it has a library of its own)

    try:
        from threadpoolctl import ThreadpoolController
    except ModuleNotFoundError:
        return None
    return ThreadpoolController()
