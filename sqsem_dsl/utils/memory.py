"""The free memory of this machine."""

from __future__ import annotations

from contextlib import suppress


def available_memory() -> float | None:
    """Bytes of memory that are free, within the limit of a container; None if the system does not report it."""
    found: list[float] = []
    with suppress(OSError, ValueError, IndexError), open("/proc/meminfo", encoding="ascii") as file:
        found += [1024.0 * int(line.split()[1]) for line in file if line.startswith("MemAvailable:")]
    with suppress(OSError, ValueError):
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:
            limit = float(file.read())  # "max" raises ValueError.
        with open("/sys/fs/cgroup/memory.current", encoding="ascii") as file:
            found.append(limit - float(file.read()))
    return min(found, default=None)
