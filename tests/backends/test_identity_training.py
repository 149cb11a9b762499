"""Networks with one id train alike: with the weights of corresponding layers, outputs and gradients are equal.

The same holds for a network as written and as reduced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

import pytest

import sqsem_dsl
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.identity import canonical_order, identity
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.network.reduce import reduce
from tests.networks import architecture
from tests.reference.spellings import Speller, Writer, program, shuffled

pytestmark = pytest.mark.keras


@pytest.fixture(autouse=True)
def _forget_models() -> Any:
    yield
    import keras

    keras.utils.clear_session()


def correspondence(one: Architecture, other: Architecture) -> dict[str, str]:
    """Maps Keras's weight names of one network to those of another with the same id."""
    orders = (canonical_order(network.layers, network.outputs) for network in (one, other))
    return paired(one, other, zip(*orders, strict=True))


def paired(one: Architecture, other: Architecture, pairs: Iterable[tuple[int, int]]) -> dict[str, str]:
    """Owners of the weights of corresponding layers, by name; equal sets of ties correspond to each other."""
    named: set[tuple[str, str]] = set()
    for positions in pairs:
        left, right = (network.layers[at] for network, at in zip((one, other), positions, strict=True))
        assert left.weights == right.weights
        if left.weights:
            named.add((owner(one, left).name, owner(other, right).name))
    assert len(named) == len({left for left, _ in named}) == len({right for _, right in named})
    return dict(named)


def owner(network: Architecture, layer: Layer) -> Layer:
    return layer if layer.shares is None else network.layers[layer.shares]


