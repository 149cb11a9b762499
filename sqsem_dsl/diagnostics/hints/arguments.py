"""Arguments of layers in Keras and PyTorch, and their equivalents in the language."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqsem_dsl.diagnostics.diagnostic import listing

RENAMED: Mapping[str, tuple[str, ...]] = {
    "kernel_size": ("kernel",), "ksize": ("kernel",), "k": ("kernel",), "window": ("kernel", "size"),
    "strides": ("stride",), "subsample": ("stride",), "pool_size": ("size",), "kernel": ("size",),
    "out_channels": ("filters",), "channels": ("filters",), "output_dim": ("units",), "out_features": ("units",),
    "units": ("filters",), "filters": ("units",), "features": ("units", "filters"), "dilation_rate": ("dilation",),
    "depth_multiplier": ("multiplier",), "use_bias": ("bias",), "kernel_initializer": ("init",),
    "initializer": ("init",), "depthwise_initializer": ("init",), "p": ("rate",), "prob": ("rate",),
    "drop_rate": ("rate",),
    "target_shape": ("shape",), "scale_factor": ("factor",), "num_groups": ("groups",), "height": ("size",),
    "eps": ("epsilon",), "negative_slope": ("slope",), "alpha": ("slope",), "max_value": ("max",),
    "init_values": ("init",), "init_value": ("init",), "bias_initializer": ("bias_init",), "affine": ("scale",),
    "width": ("size",), "hidden_size": ("units",), "return_sequences": ("sequences",), "go_backwards": ("backwards",),
    "reverse": ("backwards",), "num_heads": ("heads",), "key_dim": ("dim",), "head_dim": ("dim",),
    "value_dim": ("value",), "num_key_value_heads": ("groups",), "use_causal_mask": ("causal",),
    "is_causal": ("causal",), "attn_drop": ("dropout",), "dim": ("axis",), "axes": ("axis",),
    "std": ("stddev",), "sigma": ("stddev",), "border_mode": ("padding",), "act": ("name",),
}  # fmt: skip
"""The name of an argument here, if the operator has one of these."""

_REGULARIZED = "kernels are regularized in training: `regularize = l2(1e-4)` in `train { }`"
_ACTIVATED = "an activation is a stage of its own: `{callee}(…) -> relu`"
_KNOWN = "the shape of a tensor is known from the `input`: leave it out"
_RATE = "it is a setting of its own: `learning_rate = 1e-3`"
_LAST = "channels are always the last dimension: leave it out"
_STARTED = "kernels have an initializer, `init`, and biases a number, `bias_init`; other weights start as in Keras"
_FIXED = "the layer has the values of Keras: leave it out"

ADVICE: Mapping[str, str] = {
    "activation": _ACTIVATED, "activation_fn": _ACTIVATED, "act": _ACTIVATED, "nonlinearity": _ACTIVATED,
    "kernel_regularizer": _REGULARIZED, "bias_regularizer": _REGULARIZED, "activity_regularizer": _REGULARIZED,
    "depthwise_regularizer": _REGULARIZED, "gamma_regularizer": _REGULARIZED, "regularizer": _REGULARIZED,
    "l1": _REGULARIZED, "l2": _REGULARIZED,
    "weight_decay": "weights decay in training: `weight_decay = 1e-4` in `train { }`",
    "lr": _RATE, "learning_rate": _RATE,
    "kernel_constraint": "weights are not constrained; `clipnorm` in `train { }` limits their gradients",
    "bias_constraint": "weights are not constrained; `clipnorm` in `train { }` limits their gradients",
    "kernel_initializer": _STARTED, "bias_initializer": _STARTED, "initializer": _STARTED,
    "input_shape": _KNOWN, "input_dim": _KNOWN, "in_channels": _KNOWN, "in_features": _KNOWN, "num_features": _KNOWN,
    "batch_input_shape": _KNOWN, "data_format": _LAST, "axis": _LAST, "dim": _LAST,
    "name": "a label names a layer: `{callee}(…) @stem`",
    "dropout": "it is a stage of its own: `{callee}(…) -> dropout(0.1)`",
    "batch_norm": "it is a stage of its own: `{callee}(…) -> batchnorm`",
    "batchnorm": "it is a stage of its own: `{callee}(…) -> batchnorm`",
    "normalization": "it is a stage of its own: `{callee}(…) -> batchnorm`",
    "return_state": "the result without `sequences = true` is the last state",
    "stateful": "each sequence begins with a state of zeros",
    "num_layers": "layers repeat with `repeat layers in 1..3 { {callee}(…, sequences = true) }`",
    "batch_first": "tensors are written without the batch: leave it out",
    "recurrent_dropout": "not available: write `dropout(0.1)` before or after `{callee}(…)`",
    "dtype": "`precision` in `train { }` sets the type of all layers",
    "seed": "`seed` in `search { }` sets all seeds",
    "momentum": _FIXED, "epsilon": _FIXED, "eps": _FIXED, "center": _FIXED, "trainable": _FIXED,
    "interpolation": _FIXED, "negative_slope": _FIXED, "alpha": _FIXED, "output_padding": _FIXED,
}  # fmt: skip
"""Help for an argument that no operator has under another name; `{callee}` stands for the operator."""


def argument_hint(callee: str, name: str, known: Collection[str]) -> str | None:
    """Help for an argument from another tool that `callee` lacks; `known` are its arguments.

    >>> argument_hint("conv", "kernel_size", ("filters", "kernel"))
    'the argument is called `kernel`'
    >>> argument_hint("conv", "activation", ("filters", "kernel"))
    'an activation is a stage of its own: `conv(…) -> relu`'
    """
    here = [other for other in RENAMED.get(name, ()) if other in known]
    if here:
        return f"the argument is called {listing(here[:1])}"
    advice = ADVICE.get(name)
    return None if advice is None else advice.replace("{callee}", callee)
