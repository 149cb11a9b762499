"""What was used last, as much of it as fits into so many bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from sqsem_dsl.data.dataset import Array


class Recent:
    """Arrays by key, of `capacity` bytes together at most: the one that was not used for longest goes first."""

    def __init__(self, capacity: int) -> None:
        self.capacity, self.held = capacity, 0
        self._arrays: OrderedDict[Hashable, Array] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """The array of a key, made where it is not held. An array larger than the capacity is never held."""
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
                return self._arrays[key]
        array = make()  # outside of the lock: several threads may decode at once
        with self._lock:
            if key not in self._arrays and array.nbytes <= self.capacity:
                self._arrays[key] = array
                self.held += array.nbytes
            while self.held > self.capacity:
                _, gone = self._arrays.popitem(last=False)
                self.held -= gone.nbytes
        return array

    def __len__(self) -> int:
        return len(self._arrays)
