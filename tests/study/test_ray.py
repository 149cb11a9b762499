"""Trials on a Ray cluster of two nodes, both of them on this machine, with a fake training."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import gettempdir
from time import monotonic, sleep

import numpy as np
import pytest

from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.study.errors import NoCluster
from sqsem_dsl.study.executors.ray_cluster import Share
from sqsem_dsl.study.executors.ray_tasks import RayTasks
from sqsem_dsl.study.task import EpochEnded, Evaluation, Failed, Lost, Started, Stopped, Task, Trained

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.search

TRAIN = "tests.fakes.pretended:train"
ROOT = Path(__file__).parents[2]
LIMIT = 180.0
"""Timeout of a test in seconds."""
LONG = 1000
"""Epochs of a trial that does not end by itself within the test."""
NODE = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
WATCHFUL = {"health_check_period_ms": 1000, "health_check_failure_threshold": 5}
"""How soon the cluster treats a silent node as dead."""


@pytest.fixture(scope="module")
def cluster():
    """A head, where the tests run, and one more node."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={**NODE, "_system_config": WATCHFUL})
    made.add_node(**NODE)
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def dataset():
    part = Part({"x": np.zeros((4, 2), np.float32)}, {"y": np.zeros((4,), np.int32)})
    return Dataset("nothing", {}, part, part, part)


@pytest.fixture
def executor(cluster, dataset):
    cluster.wait_for_nodes()
    made = RayTasks(dataset, cluster.address, Share(1), TRAIN)
    yield made
    made.close()
    assert not ray.is_initialized()


@pytest.fixture
def task(tmp_path):
    """Makes tasks with their own files."""

    def made(number, epochs=3, **changes):
        files = {name: str(tmp_path / f"{number}.{name}") for name in ("checkpoint", "final", "model", "tensorboard")}
        return Task(number, None, (), epochs, **{"seeds": (0,), **files, **changes})

    return made


def receive(executor, enough):
    """All messages until `enough` is true of them."""
    found, end = [], monotonic() + LIMIT
    while not enough(found):
        assert monotonic() < end, f"in vain after {found[:20]} …"
        found += executor.receive(0.5)
    return found


def of(kind, messages):
    return [message for message in messages if isinstance(message, kind)]


def until_ended(executor, count=1):
    """The ends of that many tasks."""
    return ends(receive(executor, lambda found: len(ends(found)) >= count))


def ends(messages):
    return of(Trained | Failed | Stopped | Lost, messages)


def started(executor, count=1):
    """The `Started` of each task, by number."""
    found = receive(executor, lambda messages: len(of(Started, messages)) == count)
    return {message.number: message for message in of(Started, found)}


def test_both_nodes_get_trials_and_report_them_in_order(executor, task):
    assert executor.capacity == 2
    executor.submit(task(1))
    executor.submit(task(2))
    found = receive(executor, lambda messages: len(ends(messages)) == 2)
    processes = {message.process for message in of(Started, found)}
    assert len(processes) == 2
    for number in (1, 2):
        own = [message for message in found if message.number == number]
        assert [type(message) for message in own] == [Started, EpochEnded, EpochEnded, EpochEnded, Trained]
        assert [message.epoch for message in of(EpochEnded, own)] == [1, 2, 3]
        assert own[-1] == Trained(number, (1 / 3,), {"loss": 1 / 3}, {}, 3, saved=True)


def test_files_come_back_to_where_the_study_wants_them(executor, task, tmp_path):
    executor.submit(task(1))
    until_ended(executor)
    assert Path(task(1).model).read_text() == "nothing of 1"
    assert Path(task(1).final).read_text() == "3"
    assert Path(task(1).tensorboard, "train", "events").read_text() == "losses"
    assert {path.name for path in tmp_path.iterdir()} - {"1.checkpoint"} == {"1.final", "1.model", "1.tensorboard"}
    assert not list(Path(gettempdir()).glob("sqsem-*/*/1.model")), "the node keeps its copies"


def test_a_trial_continues_from_its_start_or_from_its_checkpoint(executor, task, tmp_path):
    Path(task(1).final).write_text("2")
    executor.submit(task(2, epochs=4, start=task(1).final))
    Path(task(3).checkpoint).write_text("3")
    executor.submit(task(3, epochs=4, start=task(1).final))
    found = receive(executor, lambda messages: len(ends(messages)) == 2)
    assert {message.number: message.resumed_from for message in of(Started, found)} == {2: (0, 2), 3: (0, 3)}
    assert Path(task(3).checkpoint).exists(), "it is the study that removes it"


def test_a_model_that_cannot_be_written_costs_no_result(executor, task, tmp_path):
    (tmp_path / "file").write_text("is not a folder")
    executor.submit(task(1, model=str(tmp_path / "file" / "model.keras")))
    (message,) = until_ended(executor)
    assert isinstance(message, Trained)
    assert (message.scores, message.saved) == ((1 / 3,), False)
    assert "directory" in message.unsaved or "exists" in message.unsaved


def test_a_model_is_evaluated(executor, tmp_path):
    (tmp_path / "best.keras").write_text("seven c")
    asked = Evaluation(str(tmp_path / "best.keras"), None)
    executor.submit(asked)
    (found,) = receive(executor, bool)
    assert found == Evaluation(asked.model, None, {"length": 7.0})


