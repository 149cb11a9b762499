"""One study by one process, by two, and by two nodes of a Ray cluster, with a process and a node killed on the way.

Each runs the same search of digits with real training: one worker; two workers; two workers of which one is killed
during a trial; and two Ray nodes on this machine of which one is removed. Each is a separate study in a new folder; the
time is that of the whole search, including the start of processes. All must end with the same trials.

    python benchmarks/workers.py [--trials 12] [--epochs 6]
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
from pathlib import Path

from sqsem_dsl.api.space import load
from sqsem_dsl.data.load import load_data
from sqsem_dsl.study.executors.processes import Processes
from sqsem_dsl.study.options import SearchOptions
from sqsem_dsl.study.progress.progress import NullProgress
from sqsem_dsl.study.search import run_search

SPEC = Path(__file__).resolve().parents[1] / "specs" / "digits.sqs"


class Killing(NullProgress):
    """Does some harm once, in the middle of a trial, when a third of the trials has finished."""

    def __init__(self, trials, harm):
        self.trials, self.harm, self.done, self.remarks = trials, harm, False, []

    def remark(self, text):
        self.remarks.append(text)

    def epoch(self, trial, epoch, view):
        if not self.done and len(view.ranking) >= self.trials // 3 and epoch.epoch >= 2:
            self.done = True
            self.harm(trial)


def kill_process(trial):
    os.kill(int(trial.worker.rpartition(":")[2]), signal.SIGKILL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=6)
    arguments = parser.parse_args()
    space = load(SPEC)
    data = load_data("digits", space.inputs, space.outputs, space.search_settings.seed)
    found = {}

    def run(name, executor, harm=None):
        progress = Killing(arguments.trials, harm) if harm else NullProgress()
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            options = SearchOptions(trials=arguments.trials, epochs=arguments.epochs, checkpoint_seconds=1)
            result = run_search(space, data, Path(folder, "out"), executor, options, progress=progress)
        seconds = time.perf_counter() - began
        completed = sorted((str(t.choices), t.status) for t in result.trials)
        found[name] = seconds, completed
        same = completed == found["one worker"][1]
        harmed = "" if harm is None else f"; {len(progress.remarks)} remarks: {progress.remarks[:2]}"
        ratio = seconds / found["one worker"][0]
        print(
            f"{name:28}{seconds:8.1f} s{ratio:8.2f}  {'the same trials' if same else 'OTHER TRIALS'}{harmed}",
            flush=True,
        )

    run("one worker", Processes(data, 1))
    run("two workers", Processes(data, 2))
    run("two workers, one killed", Processes(data, 2), kill_process)
    try:
        from ray.cluster_utils import Cluster

        from sqsem_dsl.study.executors.ray_tasks import RayTasks
    except ModuleNotFoundError:
        print("no Ray is installed")
        return
    node = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
    watchful = {"health_check_period_ms": 1000, "health_check_failure_threshold": 5}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "_system_config": watchful})
    second = cluster.add_node(**node)
    cluster.wait_for_nodes()
    try:
        run("two Ray nodes", RayTasks(data, cluster.address))
        lose = lambda trial: cluster.remove_node(second, allow_graceful=False)  # noqa: E731
        run("two Ray nodes, one lost", RayTasks(data, cluster.address), lose)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
