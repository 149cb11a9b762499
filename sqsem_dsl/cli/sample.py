"""`sqsem sample SPEC`: random architectures of a space, as lines of JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator

from sqsem_dsl.cli.arguments import SPEC_HELP, add_command, add_compiling, natural, positive
from sqsem_dsl.cli.emit import emit
from sqsem_dsl.cli.specs import compiled
from sqsem_dsl.compiler import Compilation
from sqsem_dsl.ir.choices import plain
from sqsem_dsl.space.space import Space

NUMBER = 10
"""The default number of samples."""
DESCRIPTION = """Write different random architectures, uniformly sampled from those within the
budgets of the spec: a JSON object a line, with the architecture's number, its
choices, parameters and multiply-accumulates. The same seed gives the same ones."""
EPILOG = """examples:
  sqsem sample net.sqs -n 20
  sqsem sample net.sqs -n 1000 --seed 1 --where "macs <= 20M" -o sample.jsonl

exit codes: 0 fine, 1 the spec is wrong, 2 usage, 70 a bug in sqsem"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "sample", DESCRIPTION, EPILOG)
    parser.add_argument("spec", metavar="SPEC", help=SPEC_HELP)
    parser.add_argument(
        "-n",
        "--number",
        type=positive,
        default=NUMBER,
        metavar="N",
        help=f"how many; all of them if the space has fewer (default: {NUMBER})",
    )
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="seed of the sample (default: 0)")
    parser.add_argument("--where", metavar="CONDITION", help="only architectures that meet a condition on costs")
    parser.add_argument("-o", "--output", metavar="FILE", help="write to this file (default: standard output)")
    add_compiling(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Write the sample; the exit code."""
    return emit("sample", _sample, compiled(arguments.spec, arguments), arguments)


def _sample(compilation: Compilation | None, arguments: Namespace) -> str:
    assert compilation is not None
    return "\n".join(samples(compilation.space, arguments.number, arguments.seed, arguments.where))


def samples(space: Space, count: int, seed: int, where: str | None) -> Iterator[str]:
    """Different random architectures as lines of JSON. Raises SqsError if none is within the budgets and the
    condition, or if the space's assignments cannot be numbered."""
    bounds = {"lower_bounds": sorted(found)} if (found := space.analysis.lower_bounds) else {}
    for architecture in space.sample(count, seed, where=where):
        costs = space.cost(architecture.choices)
        yield json.dumps(
            {
                "index": space.index(architecture.choices),
                "choices": {path: plain(value) for path, value in architecture.choices.items()},
                "params": costs.params,
                "macs": costs.macs,
                **({} if space.graph.times is None else {"latency": costs.latency}),
                **bounds,
            },
            ensure_ascii=False,
        )
