"""The analysis of all assignments at once, compared with an enumeration: the most important test.

`check` compares the number of assignments, each number's assignment, the network's shapes, the reported failures, and
the conditions of each choice; see `agreement`. The counts given here were computed by hand.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings

import sqsem_dsl
from sqsem_dsl.diagram.shape_analysis import analyze_shapes
from sqsem_dsl.ir.reach import reach
from tests.reference.agreement import Case, case_of, case_of_compilation, check, forgetting, when_of
from tests.reference.random_specs import specs

pytestmark = pytest.mark.slow

SPECS = Path(__file__).resolve().parents[2] / "specs"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_random_specs(text: str) -> None:
    case = case_of(text)
    event("does not elaborate" if case is None else "rejected" if case.rejected else "compiles")
    if case is not None:
        check(case)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_random_specs_as_large_spaces_are_folded(text: str) -> None:
    with forgetting():
        case = case_of(text)
    if case is not None:
        check(case)


def test_most_random_specs_compile_and_have_choices() -> None:
    """Otherwise the test above would test nothing."""
    found: list[Case | None] = []

    @settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(specs())
    def collect(text: str) -> None:
        found.append(case_of(text))

    collect()
    right = [case for case in found if case is not None and not case.rejected]
    assert len(right) >= 40
    assert sum(len(case.allowed) > 3 for case in right) >= 15


CASES = {
    "one choice of two values": (
        2,
        "output y = x -> conv(any [2, 4], 1)",
    ),
    "a let draws once however often it is read": (
        2,
        "let t = x -> conv(any [2, 4], 1)  output y = concat(t, t -> relu)",
    ),
    "a let that only one branch reads is decided there alone": (
        1 + 3,
        """let t = x -> conv(any [2, 4, 6], 1)
           output y = x -> slot s { concat(it, t) }""",
    ),
    "a let that a branch reads, and later the output too": (
        2 * 3,
        """let t = x -> conv(any [2, 4, 6], 1)
           output y = concat(x -> slot s { concat(it, t) }, t)""",
    ),
    "a param read first in one branch or in the other, or in none": (
        3 + 3 + 1,
        """param w in [2, 4, 6]
           output y = x -> choose c { a: conv(w, 1)  b: conv(w, 3)  c: relu }""",
    ),
    "a param that a branch draws and the output reads again": (
        2 * 3,
        """param w in [2, 4, 6]
           output y = x -> slot s { conv(w, 1) } -> conv(w, 3)""",
    ),
    "a rule over two params": (
        # of 3 * 3, those with a < b
        3,
        """param a in 1..3  param b in 1..3
           require a < b
           output y = x -> conv(a, 1) -> conv(b, 1)""",
    ),
    "a rule cuts where the second choice that it names is not decided first": (
        3,
        """param a in 1..3  param b in 1..3
           require a < b
           output y = x -> conv(b, 1) -> relu -> conv(a, 1)""",
    ),
    "a rule that names a choice which is not active holds": (
        # b is only in the slot: 3 without it, and 3 of 9 with it
        3 + 3,
        """param a in 1..3  param b in 1..3
           require a < b
           output y = x -> conv(a, 1) -> slot s { conv(b, 1) }""",
    ),
    "a rule with `or` holds too where half of what it names is not active": (
        2 + (4 - 1),
        """param a in 1..2  param b in 1..2
           require a == 1 or b == 1
           output y = x -> conv(a, 1) -> slot s { conv(b, 1) }""",
    ),
    "a rule in a body cuts only where the body is used": (
        1 + 2,
        """output y = x -> conv(4, 1) -> slot s {
             param w in [2, 4, 6]  require w >= channels(it)  out it -> conv(w, 1) }""",
    ),
    "a rule over the channels of a tensor that only the output reads": (
        2,
        "let t = x -> conv(any [2, 4, 6], 1)  require channels(t) <= 4  output y = t",
    ),
    "a rule over a tensor that is computed after all choices are made": (
        2,
        """param w in [2, 4, 6]
           let t = x -> conv(w, 1) -> conv(2 * w, 1)
           require channels(t) <= 8
           output y = t -> relu""",
    ),
    "a rule over a tensor that a branch alone reads": (
        1 + 2,
        """let t = x -> conv(any [2, 4, 6], 1)
           require channels(t) > 2
           output y = x -> slot s { concat(it, t) }""",
    ),
    "a rule over a let in a body, which it names before the body reads it": (
        2,
        """output y = x -> { param w in [2, 4, 6]  let t = it -> conv(w, 1)  require channels(t) <= 4
                             out concat(it -> conv(any [3], 1), t) }""",
    ),
    "rules in a chain": (
        # 1 <= a <= b <= c <= 3
        10,
        """output y = x -> conv(1, 1) -> repeat n in [3] as i {
             param w in 1..3  require w >= channels(it)  out it -> conv(w, 1) }""",
    ),
    "a rule that excludes what would not fit": (
        2,
        """param k in [1, 3, 9]
           require k <= height(x)
           output y = x -> conv(2, k, padding = valid)""",
    ),
    "the count of a repeat is read in its body": (
        1 + 2 + 4,
        "output y = x -> repeat n in 0..2 as i { conv(n * 2 + i, any [1, 3]) }",
    ),
    "the count of a repeat is not read in its body": (
        1 + 2 + 4,
        "output y = x -> repeat n in 0..2 { conv(2, any [1, 3]) }",
    ),
    "a count above its uses": (
        2 + 2 * 2 + 2 * 4,
        """param n in 0..2
           output y = x -> conv(any [4, 8], 1) -> repeat n as i { conv(4, any [1, 3]) -> conv(4 * (n - i), 1) }""",
    ),
    "two repeats of one count, with choices in both": (
        1 + 2 * 3,
        """param n in 0..1
           output y = x -> repeat n as i { conv(any [2, 4], 1) @first }
                        -> repeat n as j { conv(any [2, 4, 6], 1) @second }""",
    ),
    "repeats in repeats": (
        1 + (1 + 2) + (1 + 2) ** 2,
        "output y = x -> repeat n in 0..2 { repeat m in 0..1 { conv(2, any [1, 3]) } }",
    ),
    "a recursion whose depth is searched": (
        # one 3x3 or 1x1 per level
        1 + 2 + 4 + 8,
        """block down(v, n) { out v -> if n > 0 { conv(2, any [1, 3]) -> down(n - 1) } else { relu } }
           param depth in 0..3
           output y = x -> down(depth)""",
    ),
    "bypasses in each other, in all modes": (
        2 * 4,
        """output y = x -> bypass outer in [none, auto] {
             bypass inner in [none, fit, project, auto] { conv(6, 3, stride = 2) } }""",
    ),
    "an identity where the shapes agree in every architecture that takes it": (
        2,
        "output y = x -> bypass b in [none, identity] { conv(channels(it), 3) }",
    ),
    "a pick of one to three branches": (
        3 * 2 + 3 * 4 + 8,
        """output y = add(pick p in 1..3 {
             a: x -> conv(4, any [1, 3]) @a   b: x -> conv(4, any [1, 3]) @b   c: x -> conv(4, any [1, 3]) @c })""",
    ),
    "a pick whose branches share a let": (
        (1 + 3) + 3,
        """let t = x -> conv(4, any [1, 3, 5])
           output y = add(pick p in 1..2 { a: x -> conv(4, 1)  b: t })""",
    ),
    "a merge draws `how` only where there are two": (
        1 + 2,
        "output y = merge(x, optional more { x -> conv(3, 3) }, how = any [add, concat])",
    ),
    "a merge of two optional tensors": (
        1 + 2 + 2 + 2,
        """output y = merge(x, optional a { x -> conv(3, 3) }, optional b { x -> conv(3, 1) },
                            how = any [add, concat])""",
    ),
    "a shared cell used in two places": (
        3,
        """shared block cell(v) { out v -> conv(any [2, 4, 6], 1) }
           output y = x -> cell -> relu -> cell""",
    ),
    "a shared cell used in two places, each only sometimes": (
        1 + 3 + 3 + 3,
        """shared block cell(v) { out v -> conv(any [2, 4, 6], 1) }
           output y = x -> slot first { cell } -> slot second { cell }""",
    ),
    "a shared cell used in two branches that exclude each other": (
        3 + 3,
        """shared block cell(v) { out v -> conv(any [2, 4, 6], 1) }
           output y = x -> choose c { a: conv(8, 1) -> cell  b: conv(16, 1) -> cell }""",
    ),
    "a shared cell whose choice changes no shape": (
        2 * 3,
        """shared block cell(v) { out v -> conv(8, any [1, 3, 5]) }
           output y = x -> conv(any [2, 4], 1) -> cell -> cell -> cell""",
    ),
    "a shared cell whose choice changes the shape at its second use alone": (
        3,
        """shared block cell(v, s) { param p in [1, 2, 4]  out v -> conv(8, 3, stride = where(s == 1, 1, p)) }
           output y = x -> cell(1) -> cell(2)""",
    ),
    "a shared cell with structures, and a use within a slot": (
        # the cell: a slot of 2 kernels, and 2 activations; the outer slot uses it first or not at all
        2 * (1 + 2) * 2,
        """shared block cell(v) {
             param act in [relu, tanh]
             out v -> conv(4, 1) -> slot s { conv(4, any [1, 3]) } -> activation(act) }
           output y = x -> slot early { cell } -> cell""",
    ),
    "tied branches": (
        2,
        """tied block encoder(v) { out v -> conv(any [2, 4], 3) }
           output y = add(x -> encoder, x -> relu -> encoder)""",
    ),
    "a condition on two choices, of which the second may not exist": (
        # a = 1: b twice, and with b = 2 a kernel; a = 2: a kernel
        (1 + 2) + 2,
        """param a in 1..2  param b in 1..2
           output y = x -> conv(a, 1) -> if a == 1 and b == 1 { relu } else { conv(4, any [1, 3]) }""",
    ),
    "`or` reads its right side only when needed": (
        2 + 1 + 2,
        """param a in 1..2  param b in 1..2
           output y = x -> conv(a, 1) -> if a == 1 or b == 1 { conv(4, any [1, 3]) } else { relu }""",
    ),
    "a size decides what is there": (
        1 + 2,
        "output y = x -> conv(any [2, 8], 1) -> { if channels(it) > 4 { conv(4, any [1, 3]) } else { relu } }",
    ),
    "a size of a tensor that nothing else reads, read twice": (
        3,
        """let n = channels(x -> conv(any [2, 4, 6], 1))
           output y = x -> conv(n, 1) -> conv(2 * n, 3)""",
    ),
    "two outputs": (
        2 * 2 * 3,
        """let t = x -> conv(any [2, 4], 1)
           output y = t -> conv(2, any [1, 3])   output z = t -> dense(any [2, 3, 4])""",
    ),
    "a continuous choice counts once": (
        2,
        "output y = x -> slot s { dropout(any 0.0..0.5) }",
    ),
    "alternatives that end in one shape": (
        3 * 3 * 3,
        """output y = x -> choose a { p: relu  q: tanh  r: selu } -> choose b { p: relu  q: tanh  r: selu }
                        -> choose c { p: relu  q: tanh  r: selu }""",
    ),
}


def spec(body: str) -> str:
    return f"sqs 1\nspace s {{\n  input x: [8, 8, 3]\n  {body}\n}}\n"


@pytest.mark.parametrize(("count", "body"), CASES.values(), ids=list(CASES))
def test_fixed_specs(count: int, body: str) -> None:
    space = sqsem_dsl.loads(spec(body))
    assert space.count == count
    case = case_of(spec(body))
    assert case is not None
    check(case)


@pytest.mark.parametrize(("count", "body"), CASES.values(), ids=list(CASES))
def test_fixed_specs_as_large_spaces_are_folded(count: int, body: str) -> None:
    with forgetting():
        case = case_of(spec(body))
    assert case is not None
    assert len(case.allowed) == count
    check(case)


FAULTY = {
    "one value of many": ("conv(2, any [1, 3, 9], padding = valid)", "kernel", {"conv.kernel": "9"}),
    "an interplay of two": (
        "maxpool(any [1, 2], stride = 1, padding = valid) -> slot s { maxpool(any [2, 4, 8], padding = valid) @p }",
        "window",
        {"maxpool.size": "2", "s": "true", "s.p.size": "8"},
    ),
    "tied weights of two shapes": (
        "{ concat(it -> twin, it -> conv(any [3, 5], 1) -> twin) }",
        "tied",
        {"conv.filters": "5"},
    ),
    "a division by zero that one index meets": ("repeat n in 1..3 as i { conv(4 // (2 - i), 1) }", "", {"n": "3"}),
}


@pytest.mark.parametrize(("stages", "title", "witness"), FAULTY.values(), ids=list(FAULTY))
def test_what_fails_is_reported_with_choices_that_make_it_fail(
    stages: str, title: str, witness: dict[str, str]
) -> None:
    text = spec(f"tied block twin(v) {{ out v -> conv(2, 3) }}  output y = x -> {stages}")
    case = case_of(text)
    assert case is not None
    check(case)
    (fault,) = case.shape_analysis.faults
    assert title in fault.title
    assert dict(fault.choices or ()) == witness


def test_a_tied_use_that_does_not_fit_is_no_misfit_of_weights() -> None:
    body = """tied block twin(v) { out v -> conv(3, 3, padding = valid) }
              output y = x -> twin -> slot s { maxpool(3) } -> twin"""
    case = case_of(spec(body))
    assert case is not None
    check(case)
    (fault,) = case.shape_analysis.faults
    assert "kernel" in fault.title


def test_a_fault_that_the_rules_exclude_is_none() -> None:
    text = "param k in [1, 3, 9]  require k < 9  output y = x -> conv(2, k, padding = valid)"
    assert sqsem_dsl.loads(spec(text)).count == 2


# ---- the specs


ENUMERATED = {
    "toy": {},
    "digits": {},
    "unet": {"size": 16},
    "squeezenet_bypass": {"size": 64},
    "squeezenet_1_0": {"size": 64},
    "mobilenet_v3_large": {"size": 32},
    "se_resnet50": {"size": 32},
}


@pytest.mark.parametrize("name", ENUMERATED)
def test_small_specs_agree_with_their_enumeration(name: str) -> None:
    compilation = sqsem_dsl.Compilation.from_file(SPECS / f"{name}.sqs", define=ENUMERATED[name])
    case = case_of_compilation(compilation)
    assert case is not None
    check(case)


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.sqs")), ids=lambda p: p.stem)
def test_numbers_and_assignments_are_inverse_in_every_spec(path: Path) -> None:
    space = sqsem_dsl.load(path)
    assert space.count is not None
    last = None
    for part in range(9):
        index = (space.count - 1) * part // 8
        architecture = space.at(index)
        assert space.index(architecture.choices) == index
        assert index == last or last is None or index > last
        last = index


def test_choices_exist_exactly_when_they_say_in_sampled_architectures() -> None:
    for path in sorted(SPECS.glob("*.sqs")):
        space = sqsem_dsl.load(path, define={"size": 64} if "const size " in path.read_text() else {})
        for seed in range(3):
            active = space.sample_one(seed).choices
            for choice in space.choices:
                met = [
                    cube
                    for cube in choice.when
                    if all(path in active and active[path] in values for path, values in cube)
                ]
                assert len(met) <= 1
                assert bool(met) == (choice.path in active) or (met and not choice.exact), (path.stem, choice.path)


# ---- details


def test_when_names_the_choices_above() -> None:
    space = sqsem_dsl.loads(spec("output y = x -> repeat n in 1..2 { slot s { conv(any [2, 4], 1) } }"))
    assert when_of(space, "n").when == ((),)
    assert when_of(space, "n[1].s").when == ((("n", (2,)),),)
    assert when_of(space, "n[1].s.conv.filters").when == ((("n", (2,)), ("n[1].s", (True,))),)


def test_a_choice_that_two_places_share_has_disjoint_conditions() -> None:
    body = """shared block cell(v) { out v -> conv(any [2, 4, 6], 1) }
              output y = x -> slot first { cell } -> slot second { cell }"""
    choice = when_of(sqsem_dsl.loads(spec(body)), "cell.conv.filters")
    assert choice.exact
    assert choice.when == ((("first", (True,)),), (("first", (False,)), ("second", (True,))))


def test_many_shared_choices_that_change_no_shape_stay_cheap() -> None:
    """Twenty searched edges of a cell used six times: tracked, they would be 3^20 states."""
    edges = " -> ".join(f"choose e{i} {{ a: relu  b: tanh  c: conv(4, 3) }}" for i in range(20))
    cells = " -> ".join(["cell"] * 6)
    body = f"shared block cell(v) {{ out v -> {edges} }}  output y = x -> conv(4, 1) -> {cells}"
    assert sqsem_dsl.loads(spec(body)).count == 3**20


def test_what_is_too_wide_is_said_so_and_still_walks() -> None:
    """Each choice is read again at the end, when all the others are still needed."""
    names = [f"w{i}" for i in range(10)]
    params = "  ".join(f"param {name} in 1..4" for name in names)
    there = " -> ".join(f"conv({name}, 1)" for name in names)
    body = f"{params}  output y = x -> {there} -> {there}"
    compilation = sqsem_dsl.Compilation.from_text(spec(body))
    assert [d.code for d in compilation.diagnostics] == ["SQS503"]
    space = compilation.space
    assert space.count is None
    assert space.sample_one(1).params > 0
    assert [c.path for c in space.choices] == names


def test_settings_are_decided_after_the_network() -> None:
    text = spec("output y = x -> conv(any [2, 4], 1)  train { optimizer = any [sgd(momentum = any [0.0, 0.9]), adam] }")
    part = sqsem_dsl.Compilation.from_text(text).elaborated["s"]
    assert part.graph is not None
    with_settings = analyze_shapes(part.graph, part.rule_spans, settings=True)
    assert with_settings.diagram is not None
    choices = reach(part.graph, with_settings.order)
    assert [c.path for c in choices] == ["conv.filters", "train.optimizer", "train.optimizer.sgd.momentum"]
