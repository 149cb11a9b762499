"""Layers of sequences as code: recurrent layers, attention, positions and a first place."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.backends.hypermodel.axes import axis_code
from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.scalars import whole
from sqsem_dsl.backends.hypermodel.values import AND, Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.backends.hypermodel.zeros import filled
from sqsem_dsl.operators.positions import LEARNED, SINE

RECURRENT = {"lstm": "LSTM", "gru": "GRU", "rnn": "SimpleRNN"}
SEQUENCES = frozenset([*RECURRENT, "attention", "positions", "class_token"])
Arguments = dict[str, Scalar]


def sequence(writer: Writer, operator: str, given: Arguments, inputs: Sequence[Tensor], name: str) -> Tensor:
    """The tensor after an operator."""
    x = filled(writer, inputs[0])
    match operator:
        case "positions":
            kind = given["kind"].value if "kind" in given else LEARNED
            if kind == SINE:
                return Tensor(f"{helper(writer.module, 'SinePositions')}()({x})", 2)
            if kind != LEARNED:
                return Tensor(f"{helper(writer.module, 'positions')}({x}, {given['kind'].code}, name={name})", 2)
            return Tensor(f"{helper(writer.module, 'Positions')}(name={name})({x})", 2)
        case "class_token":
            return Tensor(f"{helper(writer.module, 'ClassToken')}(name={name})({x})", 2)
        case "attention":
            axes = []
            if inputs[0].rank > 2:  # otherwise the axis is the length
                axes = [f"attention_axes=({axis_code(writer, given['axis'], inputs[0].rank)},)"]
            return _attention(writer, given, x, filled(writer, inputs[-1]), name, axes, inputs[0].rank)
        case _:
            return _recurrent(writer, operator, given, x, name)


def _attention(
    writer: Writer, given: Arguments, query: str, memory: str, name: str, axes: Sequence[str], rank: int
) -> Tensor:
    heads = whole(given["heads"])
    if "dim" not in given and not (heads.isidentifier() or heads.isdigit()):
        heads = writer.held("heads", heads)
    dim = whole(given["dim"]) if "dim" in given else f"{query}.shape[-1] // {heads}"
    if "groups" in given:
        sizes = [dim, heads, whole(given["groups"])]
    else:
        sizes = [heads, dim, *([f"value_dim={whole(given['value'])}"] if "value" in given else [])]
    kind = "GroupQueryAttention" if "groups" in given else "MultiHeadAttention"
    dropout, bias = given.get("dropout"), given.get("bias")
    options = [] if dropout is None or dropout.value == 0 else [f"dropout={dropout.code}"]
    options += [] if bias is None or bias.value is True else [f"use_bias={bias.code}"]
    options += [*penalties(writer, "kernel"), *axes]
    causal = given.get("causal")
    masked = "" if causal is None or causal.value is False else f", use_causal_mask={causal.code}"
    made = f"layers.{kind}({', '.join([*sizes, *options, f'name={name}'])})"
    return Tensor(f"{made}({query}, {memory}{masked})", rank)


def _recurrent(writer: Writer, operator: str, given: Arguments, x: str, name: str) -> Tensor:
    sequences, backwards, both = (given.get(each) for each in ("sequences", "backwards", "bidirectional"))
    keeps = sequences is not None and sequences.value is not False
    options = [f"return_sequences={sequences.code}"] if sequences is not None and keeps else []
    options += [] if backwards is None or backwards.value is False else [f"go_backwards={backwards.code}"]
    options += penalties(writer, "kernel", "recurrent")
    plain = [whole(given["units"]), *options]
    made = f"layers.{RECURRENT[operator]}({', '.join([*plain, f'name={name}'])})"
    if both is not None and both.value is True:
        made = f"layers.Bidirectional(layers.{RECURRENT[operator]}({', '.join(plain)}), name={name})"
    elif both is not None and not both.static:
        made = f"{helper(writer.module, 'directions')}({made}, both={both.code})"
    code = f"{made}({x})"
    if sequences is None or not keeps:
        return Tensor(code, 1)
    if backwards is not None and backwards.value is not False:  # Keras gives the places in the order of reading
        chosen = [each.inside(AND) for each in (backwards, sequences) if not each.static]
        if not chosen and writer.module.padded is None:
            code = f"keras.ops.flip({code}, axis=1)"
        else:
            code = f"{helper(writer.module, 'in_order')}({code}, {' and '.join(chosen) or 'backwards=True'})"
    return Tensor(code, 2, fewer=frozenset() if sequences.static else frozenset([1]))


def penalties(writer: Writer, *parts: str) -> list[str]:
    """The arguments for the penalty of kernels."""
    penalty = writer.module.regularizer
    if penalty is None:
        return []
    writer.module.tables["REGULARIZER"] = penalty
    return [f"{part}_regularizer=REGULARIZER" for part in parts]
