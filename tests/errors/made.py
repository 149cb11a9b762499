"""Error cases that do not fit in a small text file: each makes its files in an empty folder and returns diagnostics.

The name of a case is that of its golden file, `CODE/name`.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from sqsem_dsl.analysis.lower_bounds import LowerBound, exact_enough
from sqsem_dsl.api.space import Space, load
from sqsem_dsl.cli.compile import TARGETS
from sqsem_dsl.compiler import Compilation, check_file
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagram.costing import Costed
from sqsem_dsl.elaborate.condition import read_where
from sqsem_dsl.space.measured import with_times
from sqsem_dsl.study.objective import Goal, counted

Case = Callable[[Path], list[Diagnostic]]


def _of_bytes(name: str, content: bytes) -> Case:
    def case(folder: Path) -> list[Diagnostic]:
        (folder / name).write_bytes(content)
        return check_file(Path(name))

    return case


def _missing(folder: Path) -> list[Diagnostic]:
    (folder / "digits.sqs").write_text("sqs 1\n")
    return check_file(Path("digit.sqs"))


def _folder(folder: Path) -> list[Diagnostic]:
    (folder / "specs").mkdir()
    return check_file(Path("specs"))


SPACE = """space s {
  input x: [20]
  param n in 1..3
  let a = x -> repeat n { dense(8) } -> slot drop { dropout(any 0.1..0.5) }
  output y = a -> dense(any [2, 4]) -> dense(2)
  require n < 3
  require params <= 100
}
"""


def _asked(ask: Callable[[Space], object]) -> Case:
    """The answer to a request for something that the space above lacks."""

    def case(folder: Path) -> list[Diagnostic]:
        (folder / "space.sqs").write_text(SPACE)
        try:
            ask(load("space.sqs"))
        except SqsError as error:
            return list(error.diagnostics)
        return []

    return case


def _two_spaces(folder: Path) -> list[Diagnostic]:
    (folder / "two.sqs").write_text(SPACE + "\n" + SPACE.replace("space s", "space t"))
    try:
        load("two.sqs")
    except SqsError as error:
        return list(error.diagnostics)
    return []


def _define(folder: Path) -> list[Diagnostic]:
    (folder / "space.sqs").write_text(SPACE.replace("  input", "  const classes = 10\n  input"))
    return list(Compilation.from_file("space.sqs", define={"clases": "100"}).diagnostics)


def _place(folder: Path) -> list[Diagnostic]:
    (folder / "space.sqs").write_text(SPACE)
    try:
        TARGETS["architecture"](Compilation.from_file("space.sqs"), Namespace(at="third"))
    except SqsError as error:
        return list(error.diagnostics)
    return []


def _varying(folder: Path) -> list[Diagnostic]:
    (folder / "space.sqs").write_text(
        """space s {
  input x: [8]
  output y = x -> dense(any [3, 4]) -> choose end { a: softmax  b: sigmoid }
}
"""
    )
    try:
        load("space.sqs").check_outputs()
    except SqsError as error:
        return list(error.diagnostics)
    return []


def _draw_without_costs(space: Space) -> object:
    """A sample from a space whose total costs are out of reach."""
    space.costed = Costed(None, {}, {})
    return space.sample_one(seed=1)


def _costs_without_costs(space: Space) -> object:
    """Costs of many assignments of such a space."""
    space.costed = Costed(None, {}, {}, ("n", "drop"), ("states", 20_000))
    return space.costs([0, 1])


def _sum(terms: int) -> bytes:
    return f"space s {{\n  const n = {' + '.join(['1'] * terms)}\n}}\n".encode()


def _not_counted(folder: Path) -> list[Diagnostic]:
    """A budget on a property of a user's layer that only the layer knows; it is declared without Keras."""
    (folder / "space.sqs").write_text(SPACE.replace("params <= 100", "macs <= 1K and params <= 100"))
    space = load("space.sqs")
    layer = space.graph.choices[0].span
    bound = LowerBound("my_layers:Mix", "`Mix` has weights of its own: `kernel` [8, 8]", layer)
    inner = LowerBound("my_layers:Net", "it has layers inside", layer)
    budgets = (*space.budgets, *read_where("activations <= 100"))
    return list(exact_enough(budgets, {"macs": bound, "activations": inner}))


