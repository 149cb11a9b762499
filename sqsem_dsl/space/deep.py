"""Room for recursion over deep graphs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
FRAMES = 60_000


def deep(function: Callable[P, R]) -> Callable[P, R]:
    """Lets a function recurse as deep as the limits on specs allow; since Python 3.11 its own frames need no C
    stack."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(before, FRAMES))
        try:
            return function(*args, **kwargs)
        finally:
            sys.setrecursionlimit(before)

    return run