def trained(model: Any, batch: Mapping[str, Any], factors: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The outputs in training by name, and the gradients of the sum of squares of outputs times factors, by the path of
    the variable; an unused variable has a gradient of 0. Moving averages change as in training."""
    import keras
    from keras import ops

    from sqsem_dsl.backends.keras.batches import alone, input_names

    used = alone({name: batch[name] for name in input_names(model)})

    def loss_of(outputs: Any) -> Any:
        named = outputs if isinstance(outputs, dict) else {next(iter(factors)): outputs}
        return sum(ops.sum((named[name] * factors[name]) ** 2) for name in factors), named

    variables = model.trainable_variables
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            with tf.GradientTape() as tape:
                loss, outputs = loss_of(model(used, training=True))
            found = tape.gradient(loss, [v.value for v in variables], unconnected_gradients="zero")
        case "jax":
            import jax

            def compute(values: Any) -> Any:
                others = [v.value for v in model.non_trainable_variables]
                outputs, others = model.stateless_call(values, others, used, training=True)
                loss, named = loss_of(outputs)
                return loss, (named, others)

            found, (outputs, others) = jax.grad(compute, has_aux=True)([v.value for v in variables])
            for variable, value in zip(model.non_trainable_variables, others, strict=True):
                variable.assign(value)
        case backend:
            pytest.skip(f"no gradients are taken here with {backend}")
    gradients = {v.path: ops.convert_to_numpy(g) for v, g in zip(variables, found, strict=True)}
    return {name: ops.convert_to_numpy(tensor) for name, tensor in outputs.items()}, gradients


def check_alike(one: Architecture, other: Architecture, named: Mapping[str, str]) -> int:
    """Both train alike, with the weights of the one in the corresponding layers of the other.

    Weights without a counterpart have gradients of 0. Returns the number of weights with others.
    """
    import numpy as np

    from sqsem_dsl.backends.keras.model import build_model

    models = build_model(one), build_model(other)
    for left, right in named.items():
        models[1].get_layer(right).set_weights(models[0].get_layer(left).get_weights())
    random = np.random.default_rng(0)
    batch = {
        name: random.normal(0, 1, (3, *shape)).astype("float32") for name, shape in (one.inputs | other.inputs).items()
    }
    shapes = {name: one.layers[at].shape for name, at in one.outputs.items()}
    factors = {name: random.normal(0, 1, (1, *shape)).astype("float32") for name, shape in shapes.items()}
    (outputs, gradients), (others, other_gradients) = (trained(model, batch, factors) for model in models)
    for name in shapes:
        np.testing.assert_allclose(others[name], outputs[name], rtol=1e-4, atol=1e-4)
    counted = 0
    for layer in models[0].layers:
        for place, variable in enumerate(layer.trainable_variables):
            gradient = gradients[variable.path]
            if layer.name in named:
                twin = models[1].get_layer(named[layer.name]).trainable_variables[place]
                scale = max(1.0, float(np.abs(gradient).max()))
                np.testing.assert_allclose(other_gradients[twin.path] / scale, gradient / scale, rtol=1e-3, atol=1e-4)
                counted += int(np.abs(gradient).max() > 0)
            else:
                assert not gradient.any(), variable.path
    return counted


SPACES = {
    "a bypass, and what it stands for": """
        block body(v) { out v -> conv(4, 3) -> batchnorm }
        space s {
          input x: [6, 6, 4]
          let a = x -> choose one { short: bypass fit { body }  long: body -> add(x)  zeros: body -> add(x -> zero, x) }
          let b = a -> choose two { short: bypass fit { body }  long: body -> add(a)  none: body }
          output y = b -> gap -> dense(3) -> softmax
        }""",
    "edges of a cell": """
        block conv_edge(x) { out x -> relu -> conv(4, 3, bias = false) -> batchnorm }
        block edge(x) { out x -> choose op { conv: conv_edge  skip: identity  none: zero } }
        space s {
          input x: [6, 6, 4]
          let n1 = x -> edge @e01
          let n2 = add(x -> edge @e02, n1 -> edge @e12)
          output y = add(x -> edge @e03, n1 -> edge @e13, n2 -> edge @e23) -> gap -> dense(3)
        }""",
    "slots and pools": """
        space s {
          input x: [6, 6, 4]
          output y = x -> conv(4, 3) -> slot a { relu } -> slot b { relu }
            -> choose p { max: maxpool(2)  relu: relu -> maxpool(2) } -> slot c { relu }
            -> choose q { one: avgpool(1)  none: identity } -> dense(2)
        }""",
    "sides of a pair": """
        tied block side(v) { out v -> conv(4, 3) -> slot act { tanh } -> conv(4, 1) }
        space s {
          input x: [6, 6, 4]
          input z: [6, 6, 4]
          let one = x -> side
          let two = z -> side
          output y = choose how { add: add(one, two)  turned: add(two, one)  zeros: add(one, two, one -> zero) }
            -> gap -> dense(2)
          output w = choose more { concat: concat(one, two, x)  nested: concat(one, concat(two, x)) } -> dense(2)
        }""",
    "which operation on which branch": """
        block branch(v) { out v -> choose op { narrow: conv(4, 1) -> tanh  wide: conv(4, 3) -> sigmoid } -> batchnorm }
        space s {
          input x: [6, 6, 4]
          output y = multiply(x -> branch @a, x -> branch @b, x -> branch @c) -> flatten -> dense(2)
        }""",
}


@pytest.mark.parametrize("text", SPACES.values(), ids=list(SPACES))
def test_assignments_with_one_id_train_alike(text: str) -> None:
    space = sqsem_dsl.loads(text)
    assert space.count is not None
    groups: dict[str, list[Architecture]] = defaultdict(list)
    for number in range(space.count):
        found = space.at(number)
        groups[identity(found.layers, found.outputs).id].append(found)
    assert 1 < len(groups) < space.count
    pairs = [(g[0], o) for g in groups.values() for o in g[1:] if o.layers != g[0].layers and g[0].weighted_layers > 1]
    for one, other in Random(0).sample(pairs, 3):
        assert check_alike(one, other, correspondence(one, other)) > 1


@pytest.mark.parametrize("seed", range(8))
def test_spellings_of_one_network_train_alike(seed: int) -> None:
    random = Random(seed)
    steps = program(random, 9, noisy=False)
    plain, spelled = Writer(steps), Speller(steps, random)
    outputs = [{"y": w.tensors[-1], "w": w.tensors[-3]} for w in (plain, spelled)]
    one = reduced(plain.net.layers, outputs[0])
    other = reduced(*shuffled(spelled.net.layers, outputs[1], random))
    assert identity(one.layers, one.outputs) == identity(other.layers, other.outputs)
    check_alike(one, other, correspondence(one, other))
    whole = plain.net.architecture(**outputs[0])
    places = {layer.name: at for at, layer in enumerate(whole.layers)}
    kept = [(places[layer.name], at) for at, layer in enumerate(one.layers) if layer.weights]
    check_alike(whole, one, paired(whole, one, kept))


def reduced(layers: Sequence[Layer], outputs: dict[str, int]) -> Architecture:
    found = reduce(layers, outputs)
    return architecture(found.layers, found.outputs)
