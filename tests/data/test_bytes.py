"""8-bit images, stored as bytes and read as numbers from 0 to 255."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.data.arrays import Bytes

ARRAY = np.random.default_rng(0).integers(0, 256, (9, 2, 3, 1), dtype=np.uint8)
places = st.lists(st.integers(0, 8), min_size=1, max_size=12).map(lambda at: np.array(at, np.intp))


@given(places, st.data())
def test_what_is_taken_reads_like_an_array_of_numbers(taken: np.ndarray, data: st.DataObject) -> None:
    numbers = ARRAY.astype(np.float32)[taken]
    samples = Bytes.of(ARRAY).take(taken)
    assert samples.shape == numbers.shape
    assert len(samples) == len(numbers)
    at = data.draw(places.filter(lambda chosen: chosen.max() < len(taken)) | st.slices(len(taken)))
    np.testing.assert_array_equal(samples[at], numbers[at])
    assert samples[at].dtype == np.float32


def test_what_is_taken_holds_the_same_bytes() -> None:
    assert Bytes.of(ARRAY).take(np.array([3, 1])).take(np.array([1])).array is ARRAY


@given(places, places)
def test_the_contents_tell_samples_and_their_order_apart(one: np.ndarray, other: np.ndarray) -> None:
    first, second = (b"".join(Bytes.of(ARRAY).take(taken).contents()) for taken in (one, other))
    assert (first == second) == np.array_equal(one, other)
