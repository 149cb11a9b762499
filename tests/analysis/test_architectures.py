"""How many architectures a space has, against the networks of all its assignments."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

import sqsem_dsl
from sqsem_dsl.analysis.architectures import count_architectures
from sqsem_dsl.analysis.distinct import Distinct
from sqsem_dsl.diagram.signatures import signatures
from sqsem_dsl.space.space import Space
from tests.reference.agreement import case_of
from tests.reference.random_specs import specs

pytestmark = pytest.mark.slow

SPECS = Path(__file__).resolve().parents[2] / "specs"


def check(space: Space) -> None:
    """Equal networks have equal signatures, and a proof that all differ is right."""
    assert space.count is not None
    found = signatures(space.graph)
    assert found is not None
    distinct = Distinct(found)
    networks: dict[str, object] = {}
    alike: dict[object, int] = {}
    for index in range(space.count):
        signature = distinct.signature(dict(space.numbering.unrank(index)))
        assert signature is not None
        key = frozenset(signature.items())
        alike[key] = alike.get(key, 0) + 1
        assert networks.setdefault(space.generic(index).id, key) == key, dict(space.at(index).choices)
    for index in range(0, space.count, 7):
        signature = distinct.signature(dict(space.numbering.unrank(index)))
        assert signature is not None
        several = distinct.alike(signature)
        assert several is not None
        assert len(several) == alike[frozenset(signature.items())]
    if distinct.proved():
        assert len(networks) == space.count
    counted = count_architectures(space)
    assert (counted.count, counted.exact) == (len(networks), True)


@settings(max_examples=60)
@given(specs())
def test_random_specs(text: str) -> None:
    case = case_of(text)
    if case is not None and not case.rejected and 0 < len(case.allowed) <= 120:
        check(case.space)


@pytest.mark.parametrize("name", ["toy", "digits", "unet", "squeezenet_bypass"])
def test_shipped_specs(name: str) -> None:
    check(sqsem_dsl.load(SPECS / f"{name}.sqs"))


@pytest.mark.parametrize(("name", "count"), [("once_for_all", 7371**5), ("squeezenet_se_auto", 25_765_100)])
def test_large_spaces_are_proved_to_repeat_nothing(name: str, count: int) -> None:
    counted = count_architectures(sqsem_dsl.load(SPECS / f"{name}.sqs"))
    assert (counted.count, counted.exact) == (count, True)
    assert counted.how.startswith("proved")


def test_what_is_written_twice_is_counted_once() -> None:
    space = sqsem_dsl.loads(
        "space s { input x: [8, 8, 3] output y = x -> conv(3, 3)"
        " -> bypass a in [none, identity, fit, auto] { conv(3, 3) } -> slot s { identity } }"
    )
    counted = count_architectures(space)
    assert (space.count, counted.count, counted.exact) == (8, 2, True)


@pytest.mark.parametrize(
    ("stages", "count"),
    [
        ("slot s { dropout(any 0.0..0.5) }", 2),
        ("choose c { a: dropout(any 0.1..0.5)  b: dropout(any 0.1..0.6)  c: dropout(0.1) }", 3),
        ("choose c { a: dropout(any 0.1..0.5)  b: dropout(any 0.1..0.5) }", 1),
    ],
)
def test_a_continuous_choice_stands_for_its_whole_domain(stages: str, count: int) -> None:
    space = sqsem_dsl.loads(f"space s {{ input x: [4] output y = x -> dense(3) -> {stages} -> dense(2) }}")
    counted = count_architectures(space)
    assert (counted.count, counted.exact) == (count, True)


def test_an_estimate_says_so_and_its_interval_holds_the_truth() -> None:
    """The order of two different layers is a choice; of two equal ones it is none."""
    text = "space s { input x: [4] output y = x" + "".join(
        f" -> choose c{i} {{ a: dense(4) -> dense(5)  b: dense(4) -> dense(5)  c: dense(5) }}" for i in range(6)
    )
    space = sqsem_dsl.loads(text + " }")
    counted = count_architectures(space, listed=100)
    assert not counted.exact
    assert counted.interval[0] <= 2**6 <= counted.interval[1]  # type: ignore[operator]
    assert count_architectures(space).count == 2**6


def test_too_wide_a_space_has_bounds_and_no_count() -> None:
    counted = count_architectures(sqsem_dsl.load(SPECS / "darts_cell.sqs"))
    assert counted.count is None
    assert not counted.exact
    assert 1 < counted.interval[0] <= counted.interval[1]  # type: ignore[operator]
