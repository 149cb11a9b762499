"""The number of architectures of a space, compared with the networks of all its assignments."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

import sqsem_dsl
from sqsem_dsl.analysis import architectures
from sqsem_dsl.analysis.architectures import count_architectures
from sqsem_dsl.analysis.distinct import Distinct
from sqsem_dsl.diagram.signatures import signatures
from sqsem_dsl.space.space import Space
from tests.fakes.shipped import space_of
from tests.reference.agreement import case_of
from tests.reference.random_specs import specs

pytestmark = pytest.mark.slow

CHAIN = """
block mb(x, c: int, e: int, stride: int) {
  out x -> bypass fit {
    conv(e * channels(it), 1) -> batchnorm -> relu -> depthwise(3, stride = stride) -> batchnorm -> relu -> conv(c, 1)
  }
}
block layer(x, c: int, stride: int) {
  out x -> choose op {
    e1: mb(c, 1, stride)  e2: mb(c, 2, stride)  e3: mb(c, 3, stride)  e6: mb(c, 6, stride)
    skip: if stride > 1 or channels(x) != c { conv(c, 1, stride = stride) -> batchnorm }
  }
}
space chain {
  input image: [64, 64, 3]
  output label = image -> conv(8, 3, stride = 2)
    -> repeat stages in [5] as s { repeat blocks in [4] as i { layer(8 * (s + 1), where(i == 0, 2, 1)) } }
    -> gap -> dense(10) -> softmax
}
"""
"""Stages of blocks, some of them empty: two equal blocks can be in different positions."""
ALIKE = "space s { input x: [4] output y = add(%s) }"
SPECS = Path(__file__).resolve().parents[2] / "specs"


def check(space: Space) -> None:
    """Equal networks have equal signatures, `is_of_one_network` is right, and a proof that all differ is right."""
    assert space.count is not None
    found = signatures(space.graph)
    assert found is not None
    distinct = Distinct(found)
    networks: dict[str, object] = {}
    alike: dict[object, int] = {}
    identified: dict[object, str] = {}
    for index in range(space.count):
        signature = distinct.signature(dict(space.numbering.unrank(index)))
        assert signature is not None
        key = frozenset(signature.items())
        alike[key] = alike.get(key, 0) + 1
        network = space.generic(index).id
        assert networks.setdefault(network, key) == key, dict(space.at(index).choices)
        if distinct.is_of_one_network(signature):
            assert identified.setdefault(key, network) == network, dict(space.at(index).choices)
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
    check(space_of(name))


@pytest.mark.parametrize(("name", "count"), [("once_for_all", 7371**5), ("squeezenet_se_auto", 25_765_100)])
def test_large_spaces_are_proved_to_repeat_nothing(name: str, count: int) -> None:
    counted = count_architectures(space_of(name))
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
    """The order of two different layers matters; that of two equal ones does not."""
    text = "space s { input x: [4] output y = x" + "".join(
        f" -> choose c{i} {{ a: dense(4) -> dense(5)  b: dense(4) -> dense(5)  c: dense(5) }}" for i in range(6)
    )
    space = sqsem_dsl.loads(text + " }")
    counted = count_architectures(space, listed=100)
    assert not counted.exact
    assert counted.interval[0] <= 2**6 <= counted.interval[1]  # type: ignore[operator]
    assert count_architectures(space).count == 2**6


def test_too_wide_a_space_has_bounds_and_no_count() -> None:
    counted = count_architectures(space_of("darts_cell"))
    assert counted.count is None
    assert not counted.exact
    assert 1 < counted.interval[0] <= counted.interval[1]  # type: ignore[operator]


def chained(most_steps: int, monkeypatch: pytest.MonkeyPatch) -> architectures.Architectures:
    monkeypatch.setattr(architectures, "MAX_NETWORK_STEPS", most_steps)
    return count_architectures(sqsem_dsl.loads(CHAIN))


def test_a_deep_space_is_estimated_without_its_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its networks take thousands of steps, and the estimate uses hundreds of assignments."""
    counted = chained(200_000, monkeypatch)
    assert counted.how.startswith("unbiased estimate from 200 assignments")
    # The first block of a stage is one of five; of the others, only the order of those present counts.
    assert counted.interval[0] <= (5 * (1 + 4 + 16 + 64)) ** 5 <= counted.interval[1]  # type: ignore[operator]


def test_an_estimate_that_takes_too_many_steps_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = chained(1_000, monkeypatch)
    assert (counted.count, counted.exact) == (None, False)
    more = "(`--effort thorough` allows 20 times as many)"
    assert counted.how == f"not estimated: it takes more than 1,000 steps {more}; lower bound from a sample"
    assert 1 <= counted.interval[0] <= counted.interval[1] == 5**20  # type: ignore[operator]


def alike(branches: int) -> Space:
    """Branches that differ only in a width: no layer has a distinguishing property."""
    several = (f"x -> dense(4) -> dense(any [2, 3]) @d{i} -> dense(4)" for i in range(branches))
    return sqsem_dsl.loads(ALIKE % ", ".join(several))


def test_a_list_that_takes_too_many_steps_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    assert count_architectures(alike(5)).count == 6
    monkeypatch.setattr(architectures, "MAX_NETWORK_STEPS", 500)
    counted = count_architectures(alike(5))
    assert (counted.count, counted.exact, counted.interval[1]) == (None, False, 32)
    assert counted.how.startswith("not counted: it takes more than 500 steps (`--effort thorough`")
    assert alike(5).analysis.listed_architectures(2001).count == 6  # requested explicitly, it has no limit


def test_a_sample_that_takes_too_many_steps_has_seen_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(architectures, "MAX_NETWORK_STEPS", 20_000)
    counted = count_architectures(sqsem_dsl.load(SPECS / "nas_bench_201.sqs"))
    assert counted.count is None
    assert 1 <= counted.interval[0] < 47


def test_a_proof_that_takes_too_many_steps_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = signatures(sqsem_dsl.load(SPECS / "digits.sqs").graph)
    assert found is not None
    assert Distinct(found).proved()
    for limit in ("MAX_PAIRS", "MAX_PAIR_STEPS"):
        with monkeypatch.context() as patch:
            patch.setattr(f"sqsem_dsl.analysis.distinct.{limit}", 0)
            assert not Distinct(found).proved()
