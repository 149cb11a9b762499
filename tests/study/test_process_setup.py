"""The setup of a training process before it imports a framework."""

from __future__ import annotations

import os

import pytest

from sqsem_dsl.study.trial import process_setup
from sqsem_dsl.study.trial.process_setup import compiled_programs, prepare_process


@pytest.fixture
def environment(monkeypatch, tmp_path):
    made = {"XDG_CACHE_HOME": str(tmp_path)}
    monkeypatch.setattr(os, "environ", made)
    monkeypatch.setattr(process_setup, "find_spec", lambda name: name)
    return made


def test_compiled_programs_are_kept_in_a_bounded_folder_and_gpus_are_shared(environment, tmp_path):
    prepare_process()
    assert environment["JAX_COMPILATION_CACHE_DIR"].startswith(str(tmp_path / "sqsem" / "jax"))
    assert int(environment["JAX_COMPILATION_CACHE_MAX_SIZE"]) == 2 * 1024**3
    assert environment["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert environment["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert "OMP_NUM_THREADS" not in environment


def test_without_filelock_nothing_is_kept(environment, monkeypatch):
    monkeypatch.setattr(process_setup, "find_spec", lambda name: None)
    prepare_process()
    assert not any(name.startswith("JAX_") for name in environment)


def test_threads_are_shared_out(environment):
    prepare_process(threads=3)
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC")
    assert {environment[name] for name in names} == {"3"}


def test_what_the_user_has_set_stays(environment):
    environment |= {"JAX_COMPILATION_CACHE_DIR": "/elsewhere", "OMP_NUM_THREADS": "5"}
    prepare_process(threads=1)
    assert environment["JAX_COMPILATION_CACHE_DIR"] == "/elsewhere"
    assert environment["OMP_NUM_THREADS"] == "5"


def test_each_kind_of_processor_has_programs_of_its_own(environment, monkeypatch):
    folders = set()
    for flags in ("flags : sse avx", "flags : sse"):
        monkeypatch.setattr(process_setup, "_processor", lambda flags=flags: flags)
        folders.add(compiled_programs())
    assert len(folders) == 2
