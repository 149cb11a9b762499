"""`--emit analysis` compared with an enumeration of every network, and its output for unknown values."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import pytest

import sqsem_dsl
from sqsem_dsl.backends.export.analysis_json import BARS, QUANTILES, analysis_json
from sqsem_dsl.diagram.costing import Costed
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.space.space import Space

SPECS = Path(__file__).resolve().parents[2] / "specs"
COSTS = ("params", "trainable_params", "macs")
QUANTITIES = (*COSTS, "activations", "weighted_layers")


def emitted(space: Space) -> dict[str, Any]:
    """The JSON output."""
    found: dict[str, Any] = json.loads(json.dumps(analysis_json(space)))
    return found


@pytest.fixture(scope="module")
def space() -> Space:
    return sqsem_dsl.load(SPECS / "digits.sqs")


@pytest.fixture(scope="module")
def data(space: Space) -> dict[str, Any]:
    return emitted(space)


@pytest.fixture(scope="module")
def networks(space: Space) -> list[Architecture]:
    assert space.count is not None
    return [space.at(index) for index in range(space.count)]


@pytest.mark.slow
def test_counts(space: Space, data: dict[str, Any], networks: list[Architecture]) -> None:
    assert data["assignments"] == data["configurations"] == len(networks)
    within = sum(space.is_feasible(network) for network in networks)
    assert (data["feasible"]["count"], data["feasible"]["low"], data["feasible"]["high"]) == (within, within, within)
    assert data["architectures"]["count"] == len({network.id for network in networks})
    assert data["architectures"]["interval"] == [len(networks), len(networks)]
    assert data["joint"] == len({(network.params, network.macs) for network in networks})
    assert data["budgets"] == ["params <= 32K"]
    assert data["continuous"] == ["dropout.rate", "train.learning_rate"]
    assert data["limits"] == {}
    assert networks[0].id.startswith(f"{data['rules_version']}:")


@pytest.mark.slow
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_least_and_the_most_and_what_shows_it(
    quantity: str, space: Space, data: dict[str, Any], networks: list[Architecture]
) -> None:
    values = [getattr(network, quantity) for network in networks]
    found = data[quantity]
    assert (found["min"], found["max"]) == (min(values), max(values))
    assert getattr(space.at(found["at_min"]), quantity) == min(values)
    assert getattr(space.at(found["at_max"]), quantity) == max(values)


@pytest.mark.parametrize("quantity", COSTS)
def test_distributions(quantity: str, data: dict[str, Any], networks: list[Architecture]) -> None:
    values = sorted(getattr(network, quantity) for network in networks)
    found = data[quantity]
    assert found["mean"] == pytest.approx(sum(values) / len(values), rel=1e-12)
    assert found["values"] == len(set(values))
    assert found["quantiles"] == {str(q): values[max(1, ceil(q * len(values))) - 1] for q in QUANTILES}
    bars = found["histogram"]
    assert len(bars) <= BARS
    assert [bar["count"] for bar in bars] == [sum(b["low"] <= v < b["high"] for v in values) for b in bars]
    assert sum(bar["count"] for bar in bars) == len(values)
    assert all(one["high"] == other["low"] for one, other in pairwise(bars))


def test_options(data: dict[str, Any], networks: list[Architecture]) -> None:
    """The number of assignments of each, and the difference of their mean from that of all with the choice."""
    discrete = [choice for choice in data["choices"] if "options" in choice]
    assert [choice["path"] for choice in data["choices"] if "options" not in choice] == data["continuous"]
    for choice in discrete:
        drawn = [network for network in networks if choice["path"] in network.choices]
        taken = Counter(network.choices[choice["path"]] for network in drawn)
        assert {option["value"]: option["count"] for option in choice["options"]} == taken
        for option in choice["options"]:
            some = [network for network in drawn if network.choices[choice["path"]] == option["value"]]
            for quantity in COSTS:
                of_all, of_some = (sum(getattr(n, quantity) for n in each) / len(each) for each in (drawn, some))
                assert option[quantity] == pytest.approx(of_some - of_all, abs=1e-6)


def test_an_option_that_a_rule_excludes_is_never_chosen() -> None:
    choices = "param w in [2, 3, 4]  param v in [1, 2]  require w != 3 or v == 3"
    text = f"space s {{ input x: [4]  {choices}  output y = x -> dense(w) -> dense(v) }}"
    w, _ = emitted(sqsem_dsl.loads(text))["choices"]
    assert [option["count"] for option in w["options"]] == [2, 0, 2]
    assert w["options"][1] == {
        "value": 3,
        "count": 0,
        "params": None,
        "trainable_params": None,
        "macs": None,
        "latency": None,
    }


def test_whole_numbers_of_any_size_are_exact() -> None:
    space = sqsem_dsl.loads("space s { input x: [4]  output y = x -> repeat n in 40..40 { dense(any [1, 2, 3]) } }")
    data = emitted(space)
    assert data["assignments"] == 3**40
    assert sum(option["count"] for option in data["choices"][0]["options"]) == 3**40
    assert sum(bar["count"] for bar in data["params"]["histogram"]) == 3**40


def test_what_is_not_known_is_null_and_says_why() -> None:
    space = sqsem_dsl.load(SPECS / "toy.sqs")
    space.__dict__["costed"] = Costed(None, {}, {}, ("layers",))
    data = emitted(space)
    assert [data[quantity] for quantity in QUANTITIES] == [None] * 5
    assert (data["feasible"], data["joint"]) == (None, None)
    assert data["limits"] == {"costs": "too many choices in scope at once: layers"}
    assert data["assignments"] == data["architectures"]["count"] == 39
    assert data["choices"][0]["options"][0] == {
        "value": 1, "count": 3, "params": None, "trainable_params": None, "macs": None,
        "latency": None,
    }  # fmt: skip
