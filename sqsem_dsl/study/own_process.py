"""The command of a process that finds the same modules as this one."""

from __future__ import annotations

import os
import sys
import sysconfig


def command(module: str, call: str) -> list[str]:
    """The command of a process that calls a function of a module, such as `main(3)`.

    It finds the same modules as this process, and no others: with `-P` it does not search the working directory, and
    the standard library comes first.
    """
    own = [entry or os.getcwd() for entry in sys.path]
    standard = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), sysconfig.get_config_var("DESTSHARED")}
    path = sorted(own, key=lambda entry: entry not in standard)
    function = call.partition("(")[0]
    program = f"import sys; sys.path[:] = {path!r}; from {module} import {function}; {call}"
    return [sys.executable, "-P", "-c", program]
