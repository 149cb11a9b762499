"""The capacity of a Ray cluster, and the messages if there is none. No cluster runs."""

from __future__ import annotations

import socket

import pytest

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.study.errors import MissingPackage, NoCluster
from sqsem_dsl.study.executors import ray_cluster
from sqsem_dsl.study.executors.ray_cluster import Share, connect, places, too_small


def node(alive=True, **resources):
    return {"Alive": alive, "Resources": resources}


NODES = [node(CPU=8, GPU=1), node(CPU=3), node(alive=False, CPU=64, GPU=8), node(memory=1)]


@pytest.mark.parametrize(
    ("share", "count"),
    [
        (Share(1), 11),
        (Share(2), 5),  # 4 and 1: remainders of two nodes are not a place
        (Share(0.5), 22),
        (Share(1, 0.25), 4),
        (Share(4, 0.25), 2),
        (Share(0.1, 0.1), 10),
        (Share(0, 1), 1),
        (Share(16), 0),
        (Share(1, 2), 0),
    ],
)
def test_places_are_whole_trials_on_living_nodes(share, count):
    assert places(NODES, share) == count


def test_a_trial_that_no_node_has_room_for_is_reported_with_both_sides():
    assert too_small(NODES, Share(16)) == "a trial needs 16 CPUs, but no node has more than 8 CPUs and 1 GPU"
    assert too_small([], Share(1, 0.5)) == "a trial needs 1 CPU and 0.5 GPUs, but no node has more than 0 CPUs"


def test_ray_is_an_extra(monkeypatch):
    monkeypatch.setattr(ray_cluster, "find_spec", lambda name: None)
    with pytest.raises(SqsError) as caught:
        connect("auto")
    (found,) = caught.value.diagnostics
    assert isinstance(found, MissingPackage)
    assert (found.package, found.extra) == ("ray", "ray")


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "ray://127.0.0.1:{}", "localhost:{}"])
def test_an_address_where_nothing_listens(form):
    pytest.importorskip("ray")
    with socket.socket() as bound:  # Bound, but not listening: no other process can use the port.
        bound.bind(("127.0.0.1", 0))
        address = form.format(bound.getsockname()[1])
        with pytest.raises(SqsError) as caught:
            connect(address)
    (found,) = caught.value.diagnostics
    assert isinstance(found, NoCluster)
    assert found.address == address
    assert "refused" in found.reason


def test_an_address_that_is_none():
    pytest.importorskip("ray")
    with pytest.raises(SqsError) as caught:
        connect("nonsense")
    (found,) = caught.value.diagnostics
    assert isinstance(found, NoCluster)
    assert "nonsense" in found.reason
