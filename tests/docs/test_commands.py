"""The page that the manual of the commands shows is the one that is printed."""

from __future__ import annotations

import re
from pathlib import Path

from sqsem_dsl.backends.keras import errors
from sqsem_dsl.diagnostics.diagnostic import REGISTRY

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def test_the_page_of_a_comparison() -> None:
    page = (ROOT / "tests" / "cli" / "diff" / "narrowed.txt").read_text(encoding="utf-8")
    assert f"```text\n{page}```" in MANUAL


def test_every_code_of_a_validation_is_named() -> None:
    found = {code for code, cls in REGISTRY.items() if cls.__module__ == errors.__name__}
    assert found == set(re.findall(r"^\| `(SQS\d+)`", MANUAL, re.MULTILINE))
