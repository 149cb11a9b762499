"""The reduced network computes the same as the network: small random networks in Keras, weights copied by name."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.networks import Net, architecture

pytestmark = pytest.mark.keras

EXTENT, CHANNELS = 4, 4
SAME_SHAPE: list[tuple[str, dict[str, Any]]] = [
    ("conv", {"filters": CHANNELS, "kernel": 3}),
    ("conv", {"filters": CHANNELS, "kernel": 1, "bias": False, "padding": "valid", "dilation": 2}),
    ("conv", {"filters": CHANNELS, "kernel": (1, 3), "dilation": (2, 2)}),
    ("depthwise", {"kernel": 3, "bias": False}),
    ("separable", {"filters": CHANNELS, "kernel": 3, "bias": False}),
    ("dense", {"units": CHANNELS, "bias": False}),
    ("conv_transpose", {"filters": CHANNELS, "kernel": 1, "padding": "valid"}),
    ("batchnorm", {}),
    ("batchnorm", {"scale": False, "momentum": Fraction(1, 2), "epsilon": Fraction(1, 10)}),
    ("rmsnorm", {}),
    ("transpose", {"order": (1, 0, 2)}),
    ("layer_scale", {"init": 2}),
    ("prelu", {}),
    ("relu", {"max": 1}),
    ("relu", {"max": 6}),
    ("leaky_relu", {"slope": 0}),
    ("leaky_relu", {"slope": 1}),
    ("layernorm", {}),
    ("maxpool", {"size": 3, "stride": 1}),
    ("maxpool", {"size": 1, "stride": 1}),
    ("avgpool", {"size": 3, "stride": 1}),
    ("shuffle", {"groups": 2}),
    ("shuffle", {"groups": 4}),
    ("dropout", {"rate": 0}),
    ("rescale", {"scale": 2, "offset": 0}),
    ("rescale", {"scale": 1, "offset": 1}),
    ("activation", {"name": "silu"}),
    ("activation", {"name": "linear"}),
    *((name, {}) for name in ("relu", "relu", "relu", "relu6", "sigmoid", "hsigmoid", "hswish", "tanh", "softmax")),
    *((name, {}) for name in ("identity", "zero", "zero", "zero")),
]
PAIRS = ["subtract", "add", "add", "multiply", "maximum", "average", "scale", "broadcast_like"]


@st.composite
def networks(draw: st.DrawFn) -> tuple[Net, int]:
    """Up to fourteen layers over two inputs, all of one shape except for detours through pools, slices and vectors."""
    net = Net()
    maps = [net.input("x", EXTENT, EXTENT, CHANNELS), net.input("z", EXTENT, EXTENT, CHANNELS)]
    for _ in range(draw(st.integers(2, 14))):
        one, two = (draw(st.sampled_from(maps[-6:])) for _ in range(2))
        match draw(st.integers(0, 11)):
            case 0 | 1 | 2 | 3:
                operator, attributes = draw(st.sampled_from(SAME_SHAPE))
                maps.append(net.add_layer(operator, one, **attributes))
            case 4 | 5 | 6:
                several = [one, two, draw(st.sampled_from(maps))][: draw(st.integers(1, 3))]
                operator = draw(st.sampled_from(PAIRS))
                several = (several * 2)[:2] if operator in ("subtract", "scale", "broadcast_like") else several
                maps.append(net.add_layer(operator, *several))
            case 7:
                pool = net.add_layer(draw(st.sampled_from(["maxpool", "avgpool"])), net.relu(one), size=2)
                maps.append(net.add_layer(draw(st.sampled_from(["upsample", "upsample"])), pool))
            case 8:
                axis, other = (draw(st.sampled_from(["channels", "height", "width"])) for _ in range(2))
                halves = [net.slice(at, **{"from": 0, "to": 2}, axis=axis) for at in (one, two)]
                whole = net.concat(net.concat(halves[0], axis=other), halves[1], axis=axis)
                more = net.concat(whole, net.zero(whole), net.concat(two, one, axis=other), axis=other)
                kept = {"from": 0, "to": EXTENT}
                for each in ("channels", "height", "width"):
                    more = net.slice(more, **kept, axis=each)
                maps += [whole, more]
            case 9:
                point = net.reshape(net.flatten(net.maxpool(one, size=EXTENT)), shape=(1, 1, CHANNELS))
                maps.append(net.upsample(net.avgpool(point, size=3, stride=2), factor=EXTENT))
            case 10:
                places = [net.reshape(at, shape=(EXTENT * EXTENT, CHANNELS)) for at in (one, two)]
                weights = net.softmax(net.dot(*places, normalize=draw(st.booleans())))
                seen = net.dot(weights, places[1], other="length")
                maps.append(net.reshape(seen, shape=(EXTENT, EXTENT, CHANNELS)))
            case _:
                pool = draw(st.sampled_from(["gap", "gmp"]))
                vector = net.add_layer(pool, one)
                if draw(st.booleans()):
                    line = net.add_layer(pool, one, axis=draw(st.sampled_from([0, 1, 2])))
                    vector = net.add_layer(pool, line, axis=draw(st.sampled_from(["all", 0, 1])))
                maps.append(net.broadcast_like(vector, two) if draw(st.booleans()) else net.scale(two, vector))
    return net, net.add_layer("add", maps[-1], maps[-2])


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_the_reduced_network_computes_the_same(made: tuple[Net, int]) -> None:
    import keras
    import numpy as np

    from sqsem_dsl.backends.keras.batches import alone
    from sqsem_dsl.backends.keras.model import build_model, measure_macs

    net, output = made
    reduced = net.reduced(y=output)
    more = sum(layer.operator in ("broadcast_like", "concat") for layer in net.layers)  # a map, zeros side by side
    assert len(reduced.layers) <= len(net.layers) + more
    if not any(layer.operator == "input" for layer in reduced.layers):
        event("constant")
        assert reduced.constant == {"y"}
        return
    whole = build_model(net.architecture(y=output), seed=1)
    small_architecture = architecture(reduced.layers, reduced.outputs)
    small = build_model(small_architecture, seed=2)
    for layer in small.layers:
        if layer.weights:
            layer.set_weights(whole.get_layer(layer.name).get_weights())
    random = np.random.default_rng(0)
    batch = {name: random.normal(0, 2, (3, EXTENT, EXTENT, CHANNELS)).astype("float32") for name in ("x", "z")}
    used = alone({tensor.name: batch[tensor.name] for tensor in small.inputs})
    for training in (False, True):
        wanted = keras.ops.convert_to_numpy(whole(batch, training=training))
        found = keras.ops.convert_to_numpy(small(used, training=training))
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-3)
    assert (small.count_params(), measure_macs(small)) == (small_architecture.params, small_architecture.macs)
    assert small.count_params() <= whole.count_params()
