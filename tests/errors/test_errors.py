"""Every error case beside its golden message: `CODE/name.sqs` (or `.json`) and `CODE/name.err`.

To add one, write the file, run `pytest tests/errors --update-golden`, read the `.err`, and commit both. A case whose
name ends with `_`-something may have files beside it that it uses; only files with a golden, or without any, are cases.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

import sqsem_dsl
from sqsem_dsl.compiler import check_file
from sqsem_dsl.diagnostics.diagnostic import REGISTRY, Diagnostic
from sqsem_dsl.diagnostics.render import render_json, render_short, render_text
from tests.errors.made import MADE

HERE = Path(__file__).parent
FILES = sorted(path for path in HERE.glob("SQS*/*") if path.suffix in (".sqs", ".json"))


def compare(code: str, found: list[Diagnostic], golden: Path, update: bool) -> None:
    """The diagnostics' text must equal the golden file; the case's own code must be among them."""
    assert code in {d.code for d in found}, f"{code} is not among {[render_short(d) for d in found]}"
    text = "\n\n".join(render_text(d) for d in found) + "\n"
    for diagnostic in found:
        assert "\n" not in render_short(diagnostic)
        assert "\n" not in render_json(diagnostic)
    if update:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert golden.exists(), f"no {golden.name}: run pytest with --update-golden and read it"
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_message(path: Path, update_golden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    compare(path.parent.name, check_file(Path(path.name)), path.with_suffix(".err"), update_golden)


@pytest.mark.parametrize("name", sorted(MADE))
def test_made_message(name: str, update_golden: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    compare(name.split("/")[0], MADE[name](tmp_path), HERE / f"{name}.err", update_golden)


def test_every_golden_has_its_case() -> None:
    cases = {path.with_suffix(".err") for path in FILES} | {HERE / f"{name}.err" for name in MADE}
    assert set(HERE.glob("SQS*/*.err")) == cases


ELSEWHERE = (
    "sqsem_dsl.backends.keras",
    "sqsem_dsl.study",
    "sqsem_dsl.data",
    "sqsem_dsl.dashboard",
    "sqsem_dsl.__main__",
)


def _has_diagnostics(module: str) -> bool:
    """Whether a module defines a diagnostic with a code. Others are not loaded: some of them load matplotlib."""
    path = Path(sqsem_dsl.__path__[0]).joinpath(*module.split(".")[1:])
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return 'code="SQS' in source.read_text(encoding="utf-8")


def test_every_code_has_a_golden() -> None:
    """Every diagnostic of the compiler; those of data and searches (7xx, 9xx) are tested with their detection."""
    for module in pkgutil.walk_packages(sqsem_dsl.__path__, "sqsem_dsl."):
        if not module.name.startswith(ELSEWHERE) and _has_diagnostics(module.name):
            importlib.import_module(module.name)
    known = {path.parent.name for path in HERE.glob("SQS*/*.err")}
    missing = sorted(code for code in REGISTRY if code[:4] not in ("SQS7", "SQS9") and code not in known)
    assert not missing, f"no golden message for {', '.join(missing)}"
