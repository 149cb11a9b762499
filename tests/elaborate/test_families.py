"""Families of choices: a `param` with indices means what as many `param`s mean."""

from __future__ import annotations

import pytest

from sqsem_dsl.api.space import Compilation, Space, loads
from sqsem_dsl.ast.read import read
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.format.format import format_text

VECTOR = "input x: [8]  "


def space(body: str, blocks: str = "") -> Space:
    return loads(f"{blocks}\nspace s {{ {body} }}")


def codes(body: str) -> list[str]:
    return [found.code for found in Compilation.from_text(f"space s {{ {body} }}").diagnostics]


def facts(body: str, names: dict[str, str] | None = None) -> list[tuple[object, ...]]:
    """The assignments of a space in order, with the paths of its choices replaced, and their parameters."""
    found = space(VECTOR + body)
    return [
        (tuple(((names or {}).get(path, path), value) for path, value in one.choices.items()), one.params)
        for one in map(found.at, range(found.count))
    ]


def test_a_family_is_as_many_choices() -> None:
    """The same assignments in the same order, and the same networks."""
    graph = "output y = add(x, if {a} {{ x -> dense(8) }}, if {b} {{ x -> dense(8) -> if {c} {{ dense(8) }} }})"
    one = "param e[i in 0..1, j in 1..2 where j > i] in [false, true]  require count(e[*][*]) <= 2  "
    three = (
        "param a in [false, true]  param b in [false, true]  param c in [false, true]  require count(a, b, c) <= 2  "
    )
    names = {"a": "e[0][1]", "b": "e[0][2]", "c": "e[1][2]"}
    family = facts(one + graph.format(**names))
    assert family == facts(three + graph.format(a="a", b="b", c="c"), names)
    assert len(family) == 5  # 2 * 3 - 1: `e[1][2]` is active only where `e[0][2]` is true


def test_domains_and_priors_read_the_indices() -> None:
    found = space(
        VECTOR + "const base = 4  param w[i in [0, 2], j in 0..1] in [base + i, 9 + j] prior base + i  "
        "output y = x -> dense(w[0][0]) -> dense(w[0][1]) -> dense(w[2][0]) -> dense(w[2][1])"
    )
    domains = {choice.path: str(choice.domain) for choice in found.choices}
    assert domains == {"w[0][0]": "[4, 9]", "w[0][1]": "[4, 10]", "w[2][0]": "[6, 9]", "w[2][1]": "[6, 10]"}
    assert all(choice.prior is not None and choice.kind == "param" for choice in found.choices)


def test_a_domain_with_one_value_is_a_constant() -> None:
    found = space(VECTOR + "param n[i in 0..2] in 1..1 + i  output y = x -> dense(n[0] + n[1] * n[2])")
    assert [choice.path for choice in found.choices] == ["n[1]", "n[2]"]
    assert found.count == 6


def test_a_member_is_active_where_it_is_read() -> None:
    found = space(
        VECTOR + "param on[i in 0..2] in [false, true]  "
        "output y = x -> if on[0] { dense(4) -> if on[1] { dense(3) } else if on[2] { tanh } }"
    )
    when = {choice.path: choice.when for choice in found.choices}
    assert when == {
        "on[0]": ((),),
        "on[1]": ((("on[0]", (True,)),),),
        "on[2]": ((("on[0]", (True,)), ("on[1]", (False,))),),
    }


def test_rules_count_only_the_active_ones() -> None:
    body = "param on[i in 0..1] in [true, false]  require {rule}  "
    body += "output y = x -> if on[0] {{ tanh -> if on[1] {{ relu }} }}"
    for rule, count in {"count(on[*]) <= 1": 2, "sum(where(on[0..1], 1, 0)) >= 1": 2, "on[0] or on[1]": 3}.items():
        assert space(VECTOR + body.format(rule=rule)).count == count


def test_members_in_one_term_go_together_by_their_indices() -> None:
    body = "param a[i in 0..2] in [1, 2]  param b[i in 1..3] in [1, 2]  require sum(a[*] * b[*]) <= 2  "
    found = space(f"{VECTOR}{body}output y = x -> dense(a[0] + a[1] + a[2] + b[1] + b[2] + b[3])")
    assert found.count == 2 * 2  # a[1] b[1] + a[2] b[2] <= 2, with any a[0] and b[3]


def test_outside_of_rules_a_count_reads_each_of_them() -> None:
    found = space(VECTOR + "param on[i in 0..2] in [false, true]  output y = x -> dense(1 + count(on[0..1], on[2]))")
    assert [choice.path for choice in found.choices] == ["on[0]", "on[1]", "on[2]"]
    assert sorted(found.at(number).layers[-1].shape[0] for number in range(8)) == [1, 2, 2, 2, 3, 3, 3, 4]


E_BODY = "param e[i in 0..3, j in 0..3 where j > i] in [false, true]  "


