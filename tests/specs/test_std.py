"""The shipped library: each block in a network, with the parameters of its source's formula."""

from __future__ import annotations

from pathlib import Path

import pytest

import sqsem_dsl
from sqsem_dsl.ast import outline
from sqsem_dsl.format.read_file import read_file

STD = sorted((Path(sqsem_dsl.__file__).parent / "std").glob("*.sqs"))


def params(tmp_path: Path, block: str, call: str, channels: int = 32) -> int:
    """All parameters of one use of a block on a 16x16 map (or, for `mlp`, on a vector), without its surroundings."""
    shape = f"[{channels}]" if block == "mlp" else f"[16, 16, {channels}]"
    text = f"""
        use {block} from std
        space s {{ input x: {shape}  output y = x -> {call} }}
    """
    path = tmp_path / "s.sqs"
    path.write_text(text, encoding="utf-8")
    return sqsem_dsl.load(path).default().params


@pytest.mark.parametrize(
    ("block", "call", "expected"),
    [
        # squeeze, then the two expansions
        ("fire", "fire(8)", (32 * 8 + 8) + (8 * 32 + 32) + (9 * 8 * 32 + 32)),
        # per slot 2c^2/r + c/r + c
        ("se", "se(8)", 2 * 32 * 32 // 8 + 32 // 8 + 32),
        # at least one unit, and rounded: 32 / 100 and 32 / 5
        ("se", "se(100)", 2 * 32 + 1 + 32),
        ("se", "se(5)", 2 * 32 * 6 + 6 + 32),
        ("excite", "excite(4, act = swish, gate = hsigmoid)", 2 * 32 * 4 + 4 + 32),
        # a kernel of 3 for 32 channels
        ("eca", "eca", 3),
        # one perceptron, and one 7x7 kernel over two maps
        ("cbam", "cbam(16)", (2 * 32 * 2 + 2 + 32) + 7 * 7 * 2),
        # two convolutions with batch normalization
        ("residual", "residual(32)", 2 * (9 * 32 * 32 + 4 * 32)),
        # and a projecting shortcut where the shape changes
        ("residual", "residual(64, stride = 2)", 9 * 32 * 64 + 9 * 64 * 64 + 32 * 64 + 3 * 4 * 64),
        ("bottleneck", "bottleneck(8)", 2 * 32 * 8 + 9 * 8 * 8 + 4 * (8 + 8 + 32)),
        ("bottleneck", "bottleneck(8, ratio = 4)", 2 * 32 * 8 + 9 * 8 * 8 + 4 * (8 + 8 + 32) + 2 * 32 * 8 + 8 + 32),
        ("separable_block", "separable_block(48)", 9 * 32 + 32 * 48 + 4 * (32 + 48)),
        ("mbconv", "mbconv(32)", 2 * 32 * 192 + 9 * 192 + 4 * (192 + 192 + 32)),
        ("mbconv", "mbconv(32, 5, expand = 1, squeeze = 4)", 25 * 32 + 32 * 32 + 4 * 64 + 2 * 32 * 4 + 4 + 32),
        # 12 c^2 + 13 c: four projections, two layers of the perceptron, and two normalizations
        ("transformer_encoder", "reshape([256, 32]) -> transformer_encoder(4)", 12 * 32 * 32 + 13 * 32),
        (
            "transformer_decoder",
            "reshape([256, 32]) -> { transformer_decoder(it, gap(x) -> reshape([1, 32]), 4, expand = 2) }",
            (8 + 4) * 32 * 32 + (4 + 4 + 3 + 6) * 32,
        ),
        # four convolutions, three with a normalization, and two transformers: 4 (c^2 + c), 2 (2 c^2) + 3 c, and 4 c
        (
            "mobilevit_block",
            "mobilevit_block(64)",
            (9 * 32 * 32 + 4 * 32)
            + 32 * 64
            + 2 * (8 * 64 * 64 + 11 * 64)
            + 2 * 64
            + (64 * 32 + 4 * 32)
            + (9 * 64 * 32 + 4 * 32),
        ),
        ("unfold_patches", "unfold_patches(4)", 0),
        ("fold_patches", "reshape([4, 64, 32]) -> fold_patches(2, 8, 8)", 0),
        ("patches", "patches(4, 48)", 16 * 32 * 48 + 48),
        ("mlp", "mlp(64, layers = 3, rate = 0.5)", (32 * 64 + 64) + 2 * (64 * 64 + 64)),
    ],
)
def test_parameters(tmp_path: Path, block: str, call: str, expected: int) -> None:
    assert params(tmp_path, block, call) == expected


@pytest.mark.parametrize(("channels", "kernel"), [(4, 1), (8, 3), (64, 3), (128, 5), (512, 5), (2048, 7)])
def test_the_kernel_of_eca_follows_the_channels(tmp_path: Path, channels: int, kernel: int) -> None:
    """The odd number at |log2(c) / 2 + 1 / 2|: its integer part, or one more if that is even."""
    assert params(tmp_path, "eca", "eca", channels) == kernel


@pytest.mark.parametrize("path", STD, ids=lambda p: p.stem)
def test_every_block_says_what_it_is_and_where_it_is_from(path: Path) -> None:
    spec = read_file(path).spec
    assert spec is not None
    blocks = [d for d in spec.definitions if isinstance(d, outline.Block)]
    assert blocks
    assert all(block.doc for block in blocks)
    assert "Source: " in path.read_text(encoding="utf-8")
