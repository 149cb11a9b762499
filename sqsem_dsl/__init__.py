"""sqsem: a declarative language and a compiler for spaces of neural network micro-architectures.

>>> import sqsem_dsl as sqs
>>> space = sqs.loads("space s { input x: [8]  output y = x -> dense(any [4, 16]) -> relu -> dense(2) -> softmax }")
>>> space.count, space.default().params, space.at({"dense.units": 16}).params
(2, 46, 178)

Checking, counting and sampling load no framework; `architecture.build()`, `space.hypermodel()` and `space.tuner()`
load Keras.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqsem_dsl.api.space import Architecture, Compilation, Space, load, loads
    from sqsem_dsl.api.study import Study, load_study
    from sqsem_dsl.compare.difference import Difference, diff
    from sqsem_dsl.diagnostics.diagnostic import Diagnostic
    from sqsem_dsl.diagnostics.errors import InternalError, SqsError
    from sqsem_dsl.diagnostics.source import Source, Span
    from sqsem_dsl.format.format import format_text
    from sqsem_dsl.ir.choices import Categorical, Choice, Continuous
    from sqsem_dsl.network.layers import Layer
    from sqsem_dsl.study.journal.record import Trial
    from sqsem_dsl.study.options import SearchOptions
    from sqsem_dsl.study.results import Result
    from sqsem_dsl.study.search_function import search

__version__ = "0.1.0"

__all__ = [
    "Architecture",
    "Categorical",
    "Choice",
    "Compilation",
    "Continuous",
    "Diagnostic",
    "Difference",
    "InternalError",
    "Layer",
    "Result",
    "SearchOptions",
    "Source",
    "Space",
    "Span",
    "SqsError",
    "Study",
    "Trial",
    "diff",
    "format_text",
    "load",
    "load_study",
    "loads",
    "search",
]

_HOMES = {
    "sqsem_dsl.compare.difference": ("Difference", "diff"),
    "sqsem_dsl.api.space": ("Architecture", "Compilation", "Space", "load", "loads"),
    "sqsem_dsl.api.study": ("Study", "load_study"),
    "sqsem_dsl.diagnostics.diagnostic": ("Diagnostic",),
    "sqsem_dsl.diagnostics.errors": ("InternalError", "SqsError"),
    "sqsem_dsl.diagnostics.source": ("Source", "Span"),
    "sqsem_dsl.network.layers": ("Layer",),
    "sqsem_dsl.ir.choices": ("Choice", "Categorical", "Continuous"),
    "sqsem_dsl.format.format": ("format_text",),
    "sqsem_dsl.study.search_function": ("search",),
    "sqsem_dsl.study.options": ("SearchOptions",),
    "sqsem_dsl.study.journal.record": ("Trial",),
    "sqsem_dsl.study.results": ("Result",),
}


def __getattr__(name: str) -> object:
    """A public name is imported from its module on first use, so that a command loads only what it needs."""
    for home, names in _HOMES.items():
        if name in names:
            found = globals()[name] = getattr(import_module(home), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
