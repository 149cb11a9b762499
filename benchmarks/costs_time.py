"""The time per assignment by number: parameters and multiplications, choices, number.

    python benchmarks/costs_time.py [--assignments 2000] [--models 8]

`space.cost(number)` looks costs up in the diagram of all costs. For comparison, a few of the same numbers are also
answered from the network (`space.at(number).params`) and from a model built in Keras. The answers must be equal. Then
`space.numbering` converts numbers to choices and choices to numbers. Everything runs in one process with the diagrams
ready; the first call, which builds them, has its own line. The script prints medians.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def median(call: Callable[[int], object], numbers: Iterable[int]) -> float:
    """The seconds of a call."""
    found = []
    for number in numbers:
        start = time.perf_counter()
        call(number)
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time single assignments by number.")
    parser.add_argument("--assignments", type=int, default=2_000, help="numbers that are asked for (default: 2000)")
    parser.add_argument("--models", type=int, default=8, help="of these, how many are built in Keras (default: 8)")
    arguments = parser.parse_args()

    import keras

    import sqsem_dsl
    from sqsem_dsl.backends.keras.model import build_model, measure_macs

    def built(space: sqsem_dsl.Space, number: int) -> None:
        model = build_model(space.at(number))
        theirs, ours = (model.count_params(), measure_macs(model)), space.cost(number)
        if theirs != (ours.params, ours.macs):
            raise SystemExit(f"the compiler says {ours}, Keras {theirs}, for number {number}")
        keras.utils.clear_session()

    print(f"Keras {keras.__version__} on {keras.backend.backend()}")
    for name in ("squeezenet_se_auto", "once_for_all"):
        space = sqsem_dsl.load(ROOT / "specs" / f"{name}.sqs")
        generator = random.Random(0)
        numbers = [generator.randrange(space.count) for _ in range(arguments.assignments)]
        few = numbers[: arguments.models + 1]
        first = median(space.cost, numbers[:1])
        looked_up = median(space.cost, numbers)
        worked_out = median(lambda number, space=space: (space.at(number).params, space.at(number).macs), few)
        built(space, few[0])  # the first only fills the caches
        in_keras = median(lambda number, space=space: built(space, number), few[1:])
        unrank = median(space.numbering.unrank, numbers)
        draws = [dict(space.numbering.unrank(number)) for number in numbers]
        ranked = median(lambda at, space=space, draws=draws: space.numbering.rank(draws[at]), range(len(draws)))
        if [space.numbering.rank(draw) for draw in draws] != numbers:
            raise SystemExit("a number does not come back")
        print(f"{name}: {space.count:,} assignments, costs prepared in {first:.2f} s")
        print(f"  costs looked up {looked_up * 1e6:.1f} us, worked out {worked_out * 1e3:.2f} ms", end="")
        print(f", in Keras {in_keras * 1e3:.0f} ms: 1 to {in_keras / looked_up:,.0f}")
        print(f"  choices of a number {unrank * 1e6:.1f} us, number of choices {ranked * 1e6:.1f} us")


if __name__ == "__main__":
    main()
