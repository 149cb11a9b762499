"""Padded sequences: which operators take them, and where their results have padding."""

from __future__ import annotations

from typing import Any

import pytest

from sqsem_dsl.operators import TABLE, Misfit, PaddedShape, Shape, WholeShape, apply
from sqsem_dsl.operators.activation import KERAS_NAMES

SOUND = PaddedShape((9, 4), "sound")
MIXES = {
    "backbone",
    "batchnorm",
    "groupnorm",
    "conv_transpose",
    "class_token",
    "flatten",
    "reshape",
    "upsample",
    "resize",
    "zeropad",
    "crop",
    "transpose",
    "dot",
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "conv": {"filters": 6, "kernel": 3},
    "depthwise": {"kernel": 3},
    "separable": {"filters": 6, "kernel": 3},
    "conv_transpose": {"filters": 6, "kernel": 3},
    "dense": {"units": 3},
    "activation": {"name": "softplus"},
    "groupnorm": {"groups": 2},
    "backbone": {"network": "vgg16"},
    "lstm": {"units": 3},
    "attention": {"heads": 2},
    "gru": {"units": 3, "sequences": True},
    "rnn": {"units": 3, "bidirectional": True},
    "dropout": {"rate": 0},
    "spatial_dropout": {"rate": 0},
    "drop_path": {"rate": 0},
    "noise": {"stddev": 0},
    "rescale": {"scale": 2},
    "reshape": {"shape": (36,)},
    "resize": {"size": 3},
    "transpose": {"order": (1, 0)},
    "slice": {"from": 0, "to": 2},
    "shuffle": {"groups": 2},
}
RESULTS: dict[str, Shape] = {
    "conv": PaddedShape((9, 6), "sound"),
    "separable": PaddedShape((9, 6), "sound"),
    "dense": PaddedShape((9, 3), "sound"),
    "maxpool": PaddedShape((5, 4), "sound", 2),
    "avgpool": PaddedShape((5, 4), "sound", 2),
    "concat": PaddedShape((9, 8), "sound"),
    "slice": PaddedShape((9, 2), "sound"),
    "lstm": (3,),
    "gru": PaddedShape((9, 3), "sound"),
    "rnn": (6,),
    "gap": (4,),
    "gmp": (4,),
}


@pytest.mark.parametrize("name", sorted({*TABLE} - {"embedding"}))
def test_each_operator_takes_them_or_says_why_not(name: str) -> None:
    row = TABLE[name]
    inputs = (SOUND,) * (1 if row.tensors[1] == 1 else 2)
    if name not in MIXES:
        assert apply(row, inputs, ARGUMENTS.get(name, {})) == RESULTS.get(name, SOUND)
        return
    with pytest.raises(Misfit, match=rf"`{name}` cannot take padded sequences, \[9, 4\] padded") as caught:
        apply(row, inputs, ARGUMENTS.get(name, {}))
    assert caught.value.help


def test_the_names_of_activations_are_in_the_table() -> None:
    assert set(KERAS_NAMES) <= set(TABLE)


def test_strides_multiply() -> None:
    once = apply(TABLE["conv"], (SOUND,), {"filters": 4, "kernel": 3, "stride": 3})
    assert once == PaddedShape((3, 4), "sound", 3)
    assert apply(TABLE["maxpool"], (once,), {}) == PaddedShape((2, 4), "sound", 6)


def test_an_embedding_of_padded_tokens_is_padded() -> None:
    assert apply(TABLE["embedding"], (WholeShape((7,), 9, "word"),), {"width": 2}) == PaddedShape((7, 2), "word")
    assert apply(TABLE["embedding"], (WholeShape((7,), 9),), {"width": 2}) == (7, 2)


def test_a_gate_and_a_vector_that_is_spread_need_no_padding() -> None:
    assert apply(TABLE["scale"], (SOUND, (4,)), {}) == SOUND
    assert apply(TABLE["scale"], (SOUND, (1, 4)), {}) == SOUND
    assert apply(TABLE["broadcast_like"], ((5,), SOUND), {}) == PaddedShape((9, 5), "sound")


def test_a_result_of_attention_has_the_padding_of_its_first_tensor() -> None:
    word = PaddedShape((7, 5), "word")
    assert apply(TABLE["attention"], (SOUND, word), {"heads": 2}) == SOUND
    assert apply(TABLE["attention"], (SOUND, (7, 5)), {"heads": 2}) == SOUND
    assert apply(TABLE["attention"], ((9, 4), word), {"heads": 2}) == (9, 4)


@pytest.mark.parametrize("other", [(9, 4), PaddedShape((9, 4), "word"), PaddedShape((9, 4), "sound", 2)], ids=repr)
@pytest.mark.parametrize("name", ["add", "multiply", "concat", "scale", "maximum", "average", "broadcast_like"])
def test_tensors_with_padding_in_other_places_cannot_be_combined(name: str, other: Shape) -> None:
    with pytest.raises(Misfit) as caught:
        apply(TABLE[name], (SOUND, other), {})
    assert caught.value.help


def test_a_causal_convolution_takes_them() -> None:
    found = apply(TABLE["conv"], (SOUND,), {"filters": 4, "kernel": 3, "padding": "causal", "stride": 2})
    assert found == PaddedShape((5, 4), "sound", 2)


def test_places_cannot_be_sliced() -> None:
    assert apply(TABLE["slice"], (SOUND,), {"from": 0, "to": 2, "axis": 1}) == PaddedShape((9, 2), "sound")
    with pytest.raises(Misfit, match="`slice` cannot take padded sequences"):
        apply(TABLE["slice"], (SOUND,), {"from": 0, "to": 2, "axis": 0})


def test_tensors_are_not_joined_along_the_length() -> None:
    assert apply(TABLE["concat"], (SOUND, SOUND), {"axis": "channels"}) == PaddedShape((9, 8), "sound")
    with pytest.raises(Misfit, match="`concat` cannot take padded sequences"):
        apply(TABLE["concat"], (SOUND, SOUND), {"axis": "length"})


def test_a_global_pool_reads_all_places_or_is_rejected() -> None:
    assert apply(TABLE["gap"], (SOUND,), {"axis": "length"}) == (4,)
    with pytest.raises(Misfit, match="`gap` cannot take padded sequences"):
        apply(TABLE["gap"], (SOUND,), {"axis": "channels"})


def test_valid_padding_is_rejected() -> None:
    with pytest.raises(Misfit, match="`padding` of `conv` is `valid`, which is not defined") as caught:
        apply(TABLE["conv"], (SOUND,), {"filters": 4, "kernel": 3, "padding": "valid"})
    assert caught.value.attribute == "padding"
