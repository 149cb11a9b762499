"""Layers that a `slice` removes, and layers that only seem to be removed."""

from __future__ import annotations

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.network.unread import BY_CHANNEL, unread
from sqsem_dsl.operators import TABLE


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ("concat(a, b) -> slice(0, 3)", ["b"]),
        ("concat(a, b) -> slice(3, 7)", ["a"]),
        ("concat(a, b) -> slice(2, 4)", []),
        ("concat(a -> relu, b -> batchnorm -> tanh) -> slice(0, 3)", ["b", "batchnorm", "tanh"]),
        ("concat(a, b) -> relu -> slice(0, 3) -> slice(1, 2)", ["b"]),
        ("concat(a, b) -> softmax -> slice(0, 3)", []),
        ("concat(a, b) -> dense(7) -> slice(0, 3)", []),
        ("add(concat(a, b) -> slice(0, 3), concat(b, a) -> slice(0, 3))", []),
        ("concat(concat(a, b), x) -> slice(1, 3)", ["b"]),
        ("concat(concat(a, b), concat(b, a)) -> reshape([2, 7]) -> slice(0, 1)", []),
    ],
)
def test_no_output_reads_them(stages: str, expected: list[str]) -> None:
    space = sqs.loads(f"""space s {{
      input x: [4]
      let a = x -> dense(3) @a
      let b = x -> dense(4) @b
      output y = {stages}
    }}""")
    assert [layer.name for layer in unread(space.default())] == expected


def test_operators_that_keep_channels_apart_are_in_the_table_and_have_no_kernel() -> None:
    assert TABLE.keys() >= BY_CHANNEL
    assert not any(TABLE[name].weighted for name in BY_CHANNEL)
