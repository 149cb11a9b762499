"""Which architectures of one space exist in another: by proof, count or search; and trials between two specs."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import sqsem_dsl as sqs
from sqsem_dsl.compare.architectures import disjoint
from sqsem_dsl.compare.changes import ALL, NONE, Census, Estimate, Share
from sqsem_dsl.compare.difference import diff
from sqsem_dsl.compare.matching import match
from sqsem_dsl.compare.subsumption import covers
from sqsem_dsl.compare.translate import (
    AnotherNetwork,
    BudgetExcludes,
    Carrier,
    ChoiceGone,
    Found,
    Missing,
    RuleExcludes,
    ValueGone,
)
from sqsem_dsl.compare.validity import Judge, NotThere, SettingsChanged, Valid
from sqsem_dsl.space.space import Space
from tests.reference.random_specs import specs

pytestmark = pytest.mark.slow


def dense(stages: str, statements: str = "", train: str = "") -> Space:
    return sqs.loads(f"""space s {{
      input x: [4]
      {statements}
      output y = x -> {stages} -> dense(2) -> softmax
      {train}
    }}""")


def ids(space: Space) -> set[str]:
    """The architectures within the budgets, one by one."""
    assert space.count is not None
    return {each.id for each in map(space.at, range(space.count)) if space.is_feasible(each)}


# ---- proofs

TWICE = "{ let d = it -> dense(4)  out add(d, d) }"
TWO = "{ add(it -> dense(4), it -> dense(4)) }"
ONE_WIDTH = "{ param w in [4, 8]  out it -> dense(w) -> dense(w) }"
FREE = "{ param a in [2, 4, 8]  out it -> dense(a) }"
RULED = "{ param a in [2, 4, 8]  require a >= channels(it)  out it -> dense(a) }"
WIDER = {
    "the same": ("dense(any [4, 8])", "dense(any [4, 8])"),
    "more values": ("dense(any [4, 8])", "dense(any [8, 2, 4])"),
    "a longer interval": ("dropout(any 0.1..0.2)", "dropout(any 0.0..0.5)"),
    "more iterations": (
        "repeat n in 1..2 { dense(any [4, 8]) }",
        "repeat n in 0..5 { dense(any [4, 8]) }",
    ),
    "another alternative": ("choose k { a: relu  b: tanh }", "choose k { b: tanh  c: elu  a: relu }"),
    "a choice where a constant was": ("dense(4)", "dense(any [2, 4])"),
    "a slot around what stood bare": ("relu -> dense(3)", "slot s { relu } -> dense(3)"),
    "a slot where nothing was": ("dense(3)", "slot s { relu } -> dense(3)"),
    "a bypass around what stood bare": ("{ dense(4) -> relu }", "bypass b in [none, identity] { dense(4) -> relu }"),
    "a repeat around what stood bare": ("dense(4)", "repeat n in 1..3 { dense(4) }"),
    "alternatives to what stood bare": ("relu", "choose k { b: tanh  a: relu }"),
    "another name": ("repeat n in 1..2 { dense(any [4, 8]) }", "repeat m in 1..2 { dense(any [4, 8]) @d }"),
    "a rule less": (RULED, FREE),
}


@pytest.mark.parametrize("case", WIDER)
def test_a_wider_space_is_proved_to_hold_the_other(case: str) -> None:
    inner, outer = map(dense, WIDER[case])
    names = match(inner, outer).names
    assert covers(outer.graph, inner.graph, names)
    back = {after: before for before, after in names.items()}
    assert covers(inner.graph, outer.graph, back) == (case in ("the same", "another name"))


NOT_WIDER = {
    "one layer used twice for two": (TWO, TWICE),
    "two layers for one used twice": (TWICE, TWO),
    "one choice for two constants": ("dense(4) -> dense(8)", ONE_WIDTH),
    "one choice for two": ("dense(any [4, 8]) @a -> dense(any [4, 8]) @b", ONE_WIDTH),
    "another operator": ("relu", "tanh"),
    "a rule more": (FREE, RULED),
}


@pytest.mark.parametrize("case", NOT_WIDER)
def test_what_is_not_wider_is_not_proved_to_be(case: str) -> None:
    inner, outer = map(dense, NOT_WIDER[case])
    assert not ids(inner) <= ids(outer)
    assert not covers(outer.graph, inner.graph, match(inner, outer).names)


def test_one_set_of_weights_is_not_two() -> None:
    text = "{} block d(v) {{ out v -> dense(4) }} space s {{ input x: [4]  output y = add(x -> d @a, x -> d @b) }}"
    tied, own = sqs.loads(text.format("tied")), sqs.loads(text.format(""))
    assert not covers(own.graph, tied.graph, {})
    assert not covers(tied.graph, own.graph, {})


@pytest.mark.parametrize(
    ("old", "new", "kept", "known"),
    [
        ("params <= 50", "params <= 60", True, False),
        ("params < 50", "params <= 50", False, False),
        ("params >= 30", "params >= 20", True, False),
        ("params <= 50 and macs <= 40", "params <= 50", True, False),
        ("params <= 50", "macs <= 40", False, False),
        ("params + macs <= 90", "params + macs <= 100", True, False),
    ],
)
def test_budgets(old: str, new: str, kept: bool, known: bool) -> None:
    one, other = (dense("dense(any [2, 4, 6])", f"require {budget}") for budget in (old, new))
    names = {"dense.units": "dense.units"}
    assert (covers(other.graph, one.graph, names), covers(one.graph, other.graph, names)) == (kept, known)


def changed(text: str, random: Random) -> str:
    """A spec with a small edit: a value removed, a constant for a choice, a slot, another name, another operator."""
    edits = [
        (r"(any|in) \[([^\[\]]+), [^\[\],]+\]", r"\1 [\2]"),
        (r"any \[([^\[\],]+)[^\[\]]*\]", r"\1"),
        (r"-> (relu|tanh|swish|batchnorm|layernorm)\b", r"-> slot added { \1 }"),
        (r"\brelu\b", "tanh"),
        (r"require [^{}]*? out", "out"),
    ]
    before, after = random.choice(edits)
    found = list(re.finditer(before, text))
    if not found:
        return text
    place = random.choice(found)
    return text[: place.start()] + place.expand(after) + text[place.end() :]


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs(), st.integers(0, 2**32))
def test_what_is_proved_is_so_and_what_is_found_is_there(text: str, seed: int) -> None:
    """Compared with the ids of all architectures of both spaces."""
    both = [sqs.Compilation.from_text(each) for each in (text, changed(text, Random(seed)))]
    if any(compilation.failed for compilation in both):
        return
    old, new = (compilation.space for compilation in both)
    if any(space.count is None or space.count > 40 or "dropout" in text for space in (old, new)):
        return
    names = match(old, new).names
    assert len(set(names.values())) == len(names)
    back = {after: before for before, after in names.items()}
    for inner, outer, leading in ((old, new, names), (new, old, back)):
        there = ids(outer)
        proof = covers(outer.graph, inner.graph, leading)
        event("proved" if proof else "not proved")
        assert not proof or ids(inner) <= there
        carrier = Carrier(inner, outer, leading)
        for architecture in inner.sample(5):
            found = carrier.find(architecture)
            if isinstance(found, Found):
                assert found.architecture.id == architecture.id in there
            else:
                assert found.reasons


# ---- counts


def test_small_spaces_are_counted_by_their_networks() -> None:
    # Without layer `a` there is no other choice: 1 + 2 architectures, and one more width in the new space.
    old = dense("slot a { dense(any [4, 8]) }")
    new = dense("slot a { dense(any [8, 16, 32]) }")
    assert diff(old, new).architectures == Census(old=3, new=4, kept=2, held=False)


def test_assignments_that_give_one_network_are_one_architecture() -> None:
    old = dense("slot a { relu } -> slot b { relu }")
    new = dense("slot a { relu } -> slot c { tanh }")
    # nothing, relu | nothing, relu, tanh, relu tanh
    assert diff(old, new).architectures == Census(old=2, new=4, kept=2, held=False)


def test_continuous_choices_are_held_where_both_have_a_value() -> None:
    old = dense("dense(any [4, 8]) -> dropout(any 0.0..0.4)")
    new = dense("dense(any [8, 16]) -> dropout(any 0.2..0.6)")
    assert diff(old, new).architectures == Census(old=2, new=2, kept=1, held=True)
    apart = dense("dense(any [8, 16]) -> dropout(any 0.5..0.6)")
    assert diff(old, apart).architectures == Census(old=2, new=2, kept=0, held=True)


def test_what_breaks_a_budget_is_no_architecture_of_the_space() -> None:
    old = dense("dense(any [4, 8, 16])", "require params <= 70")  # 30, 58 and 114 parameters
    new = dense("dense(any [4, 8, 16])", "require params >= 50")
    assert diff(old, new).architectures == Census(old=2, new=2, kept=1, held=False)


def test_large_spaces_are_estimated_with_an_interval() -> None:
    old = dense("repeat n in 1..6 { dense(any [2, 4, 6, 8]) }")
    new = dense("repeat n in 1..6 { dense(any [4, 6, 8, 10]) }")
    found = diff(old, new, enumerate=100, samples=100, seed=2).architectures
    assert isinstance(found, Estimate)
    assert found.kept is not None
    assert found.known is not None
    # (3 + 9 + … + 3^6) of (4 + 16 + … + 4^6) have no layer of 2 units.
    for share in (found.kept, found.known):
        assert share.samples == 100
        low, high = share.interval
        assert low < 1092 / 5460 < high
    assert diff(old, new, enumerate=100, samples=100, seed=2).architectures == found
    assert diff(old, new, enumerate=100, samples=100, seed=3).architectures != found


def test_what_has_no_output_in_common_has_no_architecture_in_common() -> None:
    one = sqs.loads("space s { input x: [4]  output y = x -> dense(any [2, 3]) }")
    assert disjoint(one, sqs.loads("space s { input x: [4]  output z = x -> dense(any [2, 3]) }"))
    assert disjoint(one, sqs.loads("space s { input x: [4]  output y = x -> dense(any [4, 5]) }"))
    assert not disjoint(one, sqs.loads("space s { input x: [4]  output y = x -> dense(any [3, 4]) }"))
    other = sqs.loads("space s { input x: [4]  output y = x -> dense(5) }")
    assert diff(one, other).architectures == Estimate(NONE, NONE)
    assert diff(one, one).architectures == Estimate(ALL, ALL)


@pytest.mark.parametrize(
    ("hits", "samples", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_wilsons_interval(hits: int, samples: int, low: float, high: float) -> None:
    assert Share(hits, samples).interval == pytest.approx((low, high), abs=1e-4)
    assert Share(hits, samples, whole=True).interval == (hits / samples, hits / samples)


# ---- one architecture


def carried(old: Space, new: Space, **choices: object) -> Found | Missing:
    return Carrier(old, new, match(old, new).names).find(old.at(choices))


def test_new_choices_are_tried_out() -> None:
    old = dense("dense(any [4, 8]) @d")
    found = carried(old, dense("choose k { a: relu  b: identity } -> dense(any [4, 8]) @d"), **{"d.units": 8})
    assert isinstance(found, Found)
    assert found.architecture.choices == {"k": "b", "d.units": 8}


def test_an_alternative_may_have_another_name() -> None:
    old, new = dense("choose k { a: relu  b: tanh }"), dense("choose k { rectified: relu  b: tanh }")
    found = carried(old, new, k="a")
    assert isinstance(found, Found)
    assert found.architecture.choices == {"k": "rectified"}
    assert carried(old, dense("choose k { b: tanh  c: elu }"), k="a") == Missing((ValueGone("k", "a", "[b, c]"),))


def test_a_choice_that_became_a_constant_is_no_matter_where_it_had_that_value() -> None:
    old, new = dense("dense(any [4, 8]) @d"), dense("dense(8) @d")
    assert isinstance(carried(old, new, **{"d.units": 8}), Found)
    missing = carried(old, new, **{"d.units": 4})
    assert isinstance(missing, Missing)
    gone, other = missing.reasons
    assert gone == ChoiceGone("d.units", 4)
    assert isinstance(other, AnotherNetwork)
    assert [change.attributes for change in other.changes] == [(("units", 4, 8),)]


def test_reasons() -> None:
    old = dense("dense(a)", "param a in [4, 8, 16]")
    assert carried(old, dense("dense(b)", "param b in [4, 8, 16]"), a=16).__class__ is Found
    assert carried(old, dense("dense(a)", "param a in [4, 8]"), a=16) == Missing((ValueGone("a", 16, "[4, 8]"),))
    ruled = dense("dense(a)", "param a in [4, 8, 16]  require a * 2 < 20")
    assert carried(old, ruled, a=16) == Missing((RuleExcludes("a * 2 < 20"),))
    bounded = dense("dense(a)", "param a in [4, 8, 16]  require params + macs <= 150")
    quantities = (("params", 114), ("macs", 96))
    assert carried(old, bounded, a=16) == Missing((BudgetExcludes("params + macs <= 150", quantities),))


# ---- trials

TRAINED = "train { epochs = 10  learning_rate = any [1e-3, 1e-2]  optimizer = any [adam, sgd(momentum = 0.9)] }"


def judged(train: str, stages: str = "dense(any [4, 8]) @d") -> object:
    old, new = dense("dense(any [4, 8]) @d", train=TRAINED), dense(stages, train=train)
    choices = {"d.units": 8, "train.learning_rate": 0.01, "train.optimizer": "sgd"}
    return Judge(old, new, match(old, new).names).verdict(old.at(choices))


def test_a_trial_is_valid_where_network_and_training_are_the_same() -> None:
    assert isinstance(judged(TRAINED), Valid)
    assert isinstance(judged(TRAINED, "slot s { relu } -> dense(any [8, 16]) @d"), Valid)


def test_a_setting_that_is_searched_now_is_the_same_where_it_has_the_value() -> None:
    assert isinstance(judged(TRAINED.replace("epochs = 10", "epochs = any [5, 10]")), Valid)
    assert isinstance(judged(TRAINED.replace("any [1e-3, 1e-2]", "0.01")), Valid)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("epochs = 10", "epochs = 20", (("epochs", "10", "20"),)),
        ("any [1e-3, 1e-2]", "1e-3", (("learning_rate", "0.01", "0.001"),)),
        ("epochs = 10", "epochs = 10 metrics = [auc]", (("metrics", "default", "[auc]"),)),
        ("epochs = 10", "epochs = 10 loss.y = dice", (("loss.y", "default", "dice"),)),
        (
            "epochs = 10",
            "epochs = 10 class_weights.y = given(1, 2.5) class_weights = given(name = 3)",
            (("class_weights", "default", "given(name = 3)"), ("class_weights.y", "default", "given(1, 2.5)")),
        ),
    ],
)
def test_other_settings_are_named(before: str, after: str, changes: tuple[tuple[str, str, str], ...]) -> None:
    assert before in TRAINED
    verdict = judged(TRAINED.replace(before, after))
    assert isinstance(verdict, SettingsChanged)
    assert verdict.changes == changes


def test_a_trial_whose_network_is_gone() -> None:
    assert judged(TRAINED, "dense(any [4, 6]) @d") == NotThere((ValueGone("d.units", 8, "[4, 6]"),))
