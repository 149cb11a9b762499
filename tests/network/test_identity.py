"""One id per network: equal and different pairs, and an enumeration of all renamings as a reference."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, permutations, product
from math import factorial, prod
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import sqsem_dsl
from sqsem_dsl.network.identity import RULES_VERSION, canonical_order, identity, layer_label
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.network.reduce import reduce
from sqsem_dsl.operators import TABLE, Value
from tests.networks import Net
from tests.reference.random_specs import specs
from tests.reference.spellings import Speller, Writer, program, shuffled

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
Outputs = Mapping[str, int]


def id_of(layers: Sequence[Layer], outputs: Outputs) -> str:
    found = identity(layers, outputs)
    assert found.exact
    return found.id


def id_of_spec(text: str) -> str:
    """The id of the default architecture; a text without a space is put into one with a map `x`."""
    whole = text if "space " in text else f"space s {{ input x: [8, 8, 4] {text} }}"
    architecture = sqsem_dsl.loads(whole).default()
    return id_of(architecture.layers, architecture.outputs)


def reduced_id(net: Net, **outputs: int) -> str:
    reduced = net.reduced(**outputs)
    return id_of(reduced.layers, reduced.outputs)


# ---- by hand

TIED = "tied block e(v) { out v -> conv(4, 3) } tied block f(v) { out v -> conv(4, 3) } "
TWO = "space s { input x: [8, 8, 4] input z: [8, 8, 4] "
SUMS = "let a = x -> conv(4, 1) let p = add(x, a) let q = add(p, x) let r = add(p, a) "

EQUAL = {
    "names of spaces, lets, labels and blocks": (
        "space one { input x: [8, 8, 4] let a = x -> conv(4, 3) @first output y = a -> relu }",
        "block b(v) { out v -> conv(4, 3) @second } space two { input x: [8, 8, 4] output y = x -> b -> relu }",
    ),
    "the order of what is written": (
        "let a = x -> conv(4, 3) let b = x -> conv(4, 1) output y = add(a, b) output w = concat(a, b)",
        "let b = x -> conv(4, 1) let a = x -> conv(4, 3) output w = concat(a, b) output y = add(b, a)",
    ),
    "defaults": ("output y = x -> conv(4, 3)", "output y = x -> conv(4, [3, 3], stride = 1, bias = true)"),
    "numbers": ("output y = x -> dropout(0.5) -> rescale(2)", "output y = x -> dropout(1 / 2) -> rescale(4.0 / 2)"),
    "activations by name": ("output y = x -> swish", "output y = x -> activation(silu)"),
    "a repeat written out": ("output y = x -> repeat 2 { conv(4, 3) -> relu }",
                             "output y = x -> conv(4, 3) -> relu -> conv(4, 3) -> relu"),
    "branches exchanged": (
        "output y = add(x -> conv(4, 3) -> relu -> conv(4, 1), x -> conv(4, 3) -> tanh -> conv(4, 1))",
        "output y = add(x -> conv(4, 3) -> tanh -> conv(4, 1), x -> conv(4, 3) -> relu -> conv(4, 1))",
    ),
    "one tensor, or it passed on": ("let c = x -> conv(4, 3) output y = add(c, c)",
                                    "let c = x -> conv(4, 3) output y = add(c, c -> identity -> dropout(0))"),
    "an activation computed twice": ("let c = x -> conv(4, 3) let r = c -> relu output y = add(r, r -> conv(4, 1))",
                                     "let c = x -> conv(4, 3) output y = add(c -> relu, c -> relu -> conv(4, 1))"),
    "sums nested one way or another": (
        "let a = x -> conv(4, 1) let b = x -> conv(4, 3) output y = add(add(x, a), b) output w = add(a, b)",
        "let a = x -> conv(4, 1) let b = x -> conv(4, 3) output y = add(x, add(b, a)) output w = add(a, b)",
    ),
    "sums of shared sums": (
        SUMS + "output y = concat(q, r, add(q, a))",
        SUMS + "output y = concat(q, r, add(r, x))",
    ),
    "a concatenation nested one way or another": (
        "let a = x -> conv(4, 1) let p = concat(x, a) output y = concat(p, x) output w = p -> relu",
        "let a = x -> conv(4, 1) output y = concat(x, concat(a, x)) output w = concat(x, a) -> relu",
    ),
    "nothing but zeros in a branch": ("output y = add(x -> conv(4, 3), x -> zero -> conv(4, 3, bias = false))",
                                      "output y = x -> conv(4, 3)"),
    "a padding of nothing": ("output y = x -> conv(4, 2, stride = 2, padding = valid)",
                             "output y = x -> conv(4, 2, stride = 2)"),
    "a relu before a pool or after it": ("output y = x -> relu -> maxpool(2)", "output y = x -> maxpool(2) -> relu"),
    "a relu of what is not negative": ("output y = x -> relu -> avgpool(2) -> relu",
                                       "output y = x -> relu -> avgpool(2)"),
    "which use of a tied block comes first": (
        TIED + TWO + "output y = add(x -> e -> relu, z -> e -> tanh) }",
        TIED + TWO + "output y = add(z -> e -> tanh, x -> e -> relu) }",
    ),
    "a tied block used once": (TIED + "space s { input x: [8, 8, 4] output y = x -> e }", "output y = x -> conv(4, 3)"),
    "tied blocks exchanged": (
        TIED + TWO + "output y = add(x -> e -> relu, z -> e, x -> f, z -> f -> relu) }",
        TIED + TWO + "output y = add(x -> f -> relu, z -> f, x -> e, z -> e -> relu) }",
    ),
    "a bypass that does not fit": ("output y = x -> bypass fit { conv(8, 3) }", "output y = x -> conv(8, 3)"),
}  # fmt: skip

DIFFERENT = {
    "one kernel or two": ("let c = x -> conv(4, 3) output y = add(c, c)",
                          "output y = add(x -> conv(4, 3), x -> conv(4, 3))"),
    "one draw or two": ("let d = x -> dropout(0.5) output y = add(d, d)",
                        "output y = add(x -> dropout(0.5), x -> dropout(0.5))"),
    "one draw or two, deep below": (
        "let d = x -> dropout(0.5) output y = add(d -> conv(4, 3), d -> conv(4, 3))",
        "output y = add(x -> dropout(0.5) -> conv(4, 3), x -> dropout(0.5) -> conv(4, 3))",
    ),
    "tied or not": (TIED + TWO + "output y = add(x -> e, z -> e) }", TIED + TWO + "output y = add(x -> e, z -> f) }"),
    "who is tied to whom": (
        TIED + TWO + "output y = add(x -> e -> relu, x -> f -> tanh, z -> e -> relu, z -> f -> tanh) }",
        TIED + TWO + "output y = add(x -> e -> relu, x -> f -> tanh, z -> f -> relu, z -> e -> tanh) }",
    ),
    "names of inputs": ("space s { input x: [4] output y = x -> relu }",
                        "space s { input v: [4] output y = v -> relu }"),
    "names of outputs": ("output y = x -> relu", "output w = x -> relu"),
    "which output is which": ("output y = x -> relu output w = x -> tanh",
                              "output w = x -> relu output y = x -> tanh"),
    "one output or two of it": ("output y = x -> relu", "output y = x -> relu output w = x -> relu"),
    "shapes of inputs": ("space s { input x: [4] output y = x -> relu }",
                         "space s { input x: [5] output y = x -> relu }"),
    "kernels": ("output y = x -> conv(4, 3)", "output y = x -> conv(4, [3, 1])"),
    "dilations": ("output y = x -> conv(4, 3)", "output y = x -> conv(4, 3, dilation = 2)"),
    "paddings": ("output y = x -> conv(4, 3, stride = 3) -> gap",
                 "output y = x -> conv(4, 3, stride = 3, padding = valid) -> gap"),
    "biases": ("output y = x -> conv(4, 3)", "output y = x -> conv(4, 3, bias = false)"),
    "initial values": ("output y = x -> dense(4)", "output y = x -> dense(4, init = he_normal)"),
    "rates": ("output y = x -> dropout(0.5)", "output y = x -> dropout(0.25)"),
    "kinds of dropout": ("output y = x -> dropout(0.5)", "output y = x -> spatial_dropout(0.5)"),
    "groups": ("output y = x -> groupnorm(2)", "output y = x -> groupnorm(4)"),
    "what comes first": ("output y = x -> conv(4, 3) -> relu", "output y = x -> relu -> conv(4, 3)"),
    "the order in a concatenation": ("output y = concat(x, x -> relu)", "output y = concat(x -> relu, x)"),
    "what is scaled by what": ("let g = x -> relu -> maxpool(8) output y = x -> maxpool(8) -> scale(g -> gap)",
                               "let g = x -> maxpool(8) output y = x -> relu -> maxpool(8) -> scale(g -> gap)"),
    "once or twice in a sum": ("output y = add(x, x -> tanh)", "output y = add(x, x, x -> tanh)"),
    "who is there twice": ("output y = average(x, x, x -> tanh)", "output y = average(x, x -> tanh, x -> tanh)"),
    "averages nested one way or another": ("output y = average(average(x, x -> tanh), x -> relu)",
                                           "output y = average(x, average(x -> tanh, x -> relu))"),
    "a maximum with zeros, and none": ("output y = maximum(x, x -> zero)", "output y = x"),
    "which of two equal branches continues": (
        "let a = x -> conv(4, 3) let b = x -> conv(4, 3) output y = add(a -> relu, b -> relu, a -> tanh, b -> gelu)",
        "let a = x -> conv(4, 3) let b = x -> conv(4, 3) output y = add(a -> relu, b -> relu, a -> tanh, a -> gelu)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("pair", EQUAL.values(), ids=list(EQUAL))
def test_one_network(pair: tuple[str, str]) -> None:
    assert id_of_spec(pair[0]) == id_of_spec(pair[1])


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=list(DIFFERENT))
def test_two_networks(pair: tuple[str, str]) -> None:
    assert id_of_spec(pair[0]) != id_of_spec(pair[1])


def test_an_id_says_its_version() -> None:
    version, _, digest = id_of_spec("output y = x -> relu").partition(":")
    assert version == str(RULES_VERSION)
    assert len(digest) == 32
    assert set(digest) <= set("0123456789abcdef")


# ---- labels


def test_a_label_is_all_but_the_name_and_the_neighbours() -> None:
    net = Net()
    x = net.input("x", 4, 2)
    c = net.conv(x, filters=3, kernel=1, called="c", bias=False)
    assert layer_label(net.layers[x]) == '["input","x",[4,2]]'
    assert layer_label(net.layers[c]) == (
        '["conv",{"bias":false,"dilation":[1],"filters":3,"groups":1,"init":"glorot_uniform","kernel":[1],'
        '"padding":"same","stride":[1]},[4,3],[["kernel",[1,2,3],true]]]'
    )
    d = net.conv(net.relu(x), filters=3, kernel=1, called="d", bias=False, shares=c)
    assert layer_label(net.layers[c]) == layer_label(net.layers[d])


def test_a_later_argument_with_its_default_is_not_in_a_label() -> None:
    net = Net()
    x = net.input("x", 8, 8, 4)
    for at, attributes in (
        (net.depthwise(x, kernel=3), ["bias", "kernel", "multiplier", "padding", "stride"]),
        (net.batchnorm(x), []),
        (net.zeropad(x, n=(1, 2)), ["n"]),
        (net.concat(x, x), []),
        (net.concat(x, x, axis="height"), ["axis"]),
        (net.gap(x), []),
        (net.gap(x, axis="width"), ["axis"]),
        (
            net.attention(net.gap(x, axis=0), heads=1),
            ["bias", "causal", "dim", "dropout", "groups", "heads", "value"],
        ),
        (net.zeropad(x, n=(1, 2), after=2), ["after", "n"]),
        (net.slice(x, **{"from": 0, "to": 2}), ["from", "to"]),
        (net.leaky_relu(x), []),
        (net.relu(x), []),
        (
            net.depthwise(x, kernel=3, dilation=(1, 2)),
            ["bias", "dilation", "kernel", "multiplier", "padding", "stride"],
        ),
        (net.batchnorm(x, scale=False, momentum=Fraction(9, 10)), ["momentum", "scale"]),
        (net.leaky_relu(x, slope=Fraction(1, 10)), ["slope"]),
        (net.relu(x, max=3), ["max"]),
    ):
        assert sorted(json.loads(layer_label(net.layers[at]))[1]) == attributes


def test_values_in_a_label_are_exact() -> None:
    values: list[Value] = [
        1, True, Fraction(1), "1", "true", (1,), (True,), ("1",), ((1,),), (), 0, False, None, "null",
        "a\nb", 'a"b', "ä", Fraction(1, 2), "1/2", "0.5", 10**30, 10**30 + 1, Fraction(10**30 + 1, 10**30),
        '{"numerator":1}', "[1]",
    ]  # fmt: skip
    labels = [layer_label(Layer("l", "extern", {"class": "a:B", "value": value}, (), (1,))) for value in values]
    assert len(set(labels)) == len(values)
    assert all(label.isascii() and "\n" not in label for label in labels)


def test_the_order_in_which_attributes_are_given_means_nothing() -> None:
    one, other = {"class": "a:B", "p": 1, "q": 2}, {"q": 2, "class": "a:B", "p": 1}
    assert layer_label(Layer("l", "extern", one, (), (1,))) == layer_label(Layer("m", "extern", other, (), (1,)))


def test_a_value_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match="not a static value"):
        layer_label(Layer("l", "extern", {"value": object()}, (), (1,)))  # type: ignore[dict-item]


# ---- other orders and other notations


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(specs(), st.randoms(use_true_random=False))
def test_the_order_and_the_names_of_layers_mean_nothing(text: str, random: Random) -> None:
    compilation = sqsem_dsl.Compilation.from_text(text)
    event("compiles" if not compilation.failed else "is refused")
    if compilation.failed:
        return
    space = compilation.space
    assert space.count is not None
    for number in {0, space.count // 2, space.count - 1}:
        architecture = space.at(number)
        layers, outputs = shuffled(architecture.layers, architecture.outputs, random)
        assert identity(layers, outputs) == identity(architecture.layers, architecture.outputs)
        check_match((architecture.layers, architecture.outputs), (layers, outputs))


def check_match(one: tuple[Sequence[Layer], Outputs], other: tuple[Sequence[Layer], Outputs]) -> None:
    """The layers at equal places of the canonical orders are alike, and their inputs are at equal places."""
    orders = canonical_order(*one), canonical_order(*other)
    assert len(orders[0]) == len(orders[1])
    places = [{at: place for place, at in enumerate(order)} for order in orders]
    for pair in zip(*orders, strict=True):
        layers = one[0][pair[0]], other[0][pair[1]]
        assert layer_label(layers[0]) == layer_label(layers[1])
        reads = [[found.get(i) for i in layer.inputs] for layer, found in zip(layers, places, strict=True)]
        if layers[0].operator in ("add", "multiply", "maximum", "average"):
            reads = [sorted(-1 if place is None else place for place in found) for found in reads]
        assert reads[0] == reads[1]
    for (layers, _), order, found in zip((one, other), orders, places, strict=True):
        assert all(found.get(i, -1) < found[at] for at in order for i in layers[at].inputs), "inputs come first"


@pytest.mark.parametrize("seed", range(150))
def test_every_spelling_has_one_id(seed: int) -> None:
    random = Random(seed)
    steps = program(random, random.randrange(2, 14))
    plain, spelled = Writer(steps), Speller(steps, random)
    outputs = [{"y": w.tensors[-1], "w": w.tensors[-2], "v": w.tensors[-3]} for w in (plain, spelled)]
    one = reduce(plain.net.layers, outputs[0])
    other = reduce(*shuffled(spelled.net.layers, outputs[1], random))
    assert id_of(one.layers, one.outputs) == id_of(other.layers, other.outputs)
    assert one.constant == other.constant


# ---- compared with an enumeration of all renamings


def least(layers: Sequence[Layer], outputs: Outputs) -> str | None:
    """The network as one expression per output, with names for the layers that have weights or random values: the least
    over all ways to name them. None if there are too many."""
    kinds: dict[str, list[int]] = defaultdict(list)
    for at, layer in enumerate(layers):
        if layer.weights or (layer.operator in TABLE and TABLE[layer.operator].random):
            kinds[f"{layer.operator}{sorted(layer.attributes.items())}{layer.shape}"].append(at)
    if prod(factorial(len(group)) for group in kinds.values()) > 720:
        return None
    found = []
    groups = list(kinds.values())
    for naming in product(*(permutations(range(len(group))) for group in groups)):
        names = {
            at: name for group, new in zip(groups, naming, strict=True) for at, name in zip(group, new, strict=True)
        }
        found.append(expressions(layers, outputs, names))
    return min(found)


def expressions(layers: Sequence[Layer], outputs: Outputs, names: Mapping[int, int]) -> str:
    """A layer with a name is written with it and with that of the first layer that uses the same weights."""
    owners = [at if layer.shares is None else layer.shares for at, layer in enumerate(layers)]
    written: list[str] = []
    terms: list[list[str]] = []
    for at, layer in enumerate(layers):
        inner: list[str] = []
        for i in layer.inputs:
            nested = layer.operator == layers[i].operator and layer.operator in ("add", "multiply", "maximum", "concat")
            inner += terms[i] if nested else [written[i]]
        if layer.operator in ("add", "multiply", "maximum", "average"):
            inner.sort()
        name = layer.name if layer.operator == "input" else ""
        if at in names:
            name = f"{names[at]} of {min(names.get(other, 0) for other, o in enumerate(owners) if o == owners[at])}"
        terms.append(inner)
        written.append(f"{layer.operator}{sorted(layer.attributes.items())}{layer.shape}{name}({', '.join(inner)})")
    return "; ".join(f"{name} = {written[at]}" for name, at in sorted(outputs.items()))


def check_partition(networks: Iterable[tuple[Sequence[Layer], Outputs]]) -> tuple[int, int]:
    """Equal ids are equal least expressions; returns the number of networks checked and of different ones."""
    by_id: dict[str, set[str]] = defaultdict(set)
    by_text: dict[str, set[str]] = defaultdict(set)
    judged = 0
    for layers, outputs in networks:
        text = least(layers, outputs)
        if text is not None:
            found = id_of(layers, outputs)
            by_id[found].add(text)
            by_text[text].add(found)
            judged += 1
    assert all(len(texts) == 1 for texts in by_id.values()), "one id, two networks"
    assert all(len(ids) == 1 for ids in by_text.values()), "one network, two ids"
    return judged, len(by_id)


@pytest.mark.parametrize("steps", [3, 5, 7, 9])
def test_small_networks_of_few_operators(steps: int) -> None:
    """Many of them are equal, and many have symmetries."""

    def networks() -> Iterable[tuple[Sequence[Layer], Outputs]]:
        for seed in range(250):
            random = Random(1000 * steps + seed)
            writer = Writer(program(random, steps, few=True))
            reduced = reduce(*shuffled(writer.net.layers, {"y": writer.tensors[-1]}, random))
            yield reduced.layers, reduced.outputs

    judged, different = check_partition(networks())
    assert judged > 100
    assert 10 < different < judged


def test_every_cell_of_a_small_benchmark() -> None:
    """Six edges with three operations each, as in NAS-Bench-201: 729 assignments."""
    space = sqsem_dsl.loads("""
        block edge(x) { out x -> choose op { dense: tanh -> dense(4, bias = false)  skip: identity  none: zero } }
        space cells {
          input x: [4]
          let n1 = x -> edge @e01
          let n2 = add(x -> edge @e02, n1 -> edge @e12)
          output y = add(x -> edge @e03, n1 -> edge @e13, n2 -> edge @e23)
        }""")
    assert space.count == 729
    architectures = [space.at(number) for number in range(729)]
    assert check_partition((a.layers, a.outputs) for a in architectures) == (729, 99)


# ---- symmetry


def test_thirty_equal_branches_need_no_search() -> None:
    net = Net()
    x = net.input("x", 4, 4, 4)
    half = Fraction(1, 2)
    branches = [net.dropout(net.conv(x, filters=4, kernel=3), rate=half) for _ in range(30)]
    y = net.add(*(net.conv(branch, filters=4, kernel=1) for branch in branches))
    assert identity(net.layers, {"y": y}, limit=0).exact
    layers, outputs = shuffled(net.layers, {"y": y}, Random(1))
    assert identity(layers, outputs, limit=0).id == id_of(net.layers, {"y": y})


def test_branches_of_branches_need_no_search() -> None:
    net = Net()

    def grown(at: int, depth: int) -> int:
        at = net.conv(at, filters=4, kernel=3)
        return at if depth == 0 else int(net.tanh(net.add(*(grown(at, depth - 1) for _ in range(3)))))

    y = grown(net.input("x", 4, 4, 4), 4)
    assert identity(net.layers, {"y": y}, limit=0).exact
    assert identity(*shuffled(net.layers, {"y": y}, Random(1)), limit=0) == identity(net.layers, {"y": y})


def meshed(points: int, pairs: Iterable[tuple[int, int]]) -> tuple[list[Layer], dict[str, int]]:
    """Equal convolutions over one tensor, and the sum of the activated sums of some pairs of them."""
    net = Net()
    x = net.input("x", 4, 4, 4)
    made = [net.conv(x, filters=4, kernel=3) for _ in range(points)]
    sums = [net.tanh(net.add(made[i], made[j])) for i, j in pairs]
    reduced = net.reduced(y=net.add(*sums))
    return list(reduced.layers), reduced.outputs


HEXAGON = [(i, (i + 1) % 6) for i in range(6)]
TRIANGLES = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)]
SQUARES = [(i, j) for i, j in combinations(range(16), 2) if i // 4 == j // 4 or i % 4 == j % 4]
SHRIKHANDE = [
    (i, j)
    for i, j in combinations(range(16), 2)
    if ((i // 4 - j // 4) % 4, (i % 4 - j % 4) % 4) in {(0, 1), (0, 3), (1, 0), (3, 0), (1, 1), (3, 3)}
]
"""S. S. Shrikhande's graph, which has the parameters (16, 6, 2, 2) of the rook's graph, but is different."""
DUERER = [*HEXAGON, *((i, i + 6) for i in range(6)), *((i + 6, (i + 2) % 6 + 6) for i in range(6))]
"""A. Dürer's graph: the points of a hexagon, each joined to one of two triangles."""
FRUCHT = sorted({
    (min(i, j), max(i, j))
    for i, step in enumerate([-5, -2, -4, 2, 5, -2, 2, 5, -2, -5, 4, 2])
    for j in ((i + 1) % 12, (i + step) % 12)
})  # fmt: skip
"""R. Frucht's graph: each of its points has three neighbours, and no two points are exchangeable."""
MESHES = {
    "hexagon": (6, HEXAGON),
    "triangles": (6, TRIANGLES),
    "hexagon and triangles": (12, [*TRIANGLES, *((i + 6, j + 6) for i, j in HEXAGON)]),
    "Duerer": (12, DUERER),
    "Frucht": (12, FRUCHT),
    "rook": (16, SQUARES),
    "Shrikhande": (16, SHRIKHANDE),
}


