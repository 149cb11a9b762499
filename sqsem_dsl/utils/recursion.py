"""A higher recursion limit for evaluations of deep graphs with many states."""

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

    Garbage collection is off meanwhile: with many states, none of them in a cycle, it would double the time.
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
