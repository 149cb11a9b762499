"""The questions that the space asks, answered from the trials."""

from __future__ import annotations

from sqsem_dsl.report.html.effects_chart import effects_chart
from sqsem_dsl.report.html.elements import Html, element, joined
from sqsem_dsl.report.html.pictures import effects_of_the_space
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.report.statistics.answer import Question


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
