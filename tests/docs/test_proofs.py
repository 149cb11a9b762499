"""The page on proofs: its examples answer as it says, and its limits are those of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqsem_dsl.analysis import architectures, distinct
from sqsem_dsl.analysis.costs import feasibility, tables
from sqsem_dsl.space import conditions, context, effort, fronts, identity, permutation
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
        f"{fronts.MOST_STATES:,} states",
        f"{fronts.MOST_EDGES:,} edges",
        f"{effort.MOST_STEPS:,} steps",
    ],
    "When a choice exists": [f"{conditions.MOST_CUBES} cases", f"{context.LIMIT:,} combinations"],
    "What architectures cost": [f"{tables.LIMITS.memory >> 20} MiB", f"{tables.LIMITS.additions:,} additions"],
    "How many are within the budgets": [
        f"{tables.LIMITS.boxes:,} at most",
        f"more than {feasibility.MOST_AXES} different sums",
        f"up to {feasibility.MOST_CASES} of them",
    ],
    "Samples are uniform": [f"up to {permutation.FEW:,}"],
    "One id, one architecture": [f"{identity.LIMIT:,} steps", f"'{identity.RULES_VERSION}:...'"],
    "How many architectures": [
        f"{distinct.MOST_PAIRS:,} pairs",
        f"Up to {architectures.LISTED:,} assignments",
        f"{architectures.DRAWN} draws",
        f"{architectures.MOST_NETWORKS:,} networks",
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
