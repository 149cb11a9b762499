"""The reduced network: each rule as in the table, both where it applies and where it must not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from sqsem_dsl.network.identity import identity
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.network.reduce import Reduced
from tests.networks import Net


def term(reduced: Reduced, output: str = "y") -> str:
    """The network below an output as one line, weighted layers by name: `add(relu(image), c)`."""

    def write(at: int) -> str:
        layer = reduced.layers[at]
        if layer.operator == "input":
            return layer.name
        head = layer.name if layer.weights else layer.operator
        return f"{head}({', '.join(write(i) for i in layer.inputs)})"

    return write(reduced.outputs[output])


class Map(Net):
    """A network over one map `x` of 8 by 8 with 4 channels, and a vector `v` of 4."""

    def __init__(self, extent: int = 8) -> None:
        super().__init__()
        self.x = self.input("x", extent, extent, 4)
        self.v = self.input("v", 4)

    def c(self, at: int, name: str = "c", **attributes: Any) -> int:
        return int(self.conv(at, called=name, **{"filters": 4, "kernel": 3, **attributes}))

    def term(self, y: int) -> str:
        return term(self.reduced(y=y))


# ---- recurrent layers


def test_one_place_is_read_in_one_order() -> None:
    def found(length: int, **attributes: Any) -> Any:
        net = Net()
        reduced = net.reduced(y=net.gru(net.input("x", length, 3), units=4, called="g", **attributes))
        return identity(reduced.layers, reduced.outputs).id

    assert found(1) == found(1, backwards=True)
    assert found(2) != found(2, backwards=True)
    assert found(1) != found(1, bidirectional=True)


# ---- attention


def test_an_attention_without_memory_reads_its_own_tensor() -> None:
    def found(*reads: int, length: int = 5, **attributes: Any) -> Any:
        net = Net()
        x, z = net.input("x", length, 4), net.input("z", length, 4)
        given = [(x, z)[read] for read in reads]
        attended = net.attention(*given, heads=2, called="a", **attributes)
        reduced = net.reduced(y=net.add(attended, net.rescale(z, scale=2)))
        return identity(reduced.layers, reduced.outputs).id

    assert found(0) == found(0, 0)
    assert len({found(0), found(0, 1), found(1, 0), found(1)}) == 4
    assert found(0) != found(0, causal=True)
    assert found(0, length=1) == found(0, length=1, causal=True)
    assert found(0) == found(0, dim=2) != found(0, dim=3)
    assert found(0) != found(0, groups=1)
    assert found(0) == found(0, axis="length")


def test_an_attention_to_zeros_is_zero_without_bias() -> None:
    m = Map()
    places = m.reshape(m.x, shape=(64, 4))
    assert m.term(m.attention(m.zero(places), heads=2, bias=False, called="a")) == "zero()"
    assert m.term(m.attention(m.zero(places), heads=2, called="a")) == "a(zero(), zero())"
    assert m.term(m.attention(m.zero(places), places, heads=2, bias=False, called="a")) == "a(zero(), reshape(x))"


# ---- layers without effect


@pytest.mark.parametrize(
    ("operator", "attributes"),
    [
        ("identity", {}),
        ("dropout", {"rate": 0}),
        ("spatial_dropout", {"rate": 0}),
        ("drop_path", {"rate": 0}),
        ("noise", {"stddev": 0}),
        ("maxpool", {"size": 1, "stride": 1}),
        ("avgpool", {"size": 1, "stride": 1, "padding": "valid"}),
        ("upsample", {"factor": 1}),
        ("zeropad", {"n": 0}),
        ("zeropad", {"n": 0, "after": 0}),
        ("crop", {"before": 0}),
        ("transpose", {"order": (0, 1, 2)}),
        ("slice", {"from": 0, "to": 8, "axis": 1}),
        ("concat", {"axis": "height"}),
        ("rescale", {"scale": 1, "offset": 0}),
        ("shuffle", {"groups": 1}),
        ("shuffle", {"groups": 4}),
        ("reshape", {"shape": (8, 8, 4)}),
        ("resize", {"size": 8}),
        ("slice", {"from": 0, "to": 4}),
        ("activation", {"name": "linear"}),
        ("leaky_relu", {"slope": 1}),
        ("add", {}),
        ("average", {}),
        ("maximum", {}),
        ("multiply", {}),
        ("concat", {}),
    ],
)
def test_an_exact_identity_goes(operator: str, attributes: dict[str, Any]) -> None:
    net = Map()
    assert net.term(net.add_layer(operator, net.x, **attributes)) == "x"


@pytest.mark.parametrize(
    ("operator", "attributes"),
    [
        ("dropout", {"rate": Fraction(1, 10)}),
        ("maxpool", {"size": 1, "stride": 2}),
        ("rescale", {"scale": 1, "offset": 1}),
        ("shuffle", {"groups": 2}),
        ("zeropad", {"n": (0, 1)}),
        ("zeropad", {"n": 0, "after": 1}),
        ("crop", {"before": 0, "after": (0, 1)}),
        ("transpose", {"order": (1, 0, 2)}),
        ("slice", {"from": 0, "to": 4, "axis": 0}),
        ("upsample", {"factor": (1, 2)}),
    ],
)
def test_what_computes_something_stays(operator: str, attributes: dict[str, Any]) -> None:
    net = Map()
    assert net.term(net.add_layer(operator, net.x, **attributes)) == f"{operator}(x)"


def test_flatten_of_a_vector_goes() -> None:
    net = Map()
    assert net.term(net.flatten(net.v)) == "v"


def test_a_pool_of_one_value_is_a_maxpool() -> None:
    net = Map()
    y = net.add(net.avgpool(net.x, size=1, stride=2), net.maxpool(net.x, size=1, stride=2))
    assert net.term(y) == "add(maxpool(x), maxpool(x))"
    assert len(net.reduced(y=y).layers) == 3


def test_gap_gmp_and_flatten_of_one_position_are_one() -> None:
    net = Map(extent=1)
    y = net.concat(net.gap(net.x), net.gmp(net.x), net.flatten(net.x))
    assert net.term(y) == "concat(flatten(x), flatten(x), flatten(x))"
    assert len(net.reduced(y=y).layers) == 3


def test_gap_and_gmp_of_a_map_are_two() -> None:
    net = Map()
    assert net.term(net.add(net.gap(net.x), net.gmp(net.x))) == "add(gap(x), gmp(x))"


def test_a_pool_along_an_axis_of_one_value_does_nothing_there() -> None:
    net = Map(extent=1)
    assert net.term(net.avgpool(net.maxpool(net.x, size=2), size=3, stride=1)) == "x"
    column = net.input("column", 1, 8, 4)
    y = net.add(net.avgpool(column, size=(3, 2), stride=(1, 2)), net.avgpool(column, size=(1, 2)))
    assert net.term(y) == "add(avgpool(column), avgpool(column))"
    assert len(net.reduced(y=y).layers) == 3


def test_only_the_last_shape_of_the_same_values_counts() -> None:
    net = Map()
    flat = net.flatten(net.reshape(net.x, shape=(64, 4)))
    y = net.add(flat, net.reshape(net.x, shape=(256,)), net.flatten(net.x))
    assert net.term(y) == "add(flatten(x), flatten(x), flatten(x))"
    assert net.term(net.reshape(flat, shape=(8, 8, 4))) == "x"


def test_a_gate_of_the_whole_shape_is_a_product() -> None:
    net = Map()
    y = net.add(net.scale(net.x, net.relu(net.x)), net.multiply(net.relu(net.x), net.x))
    assert net.term(y) == "add(multiply(x, relu(x)), multiply(x, relu(x)))"
    assert len(net.reduced(y=y).layers) == 4
    assert net.term(net.scale(net.x, net.v)) == "scale(x, v)"


# ---- sums, products, maxima, concatenations


@pytest.mark.parametrize("operator", ["add", "multiply", "maximum"])
def test_nested_ones_become_one(operator: str) -> None:
    net = Map()
    a, b, c = net.c(net.x, "a"), net.c(net.x, "b"), net.c(net.x, "c")
    inner = net.add_layer(operator, b, c)
    assert net.term(net.add_layer(operator, a, inner)) == f"{operator}(a(x), b(x), c(x))"
    assert net.term(net.add_layer(operator, inner, a)) == f"{operator}(a(x), b(x), c(x))"


def test_a_chain_of_sums_becomes_one() -> None:
    net = Map()
    y = net.x
    for i in range(5):
        y = net.add(y, net.c(net.x, f"c{i}"))
    assert net.term(y) == "add(x, c0(x), c1(x), c2(x), c3(x), c4(x))"


def test_a_sum_that_feeds_something_else_is_not_computed_twice() -> None:
    net = Map()
    inner = net.add(net.x, net.c(net.x, "a"))
    assert net.term(net.add(inner, net.c(inner, "b"))) == "add(add(x, a(x)), b(add(x, a(x))))"


def test_a_sum_that_only_a_dead_layer_reads_besides_is_joined() -> None:
    net = Map()
    inner = net.add(net.x, net.c(net.x, "a"))
    net.c(inner, "dead")
    assert net.term(net.add(inner, net.c(net.x, "b"))) == "add(x, a(x), b(x))"


def test_an_output_is_not_joined_away() -> None:
    net = Map()
    inner = net.add(net.x, net.c(net.x, "a"))
    reduced = net.reduced(y=net.add(inner, net.c(net.x, "b")), z=inner)
    assert (term(reduced), term(reduced, "z")) == ("add(add(x, a(x)), b(x))", "add(x, a(x))")


def test_nested_concatenations_become_one_in_order() -> None:
    net = Map()
    a, b = net.c(net.x, "a"), net.c(net.x, "b")
    assert net.term(net.concat(net.concat(b, a), net.x)) == "concat(b(x), a(x), x)"
    assert net.term(net.concat(net.x, net.concat(b, a))) == "concat(x, b(x), a(x))"


@pytest.mark.parametrize("operator", ["add", "multiply", "maximum"])
def test_equal_ones_are_one_however_they_are_nested(operator: str) -> None:
    """Also if the inner ones are needed elsewhere."""
    net = Map()
    a, b = net.c(net.x, "a"), net.c(net.x, "b")
    inner = [net.add_layer(operator, net.x, a), net.add_layer(operator, a, b)]
    y = net.concat(*inner, net.add_layer(operator, inner[0], b), net.add_layer(operator, net.x, inner[1]))
    reduced = net.reduced(y=y)
    assert [layer.operator for layer in reduced.layers].count(operator) == 3
    assert reduced.layers[-1].inputs[2] == reduced.layers[-1].inputs[3]


def test_equal_concatenations_are_one_however_they_are_nested() -> None:
    net = Map()
    a, b = net.c(net.x, "a"), net.c(net.x, "b")
    inner = [net.concat(net.x, a), net.concat(a, b)]
    reduced = net.reduced(y=net.concat(net.x, inner[1]), z=net.concat(inner[0], b), v=inner[0], w=inner[1])
    assert reduced.outputs["y"] == reduced.outputs["z"]


def test_a_maximum_of_a_maximum_and_its_part_is_it() -> None:
    net = Map()
    inner = net.maximum(net.x, net.c(net.x, "a"))
    assert net.term(net.concat(inner, net.maximum(net.x, inner))) == "concat(maximum(x, a(x)), maximum(x, a(x)))"


def test_averages_stay_nested() -> None:
    net = Map()
    a, b = net.c(net.x, "a"), net.c(net.x, "b")
    assert net.term(net.average(net.average(net.x, a), b)) == "average(b(x), average(x, a(x)))"


@pytest.mark.parametrize("operator", ["add", "multiply", "maximum", "average"])
def test_the_order_of_a_commutative_operator_does_not_matter(operator: str) -> None:
    net = Map()
    a, b = net.c(net.x, "a"), net.c(net.x, "b")
    assert net.term(net.add_layer(operator, b, net.x, a)) == f"{operator}(x, a(x), b(x))"


def test_twice_the_same_in_a_maximum_or_an_average_is_it_once() -> None:
    net = Map()
    assert net.term(net.maximum(net.x, net.x)) == "x"
    assert net.term(net.average(net.x, net.x, net.x)) == "x"


def test_twice_the_same_in_a_sum_or_a_product_stays_twice() -> None:
    net = Map()
    assert net.term(net.add(net.x, net.x)) == "add(x, x)"
    assert net.term(net.multiply(net.x, net.x)) == "multiply(x, x)"
    assert net.term(net.average(net.x, net.x, net.c(net.x))) == "average(x, x, c(x))"


def test_doubling_again_and_again_ends() -> None:
    net = Map()
    y = net.x
    for _ in range(100):
        y = net.add(y, y)
    assert max(len(layer.inputs) for layer in net.reduced(y=y).layers) <= 256


# ---- activations


@pytest.mark.parametrize(
    ("inner", "outer", "left"),
    [
        ("relu", "relu", "relu(x)"),
        ("relu6", "relu6", "relu6(x)"),
        ("relu6", "relu", "relu6(x)"),
        ("relu", "relu6", "relu6(x)"),
        ("sigmoid", "relu", "sigmoid(x)"),
        ("sigmoid", "relu6", "sigmoid(x)"),
        ("hsigmoid", "relu6", "hsigmoid(x)"),
        ("softmax", "relu6", "softmax(x)"),
        ("hsigmoid", "relu", "hsigmoid(x)"),
        ("softmax", "relu", "softmax(x)"),
        ("tanh", "tanh", "tanh(tanh(x))"),
        ("swish", "swish", "swish(swish(x))"),
        ("gelu", "gelu", "gelu(gelu(x))"),
        ("softmax", "softmax", "softmax(softmax(x))"),
        ("sigmoid", "sigmoid", "sigmoid(sigmoid(x))"),
        ("relu", "sigmoid", "sigmoid(relu(x))"),
        ("leaky_relu", "relu", "relu(leaky_relu(x))"),
    ],
)
def test_one_activation_after_another(inner: str, outer: str, left: str) -> None:
    net = Map()
    assert net.term(net.add_layer(outer, net.add_layer(inner, net.x))) == left


def test_a_relu_of_what_is_never_negative_goes() -> None:
    net = Map()
    r, g = net.relu(net.x), net.sigmoid(net.c(net.x))
    gate = net.sigmoid(net.dense(net.gap(r), units=4, called="d"))
    for never in (
        net.add(r, g), net.multiply(r, g), net.average(r, g), net.concat(r, g), net.maximum(r, net.x),
        net.crop(r), net.transpose(r, order=(1, 0, 2)),
        net.avgpool(r), net.upsample(r), net.scale(r, gate), net.dropout(r, rate=Fraction(1, 2)),
    ):  # fmt: skip
        assert net.term(net.relu(never)) == net.term(never)
    for perhaps in (
        net.add(r, net.x),
        net.subtract(r, r),
        net.maximum(net.x, net.c(net.x)),
        net.scale(net.x, gate),
        net.noise(r, stddev=1),
    ):
        assert net.term(net.relu(perhaps)).startswith("relu(")


@pytest.mark.parametrize(
    ("name", "operator"), [("relu", "relu"), ("silu", "swish"), ("hard_silu", "hswish"), ("hard_swish", "hswish")]
)
def test_an_activation_by_name_is_the_operator(name: str, operator: str) -> None:
    net = Map()
    assert net.term(net.activation(net.x, name=name)) == f"{operator}(x)"


def test_an_activation_by_name_has_the_arguments_of_the_operator() -> None:
    net = Map()
    y = net.add(net.activation(net.x, name="leaky_relu"), net.leaky_relu(net.x, slope=Fraction(2, 10)))
    assert net.term(y) == "add(leaky_relu(x), leaky_relu(x))"
    assert len(net.reduced(y=y).layers) == 3


def test_arguments_that_make_another_activation() -> None:
    net = Map()
    assert net.term(net.leaky_relu(net.x, slope=0)) == "relu(x)"
    assert net.term(net.relu(net.x, max=6)) == "relu6(x)"
    assert net.term(net.maxpool(net.leaky_relu(net.x, slope=0))) == "relu(maxpool(x))"


def test_a_causal_convolution_without_padding_is_an_ordinary_one() -> None:
    net = Net()
    s = net.input("s", 9, 4)
    for kernel, found in ((1, "same"), (3, "causal")):
        y = net.conv(s, filters=2, kernel=kernel, padding="causal", stride=2)
        assert net.reduced(y=y).layers[-1].attributes["padding"] == found


def test_the_last_axis_is_that_of_the_channels() -> None:
    net = Map()
    y = net.add(net.slice(net.x, **{"from": 0, "to": 2, "axis": 2}), net.slice(net.x, **{"from": 0, "to": 2}))
    assert len(net.reduced(y=y).layers) == 3


def test_weighted_sums_are_never_shared() -> None:
    net = Map()
    c = net.c(net.x)
    one, two = (net.weighted_add(net.x, c, called=name) for name in "ab")
    assert [layer.name for layer in net.reduced(y=net.subtract(one, two)).layers][2:4] == ["a", "b"]
    assert net.term(net.weighted_add(net.zero(c), net.zero(c), called="a")) == "zero()"


def test_concatenations_along_one_axis_are_joined() -> None:
    net = Map()
    c, zero = net.c(net.x), net.zero(net.x)
    high = net.concat(net.x, c, axis="height")
    for joined in (
        net.concat(high, c, axis=0),
        net.concat(net.concat(net.x, axis=1), net.concat(c, c, axis=0), axis=0),
    ):
        assert net.term(joined) == "concat(x, c(x), c(x))"
    wide = net.concat(high, net.concat(c, net.x, axis="height"), axis="width")
    assert net.term(wide) == "concat(concat(x, c(x)), concat(c(x), x))"
    zeros = net.concat(net.x, zero, net.zero(high), axis=0)
    reduced = net.reduced(y=zeros)
    assert [layer.shape for layer in reduced.layers] == [(8, 8, 4), (24, 8, 4), (32, 8, 4)]


def test_a_pool_over_one_axis_has_one_form() -> None:
    net = Map()
    line = net.gap(net.x, axis="height")
    assert net.reduced(y=net.gap(line, axis="length")).layers[-1].attributes == {"axis": "all"}
    assert net.reduced(y=line).layers[-1].attributes == {"axis": 0}
    thin = net.avgpool(net.c(net.x), size=(8, 1))
    for axis in (0, "height"):
        found = net.reduced(y=net.gmp(thin, axis=axis)).layers[-1]
        assert (found.operator, found.attributes) == ("reshape", {"shape": (8, 4)})
    point = net.reshape(net.gap(net.x), shape=(1, 1, 4))
    assert net.reduced(y=net.gap(point, axis="channels")).layers[-1].operator == "gap"
    assert net.reduced(y=net.gap(point, axis="height")).layers[-1].shape == (1, 4)


def test_a_difference_has_an_order() -> None:
    net = Map()
    c = net.c(net.x)
    assert net.term(net.subtract(net.x, c)) == "subtract(x, c(x))"
    assert net.term(net.subtract(c, net.x)) == "subtract(c(x), x)"
    assert net.term(net.subtract(net.zero(net.x), net.zero(net.x))) == "zero()"


def test_a_relu_with_a_maximum_is_another_relu() -> None:
    net = Map()
    assert net.term(net.relu(net.relu(net.x), max=3)) == "relu(relu(x))"
    assert net.term(net.relu(net.relu(net.x, max=3))) == "relu(x)", "it is not negative"
    assert net.term(net.relu6(net.relu(net.x, max=3))) == "relu6(relu(x))"
    assert net.term(net.maxpool(net.relu(net.x, max=3))) == "maxpool(relu(x))"
    assert net.reduced(y=net.relu(net.x, max=3)).layers[-1].attributes == {"max": 3}


def test_the_start_of_biases_that_are_not_there_means_nothing() -> None:
    net = Map()
    for y in (net.dense(net.v, units=2, bias=False, bias_init=3), net.dense(net.v, units=2, bias=False)):
        assert net.reduced(y=y).layers[-1].attributes["bias_init"] == 0


def test_a_relu_comes_after_the_maxpool() -> None:
    net = Map()
    assert net.term(net.maxpool(net.relu(net.x))) == "relu(maxpool(x))"
    assert net.term(net.relu(net.maxpool(net.relu(net.x)))) == "relu(maxpool(x))"
    assert net.term(net.maxpool(net.maxpool(net.relu(net.x)))) == "relu(maxpool(maxpool(x)))"


def test_a_relu_that_feeds_something_else_is_kept_beside() -> None:
    net = Map()
    relu = net.relu(net.x, called="r")
    reduced = net.reduced(y=net.concat(net.maxpool(relu), net.maxpool(net.c(relu))))
    assert term(reduced) == "concat(relu(maxpool(x)), maxpool(c(relu(x))))"
    assert len({layer.name for layer in reduced.layers}) == len(reduced.layers)


def test_a_relu_does_not_pass_an_avgpool() -> None:
    net = Map()
    assert net.term(net.avgpool(net.relu(net.x))) == "avgpool(relu(x))"


# ---- zeros


@pytest.mark.parametrize(
    ("operator", "attributes"),
    [
        *((name, {}) for name in ("relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "swish", "hswish", "tanh")),
        *((name, {}) for name in ("rmsnorm", "layer_scale", "prelu")),
        *((name, {}) for name in ("maxpool", "avgpool", "gap", "gmp", "flatten", "upsample", "zeropad", "identity")),
        *((name, {"rate": Fraction(1, 2)}) for name in ("dropout", "spatial_dropout", "drop_path")),
        ("shuffle", {"groups": 2}),
        ("slice", {"from": 1, "to": 2}),
        ("crop", {}),
        ("transpose", {"order": (2, 1, 0)}),
        ("reshape", {"shape": (64, 4)}),
        ("resize", {"size": 3}),
        ("rescale", {"scale": 3, "offset": 0}),
        ("conv", {"filters": 2, "kernel": 3, "bias": False}),
        ("depthwise", {"kernel": 3, "bias": False}),
        ("separable", {"filters": 2, "kernel": 3, "bias": False}),
        ("conv_transpose", {"filters": 2, "kernel": 3, "bias": False}),
        ("dense", {"units": 2, "bias": False}),
    ],
)
def test_a_zero_goes_through(operator: str, attributes: dict[str, Any]) -> None:
    net = Map()
    reduced = net.reduced(y=net.add_layer(operator, net.zero(net.c(net.x)), **attributes))
    assert term(reduced) == "zero()"
    assert [layer.operator for layer in reduced.layers] == ["zero"], "what only feeds a zero goes"
    assert reduced.layers[0].shape == net.layers[-1].shape
    assert reduced.constant == {"y"}


@pytest.mark.parametrize(
    ("operator", "attributes"),
    [
        *((name, {}) for name in ("batchnorm", "layernorm", "sigmoid", "hsigmoid", "softmax")),
        ("groupnorm", {"groups": 2}),
        ("noise", {"stddev": 1}),
        ("rescale", {"scale": 3, "offset": 1}),
        ("activation", {"name": "softplus"}),
        ("conv", {"filters": 2, "kernel": 3}),
        ("dense", {"units": 2}),
    ],
)
def test_a_zero_does_not_go_through(operator: str, attributes: dict[str, Any]) -> None:
    net = Map()
    reduced = net.reduced(y=net.add_layer(operator, net.zero(net.c(net.x)), **attributes))
    assert [layer.operator for layer in reduced.layers] == ["zero", operator]
    assert reduced.constant == {"y"}


def test_a_zero_leaves_a_sum() -> None:
    net = Map()
    zero = net.zero(net.x)
    assert net.term(net.add(zero, net.x)) == "x"
    assert net.term(net.add(zero, net.x, net.c(net.x))) == "add(x, c(x))"
    assert net.term(net.add(zero, net.zero(net.c(net.x)))) == "zero()"


def test_a_zero_stays_in_what_is_no_sum() -> None:
    net = Map()
    zero = net.zero(net.x)
    assert net.term(net.maximum(zero, net.x)) == "maximum(x, zero())"
    assert net.term(net.average(zero, net.x)) == "average(x, zero())"
    assert net.term(net.multiply(zero, net.x)) == "multiply(x, zero())"
    assert net.term(net.scale(net.x, net.gap(zero))) == "scale(x, zero())"
    assert net.term(net.scale(zero, net.v)) == "scale(zero(), v)"
    assert net.term(net.concat(zero, net.x)) == "concat(zero(), x)"


def test_a_concatenation_of_zeros_is_zero() -> None:
    net = Map()
    assert net.term(net.concat(net.zero(net.x), net.zero(net.c(net.x, filters=2)))) == "zero()"
    assert net.reduced(y=len(net.layers) - 1).layers[0].shape == (8, 8, 6)


def test_zeros_side_by_side_in_a_concatenation_are_one() -> None:
    net = Map()
    two, three = (net.zero(net.c(net.x, filters=n)) for n in (2, 3))
    assert net.term(net.concat(two, three, net.x)) == "concat(zero(), x)"
    assert net.term(net.concat(two, net.x, three)) == "concat(zero(), x, zero())"
    inner = net.concat(three, net.x)
    reduced = net.reduced(y=net.concat(two, inner), z=inner)
    assert term(reduced) == "concat(zero(), x)"
    assert term(reduced, "z") == "concat(zero(), x)"
    assert sorted(layer.shape[-1] for layer in reduced.layers if layer.operator == "zero") == [3, 5]


def test_zeros_of_one_shape_are_one() -> None:
    net = Map()
    assert net.term(net.maximum(net.zero(net.x), net.zero(net.c(net.x)))) == "zero()"


# ---- one layer or two


def test_the_same_without_weights_over_the_same_is_one_layer() -> None:
    net = Map()
    reduced = net.reduced(y=net.add(net.relu(net.x), net.relu(net.identity(net.x))))
    assert [layer.operator for layer in reduced.layers] == ["input", "relu", "add"]


def test_other_attributes_are_another_layer() -> None:
    net = Map()
    reduced = net.reduced(y=net.add(net.maxpool(net.x), net.maxpool(net.x, size=3, stride=2)))
    assert [layer.operator for layer in reduced.layers] == ["input", "maxpool", "maxpool", "add"]


def test_random_layers_are_two_and_draw_twice() -> None:
    net = Map()
    half = Fraction(1, 2)
    for operator, attributes in (
        ("dropout", {"rate": half}),
        ("drop_path", {"rate": half}),
        ("noise", {"stddev": half}),
    ):
        twice = [net.add_layer(operator, net.x, **attributes) for _ in range(2)]
        assert len(net.reduced(y=net.add(*twice)).layers) == 4
    assert net.term(net.dropout(net.dropout(net.x, rate=half), rate=half)) == "dropout(dropout(x))"


def test_weighted_layers_are_two_and_train_apart() -> None:
    net = Map()
    for operator, attributes in (("conv", {"filters": 4, "kernel": 1}), ("dense", {"units": 4}), ("batchnorm", {})):
        twice = [net.add_layer(operator, net.x, **attributes) for _ in range(2)]
        assert len(net.reduced(y=net.add(*twice)).layers) == 4


def test_what_has_weights_is_not_folded() -> None:
    net = Map()
    assert net.term(net.batchnorm(net.c(net.x), called="bn")) == "bn(c(x))"
    assert net.term(net.batchnorm(net.batchnorm(net.x, called="a"), called="b")) == "b(a(x))"
    assert net.term(net.c(net.c(net.x, "a", kernel=1), "b", kernel=1)) == "b(a(x))"
    reduced = net.reduced(y=net.depthwise(net.x, kernel=3))
    assert reduced.layers[-1].operator == "depthwise"


# ---- notation


def attributes_of(net: Map, position: int) -> dict[str, Any]:
    return dict(net.reduced(y=position).layers[-1].attributes)


@pytest.mark.parametrize(
    ("operator", "attributes"),
    [
        ("conv", {"filters": 2, "kernel": 1}),
        ("conv", {"filters": 2, "kernel": 1, "stride": 3}),
        ("maxpool", {"size": 2}),
        ("avgpool", {"size": 2, "stride": 2}),
        ("conv", {"filters": 2, "kernel": 2, "stride": 2}),
        ("conv_transpose", {"filters": 2, "kernel": 2, "stride": 2}),
    ],
)
def test_padding_is_the_same_where_nothing_is_padded(operator: str, attributes: dict[str, Any]) -> None:
    net = Map()
    same = net.add_layer(operator, net.x, padding="same", **attributes)
    valid = net.add_layer(operator, net.x, padding="valid", **attributes)
    assert net.layers[same].shape == net.layers[valid].shape
    assert attributes_of(net, same) == attributes_of(net, valid)


@pytest.mark.parametrize(
    ("operator", "attributes"),
    [
        ("conv", {"filters": 2, "kernel": 3, "stride": 4}),
        ("conv", {"filters": 2, "kernel": (1, 3)}),
        ("maxpool", {"size": 3, "stride": 2}),
        ("conv_transpose", {"filters": 2, "kernel": 3, "stride": 2}),
    ],
)
def test_padding_is_another_where_something_is_padded(operator: str, attributes: dict[str, Any]) -> None:
    net = Map(extent=9)
    same = net.add_layer(operator, net.x, padding="same", **attributes)
    valid = net.add_layer(operator, net.x, padding="valid", **attributes)
    assert attributes_of(net, same) != attributes_of(net, valid)


def test_the_dilation_of_one_value_is_none() -> None:
    net = Map()
    assert attributes_of(net, net.c(net.x, kernel=(1, 3), dilation=2))["dilation"] == (1, 2)


def test_broadcast_like_reads_a_shape_alone() -> None:
    net = Map()
    reduced = net.reduced(y=net.broadcast_like(net.v, net.c(net.x)))
    assert term(reduced) == "upsample(reshape(v))"
    assert [layer.shape for layer in reduced.layers] == [(4,), (1, 1, 4), (8, 8, 4)]
    assert net.term(net.broadcast_like(net.x, net.c(net.x))) == "x"


# ---- the network as a whole


def test_what_reaches_no_output_goes_and_inputs_too() -> None:
    net = Map()
    net.c(net.x)
    reduced = net.reduced(y=net.dense(net.v, units=2))
    assert [layer.name for layer in reduced.layers] == ["v", "dense_3"]
    assert reduced.constant == frozenset()


def test_names_spans_and_counts_stay() -> None:
    net = Map()
    y = net.batchnorm(net.identity(net.c(net.x, "fires.2.conv")), called="fires.2.bn")
    reduced = net.reduced(y=y)
    assert [layer.name for layer in reduced.layers] == ["x", "fires.2.conv", "fires.2.bn"]
    assert [(layer.weights, layer.macs, layer.span) for layer in reduced.layers[1:]] == [
        (layer.weights, layer.macs, layer.span) for layer in (net.layers[2], net.layers[4])
    ]


def test_layers_keep_their_order() -> None:
    net = Map()
    late = net.c(net.x, "late_used_first")
    early = net.c(net.x, "early")
    reduced = net.reduced(y=net.concat(early, late))
    assert [layer.name for layer in reduced.layers] == ["x", "late_used_first", "early", "concat_4"]


def test_an_output_may_be_an_input() -> None:
    net = Map()
    reduced = net.reduced(y=net.identity(net.x))
    assert (reduced.layers[0].name, reduced.outputs, reduced.constant) == ("x", {"y": 0}, frozenset())


def test_shared_weights_find_their_layer_again() -> None:
    net = Map()
    net.relu(net.x)
    owner = net.c(net.x, "owner")
    reduced = net.reduced(y=net.add(owner, net.c(net.identity(net.x), "sharer", shares=owner)))
    assert [(layer.name, layer.shares) for layer in reduced.layers] == [
        ("x", None),
        ("owner", None),
        ("sharer", 1),
        ("add_6", None),
    ]


def test_the_first_that_is_left_owns_the_weights() -> None:
    net = Map()
    owner = net.c(net.zero(net.x), "gone", bias=False)
    second = net.c(net.x, "second", bias=False, shares=owner)
    third = net.c(net.relu(net.x), "third", bias=False, shares=owner)
    reduced = net.reduced(y=net.add(owner, second, third))
    assert [(layer.name, layer.shares) for layer in reduced.layers if layer.weights] == [("second", None), ("third", 1)]
    assert sum(layer.params for layer in reduced.layers) == 4 * 4 * 9


@pytest.mark.parametrize("owner", ["even", "odd"])
def test_shared_weights_have_one_padding(owner: str) -> None:
    """Windows of 2 every 4 need no padding on 8 values, but do on 9: Keras has one layer for both."""
    net = Map()
    odd = net.input("odd", 9, 9, 4)
    pair = [net.x, odd] if owner == "even" else [odd, net.x]
    settings = {"kernel": 2, "stride": 4, "padding": "valid"}
    first = net.c(pair[0], "first", **settings)
    second = net.c(pair[1], "second", shares=first, **settings)
    reduced = net.reduced(y=first, z=second)
    assert [layer.attributes["padding"] for layer in reduced.layers if layer.weights] == ["valid", "valid"]
    assert net.reduced(y=first if owner == "even" else second).layers[-1].attributes["padding"] == "same"


def test_a_layer_of_the_users_own_is_left_alone() -> None:
    net = Map()
    own = Layer("own", "extern", {"class": "a.b:C"}, (net.zero(net.x),), (3,))
    net.layers.append(own)
    reduced = net.reduced(y=len(net.layers) - 1)
    assert [layer.operator for layer in reduced.layers] == ["zero", "extern"]


def test_reducing_again_changes_nothing() -> None:
    net = Map()
    relu = net.relu(net.x)
    y = net.add(net.maxpool(relu), net.add(net.maxpool(net.c(relu)), net.zero(net.maxpool(net.x))))
    once = net.reduced(y=net.broadcast_like(net.gap(y), net.x))
    net.layers = list(once.layers)
    assert net.reduced(**once.outputs) == once


def test_a_thousand_layers_take_no_time() -> None:
    net = Map()
    y = net.x
    for i in range(1000):
        y = net.add(net.add(y, net.relu(net.c(y, f"c{i}", bias=False))), net.zero(y))
    assert len(net.reduced(y=y).layers) == 3001
