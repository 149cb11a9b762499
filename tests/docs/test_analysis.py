"""The manual of the analysis names every emitted key, and every part of `space.analysis`."""

from __future__ import annotations

import re
from pathlib import Path

import sqsem_dsl
from sqsem_dsl.analysis.space_analysis import Analysis
from sqsem_dsl.backends.export.analysis_json import analysis_json

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "analysis.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", MANUAL, flags=re.DOTALL)))


def test_every_key_is_named() -> None:
    data = analysis_json(sqsem_dsl.load(ROOT / "specs" / "toy.sqs"))
    params, (choice, *_) = data["params"], data["choices"]
    keys = {*data, *params, *params["histogram"][0], *choice["options"][0], *data["feasible"], *data["architectures"]}
    assert keys - NAMED == set()


def test_everything_that_is_known_is_named() -> None:
    attributes = {name for name in vars(Analysis) if not name.startswith("_")}
    named = {re.split(r"[(\[]", name)[0] for name in NAMED}
    assert attributes - named == {"diagram", "depths", "option_counts", "sample", "table_limits"}
