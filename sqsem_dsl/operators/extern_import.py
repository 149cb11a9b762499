"""What an `extern` names: a class or a function in a module, which is imported here and nowhere else.

The module is code that the user allowed. All that it can raise becomes a `Misfit`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from sqsem_dsl.operators.row import Misfit
from sqsem_dsl.utils.exceptions import in_a_line


def imported(target: str, example: str = "Layer") -> Any:
    """The object that `package.module:Name` names. Raises `Misfit` if there is none; `example` is a name for its
    remedy."""
    module, _, attribute = target.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        remedy = "install it, or put the folder that holds it on PYTHONPATH"
        raise Misfit(f"`extern` cannot import `{module}`: no module `{error.name}`", remedy) from error
    except AttributeError as error:
        remedy = f"write it as `package.module:{example}`"
        raise Misfit(f"`extern` finds no `{attribute}` in `{module}`", remedy) from error
    except Exception as error:  # any exception of the user's module during import
        raise Misfit(f"`extern` cannot import `{module}`: {in_a_line(error)}", "fix the module") from error


def constructed(target: str, made: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """An object of a class of the user. Raises `Misfit` if its constructor does not take the arguments."""
    try:
        return made(**arguments)
    except Exception as error:  # a constructor may raise anything
        raise Misfit(f"`{target}` does not take these arguments: {in_a_line(error)}", "see its constructor") from error
