"""The page of a space: two in full, and properties of every page.

To change one, run `pytest tests/report --update-golden` and read the difference. The page of `digits` in full width is
in the README.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings

import sqsem_dsl
from sqsem_dsl.backends.export.analysis_json import analysis_json
from sqsem_dsl.diagram.costing import Costed
from sqsem_dsl.report.text.choices import MAX_LINES, choice_lines
from sqsem_dsl.report.text.space_page import space_page
from sqsem_dsl.report.text.style import Style
from sqsem_dsl.space.space import Space
from sqsem_dsl.utils.numbers import percent, signed
from tests.reference.agreement import case_of
from tests.reference.random_specs import specs

HERE = Path(__file__).parent
SPECS = HERE.parents[2] / "specs"
PLAIN = Style()


def page_of(space: Space, style: Style = PLAIN, every: bool = False) -> str:
    return "\n\n".join(space_page(f"specs/{space.name}.sqs", space, style, every)) + "\n"


def load(name: str) -> Space:
    return sqsem_dsl.load(SPECS / f"{name}.sqs")


@pytest.mark.parametrize(("name", "width"), [("toy", 100), ("digits", 60)])
def test_page(name: str, width: int, update_golden: bool) -> None:
    golden = HERE / "pages" / f"{name}-{width}.txt"
    page = page_of(load(name), Style(width))
    if update_golden:
        golden.write_text(page, encoding="utf-8")
    assert page == golden.read_text(encoding="utf-8")


BELIEVED = """sqs 1
space believed {
  input x: [4]
  output y = x
    -> repeat layers in 1..3 prior 2 { dense(any [8, 16, 32] prior [1, 4, 1]) -> slot act prior true { relu } }
    -> dropout(any 0.0..0.8 prior 0.5) -> dense(2) -> softmax
  train { optimizer = any [adam, sgd, rmsprop] prior adam }
}
"""
PRIORS = """\
choices                         prior        used in       params         MACs
  layers           repeat  1   25.0 %          2.3 %
                           2   50.0 %         14.0 %         +367         +348
                           3   25.0 %         83.7 %         +734         +697
  layers[0..2]
    dense.units    any     8   16.7 %  27.9 … 33.3 %
                           16  66.7 %  27.9 … 33.3 %  +173 … +288  +165 … +280
                           32  16.7 %  27.9 … 33.3 %  +520 … +863  +496 … +839
    act            slot    [false, true] prior true  41.9 … 50.0 % each
  dropout.rate     any     0.0..0.8 prior 0.5, continuous
  train.optimizer  any     [adam, sgd, rmsprop] prior adam
