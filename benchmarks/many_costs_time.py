"""The time for the costs of many assignments at once: `space.costs` and `space.options`.

    python benchmarks/many_costs_time.py [--assignments 1000000] [--rounds 5] [SPEC …]

For each spec, random assignments are given to `space.costs` by number and as an array of options. A hundred of the
answers are compared with `space.cost`, and ten with the networks. The analysis of all costs is done before and has its
own column. The script prints the medians of processor time. It loads no framework.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SPECS = ("squeezenet_se_auto", "face_expression", "once_for_all")


def timed(call: Callable[[], Any], rounds: int = 1) -> tuple[float, Any]:
    """The median of the processor time in seconds, and the result."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        found = call()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), found


def check(space: Any, numbers: Any, found: Any) -> None:
    """Some of the answers, compared with others' ways to them."""
    for at in range(0, len(numbers), len(numbers) // 100):
        if tuple(found[at])[:4] != space.cost(int(numbers[at]))[:4]:
            raise SystemExit(f"the costs of {numbers[at]} differ from those of a single one")
    for at in range(0, len(numbers), len(numbers) // 10):
        network = space.at(int(numbers[at]))
        if tuple(found[at]) != tuple(getattr(network, name) for name in found.dtype.names):
            raise SystemExit(f"the costs of {numbers[at]} differ from those of its network")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the costs of many assignments at once.")
    parser.add_argument("specs", nargs="*", default=[str(ROOT / "specs" / f"{name}.sqs") for name in SPECS])
    parser.add_argument("--assignments", type=int, default=1_000_000, help="how many (default: 1000000)")
    parser.add_argument("--rounds", type=int, default=5, help="times that each is measured (default: 5)")
    arguments = parser.parse_args()

    import sqsem_dsl

    print(f"numpy {np.__version__}, {arguments.assignments:,} assignments, {arguments.rounds} rounds")
    for spec in arguments.specs:
        space = sqsem_dsl.load(spec)
        generator = random.Random(0)
        numbers: Any = [generator.randrange(space.count) for _ in range(arguments.assignments)]
        if space.count < 2**63:
            numbers = np.array(numbers)
        first, _ = timed(lambda space=space: space.costs([0]))
        by_number, found = timed(lambda space=space, numbers=numbers: space.costs(numbers), arguments.rounds)
        unranked, options = timed(lambda space=space, numbers=numbers: space.options(numbers), arguments.rounds)
        by_options, again = timed(lambda space=space, options=options: space.costs(options), arguments.rounds)
        if not (found == again).all():
            raise SystemExit("numbers and options differ")
        check(space, numbers, found)
        print(
            f"{Path(spec).stem}: {space.count:,} assignments, {len(space.choices)} choices, prepared in {first:.2f} s"
        )
        print(f"  costs by number {by_number:.2f} s, by options {by_options:.2f} s; options {unranked:.2f} s")


if __name__ == "__main__":
    main()
