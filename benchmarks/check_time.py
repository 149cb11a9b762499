"""The time to check a spec, compared with the import of Keras that it avoids.

    python benchmarks/check_time.py [--rounds 7] [--spec specs/squeezenet_se_auto.sqs]

Each round starts two new processes, one after the other: the check of the spec, and `import keras`. Both have run once
before, so bytecode and the grammar's tables are on disk. The script prints the medians of wall time and of processor
time, which other load on the machine disturbs less, and the ratios of the medians.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHECK = "import sys; from sqsem_dsl.cli import compile_main; sys.exit(compile_main())"
KERAS = "import keras"


def timed(*arguments: str) -> tuple[float, float]:
    """Seconds of wall and processor time of a Python process. Raises CalledProcessError if it fails."""
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", *arguments], check=True, capture_output=True, env=environment)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a check of a spec against importing Keras.")
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured (default: 7)")
    parser.add_argument("--spec", default=str(ROOT / "specs" / "squeezenet_se_auto.sqs"), help="the spec to check")
    arguments = parser.parse_args()
    checks, imports = [], []
    for number in range(arguments.rounds + 1):
        check, keras = timed(CHECK, "--check", arguments.spec), timed(KERAS)
        if number:  # the first round only fills the caches
            checks.append(check)
            imports.append(keras)
    print(f"{arguments.rounds} rounds, {Path(arguments.spec).name}, Python {sys.version.split()[0]}")
    for name, position in (("wall", 0), ("processor", 1)):
        check_time = statistics.median(entry[position] for entry in checks)
        keras_time = statistics.median(entry[position] for entry in imports)
        ratio = check_time / keras_time
        print(f"{name:>9} time: check {check_time:.2f} s, import keras {keras_time:.2f} s, ratio {ratio:.3f}")


if __name__ == "__main__":
    main()
