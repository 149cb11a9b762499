"""The changes of an edit: choices by name, statements, settings, and the network of the default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.compare.changes import (
    ChoiceAdded,
    ChoiceRemoved,
    ChoiceRenamed,
    ConditionChanged,
    DomainChanged,
    KindChanged,
    PriorChanged,
)
from sqsem_dsl.compare.difference import Difference, diff
from sqsem_dsl.ir.path import together
from sqsem_dsl.report.text.difference import _choice_line

pytestmark = pytest.mark.slow

SPECS = Path(__file__).resolve().parents[2] / "specs"
BASE = """
space s {
  const most = 64
  input x: [8, 8, 3]
  param wide in [false, true]
  output y = x
    -> repeat n in 1..2 { conv(any [8, 16], 3) @main -> relu -> slot se { conv(8, 1) @inner } }
    -> if wide { conv(any [16, 32], 1) @grown } else { identity }
    -> choose pool { max: gmp  avg: gap }
    -> dense(4) -> softmax
  require params <= 100K
  train { epochs = 10  optimizer = any [adam, sgd(momentum = 0.9)] }
  search { trials = 5 }
}
"""


def edited(*edits: tuple[str, str], text: str = BASE, **options: Any) -> Difference:
    """The difference after some replacements; each must find its text."""
    new = text
    for before, after in edits:
        assert before in new, before
        new = new.replace(before, after)
    return diff(sqs.loads(text), sqs.loads(new), **{"enumerate": 0, "samples": 1, **options})


def choices(difference: Difference) -> list[tuple[Any, ...]]:
    """The changes of choices, with paths instead of choices."""
    found: list[tuple[Any, ...]] = []
    for change in difference.choices:
        match change:
            case ChoiceAdded(choices=several) | ChoiceRemoved(choices=several):
                found.append((type(change).__name__, together([c.at for c in several])))
            case ChoiceRenamed(sure=sure):
                found.append(("renamed" if sure else "renamed?", change.old[0].path, change.new[0].path))
            case KindChanged() | DomainChanged() | PriorChanged() | ConditionChanged():
                found.append((type(change).__name__, together([c.at for c in change.old])))
    return found


def altered(difference: Difference) -> list[tuple[str, str, str | None, str | None]]:
    return [(each.what, each.name, each.old, each.new) for each in difference.altered]


def test_nothing_differs() -> None:
    difference = edited()
    assert difference.same
    assert (difference.choices, difference.altered, difference.default) == ((), (), ())


def test_the_layout_and_the_names_of_tensors_are_no_difference() -> None:
    assert edited(("  output y = x\n", "  let z = x  # as it is\n  output y = z")).same


# ---- choices


def test_a_repeat_that_continues_adds_the_choices_of_its_iterations() -> None:
    difference = edited(("1..2", "1..4"))
    assert choices(difference) == [
        ("ChoiceAdded", "n[2..3].main.filters"),
        ("ChoiceAdded", "n[2..3].se"),
        ("DomainChanged", "n"),
    ]


def test_values_added_and_removed_and_another_default() -> None:
    (change,) = edited(("any [8, 16]", "any [16, 12]")).choices
    assert isinstance(change, DomainChanged)
    assert [choice.path for choice in change.new] == ["n[0].main.filters", "n[1].main.filters"]
    assert (change.added, change.removed, change.default, change.reordered) == ((12,), (8,), (8, 16), False)


def test_another_order_is_another_numbering() -> None:
    (change,) = edited(("any [8, 16]", "any [16, 8]")).choices
    assert isinstance(change, DomainChanged)
    assert (change.added, change.removed, change.default, change.reordered) == ((), (), (8, 16), True)


def test_another_prior_is_a_difference_of_how_samplers_draw() -> None:
    difference = edited(("any [8, 16]", "any [8, 16] prior 16"))
    assert choices(difference) == [("PriorChanged", "n[0..1].main.filters")]
    assert not difference.same
    assert difference.default == ()
    (change,) = difference.choices
    assert isinstance(change, PriorChanged)
    assert _choice_line(change) == ("~", "n[0..1].main.filters", "no prior -> prior 16")
    text = "space s { input x: [4]  output y = x -> dense(any [8, 16, 32] prior 16) -> dense(2) -> softmax PLACE }"
    (change,) = edited(("prior 16", "prior [1, 5, 1]"), text=text.replace("PLACE", "")).choices
    assert isinstance(change, PriorChanged)
    assert _choice_line(change)[2] == "prior 16 -> prior [1, 5, 1]"
    # Weights in the same proportions are the same prior.
    assert edited(("prior 16", "prior [1, 2, 1]"), text=text.replace("PLACE", "")).same


def test_another_prior_of_a_setting() -> None:
    text = """space s { input x: [4]  output y = x -> dense(2) -> softmax
      train { optimizer = any [adam, sgd(momentum = 0.9)] prior adam
              learning_rate = any 1e-4..1e-2 log prior 1e-3 } }"""
    difference = edited(("prior adam", "prior sgd"), ("prior 1e-3", ""), text=text)
    assert altered(difference) == [
        (
            "train",
            "optimizer",
            "any [adam, sgd(momentum = 0.9)] prior adam",
            "any [adam, sgd(momentum = 0.9)] prior sgd",
        ),
        ("train", "learning_rate", "any 0.0001..0.01 log prior 0.001", "any 0.0001..0.01 log"),
    ]


def test_truth_values_are_no_numbers() -> None:
    text = "space s { input x: [4]  param a in [0, 1]  output y = x -> dense(3 + where(a == 1, 1, 0)) }"
    (change,) = edited(("[0, 1]", "[false, true]"), ("a == 1", "a"), text=text).choices
    assert isinstance(change, DomainChanged)
    assert (change.added, change.removed) == ((False, True), (0, 1))


def test_a_condition_is_reported_where_values_of_both_spaces_make_a_difference() -> None:
    assert choices(edited(("if wide {", "if not wide {"))) == [("ConditionChanged", "grown.filters")]
    # The last iteration has one more value of `n`, which only one space has.
    assert "ConditionChanged" not in str(choices(edited(("1..2", "1..4"))))


def test_another_kind_of_choice_under_the_same_path() -> None:
    text = """space s {
      input x: [4]
      param a in [false, true]
      output y = x -> if a { relu } else { identity } -> dense(2)
    }"""
    difference = edited(
        ("param a in [false, true]", ""), ("if a { relu } else { identity }", "slot a { relu }"), text=text
    )
    assert choices(difference) == [("KindChanged", "a")]


# ---- renamed choices


def test_a_renamed_param_is_the_same_choice() -> None:
    difference = edited(("wide", "broad"))
    assert choices(difference) == [("renamed", "wide", "broad")]
    assert difference.architectures.kept is not None
    assert difference.architectures.kept.proved


def test_a_renamed_repeat_renames_all_that_is_in_it() -> None:
    difference = edited(("repeat n in", "repeat blocks in"), ("@main", "@first"))
    assert choices(difference) == [
        ("renamed", "n", "blocks"),
        ("renamed", "n[0].main.filters", "blocks[0].first.filters"),
        ("renamed", "n[0].se", "blocks[0].se"),
    ]
    assert difference.names["n[1].se"] == "blocks[1].se"


def test_a_slot_with_other_stages_under_another_name_may_be_a_new_one() -> None:
    difference = edited(("slot se { conv(8, 1) @inner }", "slot extra { layernorm }"))
    assert choices(difference) == [("renamed?", "n[0].se", "n[0].extra")]


def test_of_two_that_could_be_meant_none_is_sure() -> None:
    two = "space s { input x: [4]  output y = x -> slot a { relu } -> slot b { relu } -> dense(2) }"
    difference = edited(("slot a", "slot c"), ("slot b", "slot d"), text=two)
    assert choices(difference) == [("renamed?", "a", "c"), ("renamed?", "b", "d")]


def test_another_domain_is_another_choice() -> None:
    difference = edited(("param wide in [false, true]", "param broad in [true, false]"), ("if wide", "if broad"))
    assert choices(difference) == [("ChoiceRemoved", "wide"), ("ChoiceAdded", "broad")] or choices(difference)[:2] == [
        ("ChoiceRemoved", "wide"),
        ("ChoiceAdded", "broad"),
    ]


# ---- other changes


def test_inputs_and_outputs() -> None:
    difference = edited(
        ("[8, 8, 3]", "[8, 8, 1]"), ("output y", "input z: [5]\n  output w = z -> dense(2)\n  output y")
    )
    assert altered(difference) == [
        ("input", "x", "[8, 8, 3]", "[8, 8, 1]"),
        ("input", "z", None, "[5]"),
        ("output", "w", None, "[2]"),
    ]


RULED = (
    BASE.replace("conv(any [16, 32], 1) @grown", "conv(grown, 1)")
    .replace("  param wide", "  param grown in [16, 32]\n  param wide")
    .replace("  require params", "  require grown * 2 <= most or not wide\n  require params")
)


def test_rules_and_budgets() -> None:
    difference = edited(
        ("grown * 2 <=", "grown * 3 <="), ("params <= 100K", "params <= 80K and macs <= 9M"), text=RULED
    )
    assert altered(difference) == [
        ("rule", "", "grown * 2 <= most or not wide", "grown * 3 <= most or not wide"),
        ("budget", "", "params <= 100K", "params <= 80K"),
        ("budget", "", None, "macs <= 9M"),
    ]


def test_a_rule_says_something_else_where_a_constant_does() -> None:
    (change,) = altered(edited(("most = 64", "most = 32"), text=RULED))
    assert change == (
        "rule",
        "",
        "((grown * 2) <= 64) or not wide",
        "((grown * 2) <= 32) or not wide",
    )


def test_a_rule_over_a_renamed_choice_is_the_same_rule() -> None:
    assert altered(edited(("wide", "broad"), text=RULED)) == []


def test_settings_with_constants_by_their_values() -> None:
    difference = edited(
        ("epochs = 10", "epochs = most // 4  batch_size = 16"),
        ("sgd(momentum = 0.9)", "sgd(momentum = any 0.5..0.9)"),
        ("trials = 5", "seed = 3"),
    )
    assert altered(difference) == [
        ("train", "epochs", "10", "16"),
        ("train", "optimizer", "any [adam, sgd(momentum = 0.9)]", "any [adam, sgd(momentum = any 0.5..0.9)]"),
        ("train", "batch_size", None, "16"),
        ("search", "trials", "5", None),
        ("search", "seed", None, "3"),
    ]
    assert difference.choices == ()  # those of `train` are part of the settings


def test_the_default_architecture_layer_by_layer() -> None:
    difference = edited(("any [8, 16], 3)", "any [8, 16], 5)"), ("-> relu ->", "-> relu -> layernorm ->"))
    before = [(c.old and c.old.name, c.new and c.new.name) for c in difference.default]
    assert before == [("n.0.main", "n.0.main"), (None, "n.0.layernorm")]
    assert difference.default[0].attributes == (("kernel", (3, 3), (5, 5)),)


@pytest.mark.parametrize("path", ["darts_cell", "once_for_all", "squeezenet_se_auto"])
def test_a_large_spec_is_the_same_as_itself_for_certain(path: str) -> None:
    one, other = (sqs.load(SPECS / f"{path}.sqs") for _ in range(2))
    assert diff(one, other).same
