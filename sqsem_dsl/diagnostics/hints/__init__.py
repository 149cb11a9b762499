"""Words from Keras, PyTorch and other tools, and what to write instead.

Each table maps a word that is not in the language to a help line; the diagnostics of unknown names look here before
they look for a similar name. Nothing here is imported from Keras: a test compares the tables with its public names.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqsem_dsl.diagnostics.hints.arguments import argument_hint
from sqsem_dsl.diagnostics.hints.layers import layer_hint
from sqsem_dsl.diagnostics.hints.searched import searched_hint
from sqsem_dsl.diagnostics.hints.settings import setting_hint, value_hint

__all__ = ["argument_hint", "layer_hint", "name_hint", "quantity_hint", "searched_hint", "setting_hint", "value_hint"]

_MACS = "multiply-accumulates are `macs`: a FLOP count is usually twice as much"
_PARAMS = "the number of parameters is `params`, and the bytes that a model takes on disk are `flash`"
_NAMES: Mapping[str, str] = {
    "True": "write `true`",
    "False": "write `false`",
    "None": "there is no such value: leave the argument out",
    "null": "there is no such value: leave the argument out",
    "nil": "there is no such value: leave the argument out",
    "same": "`same` is a value of `padding`: `conv(16, 3, padding = same)`",
    "valid": "`valid` is a value of `padding`: `conv(16, 3, padding = valid)`",
}
"""Python names for values of the language."""
_QUANTITIES: Mapping[str, str] = {
    **dict.fromkeys(("flops", "FLOPs", "FLOPS", "mflops", "gflops", "mults", "madds", "mult_adds"), _MACS),
    **dict.fromkeys(("parameters", "num_params", "n_params", "weights", "total_params", "model_size", "size"), _PARAMS),
    **dict.fromkeys(("ram", "RAM", "peak_memory", "sram", "vram"), "the most bytes alive at once are `memory`"),
    **dict.fromkeys(("time", "inference_time", "runtime", "speed"), "the time of a sample is `latency`, from a table"),
}
"""Other names of the quantities that a rule reads."""


def name_hint(name: str) -> str | None:
    """Help for an unbound name; None if there is no hint for it."""
    return _NAMES.get(name)


def quantity_hint(name: str) -> str | None:
    """Help for an unbound name in a rule; None if no quantity is called so."""
    return _QUANTITIES.get(name)
