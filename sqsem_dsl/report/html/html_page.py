"""The page as a whole."""

from __future__ import annotations

from importlib.resources import files

from sqsem_dsl.report.html.best_network import best_network
from sqsem_dsl.report.html.best_trials import best_trials
from sqsem_dsl.report.html.costs_chart import costs_chart
from sqsem_dsl.report.html.curves_chart import curves_chart
from sqsem_dsl.report.html.drawing import need_matplotlib
from sqsem_dsl.report.html.effects_chart import effects_chart
from sqsem_dsl.report.html.elements import Html, element, joined
from sqsem_dsl.report.html.importance import importance
from sqsem_dsl.report.html.method import cautions, failures, method
from sqsem_dsl.report.html.overview import contents, overview
from sqsem_dsl.report.html.pictures import effects_of_the_space
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.report.html.time_chart import best_by_time, time_by_trial
from sqsem_dsl.report.statistics.answer import Answers, Question
from sqsem_dsl.study.journal.study import Study


def questions(facts: ReportData) -> Html | None:
    """Each with its sentences and a chart, then the picture of the network; None where there are none."""
    answers = facts.answers
    if not answers.questions:
        return None
    metric = facts.goal.metric
    many = f"{answers.trials:,} completed trial{'' if answers.trials == 1 else 's'}"
    return joined(
        [
            element(
                "p", f"From {many}: what each option adds to {metric}, all other choices being equal.", class_="how"
            ),
            *(_question(facts, question, f"question-{at}") for at, question in enumerate(answers.questions, 1)),
            effects_of_the_space(facts),
        ]
    )


def _question(facts: ReportData, question: Question, name: str) -> Html:
    words = [element("p", sentence) for sentence in question.sentences]
    chart = effects_chart(question, facts.goal, name)
    return element(
        "article",
        element("div", element("h3", question.question), *words, class_="words"),
        element("div", chart, class_="chart") if chart is not None else None,
        class_="question",
    )


Section = tuple[str, str, Html | None]
"""An id, a title, and what is below it."""


def html_page(study: Study, answers: Answers) -> str:
    """A study and what its trials answer as one HTML page; the same study gives the same text.

    Raises SqsError where matplotlib is missing.
    """
    need_matplotlib()
    facts = ReportData(study, answers)
    sections = [section for section in _sections(facts) if section[2] is not None]
    body = [
        overview(facts),
        contents([(name, title) for name, title, _ in sections]),
        *(element("section", element("h2", title), inner, id=name) for name, title, inner in sections),
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{study.name}: report of a search"),
        element("style", Html(_style())),
    )
    return f"<!doctype html>\n{element('html', head, element('body', element('main', *body)), lang='en')}\n"


def _sections(facts: ReportData) -> list[Section]:
    if facts.best is None:
        return [
            ("cautions", "Cautions", cautions(facts)),
            ("failures", "What failed", failures(facts)),
            ("method", "How it was made", method(facts)),
        ]
    costs = element("div", costs_chart(facts, "params", "params"), costs_chart(facts, "macs", "macs"), class_="pair")
    curves = curves_chart(facts, "curves")
    times = element("div", time_by_trial(facts, "times"), best_by_time(facts, "progress"), class_="pair")
    return [
        ("questions", "What the trials answer", questions(facts)),
        ("trials", "The best trials", best_trials(facts)),
        ("network", "The best architecture", best_network(facts)),
        ("costs", "Score and cost", costs),
        ("curves", "Learning curves", curves),
        ("time", "Time spent", element("div", times, failures(facts))),
        ("importance", "Which choices matter", importance(facts)),
        ("cautions", "Cautions", cautions(facts)),
        ("method", "How it was made", method(facts)),
    ]


def _style() -> str:
    return files("sqsem_dsl.report.html").joinpath("page.css").read_text(encoding="utf-8")
