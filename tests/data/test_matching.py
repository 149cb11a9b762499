"""The ids of samples: in any order, each finds its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.folder import stem, without_ending
from sqsem_dsl.data.matching import Ids, matched

paths = st.lists(st.text("ab/", min_size=1, max_size=5), min_size=1, max_size=8, unique=True)


def ids(names: list[str]) -> Ids:
    stems = tuple(stem(name) for name in names)
    return Ids(stems, tuple(without_ending(name) for name in names), tuple(names))


@given(paths.flatmap(lambda names: st.tuples(st.just(names), st.permutations(names), st.permutations(names))))
def test_every_source_comes_into_the_order_of_the_first(orders: tuple[list[str], list[str], list[str]]) -> None:
    sources = dict(zip("abc", orders, strict=True))
    found = matched({source: ids(names) for source, names in sources.items()})
    for source, names in sources.items():
        order = found[source]
        assert (names if order is None else [names[at] for at in order]) == orders[0]


@given(paths, paths)
def test_sources_with_other_ids_are_refused(one: list[str], other: list[str]) -> None:
    if set(one) == set(other):
        return
    if sorted(map(stem, one)) == sorted(map(stem, other)) and len(set(map(stem, one))) == len(one):
        assert matched({"a": ids(one), "b": ids(other)})["b"] is not None
        return
    with pytest.raises(DataError, match="no match"):
        matched({"a": ids(one), "b": ids(other)})


def test_a_single_source_and_sources_without_ids_stay_as_they_are() -> None:
    assert matched({"a": ids(["x", "x"])}) == {"a": None}
    assert matched({"a": None, "b": None}) == {"a": None, "b": None}


@pytest.mark.parametrize(
    ("photos", "masks"),
    [
        (["1.jpg", "2.jpg", "3.jpg"], ["3_mask.png", "1_mask.png", "2_mask.png"]),
        (["image_1.jpg", "image_2.jpg", "image_3.jpg"], ["mask_3.png", "mask_1.png", "mask_2.png"]),
        (["a/x_1.jpg", "b/x_1.jpg", "c/x_1.jpg"], ["c/x_1-seg.png", "a/x_1-seg.png", "b/x_1-seg.png"]),
        (["x_a.jpg", "x_b.jpg", "x_c.jpg"], ["x_c.png", "x_a.png", "x_b.png"]),
    ],
)
def test_a_word_that_all_files_of_a_source_have_may_differ(photos: list[str], masks: list[str]) -> None:
    found = matched({"photos": ids(photos), "masks": ids(masks)})["masks"]
    assert found is not None
    assert found.tolist() == [1, 2, 0]


def test_a_word_is_left_out_only_where_the_rest_is_equal() -> None:
    for masks in (["1_mask.png", "2_seg.png"], ["1_mask.png", "3_mask.png"], ["1_mask.png"]):
        with pytest.raises(DataError, match="no match"):
            matched({"photos": ids(["1.jpg", "2.jpg"]), "masks": ids(masks)})
