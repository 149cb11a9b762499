"""The time to analyze a whole space: counts, extremes, distributions, budgets, architectures.

    python benchmarks/analysis_time.py [--rounds 5] [SPEC …]

For each spec and round, a new process loads the spec and asks `space.analysis` for one part after another. Each line
shows the additional time of that part. Imports have their own first line. The script prints the results and the medians
of processor time, which other load on the machine disturbs less than wall time. The default specs are
specs/squeezenet_se_auto.sqs and specs/once_for_all.sqs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SPECS = ("squeezenet_se_auto", "once_for_all")


def measured(spec: str) -> list[tuple[str, float, str]]:
    """The parts, each with its processor time in seconds and its result, measured in this process."""
    found: list[tuple[str, float, str]] = []

    def timed(name: str, ask: Callable[[], object]) -> None:
        start = time.process_time()
        answer = ask()
        found.append((name, time.process_time() - start, str(answer)))

    def imported() -> str:
        import numpy

        import sqsem_dsl.analysis.space_analysis
        import sqsem_dsl.compiler  # noqa: F401

        return f"numpy {numpy.__version__}"

    timed("imports", imported)

    import sqsem_dsl

    space = sqsem_dsl.Compilation.from_file(spec)
    timed("read, unroll, prove the shapes, count", lambda: f"{space.space.count:,} assignments")
    facts = space.space.analysis

    def ends() -> str:
        both = facts.ranges
        return ", ".join(f"{name} {both[name].low.value:,} to {both[name].high.value:,}" for name in ("params", "macs"))

    def values() -> str:
        return ", ".join(f"{len(of):,} values of {name}" for name, of in facts.distributions.items())

    def together() -> str:
        return f"{len(facts.joint):,} points" if facts.joint is not None else facts.limits["joint"]

    def alike() -> str:
        return f"{facts.architectures.count:,}, {facts.architectures.how}"

    timed("costs of every assignment", lambda: f"{facts.diagram.size:,} vertices" if facts.diagram else "too many")
    timed("least and most of each quantity", ends)
    timed("exact distributions", values)
    timed("exact joint distribution", together)
    timed("what each option adds", lambda: f"{len(facts.effects)} options")
    timed("within the budgets", lambda: f"{facts.feasible.count:,}" if facts.feasible else "unknown")
    timed("architectures", alike)
    return [*found, ("together, after the imports", sum(seconds for _, seconds, _ in found[1:]), "")]


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the analysis of whole spaces.")
    parser.add_argument("specs", nargs="*", default=[str(ROOT / "specs" / f"{name}.sqs") for name in SPECS])
    parser.add_argument("--rounds", type=int, default=5, help="processes for each spec (default: 5)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        print(json.dumps(measured(arguments.specs[0])))
        return
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}
    for spec in arguments.specs:
        command = [sys.executable, __file__, "--here", spec]
        rounds = [
            json.loads(subprocess.run(command, check=True, capture_output=True, env=environment, text=True).stdout)
            for _ in range(arguments.rounds)
        ]
        print(f"{Path(spec).name}, {arguments.rounds} rounds")
        for part in zip(*rounds, strict=True):
            print(f"{statistics.median(seconds for _, seconds, _ in part):8.3f} s  {part[0][0]:38} {part[0][2]}")


if __name__ == "__main__":
    main()
