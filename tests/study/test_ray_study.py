"""A whole study on a Ray cluster of two nodes, with a node and a process killed on the way."""

from __future__ import annotations

import os
import signal

import pytest

from sqsem_dsl.api.space import Compilation
from sqsem_dsl.study.options import SearchOptions
from sqsem_dsl.study.progress.progress import NullProgress
from sqsem_dsl.study.search import run_search
from sqsem_dsl.study.spec_snapshot import Sources
from tests.fakes.searching import SPEC, search
from tests.fakes.standin import dataset
from tests.study.test_resume import recorded_trials

ray = pytest.importorskip("ray")
pytest.importorskip("keras_tuner")
pytest.importorskip("filelock")
pytestmark = pytest.mark.search

TRIALS, EPOCHS = 12, 12
NODE = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
WATCHFUL = {"health_check_period_ms": 1000, "health_check_failure_threshold": 5}


@pytest.fixture
def cluster(monkeypatch):
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("EPOCH_SECONDS", "0.2")  # For the nodes, which start from here.
    made = Cluster(initialize_head=True, head_node_args={**NODE, "_system_config": WATCHFUL})
    made.add_node(**NODE)
    made.wait_for_nodes()
    yield made
    made.shutdown()


class Saboteur(NullProgress):
    """Kills a process after three trials have finished, and a node with its running trial after six."""

    def __init__(self, cluster):
        self.cluster, self.remarks = cluster, []
        self.process = self.node = False

    def remark(self, text):
        self.remarks.append(text)

    def epoch(self, trial, row, view):
        finished = sum(trial.status == "completed" for trial in view.trials.values())
        if finished >= 3 and not self.process and row.epoch == 1:
            self.process = True
            os.kill(int(trial.worker.rpartition(":")[2]), signal.SIGKILL)
        elif finished >= 6 and not self.node and self.both_have_far_to_go(view):
            self.node = True
            self.cluster.remove_node(self.cluster.list_all_nodes()[-1], allow_graceful=False)

    def both_have_far_to_go(self, view):
        epochs = view.at_epoch.values()
        return len(epochs) == 2 and min(epochs) >= 1 and max(epochs) <= EPOCHS / 2 + 1


def test_a_study_outlives_a_node_and_a_process(cluster, tmp_path):
    from sqsem_dsl.study.executors.ray_tasks import RayTasks

    search(tmp_path / "undisturbed", trials=TRIALS, epochs=EPOCHS)
    file = tmp_path / "killed.sqs"
    file.write_text(SPEC.format(search="algorithm = random"))
    compilation, data, saboteur = Compilation.from_file(file), dataset(), Saboteur(cluster)
    executor = RayTasks(data, cluster.address, train="tests.fakes.fake_training:train")
    assert executor.capacity == 2
    result = run_search(
        compilation.space,
        data,
        tmp_path / "killed",
        executor,
        SearchOptions(trials=TRIALS, epochs=EPOCHS),
        sources=Sources.of(compilation),
        progress=saboteur,
    )
    assert not ray.is_initialized()
    assert recorded_trials(tmp_path / "killed") == recorded_trials(tmp_path / "undisturbed")
    assert result.ended == f"all {TRIALS} trials are done"
    lost = [remark.partition(": ")[2] for remark in saboteur.remarks if "is restarted" in remark]
    assert lost == ["its process was killed or crashed, perhaps out of memory", "its node was lost"]
    assert sorted(trial.attempts for trial in result.trials) == [1] * (TRIALS - 2) + [2, 2]
    assert (tmp_path / "killed" / "best.keras").exists()
    assert not (tmp_path / "killed" / "running").exists()