@pytest.mark.parametrize(
    "stage",
    [
        "if k > 0 { if e[0][k] { dense(8) } }",
        "if k > 0 and e[0][k] { dense(8) }",
        "if where(k > 0, e[0][k], false) { dense(8) }",
        "if not (k == 0 or not e[0][k]) { dense(8) }",
    ],
)
def test_what_is_known_not_to_be_read_may_be_missing(stage: str) -> None:
    """An index of a repeat decides which of them there are."""
    found = space(f"{VECTOR}{E_BODY.replace('where', 'where i == 0 and')}output y = x -> repeat 4 as k {{ {stage} }}")
    assert [choice.path for choice in found.choices] == ["e[0][1]", "e[0][2]", "e[0][3]"]
    assert found.count == 8


def test_paths_of_families_in_bodies() -> None:
    """One for each use of a block and each iteration; rules outside name them by these paths."""
    block = "block b(x) { param w[i in 0..1] in [4, 8]  out x -> dense(w[0]) -> dense(w[1]) }"
    rule = "require sum(n[*].b.w[*]) <= 16 and n[0].b.w[1] == 4  "
    found = space(f"{VECTOR}let a = x -> repeat n in 1..2 {{ b }}  {rule}output y = a", block)
    paths = ["n", "n[0].b.w[0]", "n[0].b.w[1]", "n[1].b.w[0]", "n[1].b.w[1]"]
    assert [choice.path for choice in found.choices] == paths
    # Two layers: the second has 4. Four layers: they have at most 16 together, so that all have 4.
    assert found.count == 2 + 1
    assert found.at(found.index(found.default().choices)).choices == {"n": 1, "n[0].b.w[0]": 4, "n[0].b.w[1]": 4}


def test_a_shared_block_has_one_family() -> None:
    block = "shared block b(x) { param w[i in 0..1] in [4, 8]  out x -> dense(w[0]) -> dense(w[1]) }"
    found = space(f"{VECTOR}output y = x -> b -> b", block)
    assert [choice.path for choice in found.choices] == ["b.w[0]", "b.w[1]"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("param w[i in 0..70, j in 0..70] in [1, 2]  output y = x", ["SQS501"]),
        ("param w[i in 0..999] in [1, 2]  param v in [1, 2]  output y = x -> dense(w[0] + v)", ["SQS501"]),
        ("param relu[i in 0..1] in [1, 2]  output y = x -> dense(relu[0])", ["SQS203"]),
        ("param w[conv in 0..1] in [1, 2]  output y = x -> dense(w[0])", ["SQS203"]),
        ("param w[i in 0..1] in [1, 2]  output y = x -> dense(i)", ["SQS201"]),
        ("param w[i in 0..j, j in 0..1] in [1, 2]  output y = x -> dense(w[0][0])", ["SQS201"]),
        ("param w[i in 0..1 where j > 1] in [1, 2]  output y = x -> dense(w[0])", ["SQS201"]),
        ("param w[i in 0..1 where i] in [1, 2]  output y = x -> dense(w[0])", ["SQS105"]),
        ("param w[i in 0..1] in [1, 2 - i]  output y = x -> dense(w[0] + w[1])", ["SQS302"]),
        ("param w[i in 0..1] in [1, 2]  param w in [1]  output y = x -> dense(w[0])", ["SQS202"]),
        ("output y = x -> repeat 2 { param w[i in 0..1] in [1, 2]  out it -> dense(w[0] + w[1]) }", ["SQS114"]),
        ("param r[i in 0..1] in 0.1..0.5  output y = x -> if r[0] > r[1] { relu }", ["SQS305"]),
        ("const t = [1, 2]  output y = x -> dense(t[*])", ["SQS937"]),
        ("param w[i in 0..1] in [1, 2]  output y = x -> dense(w[relu])", ["SQS105"]),
        ("param w[i in 0..1] in [1, 2]  output y = x -> dense(w(1))", ["SQS105"]),
    ],
)
def test_refused(body: str, expected: list[str]) -> None:
    """One mistake gives one message."""
    assert codes(VECTOR + body) == expected


def test_where_is_a_word_only_behind_indices() -> None:
    """It stays the function, also in the condition, and in parentheses."""
    text = (
        "space s {\n  input x: [8]\n"
        "  param w[i in 0..1, j in 0..where(2 > 1, 1, 2) where (i + j) % 2 == 0] in [where(i > 0, 4, 5), 8]\n"
        "  output y = x -> dense(w[0][0]) -> dense(w[1][1])\n}\n"
    )
    assert loads(text).count == 4
    assert format_text(text) == text
    assert codes("input x: [8]  param where in [1, 2]  output y = x -> dense(2)") == ["SQS203"]


def test_an_error_in_the_indices_leaves_the_rest_to_be_checked() -> None:
    text = "space s {\n  param w[i in 0.., j in 1..2] in [4, 8]\n  input x: [8]\n"
    text += "  output y = x -> dense(w[0][1]) -> dnse\n}\n"
    found = read(Source("a.sqs", text))
    assert found.spec is None
    assert [d.code for d in Compilation.from_text(text).diagnostics] == ["SQS006", "SQS204"]
