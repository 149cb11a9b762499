"""Budgets and objectives on `memory` and `flash`: counts and samples compared with every network, one by one."""

from __future__ import annotations

from random import Random

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.analysis import memory, space_analysis
from sqsem_dsl.analysis.costs.sampling import Sampler
from sqsem_dsl.analysis.costs.single_networks import relaxed
from sqsem_dsl.backends.export.analysis_json import analysis_json
from sqsem_dsl.elaborate.condition import read_where
from sqsem_dsl.report.text.space_page import space_page
from sqsem_dsl.report.text.style import Style

CELLS = """
space cells {{
  input image: [16, 16, 3]
  param w in [4, 8]
  output y = image -> conv(w, 3)
    -> repeat n in 1..3 {{ bypass skip in [none, auto] {{ conv(w * 2, 3, stride = any [1, 2]) -> relu }} }}
    -> gap -> dense(10) -> softmax
  {}
}}"""


def cells(*required: str, effort: str = "normal", more: str = "") -> sqs.Space:
    return sqs.loads(CELLS.format("".join(f"require {text}  " for text in required) + more), effort=effort)  # type: ignore[arg-type]


def every(space: sqs.Space) -> list[sqs.Architecture]:
    assert space.count is not None
    return [space.at(number) for number in range(space.count)]


@pytest.mark.parametrize(
    ("texts", "inside"),
    [
        (("memory <= 20K",), lambda a: a.memory <= 20_000),
        (("memory / 4 < 4 * 1024",), lambda a: a.memory < 16 * 1024),
        (("memory >= 12K", "params <= 3K"), lambda a: a.memory >= 12_000 and a.params <= 3_000),
        (("memory + flash <= 40K",), lambda a: a.memory + a.flash <= 40_000),
        (("flash <= 10K",), lambda a: 4 * a.params <= 10_000),
        (
            ("memory <= 2 * flash and weighted_layers <= 4",),
            lambda a: a.memory <= 8 * a.params and a.weighted_layers < 5,
        ),
    ],
)
def test_a_small_space_is_counted_exactly(texts: tuple[str, ...], inside) -> None:  # type: ignore[no-untyped-def]
    space = cells(*texts)
    right = {number for number, a in enumerate(every(space)) if inside(a)}
    found = space.analysis.feasible
    assert found is not None
    assert (found.count, found.total) == (len(right), 168)
    assert 0 < len(right) < 168
    sample = space.sample(500, seed=3)
    assert {space.index(a.choices) for a in sample} == right
    assert len(sample) == len(right)
    assert all(inside(space.sample_one(seed)) for seed in range(20))
    assert space.resolve(space.at(next(iter(right))).choices) is not None
    assert space.resolve(space.at(min(set(range(168)) - right)).choices) is None


def test_a_large_space_has_bounds_and_says_what_a_sample_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SAMPLED", 60)
    space = cells("memory <= 15K", effort="quick")  # with which more than 100 assignments are many
    right = sum(a.memory <= 15_000 for a in every(space))
    found = space.analysis.feasible
    assert found is not None
    assert found.count is None
    assert found.low == 0 < right < found.high < found.total  # some have a tensor that is larger
    seen = space.analysis.memory
    assert seen is not None
    assert (len(seen.values), seen.exact) == (60, False)
    assert abs(seen.within / 60 - right / 168) < 0.15
    assert found.how == (
        f"bounds on memory, which is known of single networks only; {seen.within} of 60 sampled ones are within"
    )
    page = "\n".join(space_page("cells.sqs", space, Style(width=200), False))
    assert "memory in bytes, of 60 sampled" in page
    assert found.how in page
    for option, count in space.analysis.feasible_option_counts.items():
        assert count.low == 0 < count.high, option


