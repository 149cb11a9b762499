"""Keras callbacks of the caller, for the training of each trial, in any process.

Each training gets its own copies: callbacks have state, and trainings run at the same time.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any, Self

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors_arguments import BadCallbacks
from sqsem_dsl.utils.exceptions import in_a_line
from sqsem_dsl.utils.pickled import pickled

FUNCTION = "give a list of callbacks, or a function without arguments that returns one"


class UserCallbacks:
    """The callbacks of a search, or the function that makes them. It can be pickled if they can."""

    def __init__(
        self, given: list[Any] | Callable[[], Any], names: tuple[str, ...], packed: bytes | None = None
    ) -> None:
        self._given, self.names, self._packed = given, names, packed

    @classmethod
    def of(cls, given: Any) -> Self | None:
        """The callbacks of an argument: a callback, several, or a function that makes them; None if there are none.

        Raises SqsError for anything else, and for callbacks that cannot be copied.
        """
        if given is None or isinstance(given, cls):
            return given
        if _is_callback(given):
            given = [given]
        if callable(given):
            try:
                made = _several(given())
            except SqsError:
                raise
            except Exception as error:  # user code may raise any exception
                raise _bad(f"the function that makes them failed: {in_a_line(error)}", "fix the function") from None
            return cls(given, tuple(type(one).__name__ for one in made))
        several = _several(given)
        if not several:
            return None
        found = cls(several, tuple(type(one).__name__ for one in several))
        try:
            found.new()
        except Exception as error:
            remedy = "each training needs its own copy: give a function without arguments that makes them"
            raise _bad(f"they cannot be copied: {in_a_line(error)}", remedy) from None
        return found

    def new(self) -> list[Any]:
        """New callbacks for one training."""
        return deepcopy(self._given) if isinstance(self._given, list) else _several(self._given())

    def check_portable(self) -> None:
        """Raises SqsError if they cannot be sent to another process."""
        try:
            pickle.loads(self._pack())
        except Exception as error:
            remedy = "use `workers=0`, which trains in this process, or give a function that makes them"
            raise _bad(f"they cannot be sent to worker processes: {in_a_line(error)}", remedy) from None

    def _pack(self) -> bytes:
        if self._packed is None:
            self._packed = pickled(self._given)
        return self._packed

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpacked, (self._pack(), self.names)


def _unpacked(packed: bytes, names: tuple[str, ...]) -> UserCallbacks:
    return UserCallbacks(pickle.loads(packed), names, packed)


def _several(given: Any) -> list[Any]:
    """One callback or several as a list. Raises SqsError for anything else."""
    several = [given] if _is_callback(given) else list(given) if isinstance(given, Iterable) else [given]
    others = [type(one).__name__ for one in several if not _is_callback(one)]
    if others:
        raise _bad(f"`{others[0]}` is not a Keras callback", FUNCTION)
    return several


def _is_callback(value: Any) -> bool:
    """Whether an object has the methods of a Keras callback; Keras itself need not be loaded."""
    return hasattr(value, "set_model") and hasattr(value, "on_epoch_end") and not isinstance(value, type)


def _bad(reason: str, remedy: str) -> SqsError:
    return SqsError([BadCallbacks(NOWHERE, reason, remedy)])
