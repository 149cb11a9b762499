"""The time to find an architecture's parameters and multiplications: from the compiler, and from Keras.

    python benchmarks/walk_time.py [--architectures 12] [--spec specs/squeezenet_se_auto.sqs]

The same random architectures are measured in turn by the compiler and by building the model in Keras, in one process
after a warm-up of both. The answers must be equal. The script prints the medians per architecture, and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the compiler's counts against those of a built Keras model.")
    parser.add_argument("--architectures", type=int, default=12, help="how many are measured (default: 12)")
    parser.add_argument(
        "--spec", default=str(ROOT / "specs" / "squeezenet_se_auto.sqs"), help="the spec they come from"
    )
    arguments = parser.parse_args()

    import keras

    import sqsem_dsl
    from sqsem_dsl.backends.keras.model import build_model, measure_macs

    space = sqsem_dsl.load(arguments.spec)
    compiled, built = [], []
    for number in range(arguments.architectures + 1):
        choices = space.sample_one(number).choices
        start = time.perf_counter()
        architecture = space.at(choices)
        ours = (architecture.params, architecture.macs)
        middle = time.perf_counter()
        model = build_model(architecture)
        theirs = (model.count_params(), measure_macs(model))
        end = time.perf_counter()
        keras.utils.clear_session()
        if ours != theirs:
            raise SystemExit(f"the compiler says {ours}, Keras {theirs}, for {dict(choices)}")
        if number:  # the first only fills the caches
            compiled.append(middle - start)
            built.append(end - middle)
    fast, slow = statistics.median(compiled), statistics.median(built)
    used = f"Keras {keras.__version__} on {keras.backend.backend()}"
    print(f"{arguments.architectures} architectures of {Path(arguments.spec).name}, {used}")
    print(f"compiler {fast * 1000:.1f} ms, Keras {slow * 1000:.0f} ms, ratio {fast / slow:.4f}")


if __name__ == "__main__":
    main()
