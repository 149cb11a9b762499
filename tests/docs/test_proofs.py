"""The page on proofs: its examples give the stated answers, and its limits match the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqsem_dsl.analysis import architectures, distinct
from sqsem_dsl.analysis.costs import feasibility, tables
from sqsem_dsl.diagram import draw_count, effort, frontier
from sqsem_dsl.ir import conditions, context
from sqsem_dsl.network import identity
from sqsem_dsl.utils import permutation
from tests.docs.examples import run, sections
from tests.docs.scripts import page

pytestmark = pytest.mark.slow

PAGE = page("proofs.md")
SECTIONS = sections(PAGE)


@pytest.mark.parametrize("heading", SECTIONS)
def test_the_examples(heading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run("```python\n>>> import sqsem_dsl as sqs\n```\n" + SECTIONS[heading], tmp_path)


LIMITS_SAID = {
    "How many assignments": [
        f"{frontier.MAX_STATES:,} states",
        f"{frontier.MAX_EDGES:,} edges",
        f"{effort.MAX_STEPS:,} steps",
        f"{draw_count.MAX_COUNTED_STEPS:,} steps",
    ],
    "When a choice exists": [f"{conditions.MAX_CUBES} cases", f"{context.LIMIT:,} combinations"],
    "What architectures cost": [f"{tables.LIMITS.memory >> 20} MiB", f"{tables.LIMITS.additions:,} additions"],
    "How many are within the budgets": [
        f"{tables.LIMITS.boxes:,} at most",
        f"more than {feasibility.MAX_AXES} different sums",
        f"up to {feasibility.MAX_CASES} of them",
    ],
    "Samples are uniform": [f"up to {permutation.FEW:,}"],
    "One id, one architecture": [f"{identity.LIMIT:,} steps", f"'{identity.RULES_VERSION}:...'"],
    "How many architectures": [
        f"{distinct.MAX_PAIRS:,} pairs",
        f"Up to {architectures.LISTED:,} assignments",
        f"{architectures.SAMPLES} draws",
        f"{architectures.MAX_NETWORKS:,} networks",
        f"{1 - architectures.RISK:.0%}".replace("%", " %"),
    ],
}


@pytest.mark.parametrize("heading", LIMITS_SAID)
def test_the_limits_are_those_of_the_code(heading: str) -> None:
    said = " ".join(SECTIONS[heading].split())
    assert [limit for limit in LIMITS_SAID[heading] if limit not in said] == []


def test_the_contents_are_the_headings() -> None:
    contents = PAGE.split("\n- [", 1)[1].split("\n\n")[0]
    assert [line.split("]")[0].removeprefix("- [") for line in contents.splitlines()] == list(SECTIONS)
