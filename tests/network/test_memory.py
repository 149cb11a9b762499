"""The peak memory of a network: by hand, by known rules, and by playing random networks."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given, settings

import sqsem_dsl as sqs
from sqsem_dsl.network.architecture import Architecture
from tests.reference.agreement import case_of
from tests.reference.allocator import Program
from tests.reference.random_specs import specs


def network(body: str, shape: str = "[8, 8, 3]") -> Architecture:
    """The only network of a space with an input `x`."""
    return sqs.loads(f"space s {{ input x: {shape}  {body} }}").default()


def at(architecture: Architecture) -> str:
    """The layer of the peak."""
    position = architecture.peak.layer
    assert position is not None
    return architecture.layers[position].name


def test_a_chain_by_hand() -> None:
    """x 8·8·3 = 192, conv 8·8·4 = 256, second conv 4·4·8 = 128, gap 8, dense 2."""
    chain = network("output y = x -> conv(4, 3) -> relu -> conv(8, 3, stride = 2) -> gap -> dense(2)")
    assert chain.peak.values == 192 + 256
    assert (chain.memory, at(chain)) == (4 * 448, "conv")
    assert chain.flash == 4 * chain.params


def test_a_residual_block_by_hand() -> None:
    """The shortcut stays while the block runs: its input, what the second convolution reads, and what it makes."""
    body = "-> bypass identity { conv(4, 3) -> batchnorm -> relu -> conv(4, 3) -> batchnorm } -> relu"
    block = network(f"output y = x -> conv(4, 3) {body} -> gap -> dense(2)")
    assert (block.memory, at(block)) == (4 * 3 * 256, "conv_3")
    wide = network("output y = x -> bypass identity { conv(24, 1) -> relu6 -> depthwise(3) -> conv(3, 1) }")
    assert wide.memory == 4 * (192 + 2 * 8 * 8 * 24)


def test_a_chain_needs_the_input_and_the_output_of_its_largest_layer() -> None:
    """An inverted bottleneck without shortcuts, as in MobileNetV2: the rule of MCUNet."""
    blocks = "".join(
        f" -> conv({6 * width}, 1) -> batchnorm -> relu6 -> depthwise(3, stride = {stride}) -> batchnorm -> relu6"
        f" -> conv({width}, 1) -> batchnorm"
        for width, stride in ((8, 1), (12, 2), (12, 1), (20, 2))
    )
    chain = network(f"output y = x -> conv(8, 3, stride = 2){blocks} -> gap -> dense(4) -> softmax", "[48, 48, 3]")
    sizes = {layer.name: prod(layer.shape) for layer in chain.layers}
    reading = [layer for layer in chain.layers if layer.operator in ("conv", "depthwise", "dense")]
    most = max(sizes[chain.layers[layer.inputs[0]].name] + sizes[layer.name] for layer in reading)
    assert chain.peak.values == most == 24 * 24 * 48 * 2
    assert at(chain) == "depthwise"


@pytest.mark.parametrize(
    ("body", "values"),
    [
        ("output y = x", 192),
        ("output y = x -> flatten -> reshape([12, 16]) -> dropout(0.5) -> gap", 192 + 16),  # one tensor until `gap`
        ("output y = x -> swish", 2 * 192),  # not in place
        ("output y = x -> conv(3, 1) -> swish", 2 * 192),
        ("output y = x -> conv(3, 1) -> relu", 2 * 192),
        ("let h = x -> conv(3, 1)  output y = h -> relu  output z = h", 3 * 192 - 192),  # both outputs, after x
        ("let h = x -> conv(3, 1)  output y = add(h -> relu, h -> sigmoid)", 4 * 192 - 192),
        ("output y = x -> batchnorm -> relu", 2 * 192),  # the first reads no convolution
        ("output y = x -> concat(x, x)", 192 + 576),
        ("output y = x -> separable(2, 3)", 2 * 192),  # the depthwise one is the larger
        ("output y = x -> separable(5, 3, stride = 2)", 192 + 48),
    ],
)
def test_steps(body: str, values: int) -> None:
    assert network(body).peak.values == values


def test_outputs_stay_and_inputs_are_there_at_once() -> None:
    two = sqs.loads(
        """space s {
          input a: [100]  input b: [50]
          output y = a -> dense(10)
          output z = b -> dense(60)
        }"""
    ).default()
    assert two.peak.values == 100 + 50 + 10  # at the first step, when b waits
    assert at(two) == "dense"
    late = sqs.loads(
        "space s { input a: [100]  output y = a -> dense(90)  output z = a -> dense(20) -> dense(3) }"
    ).default()
    assert late.peak.values == 100 + 90 + 20


def test_attention_by_hand() -> None:
    """8 places, 6 channels, 2 heads: values 48, and the weights of all places before and after their softmax, 128."""
    assert network("output y = x -> attention(2)", "[8, 6]").peak.values == 48 + 128 + 128
    memory = "let m = x -> conv(4, 1)  output y = x -> attention(1, dim = 2, value = 64, memory = m)"
    # m 32, queries and keys 16, values 512, weights 64: the last step reads 8·64 and makes 48.
    assert network(memory, "[8, 6]").peak.values == 64 + 512 + 512


def test_a_backbone_counts_its_layers() -> None:
    """VGG16's first two convolutions are as large as its input allows: 32·32·64 twice."""
    vgg = network("output y = x -> backbone(vgg16) -> gap -> dense(2)", "[32, 32, 3]")
    assert vgg.memory == 4 * 2 * 32 * 32 * 64
    for name in ("mobilenet_v2", "convnext_tiny", "nasnet_mobile", "efficientnet_b0", "xception", "densenet121"):
        net = network(f"output y = x -> backbone({name}) -> gap -> dense(2)", "[96, 96, 3]")
        assert 4 * net.activations < net.memory < 4 * 6 * net.activations


def test_the_order_decides() -> None:
    """A layer runs when it is first needed. The same network in another order may need more, with the same id."""
    lets = "let a = x -> dense(500) -> dense(500) -> dense(5)  let b = x -> dense(40) -> dense(5)"
    first = network(f"{lets}  output y = add(a, b)", "[30]")
    second = network(f"{lets}  output y = add(b, a)", "[30]")
    assert first.id == second.id
    assert first.peak.values == 30 + 500 + 500  # b still needs x
    assert second.peak.values == 5 + 500 + 500


@pytest.mark.slow
@settings(max_examples=100)
@given(specs())
def test_random_networks(text: str) -> None:
    """The peak of every network is that of a machine that frees tensors, and no tensor is larger."""
    case = case_of(text)
    if case is None or case.rejected or not 0 < len(case.allowed) <= 300:
        return
    for number in range(0, case.space.numbering.count, 1 + len(case.allowed) // 25):
        a = case.space.at(number)
        assert a.memory == Program(a.layers, a.outputs).most_bytes(), number
        assert a.memory >= 4 * a.activations
