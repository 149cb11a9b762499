"""The network drawn: the space shaded by effect, and the best architecture beside the plain one."""

from __future__ import annotations

from sqsem_dsl.report.diagram import difference_picture, effects_picture
from sqsem_dsl.report.html.elements import Html, element, figure
from sqsem_dsl.report.html.report_data import ReportData

NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
"""Needed in a file of its own; a page knows it."""


def effects_of_the_space(facts: ReportData) -> Html | None:
    """None where the space cannot be loaded."""
    if facts.space is None:
        return None
    picture = effects_picture(facts.space, facts.answers, prefix="space")
    return _inline(picture, "The network of the space, each choice shaded by what it adds")


def best_beside_plain(facts: ReportData) -> Html | None:
    """None where the best is not known; without the plain one where rules forbid that."""
    if facts.space is None or facts.network is None:
        return None
    picture = difference_picture(facts.space, facts.network, facts.plain, prefix="best")
    return _inline(picture, f"Trial {facts.ranking[0].number}, layer by layer")


def _inline(picture: str, title: str) -> Html:
    return figure(element("div", Html(picture.replace(NAMESPACE, "", 1)), class_="wide scroll", tabindex="0"), title)
