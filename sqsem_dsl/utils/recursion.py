"""Room for evaluations of deep graphs in many states."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
FRAMES = 60_000


def with_recursion_limit(function: Callable[P, R]) -> Callable[P, R]:
    """Lets a function recurse as deep as the limits on specs allow; since Python 3.11 its own frames need no C stack.

    Meanwhile nobody looks for garbage: among many states, none of them in a circle, that takes as long as all else.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        before, collects = sys.getrecursionlimit(), gc.isenabled()
        sys.setrecursionlimit(max(before, FRAMES))
        gc.disable()
        try:
            return function(*args, **kwargs)
        finally:
            sys.setrecursionlimit(before)
            if collects:
                gc.enable()

    return run