def test_an_exception_is_a_failure(executor, task):
    executor.submit(task(1, seeds=(666,)))
    (message,) = until_ended(executor)
    assert (message.kind, message.reason) == ("error", "ValueError: the seed of the beast")
    assert "pretended.py" in message.trace


def test_what_a_node_cannot_import_is_a_failure(cluster, dataset, task):
    executor = RayTasks(dataset, cluster.address, train="no_such_package.here:train")
    try:
        executor.submit(task(1))
        (message,) = until_ended(executor)
    finally:
        executor.close()
    assert message.reason == "ModuleNotFoundError: No module named 'no_such_package'"
    assert "\x1b" not in message.trace


def test_a_killed_process_is_lost_on_a_living_node(executor, task):
    executor.submit(task(1, LONG))
    found = receive(executor, lambda messages: Path(task(1).checkpoint).exists())
    os.kill(of(Started, found)[0].process, signal.SIGKILL)
    (message,) = until_ended(executor)
    assert isinstance(message, Lost)
    assert not message.elsewhere
    assert "killed" in message.reason
    # It resumes from the checkpoint that was sent during the run.
    done = int(Path(task(1).checkpoint).read_text())
    executor.submit(task(1, done + 1))
    found = receive(executor, ends)
    assert of(Started, found)[0].resumed_from == (0, done)
    assert isinstance(ends(found)[0], Trained)


def test_stop_brings_checkpoints_back(executor, task):
    for number in (1, 2, 3):  # One has to wait for its turn.
        executor.submit(task(number, LONG))
    first_messages = receive(executor, lambda messages: len({m.number for m in of(EpochEnded, messages)}) == 2)
    executor.stop()
    assert sorted(until_ended(executor, 3), key=lambda m: m.number) == [Stopped(1), Stopped(2), Stopped(3)]
    running = {message.number for message in of(Started, first_messages)}
    assert len(running) == 2
    assert {n for n in (1, 2, 3) if Path(task(n).checkpoint).exists()} == running
    # A task submitted afterwards is not stopped.
    executor.submit(task(4, 1))
    assert isinstance(until_ended(executor)[0], Trained)


def test_a_killed_trial_is_heard_of_no_more(executor, task):
    executor.submit(task(1, LONG))
    process = started(executor)[1].process
    executor.kill(1)
    end = monotonic() + LIMIT
    while alive(process) and monotonic() < end:
        assert executor.receive(0.2) == []
    assert not alive(process)
    executor.submit(task(2))
    assert [message.number for message in until_ended(executor)] == [2]


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()


def test_trials_of_a_node_that_is_gone_run_elsewhere(executor, cluster, task):
    executor.submit(task(1, LONG))
    executor.submit(task(2, LONG))
    first_messages = started(executor, 2)
    receive(executor, lambda messages: all(Path(task(n).checkpoint).exists() for n in (1, 2)))
    gone = cluster.list_all_nodes()[-1]
    cluster.remove_node(gone, allow_graceful=False)
    (message,) = until_ended(executor)
    assert message == Lost(message.number, "its node was lost", elsewhere=True)
    end = monotonic() + LIMIT
    while executor.capacity != 1 and monotonic() < end:
        sleep(0.5)
    assert executor.capacity == 1
    executor.kill(3 - message.number)
    done = int(Path(task(message.number).checkpoint).read_text())
    executor.submit(task(message.number, done + 1))
    found = receive(executor, ends)
    (again,) = of(Started, found)
    assert again.resumed_from == (0, done)
    assert again.process != first_messages[message.number].process
    assert isinstance(ends(found)[0], Trained)
    cluster.add_node(**NODE)
    while executor.capacity != 2 and monotonic() < end:
        sleep(0.5)
    assert executor.capacity == 2


def test_a_trial_that_no_node_has_room_for(cluster, dataset):
    with pytest.raises(SqsError) as caught:
        RayTasks(dataset, cluster.address, Share(2), TRAIN)
    (found,) = caught.value.diagnostics
    assert isinstance(found, NoCluster)
    assert found.reason == "a trial needs 2 CPUs, but no node has more than 1 CPU"
    assert not ray.is_initialized()


SCRIPT = """
import os, signal, sys
import numpy as np
from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.study.executors.ray_cluster import Share
from sqsem_dsl.study.executors.ray_tasks import RayTasks
from sqsem_dsl.study.task import Lost, Started, Task

handler = lambda *_: None
signal.signal(signal.SIGTERM, handler)
part = Part({"x": np.zeros((4, 2), np.float32)}, {"y": np.zeros((4,), np.int32)})
executor = RayTasks(Dataset("nothing", {}, part, part, part), sys.argv[1], Share(1), "tests.fakes.pretended:train")
assert signal.getsignal(signal.SIGTERM) is handler
executor.submit(Task(1, None, (), 1000, (0,), checkpoint=sys.argv[2]))
lost = False
while not lost:
    for message in executor.receive(1):
        lost = isinstance(message, Lost)
        if isinstance(message, Started):
            os.kill(message.process, signal.SIGKILL)
executor.close()
print("lost")
"""


def test_ray_writes_nothing_between_the_lines_of_a_study(cluster, tmp_path):
    arguments = [sys.executable, "-c", SCRIPT, cluster.address, str(tmp_path / "checkpoint")]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (done.stdout, done.stderr) == ("lost\n", "")
