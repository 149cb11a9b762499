"""The table's answers without Keras: shapes, counts, and the reason why an operator cannot be applied."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest

from sqsem_dsl.operators import TABLE, Misfit, WholeShape, apply, complete, count
from sqsem_dsl.operators.activation import KERAS_NAMES

MAP = (32, 32, 16)
WORDS = WholeShape((7,), 50)


Shapes = tuple[tuple[int, ...], ...]
SHAPES: list[tuple[str, Shapes, dict[str, Any], tuple[int, ...]]] = [
    ("conv", (MAP,), {"filters": 8, "kernel": 3}, (32, 32, 8)),
    ("conv", (MAP,), {"filters": 8, "kernel": 3, "stride": 2}, (16, 16, 8)),
    ("conv", (MAP,), {"filters": 8, "kernel": 3, "stride": 2, "padding": "valid"}, (15, 15, 8)),
    ("conv", (MAP,), {"filters": 8, "kernel": (3, 5), "padding": "valid", "dilation": (1, 2)}, (30, 24, 8)),
    ("conv", ((100, 4),), {"filters": 8, "kernel": 9, "stride": 3}, (34, 8)),
    ("conv", ((100, 4),), {"filters": 8, "kernel": 5, "padding": "causal"}, (100, 8)),
    ("conv", ((100, 4),), {"filters": 8, "kernel": 5, "padding": "causal", "stride": 3}, (34, 8)),
    ("conv", ((100, 4),), {"filters": 8, "kernel": 3, "padding": "causal", "dilation": 60}, (100, 8)),
    ("conv", ((4, 6, 8, 2),), {"filters": 3, "kernel": 2, "padding": "valid"}, (3, 5, 7, 3)),
    ("depthwise", (MAP,), {"kernel": 3, "multiplier": 2}, (32, 32, 32)),
    ("depthwise", (MAP,), {"kernel": 3, "dilation": (2, 3), "padding": "valid", "bias_init": 1}, (28, 26, 16)),
    ("depthwise", ((20, 3),), {"kernel": 3, "dilation": 2, "bias": False}, (20, 3)),
    ("separable", (MAP,), {"filters": 5, "kernel": 3, "stride": 2}, (16, 16, 5)),
    ("separable", (MAP,), {"filters": 5, "kernel": 3, "bias_init": Fraction(-1, 2)}, (32, 32, 5)),
    ("conv_transpose", (MAP,), {"filters": 5, "kernel": 3, "stride": 2}, (64, 64, 5)),
    ("conv_transpose", (MAP,), {"filters": 5, "kernel": 3, "stride": 2, "padding": "valid"}, (65, 65, 5)),
    ("conv_transpose", (MAP,), {"filters": 5, "kernel": 1, "stride": 2, "padding": "valid"}, (64, 64, 5)),
    ("dense", ((7, 5),), {"units": 3}, (7, 3)),
    ("dense", ((7, 5),), {"units": 3, "bias_init": Fraction(-9, 2)}, (7, 3)),
    ("batchnorm", (MAP,), {"scale": False, "epsilon": Fraction(1, 10**5), "momentum": Fraction(9, 10)}, MAP),
    ("batchnorm", (MAP,), {"center": False}, MAP),
    ("batchnorm", ((5,),), {"scale": False, "center": False}, (5,)),
    ("layernorm", (MAP,), {"epsilon": Fraction(1, 10**6)}, MAP),
    ("groupnorm", (MAP,), {"groups": 4, "epsilon": Fraction(1, 10**5)}, MAP),
    ("rmsnorm", (MAP,), {"epsilon": Fraction(1, 10**5)}, MAP),
    ("layer_scale", (MAP,), {"init": Fraction(1, 10)}, MAP),
    ("relu", (MAP,), {"max": 4}, MAP),
    ("relu", (MAP,), {"max": "none"}, MAP),
    ("leaky_relu", (MAP,), {"slope": Fraction(1, 100)}, MAP),
    ("embedding", (WORDS,), {"width": 3}, (7, 3)),
    ("embedding", (WholeShape((2, 3, 4), 5),), {"width": 1}, (2, 3, 4, 1)),
    ("lstm", ((9, 4),), {"units": 3}, (3,)),
    ("lstm", ((9, 4),), {"units": 3, "sequences": True, "bidirectional": True}, (9, 6)),
    ("gru", ((9, 4),), {"units": 3, "sequences": True, "backwards": True}, (9, 3)),
    ("gru", ((9, 4),), {"units": 3, "bidirectional": True}, (6,)),
    ("rnn", ((9, 4),), {"units": 3, "backwards": True}, (3,)),
    ("attention", ((9, 6),), {"heads": 2}, (9, 6)),
    ("attention", ((9, 6), (7, 5)), {"heads": 4, "dim": 3, "value": 2, "bias": False}, (9, 6)),
    ("attention", ((9, 6), (9, 5)), {"heads": 2, "causal": True}, (9, 6)),
    ("attention", ((9, 6), (7, 6)), {"heads": 4, "dim": 3, "groups": 2, "dropout": Fraction(1, 4)}, (9, 6)),
    ("attention", ((3, 9, 6),), {"heads": 2, "axis": "width"}, (3, 9, 6)),
    ("attention", ((3, 9, 6), (4, 9, 5)), {"heads": 3, "axis": "height", "dropout": Fraction(1, 4)}, (3, 9, 6)),
    ("attention", ((9, 6),), {"heads": 2, "axis": "length", "causal": True}, (9, 6)),
    ("positions", ((9, 5),), {}, (9, 5)),
    ("positions", ((9, 5),), {"kind": "sine"}, (9, 5)),
    ("class_token", ((9, 5),), {}, (10, 5)),
    ("maxpool", (MAP,), {}, (16, 16, 16)),
    ("maxpool", (MAP,), {"size": 3, "stride": 2, "padding": "valid"}, (15, 15, 16)),
    ("avgpool", ((9, 4),), {"size": 2}, (5, 4)),
    ("gap", (MAP,), {}, (16,)),
    ("gmp", ((3, 4, 5, 6),), {}, (6,)),
    ("gap", ((3, 4, 5),), {"axis": "height"}, (4, 5)),
    ("gap", ((3, 4, 5),), {"axis": 1}, (3, 5)),
    ("gap", ((3, 4, 5),), {"axis": "channels"}, (3, 4)),
    ("gmp", ((3, 4, 5, 6),), {"axis": "width"}, (3, 4, 6)),
    ("gmp", ((3, 4, 5, 6),), {"axis": 0}, (4, 5, 6)),
    ("gmp", ((3, 4),), {"axis": "length"}, (4,)),
    ("gap", ((3, 4),), {"axis": "channels"}, (3,)),
    ("flatten", (MAP,), {}, (32 * 32 * 16,)),
    ("reshape", (MAP,), {"shape": (16, 64, 16)}, (16, 64, 16)),
    ("upsample", (MAP,), {"factor": (2, 3)}, (64, 96, 16)),
    ("resize", (MAP,), {"size": (20, 10)}, (20, 10, 16)),
    ("zeropad", (MAP,), {"n": (1, 0)}, (34, 32, 16)),
    ("zeropad", (MAP,), {"n": (1, 0), "after": (2, 3)}, (35, 35, 16)),
    ("zeropad", ((7, 3),), {"n": 2, "after": 0}, (9, 3)),
    ("zeropad", ((3, 4, 5, 2),), {"n": 0, "after": 1}, (4, 5, 6, 2)),
    ("crop", (MAP,), {}, (30, 30, 16)),
    ("crop", (MAP,), {"before": (1, 0), "after": (2, 3)}, (29, 29, 16)),
    ("crop", ((7, 3),), {"before": 4, "after": 0}, (3, 3)),
    ("crop", ((3, 4, 5, 2),), {"before": (0, 0, 1)}, (3, 4, 3, 2)),
    ("transpose", ((2, 3, 4),), {"order": (2, 0, 1)}, (4, 2, 3)),
    ("transpose", ((5,),), {"order": (0,)}, (5,)),
    ("slice", (MAP,), {"from": 3, "to": 7}, (32, 32, 4)),
    ("slice", ((9, 8, 4),), {"from": 3, "to": 7, "axis": 0}, (4, 8, 4)),
    ("slice", ((9, 8, 4),), {"from": 7, "to": 8, "axis": 1}, (9, 1, 4)),
    ("slice", ((9, 8, 4),), {"from": 1, "to": 2, "axis": 2}, (9, 8, 1)),
    ("subtract", (MAP, MAP), {}, MAP),
    ("weighted_add", (MAP, MAP), {}, MAP),
    ("weighted_add", ((5, 4),) * 3, {"epsilon": Fraction(1, 100)}, (5, 4)),
    ("weighted_add", ((5,), (5,)), {}, (5,)),
    ("dot", ((5,), (5,)), {}, (1,)),
    ("dot", ((5,), (5,)), {"normalize": True}, (1,)),
    ("dot", ((7, 5), (9, 5)), {}, (7, 9)),
    ("dot", ((7, 5), (9, 5)), {"normalize": True}, (7, 9)),
    ("dot", ((7, 9), (9, 5)), {"other": "length"}, (7, 5)),
    ("dot", ((9, 7), (9, 5)), {"axis": "length"}, (7, 5)),
    ("dot", ((9, 7), (9,)), {"axis": 0}, (7,)),
    ("dot", ((9,), (7, 9)), {}, (7,)),
    ("dot", ((3, 4, 5), (6, 5)), {}, (3, 4, 6)),
    ("dot", ((3, 4, 5), (6, 4, 2)), {"axis": "width"}, (3, 5, 6, 2)),
    ("dot", ((3, 4, 5), (3, 6)), {"axis": "height", "other": 0, "normalize": True}, (4, 5, 6)),
    ("dot", ((2, 3, 4, 5), (5,)), {}, (2, 3, 4)),
    ("shuffle", (MAP,), {"groups": 4}, MAP),
    ("slice", ((9, 4),), {"from": 1, "to": 2, "axis": "length"}, (1, 4)),
    ("concat", ((8, 8, 3), (8, 8, 5)), {}, (8, 8, 8)),
    ("concat", ((8, 7, 3), (2, 7, 3)), {"axis": "height"}, (10, 7, 3)),
    ("concat", ((8, 7, 3), (8, 1, 3), (8, 2, 3)), {"axis": 1}, (8, 10, 3)),
    ("concat", ((8, 3), (2, 3)), {"axis": "length"}, (10, 3)),
    ("concat", ((2, 3, 4, 5), (1, 3, 4, 5)), {"axis": "depth"}, (3, 3, 4, 5)),
    ("concat", ((8,), (2,)), {"axis": "channels"}, (10,)),
    ("scale", (MAP, (16,)), {}, MAP),
    ("scale", (MAP, (1, 1, 16)), {}, MAP),
    ("broadcast_like", ((5,), MAP), {}, (32, 32, 5)),
    ("broadcast_like", ((1, 1, 5), MAP), {}, (32, 32, 5)),
    ("zero", (MAP,), {}, MAP),
    ("backbone", ((33, 40, 3),), {"network": "mobilenet"}, (1, 1, 1024)),
    ("backbone", ((33, 40, 3),), {"network": "mobilenet_v2", "cut": "block_1_project_BN"}, (9, 10, 24)),
]
"""The output of an operator. Keras builds these too, in `test_agreement`."""


@pytest.mark.parametrize(("operator", "inputs", "attributes", "shape"), SHAPES)
def test_shapes(
    operator: str, inputs: tuple[tuple[int, ...], ...], attributes: dict[str, Any], shape: tuple[int, ...]
) -> None:
    assert apply(TABLE[operator], inputs, attributes) == shape


@pytest.mark.parametrize(
    ("operator", "shape", "attributes", "params", "macs"),
    [
        ("conv", (224, 224, 3), {"filters": 96, "kernel": 7, "stride": 2, "padding": "valid"}, 14_208, 167_664_672),
        ("conv", MAP, {"filters": 8, "kernel": 3, "groups": 4, "bias": False}, 288, 294_912),
        ("depthwise", MAP, {"kernel": 5, "stride": 2}, 416, 16 * 16 * 25 * 16),
        ("separable", MAP, {"filters": 8, "kernel": 3}, 9 * 16 + 16 * 8 + 8, 32 * 32 * (9 * 16 + 16 * 8)),
        ("conv_transpose", MAP, {"filters": 8, "kernel": 3, "stride": 2}, 9 * 16 * 8 + 8, 32 * 32 * 9 * 16 * 8),
        ("dense", (7, 5), {"units": 3}, 18, 7 * 15),
        ("batchnorm", MAP, {}, 64, 0),
        ("layernorm", MAP, {}, 32, 0),
        ("groupnorm", MAP, {"groups": 4}, 32, 0),
        ("batchnorm", MAP, {"scale": False}, 48, 0),
        ("batchnorm", MAP, {"scale": False, "center": False}, 32, 0),
        ("rmsnorm", MAP, {}, 16, 0),
        ("layer_scale", MAP, {}, 16, 0),
        ("prelu", MAP, {}, 16, 0),
        ("embedding", WORDS, {"width": 3}, 150, 0),
        # Keras's documentation: 4 (c u + u^2 + u) of an LSTM, 3 (c u + u^2 + 2 u) of a GRU with `reset_after`.
        ("lstm", (9, 5), {"units": 3}, 4 * (15 + 9 + 3), 9 * 4 * (15 + 9)),
        ("gru", (9, 5), {"units": 3}, 3 * (15 + 9 + 6), 9 * 3 * (15 + 9)),
        ("rnn", (9, 5), {"units": 3, "bidirectional": True}, 2 * (15 + 9 + 3), 2 * 9 * (15 + 9)),
        # DeiT-Ti (arXiv:2012.12877): 197 places of 192 channels, 3 heads; 4 (c^2 + c), and 4 T c^2 + 2 T^2 c.
        ("attention", (197, 192), {"heads": 3}, 4 * (192 * 192 + 192), 4 * 197 * 192**2 + 2 * 197**2 * 192),
        ("attention", (9, 6), {"heads": 4, "dim": 3, "groups": 2, "bias": False}, 2 * 72 + 2 * 36, 9 * 216 + 81 * 24),
        # Along the width, 3 rows of 9 places: the weights of one row, and the multiplications of three.
        ("attention", (3, 9, 6), {"heads": 2, "axis": "width"}, 4 * (36 + 6), 3 * (4 * 9 * 36 + 2 * 81 * 6)),
        ("positions", (9, 5), {}, 45, 0),
        ("positions", (9, 5), {"kind": "sine"}, 0, 0),
        ("class_token", (9, 5), {}, 5, 0),
        ("relu", MAP, {}, 0, 0),
        # MobileNetV2's published 3.4M parameters and 300M multiply-adds, less those of its classifier of 1000 classes.
        ("backbone", (224, 224, 3), {"network": "mobilenet_v2"}, 2_257_984, 299_494_272),
    ],
)
def test_counts(operator: str, shape: tuple[int, ...], attributes: dict[str, Any], params: int, macs: int) -> None:
    weights, multiplied = count(TABLE[operator], (shape,), attributes)
    assert (sum(w.size for w in weights), multiplied) == (params, macs)


def test_a_weighted_sum_has_a_weight_for_each_tensor() -> None:
    weights, macs = count(TABLE["weighted_add"], (MAP,) * 3, {})
    assert ([w.shape for w in weights], macs) == ([(1, 3)], 0)


def test_each_value_of_a_product_takes_a_multiplication_for_each_place() -> None:
    assert count(TABLE["dot"], ((7, 5), (9, 5)), {}) == ((), 7 * 9 * 5)
    assert count(TABLE["dot"], ((7, 9), (9, 5)), {"other": 0, "normalize": True}) == ((), 7 * 5 * 9)
    assert count(TABLE["dot"], ((6,), (6,)), {}) == ((), 6)


def test_batchnorm_trains_half_of_its_parameters() -> None:
    weights, _ = count(TABLE["batchnorm"], (MAP,), {})
    assert [(w.name, w.trainable) for w in weights] == [
        ("gamma", True),
        ("beta", True),
        ("moving_mean", False),
        ("moving_variance", False),
    ]


def test_complete_fills_in_defaults_in_the_order_of_the_signature() -> None:
    filled = complete(TABLE["conv"], (MAP,), {"kernel": (3, 1), "filters": Fraction(8, 2)})
    assert list(filled.items()) == [
        ("filters", 4),
        ("kernel", (3, 1)),
        ("stride", (1, 1)),
        ("padding", "same"),
        ("dilation", (1, 1)),
        ("groups", 1),
        ("bias", True),
        ("init", "glorot_uniform"),
        ("bias_init", 0),
    ]
    assert type(filled["filters"]) is int


@pytest.mark.parametrize(
    ("shape", "axis", "found"),
    [
        (MAP, "channels", "channels"),
        (MAP, 2, "channels"),
        (MAP, "height", 0),
        (MAP, "width", 1),
        ((9, 4), "length", 0),
        ((2, 3, 4, 5), "height", 1),
        ((5,), 0, "channels"),
    ],
)
def test_an_axis_has_one_form(shape: tuple[int, ...], axis: int | str, found: int | str) -> None:
    assert complete(TABLE["concat"], (shape,), {"axis": axis}) == {"axis": found}


def test_windows_of_a_pool_stand_side_by_side_by_default() -> None:
    assert complete(TABLE["maxpool"], (MAP,), {"size": (3, 2)})["stride"] == (3, 2)


def test_a_real_value_that_is_not_drawn_yet_is_no_obstacle() -> None:
    assert complete(TABLE["dropout"], (MAP,), {"rate": None}) == {"rate": None}
    assert apply(TABLE["dropout"], (MAP,), {"rate": None}) == MAP


def test_true_is_not_one() -> None:
    assert apply(TABLE["dense"], ((4,),), {"units": 1}) == (1,)
    with pytest.raises(Misfit, match="`units` of `dense` is true, but must be a whole number"):
        apply(TABLE["dense"], ((4,),), {"units": True})


MISFITS: list[tuple[str, tuple[tuple[int, ...], ...], dict[str, Any], str, str]] = [
    (
        "backbone",
        ((64, 64, 1),),
        {"network": "vgg16"},
        "needs an image with 3 channels, but gets [64, 64, 1]",
        "concat(",
    ),
    (
        "backbone",
        ((64, 3),),
        {"network": "vgg16"},
        "needs an image with 3 channels, but gets [64, 3]",
        "[height, width",
    ),
    (
        "backbone",
        ((70, 90, 3),),
        {"network": "xception"},
        "xception needs an image of at least 71x71",
        "resize([71, 71])",
    ),
    (
        "backbone",
        ((64, 64, 3),),
        {"network": "vgg16", "cut": "block5_conv4"},
        "vgg16 has no layer `block5_conv4`",
        "a layer with a similar name exists: `block5_conv3`",
    ),
    (
        "backbone",
        ((64, 64, 3),),
        {"network": "vgg16", "cut": "somewhere else"},
        "vgg16 has no layer `somewhere else`",
        "`keras.applications.VGG16(weights=None).summary()` lists its layers",
    ),
    (
        "backbone",
        ((64, 64, 3),),
        {"network": "vgg16", "cut": "block2_conv1", "trainable": "block3_conv1"},
        "is trained from the layer `block3_conv1`, which is not before its cut `block2_conv1`",
        "or use `trainable = none`",
    ),
    ("backbone", ((64, 64, 3),), {"network": "vgg19"}, "`network` of `backbone` is `vgg19`, but must be", "`vgg16`"),
    (
        "backbone",
        ((64, 64, 3),),
        {"network": "vgg16", "cut": 3},
        "`cut` of `backbone` is 3, but must be a string",
        "quotes",
    ),
    ("embedding", ((7,),), {"width": 3}, "needs whole numbers with a bound, but gets [7]", "`input word: [64] below"),
    ("embedding", (WORDS,), {"width": 0}, "`width` of `embedding` is 0, but must be at least 1", "make it 1 or more"),
    ("embedding", (WholeShape((1, 2, 3, 4), 9),), {"width": 2}, "would give 5 dimensions", "fewer axes"),
    ("embedding", (WholeShape((1,), 10**6),), {"width": 10**7}, "beyond the limit of 10^12", "smaller"),
    ("attention", (MAP,), {"heads": 4}, "needs sequences, [length, channels], but gets [32, 32, 16]", "([1024, 16])"),
    ("attention", ((16,),), {"heads": 4}, "needs sequences, [length, channels], but gets [16]", "`reshape([1, 16])`"),
    ("attention", ((9, 6),), {"heads": 4}, "has 4 heads, which do not divide the 6 channels of [9, 6]", "`dim = 2`"),
    ("attention", ((9, 6),), {"heads": 3, "groups": 2}, "has 2 groups, which do not divide its 3 heads", "divides 3"),
    (
        "attention",
        ((9, 6),),
        {"heads": 2, "groups": 1, "value": 4},
        "one width of a head, but `dim` is 3 and `value` is 4",
        "leave out `value`",
    ),
    ("attention", ((9, 6), (7, 5)), {"heads": 2, "groups": 1}, "a memory of 6 channels, but gets [7, 5]", "`dense(6)`"),
    ("attention", ((9, 6), (7, 6)), {"heads": 2, "causal": True}, "gets [9, 6] and [7, 6]", "of the same length"),
    ("attention", ((9, 6),), {"heads": 2, "dropout": 1}, "a dropout of 1 removes every value", "below 1"),
    ("attention", (MAP,), {"heads": 4}, "but gets [32, 32, 16]", "along one axis: `axis = height`, `axis = width`"),
    (
        "attention",
        (MAP,),
        {"heads": 4, "axis": "length"},
        "the axes of [32, 32, 16] are `height`",
        "use one of `height`",
    ),
    (
        "attention",
        ((2, 3, 4, 6),),
        {"heads": 2, "axis": 0},
        "[height, width, channels], but gets [2, 3, 4, 6]",
        "[6, 4, 6]",
    ),
    ("attention", (MAP,), {"heads": 4, "axis": 2}, "its `axis` is that of the channels", "use another axis"),
    (
        "attention",
        (MAP, (9, 32, 5)),
        {"heads": 4, "axis": 1},
        "along the width gets [32, 32, 16] and [9, 32, 5]",
        "other",
    ),
    (
        "attention",
        ((9, 6), (2, 7, 6)),
        {"heads": 2},
        "needs sequences, [length, channels], but gets [2, 7, 6]",
        "pixel",
    ),
    ("attention", ((9, 6), (2, 7, 6)), {"heads": 2, "axis": 0}, "along the length gets [9, 6] and [2, 7, 6]", "same"),
    ("attention", (MAP,), {"heads": 4, "axis": 0, "causal": True}, "has no `causal` in Keras", "leave out `causal`"),
    ("attention", (MAP,), {"heads": 4, "axis": 0, "groups": 2}, "has no `groups` in Keras", "leave out `groups`"),
    ("positions", (MAP,), {}, "`positions` needs a sequence, [length, channels], but gets [32, 32, 16]", "[1024, 16]"),
    ("positions", ((9, 4),), {"kind": "cosine"}, "`kind` of `positions` is `cosine`", "a similar one exists: `sine`"),
    ("class_token", ((9,),), {}, "`class_token` needs a sequence, [length, channels], but gets [9]", "([1, 9])"),
    (
        "lstm",
        ((9,),),
        {"units": 3},
        "`lstm` needs a sequence, [length, channels], but gets [9]",
        "write `sequences = true` in that layer",
    ),
    ("gru", (MAP,), {"units": 3}, "`gru` needs a sequence, [length, channels], but gets [32, 32, 16]", "row by row"),
    (
        "rnn",
        ((9, 4),),
        {"units": 3, "backwards": True, "bidirectional": True},
        "reads in both directions already",
        "leave out `backwards`",
    ),
    ("dense", (WORDS,), {"units": 3}, "`dense` gets whole numbers, [7] below 50", "write `embedding(width)` before"),
    ("identity", (WORDS,), {}, "which stand for categories and only `embedding` takes", "or remove `below`"),
    ("add", ((7,), WORDS), {}, "`add` gets whole numbers", "`embedding(width)` before `add`"),
    ("conv", (MAP,), {"kernel": 3}, "`conv` needs a value for `filters`", "write `conv(filters, kernel)`"),
    ("conv", (MAP,), {"filters": 3, "kernl": 3}, "`conv` has no argument `kernl`", "exists: `kernel`"),
    ("conv", (MAP,), {"filters": Fraction(5, 2), "kernel": 3}, "`filters` of `conv` is 2.5, but must be a whole", "//"),
    ("conv", (MAP,), {"filters": 0, "kernel": 3}, "is 0, but must be at least 1", "make it 1 or more"),
    (
        "conv",
        (MAP,),
        {"filters": 4, "kernel": (3, 3, 3)},
        "has 3 numbers [3, 3, 3], but the map [32, 32, 16] has 2",
        "one",
    ),
    ("conv", (MAP,), {"filters": 4, "kernel": 3, "padding": "smae"}, "`padding` of `conv` is `smae`", "exists: `same`"),
    (
        "conv",
        (MAP,),
        {"filters": 4, "kernel": 3, "bias": 1},
        "`bias` of `conv` is 1, but must be `true`",
        "bias = true",
    ),
    ("conv", ((9,),), {"filters": 4, "kernel": 3}, "gets a vector of shape [9]", "use `dense` on vectors"),
    ("conv", (MAP, MAP), {"filters": 4, "kernel": 3}, "`conv` takes 1 tensor, but gets 2", "exactly"),
    (
        "conv",
        (MAP,),
        {"filters": 4, "kernel": 33, "padding": "valid"},
        "a kernel of [33, 33] does not fit into [32, 32] with padding `valid`",
        "use `padding = same`",
    ),
    (
        "conv",
        (MAP,),
        {"filters": 4, "kernel": 3, "stride": 2, "dilation": 3},
        "a stride of [2, 2] and a dilation of [3, 3]",
        "or",
    ),
    (
        "conv",
        (MAP,),
        {"filters": 6, "kernel": 3, "groups": 3},
        "3 groups, which do not divide the 16 channels",
        "divides",
    ),
    (
        "conv",
        (MAP,),
        {"filters": 6, "kernel": 3, "groups": 4},
        "4 groups, which do not divide the 6 filters",
        "divides",
    ),
    (
        "depthwise",
        (MAP,),
        {"kernel": 3, "stride": (2, 1)},
        "a stride of [2, 1], but its strides must be equal",
        "one stride",
    ),
    ("depthwise", ((4, 4, 4, 2),), {"kernel": 3}, "`depthwise` has no 3D form in Keras", "groups = 2"),
    ("separable", ((4, 4, 4, 2),), {"filters": 2, "kernel": 3}, "`separable` has no 3D form in Keras", "groups = 2"),
    (
        "depthwise",
        (MAP,),
        {"kernel": 3, "stride": 2, "dilation": 2},
        "`depthwise` has a stride of [2, 2] and a dilation of [2, 2]",
        "use `stride = 1` with the dilation",
    ),
    ("batchnorm", (MAP,), {"momentum": 1}, "a momentum of 1 never updates its statistics", "below 1"),
    ("batchnorm", (MAP,), {"epsilon": 0}, "`epsilon` of `batchnorm` is 0, but must be at least 1e-12", "or more"),
    ("relu", (MAP,), {"max": 0}, "`relu` with a maximum of 0 gives nothing but zeros", "more than 0"),
    ("relu", (MAP,), {"max": "nothing"}, "`max` of `relu` is `nothing`, but must be a number or `none`", "or `none`"),
    ("leaky_relu", (MAP,), {"slope": 2}, "`slope` of `leaky_relu` is 2, but must be at most 1", "1 or less"),
    ("groupnorm", (MAP,), {"groups": 3}, "3 groups, which do not divide the 16 channels", "divides 16"),
    ("maxpool", ((5,),), {}, "`maxpool` needs a map with spatial axes", "dense"),
    (
        "maxpool",
        ((4, 4, 2),),
        {"size": 5, "padding": "valid"},
        "a window of [5, 5] does not fit into [4, 4]",
        "smaller window",
    ),
    ("gap", ((5,),), {}, "`gap` needs a map with spatial axes", "remove this `gap`"),
    ("reshape", (MAP,), {"shape": (3, 3)}, "has 9 elements, but [32, 32, 16] has 16384", "a shape of 16384 elements"),
    ("reshape", ((16,),), {"shape": (2, 2, 2, 2, 1)}, "has 5 dimensions, but tensors have 1 to 4", "join"),
    ("conv", (MAP,), {"filters": 2, "kernel": 3, "padding": "causal"}, "needs a sequence [length, channels]", "same"),
    ("crop", (MAP,), {"before": 16}, "leaves nothing of [32, 32, 16]", "less than the extents"),
    ("transpose", (MAP,), {"order": (0, 1)}, "is not an order of the 3 axes", "from 0 to 2 once"),
    ("transpose", (MAP,), {"order": (0, 1, 1)}, "is not an order of the 3 axes", "from 0 to 2 once"),
    ("slice", (MAP,), {"from": 0, "to": 1, "axis": 3}, "`slice` along axis 3 gets [32, 32, 16]", "from 0 to 2"),
    ("slice", (MAP,), {"from": 3, "to": 40, "axis": 0}, "does not fit the 32 places of axis 0", "at most 32"),
    (
        "slice",
        (MAP,),
        {"from": 0, "to": 1, "axis": "rows"},
        "`axis` of `slice` is `rows`, but must be an axis",
        "`width`",
    ),
    ("subtract", (MAP, (32, 32, 8)), {}, "`subtract` cannot combine", "turns 8 into 16"),
    ("dot", ((7, 5), (9, 4)), {}, "`dot` of [7, 5] and [9, 4] sums over 5 and 4 places", "`dense(5)` for the channels"),
    ("dot", (MAP, MAP), {"axis": 3}, "`dot` along axis 3 gets [32, 32, 16], whose last axis is 2", "from 0 to 2"),
    (
        "dot",
        (MAP, (16,)),
        {"other": "width"},
        "`other` of `dot` is `width`, but the axes of [16] are `channels`",
        "one",
    ),
    ("dot", ((2, 3, 4, 5), (6, 5, 5)), {}, "would have 5 dimensions, but tensors have 1 to 4", "reshape([24, 5])"),
    ("weighted_add", (MAP, (32, 32, 8)), {}, "`weighted_add` cannot combine", "turns 8 into 16"),
    ("weighted_add", (MAP,), {}, "`weighted_add` takes at least 2 tensor", "exactly"),
    ("weighted_add", (MAP, MAP), {"epsilon": 0}, "`epsilon` of `weighted_add` is 0, but must be at least", "or more"),
    ("dot", (MAP,), {}, "`dot` takes 2 tensors, but gets 1", "exactly"),
    ("slice", (MAP,), {"from": 3, "to": 17}, "reaches past the 16 channels", "at most 16"),
    ("slice", (MAP,), {"from": 3, "to": 3}, "from channel 3 to 3 has no channels", "more than 3"),
    ("shuffle", (MAP,), {"groups": 5}, "5 groups, which do not divide the 16 channels", "divides 16"),
    ("softmax", ((4, 1),), {}, "`softmax` over the 1 channel of [4, 1] is the same for every input", "use `sigmoid`"),
    ("activation", ((1,),), {"name": "softmax"}, "`softmax` over the 1 channel", "use `sigmoid`"),
    ("activation", ((4,),), {"name": "rleu"}, "`name` of `activation` is `rleu`", "exists: `relu`"),
    ("dropout", (MAP,), {"rate": Fraction(3, 2)}, "is 1.5, but must be at most 1", "make it 1 or less"),
    ("dropout", (MAP,), {"rate": 1}, "a rate of 1 removes every value", "below 1"),
    ("spatial_dropout", ((5,),), {"rate": 0}, "gets a vector of shape [5]", "use `dropout`"),
    ("noise", (MAP,), {"stddev": -1}, "is -1, but must be at least 0", "0 or more"),
    ("noise", (MAP,), {"stddev": 2}, "is 2, but must be at most 1", "1 or less"),
    (
        "add",
        (MAP, (32, 32, 8)),
        {},
        "`add` cannot combine [32, 32, 16] and [32, 32, 8]",
        "`conv(16, 1)` turns 8 into 16",
    ),
    ("add", (MAP, (16, 16, 16)), {}, "`add` cannot combine [32, 32, 16] and [16, 16, 16]", "strides"),
    ("multiply", (MAP, (16,)), {}, "`multiply` cannot combine [32, 32, 16] and [16]", "scale(gate)"),
    ("maximum", ((4,), (4,), (5,)), {}, "[4] and [5] (tensors 1 and 3)", "channels"),
    ("concat", (MAP, (16, 16, 16)), {}, "they differ in more than channels", "strides"),
    ("concat", (MAP, (16, 16, 16)), {"axis": 0}, "they differ in more than the height", "strides"),
    ("concat", (MAP, (9, 32, 8)), {"axis": "height"}, "differ in more than the height", "turns 8 into 16"),
    ("concat", ((4, 5), (4, 5), (5,)), {"axis": 0}, "and [5] (tensors 1 and 3): they differ in", "with `reshape`"),
    ("concat", (MAP, MAP), {"axis": "hight"}, "`axis` of `concat` is `hight`, but must be an axis", "`height`"),
    ("concat", ((4, 5),), {"axis": "width"}, "but the axes of [4, 5] are `length`, `channels`", "or a position from 0"),
    ("concat", (MAP, MAP), {"axis": -1}, "is -1, but an axis is named, or counted from 0", "`channels` for the last"),
    ("concat", (MAP, MAP), {"axis": "all"}, "`axis` of `concat` is `all`, but must be an axis", "use one of"),
    ("gap", (MAP,), {"axis": 3}, "`gap` along axis 3 gets [32, 32, 16], whose last axis is 2", "from 0 to 2"),
    ("gmp", ((5,),), {"axis": 0}, "`gmp` needs a map with spatial axes", "remove this `gmp`"),
    ("scale", (MAP, (8,)), {}, "a gate of [8] to [32, 32, 16]", "16 values, one a channel: [16]"),
    ("broadcast_like", ((2, 2, 5), MAP), {}, "cannot spread [2, 2, 5] over [32, 32, 16]", "must be 1"),
    ("add", (), {}, "`add` takes at least 1 tensor, but gets 0", "tensors"),
]


@pytest.mark.parametrize(("operator", "inputs", "attributes", "message", "remedy"), MISFITS)
def test_a_misfit_says_what_and_what_to_do(
    operator: str, inputs: tuple[tuple[int, ...], ...], attributes: dict[str, Any], message: str, remedy: str
) -> None:
    for _ in range(2):  # the second time from the cache
        with pytest.raises(Misfit) as caught:
            apply(TABLE[operator], inputs, attributes)
        assert message in caught.value.message
        assert remedy in (caught.value.help or "")
        assert not caught.value.message.endswith(".")


def test_the_table_holds_every_operator_of_the_language() -> None:
    named = """
        conv depthwise separable conv_transpose dense embedding lstm gru rnn attention positions class_token
        batchnorm layernorm groupnorm rmsnorm layer_scale prelu activation
        maxpool avgpool gap gmp flatten reshape upsample resize zeropad crop transpose slice shuffle
        subtract dot weighted_add
        dropout spatial_dropout drop_path noise rescale
        add multiply average maximum concat scale broadcast_like identity zero
        backbone
    """
    assert set(TABLE) == {*named.split(), *KERAS_NAMES}
    assert all(row.doc for row in TABLE.values())


def test_the_table_needs_no_keras() -> None:
    code = "import sys, sqsem_dsl.operators, sqsem_dsl.operators.extern, sqsem_dsl.network.reduce; "
    code += "print([m for m in ('keras', 'tensorflow', 'jax', 'numpy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
