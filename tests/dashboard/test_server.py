"""The server: what it answers, what it refuses, and the command that starts it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.cli.commands import Run, runner
from tests.dashboard.served import ATTACK, attacking_study
from tests.fakes.journals import make_study

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(tmp_path, monkeypatch, capsys)


@pytest.fixture
def dashboard() -> Iterator[Callable[[Path], Any]]:
    """A function that gives Flask's client of the dashboard of a study. Skips a test without Dash."""
    pytest.importorskip("dash")
    pytest.importorskip("dash_ag_grid")
    from sqsem_dsl.dashboard.app import Reader, make_app

    readers: list[Reader] = []

    def opened(folder: Path) -> Any:
        readers.append(Reader(folder))
        return make_app(readers[-1]).server.test_client()

    yield opened
    for reader in readers:
        reader.close()


@pytest.fixture
def client(tmp_path: Path, dashboard: Callable[[Path], Any]) -> Any:
    """The client for seven trials."""
    return dashboard(make_study(tmp_path / "study"))


def ask(client: Any, output: str, **values: Any) -> Any:
    """The answer of the callback whose outputs begin so, with the values of its inputs and states by id."""
    [one] = [one for one in client.get("/_dash-dependencies").json if one["output"].lstrip(".").startswith(output)]
    outputs = [
        dict(zip(("id", "property"), part.rsplit(".", 1), strict=True))
        for part in one["output"].strip(".").split("...")
    ]
    several = one["output"].startswith("..")
    body = {
        "output": one["output"],
        "outputs": outputs if several else outputs[0],
        "changedPropIds": [f"{one['inputs'][0]['id']}.{one['inputs'][0]['property']}"],
        **{kind: [{**each, "value": values.get(each["id"])} for each in one[kind]] for kind in ("inputs", "state")},
    }
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json["response"]


def parts(layout: Any) -> dict[str, Any]:
    """The properties of the parts of a layout that have an id."""
    found = {}
    pending = [layout]
    while pending:
        one = pending.pop()
        if isinstance(one, list):
            pending += one
        elif isinstance(one, dict):
            pending += [one.get("props"), one.get("children")]
            found |= {one["id"]: one} if "id" in one else {}
    return found


def test_the_page_holds_the_study_and_its_rows_follow(client: Any) -> None:
    page = parts(client.get("/_dash-layout").json)
    assert page["score-chart"]["figure"]["data"][0]["x"] == [1, 2, 3, 5]
    assert page["tick"]["max_intervals"] == 0
    answer = ask(client, "rows.data", start=page["start"]["data"])
    assert answer["rows"]["data"]["number"] == [1, 2, 3, 4, 5, 6, 7]
    assert answer["tick"]["max_intervals"] == -1


def test_an_update_without_news_is_only_the_top(client: Any) -> None:
    cursor = parts(client.get("/_dash-layout").json)["cursor"]["data"]
    assert set(ask(client, "head.children", cursor=cursor, best=2)) == {"head"}


def test_an_update_for_another_study_loads_the_page_again(client: Any) -> None:
    cursor = parts(client.get("/_dash-layout").json)["cursor"]["data"]
    answer = ask(client, "head.children", cursor={**cursor, "generation": 4}, best=2)
    assert answer == {"location": {"href": "/"}}


def test_a_selected_trial_is_shown_with_its_curve(client: Any) -> None:
    rows = [{"number": 4}, {"number": "1"}, 3]
    assert "Trial 4" in str(ask(client, "detail.children", table=rows[:1]))
    names = [trace["name"] for trace in ask(client, "curve-chart.figure", table=rows)["curve-chart"]["figure"]["data"]]
    assert names == ["running", "trial 4, selected", "trial 2, best", "trial 3, 2nd best", "trial 1, 3rd best"]


def test_axes_can_be_chosen(client: Any) -> None:
    answer = ask(client, "parallel.children", axes=["first"])
    drawn = answer["drawn"]["data"]
    [trace] = parts(answer["parallel"]["children"])["parallel-chart"]["figure"]["data"]
    assert [axis["label"] for axis in trace["dimensions"]] == ["first", "val_accuracy"]
    assert ask(client, "parallel.children", axes=["first"], drawn=drawn) == {}
    assert "parallel" in ask(client, "parallel.children", axes=[], drawn=drawn)


def test_the_page_itself_has_no_parallel_coordinates(client: Any) -> None:
    """They take the longest to draw: the browser asks for them when the rest is there."""
    assert "parallel-chart" not in parts(client.get("/_dash-layout").json)


@pytest.mark.parametrize(
    "host", ["attacker.example", "attacker.example:8050", "127.0.0.1.attacker.example", "192.0.2.1"]
)
@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/assets/dashboard.js", "/_dash-dependencies"])
def test_requests_for_other_hosts_are_refused(client: Any, host: str, path: str) -> None:
    assert client.get(path, headers={"Host": host}).status_code == 400
    assert client.get(path, headers={"Host": "127.0.0.1:8050"}).status_code == 200


def test_updates_for_other_hosts_are_refused(client: Any) -> None:
    assert client.post("/_dash-update-component", json={}, headers={"Host": "attacker.example"}).status_code == 400


def test_the_page_may_load_nothing_from_elsewhere(client: Any) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    scripts = policy.split("script-src ")[1].split(";")[0]
    assert "unsafe-inline" not in scripts
    assert "http" not in scripts
    assert re.findall(r'(?:src|href)="(?!/)[^"]*"', answer.text) == []


def test_no_text_of_a_study_is_markup(tmp_path: Path, dashboard: Callable[[Path], Any]) -> None:
    client = dashboard(attacking_study(tmp_path / "study"))
    page = client.get("/").text
    assert ATTACK not in page
    assert "<img src=x" not in page
    assert client.get("/_dash-layout").content_type == "application/json"


# ---- the command


@pytest.fixture
def needed() -> None:
    """Skips a test without Dash."""
    pytest.importorskip("dash")
    pytest.importorskip("dash_ag_grid")


@pytest.mark.usefixtures("needed")
def test_no_study(run: Run) -> None:
    result = run("dashboard", "nowhere")
    assert (result.code, result.out) == (1, "")
    assert "error[SQS763]: there is no study in `nowhere`" in result.err


@pytest.mark.usefixtures("needed")
def test_a_port_that_is_taken(tmp_path: Path, run: Run) -> None:
    make_study(tmp_path / "study")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run("dashboard", "study", "--port", str(port))
    assert (result.code, result.out) == (1, "")
    assert f"error[SQS791]: cannot serve the dashboard at port {port}: another program uses it" in result.err
    assert "help: name another port with `--port`, or `--port 0` for any free one" in result.err


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_does_not_exist(run: Run, port: str) -> None:
    assert run("dashboard", "study", f"--port={port}").code == 2


@pytest.mark.usefixtures("needed")
def test_ctrl_c_ends_it_quietly(tmp_path: Path) -> None:
    make_study(tmp_path / "study")
    command = [sys.executable, "-m", "sqsem_dsl", "dashboard", str(tmp_path / "study"), "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as started:
        assert started.stdout is not None
        line = started.stdout.readline()
        [url] = re.findall(r"http://127\.0\.0\.1:\d+/", line)
        assert "sqsem dashboard" in urlopen(url, timeout=60).read().decode()
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
    assert (started.returncode, out, err) == (0, "", "")
