"""`sqsem measure SPEC -o board.csv`: the times of all layers of a space, for the quantity `latency`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

from sqsem_dsl.cli.arguments import SPEC_HELP, add_command, add_compiling, natural, positive
from sqsem_dsl.cli.messages import say
from sqsem_dsl.cli.specs import compiled_file
from sqsem_dsl.space.space import Space
from sqsem_dsl.utils.numbers import plural

if TYPE_CHECKING:
    from sqsem_dsl.study.measure.measure import Compared

DESCRIPTION = """Measure every different layer of a space on this machine, one sample at a time, and
write a table for the quantity `latency`. Layers that the table has already are not
measured again, so that an interrupted run resumes with the same command. Afterwards,
a few whole architectures are measured beside the sums of their layers."""
EPILOG = """examples:
  sqsem measure net.sqs -o board.csv
  sqsem measure net.sqs -o board.csv --on litert --runs 200

exit codes: 0 fine, 1 the spec is wrong or a layer cannot be measured, 2 usage, 70 a
bug in sqsem"""
RUNS, CHECKED = 50, 5


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "measure", DESCRIPTION, EPILOG)
    parser.add_argument("spec", metavar="SPEC", help=SPEC_HELP)
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the table; missing layers are added")
    parser.add_argument(
        "--on", choices=("keras", "litert"), default="keras", help="the runtime (default: keras, on its backend)"
    )
    parser.add_argument(
        "--runs", type=positive, default=RUNS, metavar="N", help=f"a time is the median of N runs (default: {RUNS})"
    )
    parser.add_argument(
        "--check", type=natural, default=CHECKED, metavar="N", help=f"whole architectures (default: {CHECKED})"
    )
    parser.add_argument("--device", metavar="NAME", help="what the table calls this machine (default: its processor)")
    add_compiling(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Check the spec, except for the table that it names, and measure; the exit code."""
    compilation = compiled_file(arguments.spec, arguments, timed=False)
    say(compilation.diagnostics, arguments.message_format)
    if compilation.failed:
        return 1
    return measure(compilation.space, arguments)


def measure(space: Space, arguments: Namespace) -> int:
    """Measure what the table lacks, then some architectures. Raises SqsError if a package is missing, if a layer cannot
    be measured, and for a file that is another table; OSError if it cannot be written."""
    from sqsem_dsl.space.measured import layer_kinds
    from sqsem_dsl.study.backend import BUILDING, import_quietly, prepare_backend

    prepare_backend("measuring", BUILDING)
    if arguments.on == "litert":
        from sqsem_dsl.study.export.formats import FORMATS, check_packages

        check_packages(FORMATS["litert"])
    found = layer_kinds(space)
    import_quietly()
    from sqsem_dsl.study.measure.measure import compared, known_times, measure_layers
    from sqsem_dsl.study.measure.runtimes import device_of

    path, device = Path(arguments.output), arguments.device or device_of(arguments.on)
    known = known_times(path, device)
    missing = [kind for kind in found.kinds if kind.key not in known.nanoseconds]
    have = len(found.kinds) - len(missing)
    print(f"{space.name}: {plural(len(found.kinds), 'layer')}, {have} in {path}, {len(missing)} to measure on {device}")
    live = sys.stderr.isatty()

    def tell(done: int) -> None:
        if live:
            end = "\n" if done == len(missing) else ""
            print(f"\r\033[K{done:,} of {len(missing):,} layers", end=end, file=sys.stderr, flush=True)

    measure_layers(missing, path, device, arguments.on, arguments.runs, space.graph.folder, tell)
    if not found.complete:
        print("the analysis of the space reached its limit: some layers may be missing (see --effort)")
    times = known_times(path, device)
    _report(list(compared(space, times, arguments.on, arguments.runs, arguments.check)))
    return 0


def _report(several: list[Compared]) -> None:
    from sqsem_dsl.study.measure.measure import summary

    if not several:
        return
    print(f"{'architecture':>12}  {'measured us':>11}  {'sum us':>11}  ratio")
    for each in several:
        ratio = f"{each.summed / each.measured:.2f}" if each.measured else "-"
        print(f"{each.number:>12,}  {each.measured / 1000:>11,.1f}  {each.summed / 1000:>11,.1f}  {ratio:>5}")
    said = summary(several)
    if said is not None:
        print(said)
