"""Sequences of different lengths: lists, padded arrays with lengths, and arrays with marks of padding are one form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.data.dataset import Array, Held, statistics
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.objects import load_object
from sqsem_dsl.operators.row import PaddedShape, Shape, WholeShape
from sqsem_dsl.settings.metrics import OutputFact

SOUND = PaddedShape((6, 2), "sound")
WORD = WholeShape((6,), 50, "word")
LABEL = {"label": OutputFact((2,), "softmax")}
Y = np.arange(8) % 2
LENGTHS = np.array([6, 1, 3, 5, 2, 6, 4, 3])
generator = np.random.default_rng(0)
SOUNDS = [generator.normal(size=(length, 2)) for length in LENGTHS]
WORDS = [generator.integers(0, 50, length) for length in LENGTHS]


def padded(each: list[Array], places: int, fill: float) -> Array:
    array = np.full((len(each), places, *each[0].shape[1:]), fill, each[0].dtype)
    for row, one in zip(array, each, strict=True):
        row[: len(one)] = one
    return array


def loaded(name: str, shape: Shape, data: dict[str, Any]) -> Held:
    return load_object({**data, "label": Y}, {name: shape}, LABEL).part.inputs[name]


def titles(name: str, shape: Shape, data: dict[str, Any]) -> list[str]:
    with pytest.raises(DataError) as caught:
        loaded(name, shape, data)
    return [diagnostic.title for diagnostic in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("name", "shape", "each", "mark"), [("sound", SOUND, SOUNDS, np.nan), ("word", WORD, WORDS, -1)]
)
@pytest.mark.parametrize("places", [6, 9])
def test_all_forms_are_one(name: str, shape: Shape, each: list[Array], mark: float, places: int) -> None:
    expected = padded(each, 6, mark)
    forms = [
        {name: each},
        {name: np.array(each, object)},
        {name: [one.tolist() for one in each]},
        {name: expected},
        {name: padded(each, places, 7), f"{name}_length": LENGTHS},
        {name: padded(each, places, 7), f"{name}_length": LENGTHS[:, None].tolist()},
    ]
    for form in forms:
        found = loaded(name, shape, form)
        np.testing.assert_array_equal(found[:], expected.astype(found[:].dtype))
        assert found[:].dtype == (np.int32 if name == "word" else np.float32)


def test_sequences_that_are_all_shorter_are_padded() -> None:
    short = [one[:2] for one in SOUNDS]
    assert loaded("sound", SOUND, {"sound": short}).shape == (8, 6, 2)
    assert loaded("sound", SOUND, {"sound": np.ones((8, 4, 2))}).shape == (8, 6, 2)
    single = PaddedShape((6, 1), "sound")
    assert loaded("sound", single, {"sound": [one[:, 0] for one in SOUNDS]}).shape == (8, 6, 1)


def test_files_have_arrays_of_lengths(tmp_path: Path) -> None:
    path = str(tmp_path / "s.npz")
    arrays = {"sound": padded(SOUNDS, 8, 3.0), "sound_length": LENGTHS, "word": padded(WORDS, 6, 99)}
    np.savez(path, **arrays, word_length=LENGTHS, label=Y)
    shapes = {"sound": SOUND, "word": WORD}
    for source in (path, [f"sound={path}", f"word={path}"]):
        data = load_data(source, shapes, LABEL, 0)
        whole = np.concatenate([part.inputs["sound"][:] for part in data.sets.values()])
        assert sorted(np.isnan(whole[..., 0]).sum(axis=1)) == sorted(6 - LENGTHS)
        words = np.concatenate([part.inputs["word"][:] for part in data.sets.values()])
        assert sorted((words == -1).sum(axis=1)) == sorted(6 - LENGTHS)


def test_statistics_leave_out_the_padding() -> None:
    found = loaded("sound", SOUND, {"sound": SOUNDS})
    mean, stddev = statistics(found)
    every = np.concatenate(SOUNDS)
    np.testing.assert_allclose(mean, every.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(stddev, every.std(axis=0), rtol=1e-5)


def test_batches_of_samples_of_different_lengths() -> None:
    samples = [(sound, y) for sound, y in zip(SOUNDS, Y, strict=True)]
    found = load_object(samples, {"sound": SOUND}, LABEL, ordered=True).part
    np.testing.assert_array_equal(found.inputs["sound"][:], padded(SOUNDS, 6, np.nan).astype(np.float32))


def test_what_is_wrong_is_named_with_its_sample() -> None:
    long = [*SOUNDS[:3], np.ones((9, 2)), *SOUNDS[4:]]
    assert titles("sound", SOUND, {"sound": long}) == [
        "`sound` of `data` has 9 places in sample 3, but the input takes at most 6"
    ]
    lengths = LENGTHS.copy()
    lengths[2] = 8
    more = {"sound": padded(SOUNDS, 9, 0.0), "sound_length": lengths}
    assert titles("sound", SOUND, more) == ["`sound` of `data` has 8 places in sample 2, but the input takes at most 6"]
    lengths[2] = 10
    assert titles("sound", SOUND, more) == ["`sound_length` of `data` is 10 in sample 2, but the array has 9 places"]
    lengths[2] = 0
    assert titles("sound", SOUND, more) == ["`sound` of `data` is empty in sample 2"]
    more["sound_length"] = lengths[:4]
    assert titles("sound", SOUND, more) == [
        "`sound_length` of `data` is not an array of 8 whole numbers, one for each sample"
    ]
    empty = [*SOUNDS[:3], np.ones((0, 2)), *SOUNDS[4:]]
    assert titles("sound", SOUND, {"sound": empty}) == ["`sound` of `data` is empty in sample 3"]
    array = padded(SOUNDS, 6, np.nan)
    array[5] = np.nan
    assert titles("sound", SOUND, {"sound": array}) == ["`sound` of `data` is empty in sample 5"]


@pytest.mark.parametrize("form", ["list", "lengths", "marks"])
def test_values_within_a_sequence_are_checked_and_those_after_it_are_not(form: str) -> None:
    def given(each: list[Array], name: str, mark: float) -> dict[str, Any]:
        if form == "list":
            return {name: each}
        array = padded(each, 6, mark if form == "marks" else 1000)
        return {name: array} if form == "marks" else {name: array, f"{name}_length": LENGTHS}

    sounds, words = [one.copy() for one in SOUNDS], [one.copy() for one in WORDS]
    sounds[3][1, 0] = np.nan
    words[2][1] = -1
    said = "`sound` has 1 value that is not a finite number, the first in sample 3"
    assert titles("sound", SOUND, given(sounds, "sound", np.nan)) == [said]
    [said] = titles("word", WORD, given(words, "word", -1))
    assert said == "`word` of `data` has the value -1 in sample 2, but whole numbers from 0 to 49 are expected"


rows = st.lists(st.lists(st.integers(0, 49), min_size=1, max_size=6), min_size=8, max_size=8)


@given(rows, st.integers(6, 9), st.integers(-5, 99))
def test_the_content_of_the_padding_does_not_count(each: list[list[int]], places: int, fill: int) -> None:
    arrays = [np.array(one) for one in each]
    first = loaded("word", WORD, {"word": arrays})
    array = padded(arrays, places, fill)
    second = loaded("word", WORD, {"word": array, "word_length": np.array([len(one) for one in each])})
    np.testing.assert_array_equal(first[:], second[:])
    for row, one in zip(first[:], each, strict=True):
        assert row.tolist() == one + [-1] * (6 - len(one))
