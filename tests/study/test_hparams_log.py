"""A study in TensorBoard's HParams plugin, read back with the plugin's own backend."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.ir.choices import Categorical, Choice
from sqsem_dsl.ir.path import Path as SpecPath
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.progress.hparams_log import HParamsLog
from sqsem_dsl.study.view import View
from tests.fakes.journals import DEFINES, SPEC, trials
from tests.test_imports import ABSENT, ROOT

pytest.importorskip("tensorboard")

GOALS = (Goal("val_accuracy", "max"),)
FIRST, SECOND, THIRD, FAILED, REUSED, LAST, _ = trials()
MIXED = (
    Choice(SpecPath.parse("a"), "param", Categorical(("relu", 3))),
    Choice(SpecPath.parse("b"), "param", Categorical(((1, 2), (3, 4)))),
)


def choices() -> tuple[Choice, ...]:
    return sqs.loads(SPEC, define=DEFINES).choices


def follow(
    folder: Path, finished: Sequence[Trial], cut: Sequence[Trial] = (), before: Sequence[Trial] = ()
) -> list[str]:
    """A process of a study: trials that ended before it, that end in it, and that are interrupted. Its messages."""
    said: list[str] = []
    log, view = HParamsLog(folder, choices(), said.append), View(GOALS)
    view.trials.update({trial.number: trial for trial in before})
    log.begin("a study", view)
    for trial in [*finished, *cut]:
        if trial.origin != "reused":
            log.started(replace(trial, status="running", scores=(), metrics={}, ended=None), view)
    for trial in finished:
        log.ended(trial, view)
    log.close()
    return said


def read(folder: Path) -> tuple[Any, Mapping[str, Any]]:
    """The experiment and the sessions by name, as the plugin shows them."""
    from tensorboard import context
    from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
    from tensorboard.plugins.base_plugin import TBContext
    from tensorboard.plugins.hparams import api_pb2, backend_context, get_experiment, list_session_groups

    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(folder)).Reload()
    found = backend_context.Context(TBContext(data_provider=MultiplexerDataProvider(multiplexer, str(folder))))
    asked = context.RequestContext()
    shown = get_experiment.Handler(asked, found, "", api_pb2.GetExperimentRequest(include_metrics=True)).run()
    metrics = [api_pb2.ColParams(metric=info.name) for info in shown.metric_infos]
    statuses = [api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE, api_pb2.STATUS_RUNNING, api_pb2.STATUS_UNKNOWN]
    request = api_pb2.ListSessionGroupsRequest(
        start_index=0, slice_size=100, allowed_statuses=statuses, col_params=metrics, include_metrics=True
    )
    listed = list_session_groups.Handler(asked, found, "", request).run()
    return shown, {group.name: group for group in listed.session_groups}


def values(group: Any) -> dict[str, Any]:
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in group.hparams.items()}


def scores(sessions: Mapping[str, Any]) -> dict[str, list[float]]:
    """The metrics of each session; the logs have single precision."""
    return {name: [round(one.value, 6) for one in group.metric_values] for name, group in sessions.items()}


def test_the_plugin_shows_choices_and_scores(tmp_path: Path) -> None:
    from tensorboard.plugins.hparams import api_pb2

    assert follow(tmp_path, [FIRST, THIRD, FAILED, REUSED], [LAST]) == []
    shown, sessions = read(tmp_path)
    assert {info.name for info in shown.hparam_infos} == {choice.path for choice in choices()}
    assert [info.name.tag for info in shown.metric_infos] == ["val_accuracy"]
    domains = {info.name: info for info in shown.hparam_infos}
    assert list(domains["first"].domain_discrete) == [8, 16, 32]
    rate = domains["train.learning_rate"].domain_interval
    assert (rate.min_value, rate.max_value) == pytest.approx((0.001, 0.01))
    assert sorted(sessions) == ["trial-0001", "trial-0003", "trial-0004", "trial-0005", "trial-0006"]
    assert values(sessions["trial-0003"]) == pytest.approx(
        {"first": 16, "more": True, "more.dense.units": 8, "dropout.rate": 1 / 3, "train.learning_rate": 0.00123456}
    )
    assert "more.dense.units" not in values(sessions["trial-0001"])
    assert scores(sessions) == {
        "trial-0001": [0.81],
        "trial-0003": [0.88],
        "trial-0004": [],
        "trial-0005": [0.7],
        "trial-0006": [],
    }
    statuses = {name: group.sessions[0].status for name, group in sessions.items()}
    assert [statuses[name] for name in ("trial-0001", "trial-0004", "trial-0006")] == [
        api_pb2.STATUS_SUCCESS,
        api_pb2.STATUS_FAILURE,
        api_pb2.STATUS_UNKNOWN,  # so far
    ]


def test_all_values_of_the_best_epoch_are_scalars(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    follow(tmp_path, [FIRST])
    events = EventAccumulator(str(tmp_path / "trial-0001")).Reload()
    assert set(events.Tags()["scalars"]) == {"loss", "val_accuracy", "params", "macs"}
    [point] = events.Scalars("params")
    assert (point.step, point.value) == (10, FIRST.params)


def test_a_resumed_search_adds_what_was_not_written(tmp_path: Path) -> None:
    follow(tmp_path, [FIRST], [SECOND, LAST])
    files = {path.name for path in (tmp_path / "trial-0001").iterdir()}
    done = replace(LAST, status="completed", scores=(0.6,), metrics={"val_accuracy": 0.6}, ended=LAST.started + 1)
    # The second trial ended, and the process was killed before that was written.
    assert follow(tmp_path, [done], before=[FIRST, SECOND]) == []
    assert {path.name for path in (tmp_path / "trial-0001").iterdir()} == files
    _, sessions = read(tmp_path)
    assert scores(sessions) == {"trial-0001": [0.81], "trial-0002": [0.9], "trial-0006": [0.6]}


def test_options_of_several_types_are_texts(tmp_path: Path) -> None:
    log, view = HParamsLog(tmp_path, MIXED, pytest.fail), View(GOALS)
    log.begin("", view)
    log.ended(replace(FIRST, choices={"a": 3, "b": [3, 4]}), view)
    log.ended(replace(SECOND, choices={"a": "relu", "b": [1, 2], "gone": 5}), view)
    shown, sessions = read(tmp_path)
    assert [list(info.domain_discrete) for info in shown.hparam_infos] == [["3", "relu"], ["[1, 2]", "[3, 4]"]]
    assert values(sessions["trial-0001"]) == {"a": "3", "b": "[3, 4]"}
    assert values(sessions["trial-0002"])["a"] == "relu"


def test_what_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    [said] = follow(tmp_path / "file", [FIRST, SECOND])
    assert said.startswith("no hyperparameters for TensorBoard: ")


def test_without_the_package_it_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqsem_dsl.study.progress.hparams_log.find_spec", lambda name: None)
    assert follow(tmp_path, [FIRST]) == [
        "no hyperparameters for TensorBoard: the package `tensorboard` is not installed"
    ]
    assert not list(tmp_path.iterdir())


def test_tensorflow_is_not_needed(tmp_path: Path) -> None:
    """As in an environment with JAX."""
    code = f"""
from pathlib import Path
from tests.study.test_hparams_log import follow, FIRST
assert follow(Path({str(tmp_path)!r}), [FIRST]) == []
assert not [name for name in sys.modules if name == "tensorflow" or name.startswith("tensorflow.")]
"""
    script = ABSENT % (("tensorflow", "keras", "jax"),) + code
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=120)
    assert len(list((tmp_path / "trial-0001").iterdir())) == 2


@pytest.mark.keras
@pytest.mark.search
def test_a_search_writes_them_beside_its_logs(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    spec = """space s { input image: [8, 8]
      output digit = image -> flatten -> dense(any [4, 8]) -> relu -> dense(10) -> softmax }"""
    result = sqs.search(
        spec, "digits", tmp_path, trials=2, epochs=1, workers=0, tensorboard=True, progress=False, fraction=0.2
    )
    shown, sessions = read(tmp_path / "tensorboard")
    assert [info.name for info in shown.hparam_infos] == ["dense.units"]
    assert scores(sessions) == {f"trial-{one.number:04}": [pytest.approx(one.score, abs=1e-6)] for one in result.trials}
    assert (tmp_path / "tensorboard" / "trial-0001" / "execution0" / "validation").is_dir()
