"""The commands `sqsem` and `sqsem-compile`: read, call, print, exit code. They contain no rules of the language.

This file imports very little, so that Ctrl-C works from the start. Exit codes: 0 fine, 1
diagnostics, 2 usage, 70 a bug in sqsem, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """`sqsem COMMAND …`."""

    def command(interrupted: Callable[[], bool]) -> int:
        from sqsem_dsl.cli.program import sqsem

        return sqsem(argv, interrupted)

    return _answered(argv, command)


def compile_main(argv: Sequence[str] | None = None) -> int:
    """`sqsem-compile SPEC …`, the same as `sqsem compile SPEC …`."""

    def command(interrupted: Callable[[], bool]) -> int:
        from sqsem_dsl.cli.program import sqsem_compile

        return sqsem_compile(argv, interrupted)

    return _answered(argv, command)


def _answered(argv: Sequence[str] | None, command: Callable[[Callable[[], bool]], int]) -> int:
    """The exit code of a command; `INTERRUPTED` after Ctrl-C, even if a library turned it into another exception."""
    if argv is None:
        # In a process of its own. Pydantic would look for plugins in the metadata of every installed package.
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from sqsem_dsl.utils.signals import noted_interrupts

        with noted_interrupts() as interrupted:
            try:
                return command(interrupted)
            except Exception:
                if not interrupted():
                    raise
    except KeyboardInterrupt:
        pass
    print("interrupted", file=sys.stderr)
    return INTERRUPTED
