"""sqsem: a declarative language and a compiler for spaces of neural network micro-architectures.

>>> import sqsem_dsl as sqs
>>> space = sqs.loads("space s { input x: [8]  output y = x -> dense(any [4, 16]) -> relu -> dense(2) -> softmax }")
>>> space.count, space.default().params, space.at({"dense.units": 16}).params
(2, 46, 178)

Checking, counting and sampling load no framework; `architecture.build()`, `space.hypermodel()` and `space.tuner()` load Keras.
"""

from sqsem_dsl.compiler import Compilation, load, loads
from sqsem_dsl.diagnostics import Diagnostic, InternalError, SqsError
from sqsem_dsl.source import Source, Span
from sqsem_dsl.space.architecture import Architecture, Layer
from sqsem_dsl.space.choices import Choice, Discrete, Real
from sqsem_dsl.space.space import Space
from sqsem_dsl.spec.format import format_text

__version__ = "0.1.0"

__all__ = [
    "Architecture",
    "Choice",
    "Compilation",
    "Diagnostic",
    "Discrete",
    "InternalError",
    "Layer",
    "Real",
    "Source",
    "Space",
    "Span",
    "SqsError",
    "format_text",
    "load",
    "loads",
]
