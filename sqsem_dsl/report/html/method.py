"""Background for the reader: the caveats, the failures, and the methods."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqsem_dsl.report.html.parts import Table
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.utils.numbers import plural, rounded_percent

FAILED = 200
"""The maximum number of failed trials that are listed."""


@dataclass(frozen=True)
class Failures:
    """The number of failed trials, the first of them, and the number of others."""

    title: str
    table: Table
    more: str


@dataclass(frozen=True)
class Method:
    """The sentences of the methods, the facts of the search, and its spec."""

    sentences: tuple[str, ...]
    facts: Table
    spec: str


def caveats(facts: ReportData) -> tuple[str, ...] | None:
    """None if there are none."""
    said = facts.answers.caveats
    if facts.running:
        said = ("The study had not ended when this page was made: trials may have been added since.", *said)
    return tuple(said) or None


def failures(facts: ReportData) -> Failures | None:
    """The trials without a result and the reasons; None if there are none."""
    failed = [trial for trial in facts.study.trials if trial.valid and trial.status == "failed"]
    if not failed:
        return None
    rows = [(str(t.number), str(t.error or ""), t.reason or "") for t in failed[:FAILED]]
    more = len(failed) - len(rows)
    title = f"{plural(len(failed), 'trial')} failed"
    return Failures(title, Table(("trial", "how", "why"), rows), f"{more:,} more" if more else "")


def method(facts: ReportData) -> Method:
    from sqsem_dsl import __version__

    answers, notes = facts.answers, facts.study.notes
    fit = answers.fit
    methods = [
        answers.model,
        "" if fit is None else f"In unseen trials the model explains {rounded_percent(fit)} of the score's variance.",
        answers.importance_method,
    ]
    rows = [
        ("data", notes.get("data")),
        *((f"classes of {output}", listed(names)) for output, names in (notes.get("classes") or {}).items()),
        ("fingerprint of the data", notes.get("fingerprint")),
        ("objectives" if len(facts.study.goals) > 1 else "objective", ", ".join(map(str, facts.study.goals))),
        ("algorithm", algorithm(notes.get("algorithm"))),
        ("stopping of trials", _stopping(notes.get("stopping"))),
        ("seed", notes.get("seed")),
        ("runs per trial", notes.get("executions")),
        ("trials asked for", notes.get("limit")),
        ("skipped as duplicates", notes.get("skipped")),
        ("started", _day(notes.get("created"))),
        ("sqsem", __version__),
        ("Keras", _both(notes.get("keras"), notes.get("backend"))),
        ("folder", str(facts.study.folder)),
    ]
    kept = [(name, str(value)) for name, value in rows if value not in (None, "")]
    return Method(tuple(line for line in methods if line), Table(("", ""), kept), facts.study.spec)


def listed(names: Any) -> str:
    """The classes of an output in the order of its units.

    >>> listed(["cat", "dog"])
    '2: cat, dog'
    """
    return f"{len(names)}: {', '.join(map(str, names))}"


def algorithm(noted: Any) -> str:
    """The algorithm with its settings.

    >>> algorithm({"name": "hyperband", "factor": 3})
    'hyperband, factor 3'
    """
    if not isinstance(noted, dict):
        return str(noted or "")
    settings = [
        f"{key} {value if isinstance(value, str) else json.dumps(value)}"
        for key, value in noted.items()
        if key != "name"
    ]
    return ", ".join([str(noted.get("name", "")), *settings])


def _stopping(noted: Any) -> str | None:
    """The rule with its settings; None if no trial was stopped."""
    return None if not isinstance(noted, dict) or noted.get("name") == "none" else algorithm(noted)


def _both(keras: Any, backend: Any) -> str | None:
    return None if not keras else f"{keras} on {backend}" if backend else str(keras)


def _day(seconds: Any) -> str | None:
    return None if not seconds else f"{datetime.fromtimestamp(float(seconds), UTC):%Y-%m-%d %H:%M} UTC"
