"""`memory` and `flash` are quantities of `require`, and still good names: texts could bind them before they came."""

from __future__ import annotations

import pytest

import sqsem_dsl as sqs

OLD = {
    "let memory = x -> dense(any [4, 8])  require channels(memory) <= 4  output y = memory -> dense(2)": 1,
    "param flash in [4, 8]  require flash <= 4  output y = x -> dense(flash)": 1,
    "block read(t, memory: tensor) { require channels(memory) <= 4  out add(t, memory) }"
    "  output y = read(x -> dense(4), x -> dense(4)) -> dense(2)": 1,
    "output y = x -> slot memory { dense(8) } -> dense(any [4, 8])  require not memory": 2,
    "param kind in [none, flash]  require kind != flash"
    "  output y = if kind == flash { x -> dense(8) } else { x -> dense(4) }": 1,
    "block memory(t) { out t -> dense(4) }  output y = x -> memory": 1,
}
"""What was valid before these were quantities, each with the number of its assignments."""


@pytest.mark.parametrize("text", OLD)
def test_a_name_that_is_bound_comes_first(text: str) -> None:
    space = sqs.loads(f"sqs 1 space s {{ input x: [8]  {text} }}")
    assert space.budgets == ()
    assert space.count == OLD[text]


def test_elsewhere_in_the_same_text_they_are_quantities() -> None:
    """A block's argument hides it in the block alone."""
    space = sqs.loads(
        """sqs 1
        block read(t, memory: tensor) { require channels(memory) <= 4  out add(t, memory) }
        space s {
          input x: [8]
          output y = read(x -> dense(4), x -> dense(4)) -> dense(2)
          require memory / 4 + flash <= 2_000 - macs
        }"""
    )
    assert space.count == 1
    (budget,) = space.budgets
    assert dict(budget.terms) == {"memory": 0.25, "params": 4, "macs": 1}


def test_flash_is_that_of_the_parameters() -> None:
    space = sqs.loads("sqs 1 space s { input x: [8]  output y = x -> dense(any [1, 2, 3])  require flash <= 72 }")
    assert {a.flash for a in space.sample(9)} == {36, 72}


@pytest.mark.parametrize(
    ("condition", "code"),
    [("memory * memory <= 3", "SQS604"), ("memory <= 3 and 1 < 2", "SQS604"), ("memori <= 3", "SQS201")],
)
def test_a_wrong_budget_is_an_error(condition: str, code: str) -> None:
    with pytest.raises(sqs.SqsError) as caught:
        sqs.loads(f"sqs 1 space s {{ input x: [8]  output y = x -> dense(2)  require {condition} }}")
    assert [found.code for found in caught.value.diagnostics] == [code]


def test_in_a_block_it_is_no_budget() -> None:
    text = "sqs 1 space s { input x: [8]  block b(t) { require memory <= 3  out t -> dense(2) }  output y = x -> b }"
    with pytest.raises(sqs.SqsError, match="is allowed only in the space itself"):
        sqs.loads(text)