def _objective_without_times(folder: Path) -> list[Diagnostic]:
    """The score of a network whose layer the table lacks, in a space without whole costs: others are not compiled."""
    search = '  search { objective = minimize(latency)  latency = table("board.csv") }\n}'
    (folder / "space.sqs").write_text("".join(SPACE.rsplit("}", 1)[:1]) + search)
    columns = "layer,inputs,output,microseconds\n"
    (folder / "board.csv").write_text(f"{columns}dense(units = 8),[20],[8],2.5\ndense(units = 8),[8],[8],1\n")
    graph = Compilation.from_file("space.sqs").elaborated["s"].graph
    assert graph is not None
    assert graph.times is not None
    space = with_times(Compilation.from_file("space.sqs", timed=False).space, graph.times)
    space.costed = Costed(None, {}, {})
    try:
        counted(space.generic(0), (Goal("latency", "min"),))
    except SqsError as error:
        return list(error.diagnostics)
    return []


def _round_link(folder: Path) -> list[Diagnostic]:
    (folder / "loop.sqs").symlink_to("loop.sqs")
    (folder / "a.sqs").write_text('use b from "loop.sqs"\nspace s { input x: [4]  output y = x -> b }\n')
    return check_file(Path("a.sqs"))


def _extern_settings(folder: Path) -> list[Diagnostic]:
    """What is wrong with `extern` in settings without a look at its module."""
    (folder / "own.sqs").write_text(
        """space own {
  input x: [8]
  output y = x -> dense(3) -> softmax
  train {
    loss      = extern("my_losses")
    metrics   = [extern("my_code:Kappa"), extern("my_code:Loss"), extern("my_other_code:Kappa")]
    optimizer = extern("my_code:Lion", learning_rate = 0.1)
    callbacks = extern("my_code:Halve", 2)
  }
}
"""
    )
    return list(Compilation.from_file("own.sqs", allow_extern=True).diagnostics)


MADE: dict[str, Case] = {
    "SQS014/brackets": _of_bytes("deep.sqs", b"space s {\n  let x = " + b"(" * 10_000),
    "SQS014/sum": _of_bytes("sum.sqs", _sum(10_000)),
    "SQS015/words": _of_bytes("long.sqs", b"# too long\nspace s {\n" + b"  let x = 1\n" * 100_000),
    "SQS016/exponent": _of_bytes("huge.sqs", b"space s {\n  const n = 1e999999999\n}\n"),
    "SQS020/near": _missing,
    "SQS021/folder": _folder,
    "SQS022/latin1": _of_bytes("latin.sqs", "space s {\n  # grüße\n}\n".encode("latin-1")),
    "SQS022/utf16": _of_bytes("wide.sqs", "space s {}\n".encode("utf-16")),
    "SQS023/large": _of_bytes("large.sqs", b"#" * (5 * 2**20)),
    "SQS103/two": _two_spaces,
    "SQS104/define": _define,
    "SQS116/extern": _extern_settings,
    "SQS311/budget": _not_counted,
    "SQS505/wide": _asked(_costs_without_costs),
    "SQS506/rows": _asked(lambda space: space.costs(space.options([0, 1, 2, 3, 1]) + 2)),
    "SQS946/objective": _objective_without_times,
    "SQS605/path": _asked(lambda space: space.at({"n": 2, "drop": False, "dense.unit": 2})),
    "SQS606/missing": _asked(lambda space: space.at({"n": 2, "drop": True})),
    "SQS607/value": _asked(lambda space: space.at({"n": 7})),
    "SQS608/not_drawn": _asked(
        lambda space: space.at({"n": 2, "drop": False, "drop.dropout.rate": 0.2, "dense.units": 2})
    ),
    "SQS609/rule": _asked(lambda space: space.at({"n": 3, "drop": False, "dense.units": 2})),
    "SQS610/index": _asked(lambda space: space.at(10**6)),
    "SQS611/budget": _asked(_draw_without_costs),
    "SQS612/place": _place,
    "SQS614/where": _asked(lambda space: space.sample(3, where="params <= 1")),
    "SQS613/output": _varying,
    "SQS212/link_circle": _round_link,
    "SQS002/nul": _of_bytes("nul.sqs", b"space s {\n  \0\0\n}\n"),
}