def test_what_looks_alike_from_everywhere_is_distinguished() -> None:
    assert len({id_of(*meshed(*mesh)) for mesh in MESHES.values()}) == len(MESHES)


@pytest.mark.parametrize("name", MESHES)
def test_what_looks_alike_from_everywhere_has_one_id(name: str) -> None:
    layers, outputs = meshed(*MESHES[name])
    for seed in range(10):
        assert id_of(*shuffled(layers, outputs, Random(seed))) == id_of(layers, outputs)


def test_past_the_limit_an_id_is_sound_and_repeatable() -> None:
    found = {name: identity(*meshed(*mesh), limit=0) for name, mesh in MESHES.items()}
    assert not any(one.exact for one in found.values())
    assert len({one.id for one in found.values()}) == len(found)
    for name, one in found.items():
        assert identity(*meshed(*MESHES[name]), limit=0) == one


def test_tied_branches_that_cross() -> None:
    """Four convolutions over one tensor; two sets of weights, each of two of them: which outputs are combined?"""

    def crossed(owners: Sequence[int | None]) -> str:
        net = Net()
        x = net.input("x", 4, 4, 4)
        dropped = [net.dropout(x, rate=Fraction(1, 2)) for _ in range(4)]
        made: list[int] = []
        for at, owner in zip(dropped, owners, strict=True):
            made.append(net.conv(at, filters=4, kernel=3, shares=None if owner is None else made[owner]))
        y = net.add(net.tanh(net.add(made[0], made[1])), net.tanh(net.add(made[2], made[3])))
        return reduced_id(net, y=y)

    apart, together = crossed([None, None, 0, 1]), crossed([None, 0, None, 2])
    assert crossed([None, None, 1, 0]) == apart
    assert len({apart, together, crossed([None] * 4), crossed([None, 0, 0, 0]), crossed([None, 0, None, None])}) == 5


