"""The whole page: its sections in order, and the templates that render them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sqsem_dsl.diagnostics.errors import InternalError, SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.report.html.best_network import best_network
from sqsem_dsl.report.html.best_trials import best_trials
from sqsem_dsl.report.html.costs_chart import costs
from sqsem_dsl.report.html.curves_chart import curves
from sqsem_dsl.report.html.importance import importance
from sqsem_dsl.report.html.method import caveats, failures, method
from sqsem_dsl.report.html.overview import overview
from sqsem_dsl.report.html.parts import Svg
from sqsem_dsl.report.html.questions import questions
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.report.html.time_chart import time
from sqsem_dsl.report.statistics.answer import Answers
from sqsem_dsl.study.errors import MissingPackage
from sqsem_dsl.study.journal.study import Study
from sqsem_dsl.utils.visible import visible

if TYPE_CHECKING:
    from jinja2 import Environment

PACKAGES = {"matplotlib": "matplotlib", "jinja2": "Jinja2"}
"""Modules that a page needs, and the packages that provide them."""


@dataclass(frozen=True)
class Section:
    """A section. Its id is also the name of its template, which renders `data`; without data there is no section."""

    id: str
    title: str
    data: object | None


def html_page(study: Study, answers: Answers) -> str:
    """A study and the answers from its trials as one HTML page; the same study gives the same text.

    Raises SqsError if a package of the extra `report` is missing.
    """
    _need_packages()
    data = ReportData(study, answers)
    sections = [section for section in _sections(data) if section.data is not None]
    return templates().get_template("page.html").render(overview=overview(data), sections=sections)


def _sections(data: ReportData) -> list[Section]:
    last = [Section("caveats", "Caveats", caveats(data)), Section("method", "Methods", method(data))]
    if data.best is None:
        last.insert(1, Section("failures", "What failed", failures(data)))
        return last
    return [
        Section("questions", "What the trials answer", questions(data)),
        Section("trials", "The best trials", best_trials(data)),
        Section("network", "The best architecture", best_network(data)),
        Section("costs", "Score and cost", costs(data)),
        Section("curves", "Learning curves", curves(data)),
        Section("time", "Time spent", time(data)),
        Section("importance", "Which choices matter", importance(data)),
        *last,
    ]


def _need_packages() -> None:
    missing = [package for module, package in PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise SqsError([MissingPackage(NOWHERE, package, "the page of a report", "report") for package in missing])


@cache
def templates() -> Environment:
    """The templates, which escape everything except markup made here."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("sqsem_dsl.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_written,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _written(value: object) -> object:
    """The text of a value before it is escaped: no character hides or reorders others."""
    if isinstance(value, Svg) or hasattr(value, "__html__"):
        return value
    if isinstance(value, str):
        return visible(value, "\n\t")
    if isinstance(value, int):
        return value
    raise InternalError(f"a template writes a value of type {type(value).__name__}")
