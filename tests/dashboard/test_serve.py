"""What keeps the dashboard from being served, without its packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqsem_dsl.dashboard.errors import NoPort
from sqsem_dsl.dashboard.serve import serve
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.render import render_text
from sqsem_dsl.diagnostics.source import NOWHERE
from tests.fakes.journals import make_study


def test_the_message_about_a_port() -> None:
    assert render_text(NoPort(NOWHERE, 8050, "another program uses it")) == (
        "error[SQS791]: cannot serve the dashboard at port 8050: another program uses it\n"
        "  = help: name another port with `--port`, or `--port 0` for any free one"
    )


def test_without_its_packages_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqsem_dsl.dashboard.serve.find_spec", lambda name: None)
    with pytest.raises(SqsError) as error:
        serve(make_study(tmp_path / "study"), 0, pytest.fail)
    assert [diagnostic.title for diagnostic in error.value.diagnostics] == [
        "the dashboard needs `dash`, which is not installed",
        "the dashboard needs `dash-ag-grid`, which is not installed",
    ]
    assert "sqsem-dsl[dashboard]" in str(error.value)
