"""The Keras layer of an operator, as the expression that makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqsem_dsl.backends.hypermodel.axes import along, axis_code
from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.scalars import whole
from sqsem_dsl.backends.hypermodel.sequences import SEQUENCES, penalties
from sqsem_dsl.backends.hypermodel.values import Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.operators.activation import KERAS_NAMES, NO_MAXIMUM, SPELLINGS

MERGES = {
    "add": "Add",
    "multiply": "Multiply",
    "average": "Average",
    "maximum": "Maximum",
    "subtract": "Subtract",
    "concat": "Concatenate",
    "scale": "Multiply",
}
WEIGHTED = frozenset(
    ["conv", "depthwise", "separable", "conv_transpose", "dense", "embedding", "backbone", "extern", *SEQUENCES]
)
"""Operators with weights; the normalizations below have them too."""
NORMALIZING = {
    "batchnorm": "BatchNormalization",
    "layernorm": "LayerNormalization",
    "groupnorm": "GroupNormalization",
    "rmsnorm": "RMSNormalization",
    "prelu": "PReLU",
    "layer_scale": "EinsumDense",
}
LEARNED_SUMS = ("weighted_add",)
_PLAIN = frozenset(["dropout", "spatial_dropout", "drop_path", "noise", "rescale", "reshape", "upsample"])
"""Operators without weights that need no other information than their arguments."""
_SLIDING = {"conv": "Conv", "depthwise": "DepthwiseConv", "separable": "SeparableConv", "conv_transpose": "Conv"}
NEEDS_PLACES = frozenset(
    [
        *_SLIDING,
        "maxpool",
        "avgpool",
        "gap",
        "gmp",
        "spatial_dropout",
        "upsample",
        "resize",
        "zeropad",
        "crop",
        "attention",
    ]
)
"""Operators that take tensors with places, not vectors. Their code depends on the number of axes."""
_TAKES_VECTORS = frozenset(["prelu", "layer_scale", "drop_path", "dot"])
"""Other operators whose code depends on the number of axes."""
Arguments = Mapping[str, Scalar]


def is_ambiguous(operator: str, inputs: Sequence[Tensor]) -> bool:
    """Whether the number of axes of a tensor is chosen, and the code of the operator depends on it."""
    least = 2 if operator in NEEDS_PLACES else 1
    depends = operator in NEEDS_PLACES or operator in _TAKES_VECTORS
    return depends and any(rank >= least for each in inputs for rank in each.fewer)


def layer(
    writer: Writer, operator: str, given: Arguments, inputs: Sequence[Tensor], name: str, span: Span
) -> str | None:
    """The expression for a layer; None if it does nothing. `name` is the code of its name."""
    rank = inputs[0].rank
    if operator == "relu" and "max" in given and given["max"].value != NO_MAXIMUM:
        return f"layers.ReLU({_float(given['max'])})"
    if operator == "leaky_relu" and "slope" in given:
        return f"layers.LeakyReLU({_float(given['slope'])})"
    if operator in KERAS_NAMES:
        return f'layers.Activation("{KERAS_NAMES[operator]}")'
    if operator in MERGES:
        return f"layers.{MERGES[operator]}({along(writer, given.get('axis'), rank)})" if len(inputs) > 1 else None
    if operator in LEARNED_SUMS:
        epsilon = [f"epsilon={given['epsilon'].code}"] if "epsilon" in given else []
        return f"{helper(writer.module, 'WeightedAdd')}({', '.join([*epsilon, f'name={name}'])})"
    if operator == "dot":
        axes = [axis_code(writer, given.get(each), x.rank) for each, x in zip(("axis", "other"), inputs, strict=True)]
        if "axis" in given and "other" not in given:
            axes[1] = axis_code(writer, given["axis"], inputs[1].rank)
        normalize = given.get("normalize")
        more = [] if normalize is None or normalize.value is False else [f"normalize={normalize.code}"]
        return f"layers.Dot({', '.join([f'({axes[0]}, {axes[1]})', *more])})"
    if operator in _SLIDING:
        suffix = "Transpose" if operator == "conv_transpose" else ""
        return _call(f"{_SLIDING[operator]}{rank - 1}D{suffix}", _sliding(writer, operator, given), name)
    match operator:
        case "dense":
            return _call("Dense", [whole(given["units"]), *_bias(given), *_kernel(writer, given)], name)
        case "embedding":
            return _call("Embedding", [str(inputs[0].below), whole(given["width"])], name)
        case "prelu":
            axes = [f"shared_axes={list(range(1, rank))}"] if rank > 1 else []
            init = _float(given["init"]) if "init" in given else "0.25"
            return _call("PReLU", [f"keras.initializers.Constant({init})", *axes], name)
        case "batchnorm" | "layernorm" | "groupnorm" | "rmsnorm":
            groups = [whole(given["groups"])] if "groups" in given else []
            named = [
                f"{each}={given[each].code}" for each in ("scale", "center", "epsilon", "momentum") if each in given
            ]
            return _call(NORMALIZING[operator], [*groups, *named], name)
        case "layer_scale":
            letters = "nxyzc"[:rank] + "c"
            init = f"keras.initializers.Constant({given['init'].code if 'init' in given else '1e-06'})"
            arguments = [f'"{letters},c->{letters}"', f"{inputs[0].code}.shape[1:]", f"kernel_initializer={init}"]
            return _call("EinsumDense", arguments, name)
        case "maxpool" | "avgpool":
            return _pool(operator, given, rank)
        case "gap" | "gmp":
            return f"layers.Global{'Average' if operator == 'gap' else 'Max'}Pooling{rank - 1}D()"
        case "activation":
            return _activation(writer, given["name"])
        case "flatten":
            return "layers.Flatten()" if rank > 1 else None
        case "identity":
            return None
        case _ if operator in _PLAIN:
            return _plain(operator, given, rank)
        case _:
            refuse(writer, operator, span, "it has no code yet")
            return None


def refuse(writer: Writer, operator: str, span: Span, reason: str) -> None:
    remedy = "remove it, or use `space.hypermodel()`, which has every layer"
    writer.module.refuse(span, f"`{operator}`", reason, remedy)


def _call(kind: str, arguments: Sequence[str], name: str) -> str:
    return f"layers.{kind}({', '.join([*arguments, f'name={name}'])})"


def _plain(operator: str, given: Arguments, rank: int) -> str | None:
    """Layers without weights."""
    rate = given.get("rate")
    if rate is not None and rate.value == 0:
        return None
    match operator:
        case "dropout":
            return f"layers.Dropout({_float(given['rate'])})"
        case "spatial_dropout":
            return f"layers.SpatialDropout{rank - 1}D({_float(given['rate'])})"
        case "drop_path":
            shape = f"(None, {', '.join(['1'] * rank)})" if rank > 1 else "(None, 1)"
            return f"layers.Dropout({_float(given['rate'])}, noise_shape={shape})"
        case "noise":
            return f"layers.GaussianNoise({_float(given['stddev'])})"
        case "rescale":
            offset = [_float(given["offset"])] if "offset" in given and given["offset"].value != 0 else []
            return f"layers.Rescaling({', '.join([_float(given['scale']), *offset])})"
        case "reshape":
            return f"layers.Reshape({_several(given['shape'])})"
        case "upsample":
            return f"layers.UpSampling{rank - 1}D({_axes(given['factor']) if 'factor' in given else '2'})"
        case other:
            raise AssertionError(f"no layer for the operator {other}")


def _sliding(writer: Writer, operator: str, given: Arguments) -> list[str]:
    found = [] if operator == "depthwise" else [whole(given["filters"])]
    found.append(_axes(given["kernel"]))
    found += [f"strides={_axes(given['stride'])}"] if not _is_one(given.get("stride")) else []
    found += _padding(given)
    found += [f"dilation_rate={_axes(given['dilation'])}"] if not _is_one(given.get("dilation")) else []
    found += [f"groups={whole(given['groups'])}"] if not _is_one(given.get("groups")) else []
    if not _is_one(given.get("multiplier")):
        found.append(f"depth_multiplier={whole(given['multiplier'])}")
    parts = {"depthwise": ("depthwise",), "separable": ("depthwise", "pointwise")}.get(operator, ("kernel",))
    return [*found, *_bias(given), *_kernel(writer, given, parts)]


def _pool(operator: str, given: Arguments, rank: int) -> str:
    size = _axes(given["size"]) if "size" in given else "2"
    stride = _axes(given["stride"]) if "stride" in given else size
    arguments = [size, *([f"strides={stride}"] if stride != size else []), *_padding(given)]
    return f"layers.{'Max' if operator == 'maxpool' else 'Average'}Pooling{rank - 1}D({', '.join(arguments)})"


def _padding(given: Arguments) -> list[str]:
    padding = given.get("padding")
    if padding is None:
        return ['padding="same"']
    return [] if padding.value == "valid" else [f"padding={padding.code}"]


def _bias(given: Arguments) -> list[str]:
    bias, init = given.get("bias"), given.get("bias_init")
    found = [] if bias is None or bias.value is True else [f"use_bias={bias.code}"]
    if init is not None and init.value != 0:
        found.append(f"bias_initializer=keras.initializers.Constant({_float(init)})")
    return found


def _kernel(writer: Writer, given: Arguments, parts: Sequence[str] = ("kernel",)) -> list[str]:
    """The initialization and the penalty of kernels."""
    init = given.get("init")
    found = []
    if init is not None and init.value != "glorot_uniform":
        found += [f"{part}_initializer={init.code}" for part in parts]
    return [*found, *penalties(writer, *parts)]


def _is_one(value: Scalar | None) -> bool:
    return value is None or value.value == 1


def _axes(value: Scalar) -> str:
    """A number for each axis, or one for all."""
    return _several(value) if value.kind == "list" else whole(value)


def _several(value: Scalar) -> str:
    if value.code[0] == "[":
        inner = value.code[1:-1]
        return f"({inner},)" if "," not in inner else f"({inner})"
    return value.code


def _float(value: Scalar) -> str:
    return value.code


def _activation(writer: Writer, name: Scalar) -> str:
    """An activation by its name in the language."""
    if isinstance(name.value, str):
        return f'layers.Activation("{_keras(name.value)}")'
    table = {own: _keras(own) for own in (*KERAS_NAMES, *SPELLINGS) if _keras(own) != own}
    writer.module.tables["ACTIVATIONS"] = "{" + ", ".join(f'"{a}": "{b}"' for a, b in table.items()) + "}"
    writer.module.helpers["activation"] = [
        "def activation(name):",
        "    return layers.Activation(ACTIVATIONS.get(name, name))",
    ]
    return f"activation({name.code})"


def _keras(name: str) -> str:
    return KERAS_NAMES.get(SPELLINGS.get(name, name), name)