def test_a_thousand_nested_sums_take_no_time() -> None:
    net = Net()
    y = net.input("x", 4, 4, 4)
    for _ in range(1000):
        y = net.add(y, net.relu(net.conv(y, filters=4, kernel=1)))
    for _ in range(100):
        y = net.add(y, y)
    reduced = net.reduced(y=y, z=net.relu(y))
    assert id_of(reduced.layers, reduced.outputs)


# ---- the same on every machine

GOLDEN = {
    "squeezenet_1_1": "1:3b4f81e8f5caf2fbe1ab577b8df2fe1b",
    "nas_bench_201": "1:5af55a6d11415486f0d491d178b9d126",
    "two_views": "1:d67d0c6b383ee0c7477b102ed79ae5ab",
}
"""Of the default architectures, by the rules of version 1: if one changes, increase `RULES_VERSION`."""

CODE = f"""
import sqsem_dsl
from sqsem_dsl.network.identity import identity
for name in {list(GOLDEN)!r}:
    architecture = sqsem_dsl.load(f"specs/{{name}}.sqs").default()
    print(name, identity(architecture.layers, architecture.outputs).id)
"""


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_ids_are_the_same_in_every_process(seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    result = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120, check=True
    )
    assert dict(line.split() for line in result.stdout.splitlines()) == GOLDEN