@pytest.mark.slow
def test_the_sample_of_a_large_space() -> None:
    space = sqs.loads(
        """space deep {
          input x: [64]
          output y = x -> repeat layer in [40] { dense(any [4, 8, 300]) -> relu } -> dense(3)
          require memory <= 2000
        }"""
    )
    found = space.analysis.feasible
    assert found is not None
    assert found.low == 0
    assert found.high == found.total == 3**40  # memory is not below that of the largest tensor, 300 · 4
    assert all(a.memory <= 2000 for a in space.sample(20))
    seen = space.analysis.memory
    assert seen is not None
    assert (len(seen.values), seen.exact) == (memory.SAMPLED, False)
    assert seen.within < 20  # no layer of 300 after another


def test_a_budget_that_nothing_sampled_meets_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space_analysis, "MAX_MISSED", 50)
    with pytest.raises(sqs.SqsError, match="SQS611"):
        cells("memory <= 8 * activations and memory >= 8 * activations + 100K").sample(3)
    with pytest.raises(sqs.SqsError, match="SQS614"):
        cells("memory <= 5K").sample(3)
    monkeypatch.setattr(space_analysis, "MAX_MISSED", 5_000)
    with pytest.raises(sqs.SqsError, match="SQS614"):
        cells("memory >= 1M").sample(3)


def test_conditions() -> None:
    space = cells()
    few = sum(a.memory <= 20_000 for a in every(space))
    share = space.analysis.share("memory <= 20K")
    assert share is not None
    assert share.count == few
    assert all(a.memory <= 20_000 for a in space.sample(30, where="memory <= 20K"))
    assert space.analysis.memory is None  # nothing in the text reads it
    assert analysis_json(space)["memory"] is None
    assert analysis_json(cells("memory <= 20K"))["memory"] == {
        "min": min(a.memory for a in every(space)),
        "median": sorted(a.memory for a in every(space))[83],
        "max": max(a.memory for a in every(space)),
        "networks": 168,
        "exact": True,
    }


def test_relaxed_budgets_hold_wherever_the_budgets_do() -> None:
    random = Random(0)
    networks = [(a, 4 * a.activations) for a in every(cells())[::5]]
    for _ in range(300):
        factor, other = random.choice((-2, -1, 1, 3)), random.choice(("", " + params", " - macs", " - 2 * activations"))
        relation = random.choice(("<", "<=", ">", ">=", "==", "!="))
        bound = random.choice([a.memory for a, _ in networks]) * factor + random.randrange(-9_000, 9_000)
        (budget,) = read_where(f"{factor} * memory{other} {relation} {bound}")
        weaker = relaxed(budget)
        for a, _ in networks:
            if weaker is not None and holds(budget, a):
                assert holds(weaker, a)


def holds(budget, a) -> bool:  # type: ignore[no-untyped-def]
    from sqsem_dsl.diagram.path_cost import within

    return within(budget, a)


def test_a_sampler_refuses_what_no_diagram_knows() -> None:
    space = cells("memory <= 20K")
    assert space.analysis.diagram is not None
    with pytest.raises(ValueError, match="memory"):
        Sampler(space.analysis.diagram, space.budgets, space.analysis.depths)


def test_an_objective_reads_memory() -> None:
    space = cells(more="search { objective = [maximize(val_accuracy), minimize(memory)] }")
    assert space.analysis.memory is not None
    assert "memory in bytes" in "\n".join(space_page("cells.sqs", space, Style(width=200), False))
    assert cells(more="search { objective = minimize(params) }").analysis.memory is None


def test_lints_make_no_claim_that_does_not_hold() -> None:
    """`memory <= 1M` always holds, but nothing proves it; less than the largest tensor never holds."""

    def codes(required: str) -> list[str]:
        compilation = sqs.Compilation.from_text(CELLS.format(f"require {required}"))
        return [found.code for found in compilation.findings(thorough=True)]

    assert codes("memory <= 1M") == codes("memory >= 1") == []
    assert codes("flash <= 100M") == codes("activations <= 1M") == ["SQS811"]
    assert codes("memory <= 3K") == codes("activations <= 700") == ["SQS812"]
    assert codes("memory <= 15K") == codes("activations <= 3750")
