"""`sqsem verify SPEC`: build architectures in Keras, and compare them with the compiler's results.

Exit codes: 0 if all agree and train, 1 if a pass fails (possibly because of the spec), 70 if the compiler and
Keras disagree, which is a bug in sqsem.
"""

from __future__ import annotations

import gc
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING

from sqsem_dsl.cli.arguments import SPEC_HELP, add_command, add_compiling, natural, positive
from sqsem_dsl.cli.check import check
from sqsem_dsl.cli.messages import BUG, say
from sqsem_dsl.cli.specs import compiled
from sqsem_dsl.space.space import Space
from sqsem_dsl.utils.numbers import plural

if TYPE_CHECKING:
    from sqsem_dsl.backends.keras.validate import Problem, Validation

DESCRIPTION = """Build architectures in Keras, the default one first and then random ones, compare
every layer with the compiler's result, and run each model forward and
backward on random data."""
EPILOG = """examples:
  sqsem verify net.sqs
  KERAS_BACKEND=jax sqsem verify net.sqs -n 50 --seed 1

exit codes: 0 all agree and train, 1 the spec is wrong or a pass fails, 2 usage,
70 the compiler and Keras disagree: a bug in sqsem"""
NUMBER = 10
"""The default number of architectures to build."""
MAX_SHOWN = 20
"""The maximum number of different problems that are shown in full."""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "verify", DESCRIPTION, EPILOG)
    parser.add_argument("spec", metavar="SPEC", help=SPEC_HELP)
    parser.add_argument(
        "-n", "--number", type=positive, default=NUMBER, metavar="N", help=f"architectures to build (default: {NUMBER})"
    )
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="seed of the sample (default: 0)")
    add_compiling(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Check the spec, then verify it; the exit code."""
    compilation = compiled(arguments.spec, arguments)
    if check(compilation, arguments, thorough=True):
        return 1
    return verify(compilation.space, arguments.number, arguments.seed, arguments.message_format)


def verify(space: Space, number: int, seed: int, style: str) -> int:
    """Print the problems and a verdict; return the exit code. Raises SqsError if Keras is not installed, and if
    no architecture is within the budgets."""
    from sqsem_dsl.study.backend import BUILDING, import_quietly, prepare_backend

    prepare_backend("a validation", BUILDING)
    import_quietly()
    import keras

    from sqsem_dsl.backends.keras.validate import is_whole, validations

    gc.freeze()  # the objects loaded so far stay: no need to scan them after each model
    other = f"Keras {keras.__version__} on {keras.config.backend()}"
    began = monotonic()
    done: list[Validation] = []
    counter = _Counter(f"validating {space.name} with {other}", number)
    try:
        for validation in validations(space, number, seed):
            done.append(validation)
            counter.show(len(done), sum(bool(each.problems) for each in done))
    finally:
        counter.close()
    different: dict[str, Problem] = {}
    for validation in done:
        for problem in validation.problems:
            different.setdefault(problem.title, problem)
    vain = {warning.title: warning for validation in reversed(done) for warning in validation.warnings}
    say([*list(different.values())[:MAX_SHOWN], *list(vain.values())[:MAX_SHOWN]], style)
    if len(different) > MAX_SHOWN:
        print(f"… and {len(different) - MAX_SHOWN} more", file=sys.stderr)
    print(_verdict(space.name, done, is_whole(space, number), other))
    built, passed = sum(v.seconds_built for v in done), sum(v.seconds_passed for v in done)
    print(f"  {monotonic() - began:.1f} s: building and comparing {built:.1f} s, passes {passed:.1f} s")
    if any(problem.bug for problem in different.values()):
        return BUG
    return 1 if different else 0


def _verdict(name: str, done: list[Validation], whole: bool, other: str) -> str:
    layers = sum(len(validation.architecture.layers) for validation in done)
    count = f"{name}: {plural(len(done), 'architecture')}{', the whole space' if whole else ''}"
    codes = Counter(code for v in done for code in {problem.code for problem in v.problems})
    if not codes:
        judged = all(v.architecture.train.precision != "mixed_float16" for v in done)
        reach = " and reach every weight" + (" that an output reads" if any(v.warnings for v in done) else "")
        return (
            f"{count}: shapes, parameters and MACs of {layers:,} layers agree with {other}; "
            f"forward and backward passes are finite{reach if judged else ''}"
        )
    said = {"SQS771": "disagree", "SQS772": "cannot be built", "SQS773": "fail in a pass"}
    return f"{count} with {layers:,} layers, compared with {other}: " + ", ".join(
        f"{codes[code]:,} {words}" for code, words in said.items() if code in codes
    )


class _Counter:
    """The progress: a line that changes on a terminal, else one line at the start."""

    def __init__(self, title: str, number: int) -> None:
        self.title, self.number, self.live = title, number, sys.stderr.isatty()
        self._say(f"{title}: at most {plural(number, 'architecture')}", end="\n" if not self.live else "")

    def show(self, done: int, wrong: int) -> None:
        if self.live:
            self._say(f"{self.title}: {done:,} of {self.number:,}{f', {wrong:,} wrong' if wrong else ''}", end="")

    def close(self) -> None:
        if self.live:
            self._say("", end="")

    def _say(self, text: str, end: str) -> None:
        front = "\r\033[K" if self.live else ""
        print(front + text, end=end, file=sys.stderr, flush=True)