"""


def test_the_priors_of_options_are_a_column() -> None:
    space = sqsem_dsl.loads(BELIEVED)
    assert choice_lines(space, Style(100))[:-2] == PRIORS.splitlines()
    for width in (60, 72, 100):
        for every in (False, True):
            assert all(len(line) <= width for line in page_of(space, Style(width), every).splitlines())
    plain = re.sub(r" prior (\w+(\.\d+)?|\[.*?\])", "", BELIEVED)
    assert "prior" not in page_of(sqsem_dsl.loads(plain))


@pytest.mark.parametrize(
    "name", ["toy", "digits", "unet", "se_resnet50", "squeezenet_1_0", "face_multi", "once_for_all"]
)
def test_no_line_is_longer_than_the_page_is_wide(name: str) -> None:
    space = load(name)
    for width in (60, 72, 80, 100):
        for every in (False, True):
            lines = page_of(space, Style(width), every).splitlines()
            assert [line for line in lines if len(line) > width or line != line.rstrip()] == []


@settings(max_examples=40)
@given(specs())
def test_every_space_has_a_page_and_is_json(text: str) -> None:
    case = case_of(text)
    if case is None or case.rejected or not case.space.count:
        return
    for width, every in ((60, False), (100, True)):
        lines = page_of(case.space, Style(width), every).splitlines()
        assert [line for line in lines if len(line) > width or line != line.rstrip()] == []
    assert json.loads(json.dumps(analysis_json(case.space)))["assignments"] == case.space.count


def test_colours_change_nothing_else() -> None:
    space = load("digits")
    coloured = page_of(space, Style(color=True))
    assert "\033[1mdigits\033[0m" in coloured
    assert re.sub(r"\033\[\d+m", "", coloured) == page_of(space)


# ---- effects of options, compared with an enumeration


def test_shares_and_effects_are_those_of_all_networks() -> None:
    space = load("toy")
    networks = [space.at(index) for index in range(39)]

    def cells(path: str, value: int) -> tuple[Fraction, Fraction, Fraction]:
        """The share with a value, and its effect relative to the first one."""
        by_value = defaultdict(list)
        for network in networks:
            by_value[network.choices.get(path)].append(network)
        first = by_value[min(v for v in by_value if v is not None)]
        means = [Fraction(sum(n.params for n in some), len(some)) for some in (by_value[value], first)]
        macs = [Fraction(sum(n.macs for n in some), len(some)) for some in (by_value[value], first)]
        return Fraction(len(by_value[value]), 39), means[0] - means[1], macs[0] - macs[1]

    rows = [line.split("  ") for line in choice_lines(space, PLAIN)]
    rows = [[cell.strip() for cell in row if cell] for row in rows]
    share, params, macs = cells("layers", 3)
    assert ["3", percent(share), signed(params), signed(macs)] in rows
    several = [cells(f"layers[{i}].dense.units", 32) for i in range(3)]
    shares, params_, macs_ = ([each[i] for each in several] for i in range(3))
    assert [
        "32",
        f"{percent(min(shares)).removesuffix(' %')} … {percent(max(shares))}",
        f"{signed(min(params_))} … {signed(max(params_))}",
        f"{signed(min(macs_))} … {signed(max(macs_))}",
    ] in rows


def test_options_that_cost_the_same_are_one_line() -> None:
    lines = choice_lines(load("digits"), PLAIN)
    assert [line.split()[1:] for line in lines if line.startswith("  pool")] == [
        ["choose", "[max,", "avg]", "50.0", "%", "each"]
    ]


def test_a_continuous_choice_says_where_it_is_active() -> None:
    stages = "slot drop { dropout(any 0.1..0.5) } -> dropout(any 0.0..0.3) -> dense(2)"
    lines = choice_lines(sqsem_dsl.loads(f"space s {{ input x: [4]  output y = x -> {stages} }}"), PLAIN)
    assert [line.strip() for line in lines if "continuous" in line] == [
        "dropout.rate  any   0.1..0.5, continuous  50.0 %",
        "dropout.rate    any   0.0..0.3, continuous",
    ]


def test_every_option_has_a_line_with_all() -> None:
    space = load("digits")
    lines = choice_lines(space, PLAIN, every=True)
    assert [line.split()[0] for line in lines if "ratio" in line] == ["ratio"] * 3
    assert sum(" none " in line for line in lines) == sum(" auto " in line for line in lines) == 3


# ---- large spaces, and unknown values


def many(choices: int, options: int) -> Space:
    """A space of that many choices, each with its own name."""
    layers = " ".join(
        f"-> dense(any [{', '.join(str(7 * i + k + 1) for k in range(options))}]) @l{i}" for i in range(choices)
    )
    return sqsem_dsl.loads(f"space many {{ input x: [4]  output y = x {layers} }}")


def test_many_options_are_shown_in_part() -> None:
    lines = choice_lines(many(10, 7), PLAIN)
    assert len(lines) <= MAX_LINES + 2
    assert sum("… 3 more" in line for line in lines) == 10
    first = next(i for i, line in enumerate(lines) if "l0.units" in line)
    options = [line.split()[2 if i == 0 else 0] for i, line in enumerate(lines[first : first + 5])]
    assert options == ["1", "2", "3", "…", "7"] or options == ["1", "2", "…", "6", "7"]


def test_many_choices_are_a_line_each() -> None:
    lines = choice_lines(many(50, 3), PLAIN)
    assert sum(".units" in line for line in lines) == 50
    assert len(lines) <= MAX_LINES + 2


def test_of_very_many_choices_it_says_how_to_see_the_rest() -> None:
    space = many(70, 2)
    lines = choice_lines(space, PLAIN)
    assert lines[-1] == "  … and 10 lines more: all of them with `--all`"
    assert sum(".units" in line for line in lines) == MAX_LINES
    assert sum(".units" in line for line in choice_lines(space, PLAIN, every=True)) == 70


def test_where_costs_are_out_of_reach_some_are_sampled_and_the_page_says_why() -> None:
    space = load("toy")
    space.__dict__["costed"] = Costed(None, {}, {}, ("layers",))
    page = page_of(space)
    networks = [space.at(index) for index in range(39)]
    least, most = re.search(r"^  params +(\S+) +\S+ +(\S+)$", page, re.MULTILINE).groups()  # type: ignore[union-attr]
    assert min(n.params for n in networks) <= int(least.replace(",", ""))
    assert int(most.replace(",", "")) <= max(n.params for n in networks)
    assert "from 20 sampled networks; others may cost less or more" in page
    assert "layers[0..2].dense.units  any     [8, 16, 32]  23.1 … 33.3 % each" in page
    assert "not known\n  costs          too many choices in scope at once: layers\n" in page
    assert "█" not in page


def test_where_nothing_is_feasible_it_says_so() -> None:
    space = sqsem_dsl.loads("space s { input x: [4]  output y = x -> dense(any [2, 3])  require params <= 10 }")
    assert re.search(r"^  feasible +1 \(50.0 %\)$", page_of(space), re.MULTILINE)
    space = sqsem_dsl.loads("space s { input x: [4]  output y = x -> dense(any [2, 3])  require params <= 1 }")
    assert re.search(r"^  feasible +none$", page_of(space), re.MULTILINE)


def test_bounds_are_called_bounds() -> None:
    from sqsem_dsl.analysis.costs.feasibility import Feasible
    from sqsem_dsl.report.text.summary import share

    found = Feasible(10, 30, 100, "each of 4 sums separately")
    assert share(found) == "from 10 to 30 (10.0 % to 30.0 %), by each of 4 sums separately"


def test_how_the_architectures_are_known() -> None:
    from sqsem_dsl.analysis.architectures import Architectures
    from sqsem_dsl.report.text.space_page import known_architectures

    assert known_architectures(Architectures(1, True, "one assignment or none", (1, 1))) == "1"
    assert known_architectures(Architectures(12, True, "listed: …", (12, 12))) == "12, listed: …"
    assert (
        known_architectures(Architectures(900, False, "estimated", (800, 1_000)))
        == "about 900 (800 to 1,000), estimated"
    )
    assert known_architectures(Architectures(None, False, "not counted", (50, 10**18))) == "50 to 1.00e18, not counted"
    assert known_architectures(Architectures(None, False, "not counted", (1, None))) == "at least 1, not counted"
