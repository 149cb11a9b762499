"""No text of a spec or a study is markup on the page: in templates, in charts and in pictures of networks."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.report.html.parts import Option, Svg, Table, network_illustration
from sqsem_dsl.study.journal.journal import Journal
from tests.fakes.made_study import made_study, plausible
from tests.report.html.reading import Page
from tests.report.html.test_html_page import check, of

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")
pytest.importorskip("scipy")

from jinja2 import UndefinedError

from sqsem_dsl.report.html.html_page import templates

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Zl", "Zp")))
ATTACK = "<script>alert('1')</script>"
QUOTES = "\"'&<b>"
BASELINE = f"{QUOTES} on=x"
SPEC = f"""sqs 1
space attacked {{
  "{ATTACK} and {QUOTES[1:]}"
  input x: [8]
  param mode in ["{ATTACK}", "{QUOTES[1:]}"]
  output y = x -> repeat n in 1..2 {{ dense(any [4, 8]) -> relu }} -> slot more {{ dense(6) -> relu }}
    -> if mode == "{ATTACK}" {{ dense(5) }} else {{ dense(7) }}
    -> relu -> dense(2) -> softmax
}}
"""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Page]:
    """The page of a study in which all names are attacks."""
    folder = tmp_path_factory.mktemp("attacked") / f"study {QUOTES}"
    spec = folder.parent / "attacked.sqs"
    spec.write_text(SPEC, encoding="utf-8")
    made_study(folder / "baselines" / BASELINE, spec, 1, plausible, failed=0, trained_as=spec, fingerprint=QUOTES)
    study = made_study(
        folder, spec, 20, plausible, failed=2, space=ATTACK, data=QUOTES, ended=ATTACK, algorithm={"name": ATTACK},
        classes={f"y{QUOTES}": [ATTACK, QUOTES]}, keras=ATTACK, fingerprint=QUOTES,
    )  # fmt: skip
    with closing(Journal.open(folder, write=True)) as journal:
        for trial in study.trials:
            if trial.status == "failed":
                journal.update(replace(trial, reason=f"{ATTACK}</table>{QUOTES}", error=ATTACK))
    return of(folder)


def test_no_name_is_markup(attacked: tuple[str, Page]) -> None:
    html, page = attacked
    check(page)
    assert "<script" not in html.lower()
    assert QUOTES not in html
    assert QUOTES[1:] not in html


@pytest.mark.parametrize(
    "text",
    [
        f"{ATTACK}: report of a search",  # the title
        f"Searched on {QUOTES}, to",
        f"{ATTACK} and {QUOTES[1:]}",  # the text of the space
        f"classes of y{QUOTES}",
        f"2: {ATTACK}, {QUOTES}",
        f"{ATTACK}</table>{QUOTES}",  # why a trial failed
        f'param mode in ["{ATTACK}"',  # the spec
        f"for {BASELINE}, the baseline",
    ],
)
def test_names_are_on_the_page_as_they_are(attacked: tuple[str, Page], text: str) -> None:
    assert text in attacked[1].text


def test_names_are_in_pictures_as_they_are(attacked: tuple[str, Page]) -> None:
    """Names of baselines in charts, and options in the pictures of the network, in texts and attributes."""
    html, page = attacked
    pictures = [part.partition("</svg>")[0] for part in html.split("<svg")[1:]]
    assert len(pictures) >= 8
    parsed = [Page.read(f"<svg{picture}</svg>") for picture in pictures]
    assert all(each.faults == [] for each in parsed)
    assert sum(BASELINE in each.text for each in parsed) >= 3
    assert sum(ATTACK in each.text for each in parsed) >= 2
    assert QUOTES[1:] in page.all("data-option")


# ---- templates


@dataclass(frozen=True)
class Sections:
    id: str


def parts(macro: str, *values: object) -> str:
    """The output of a macro of the templates."""
    source = f'{{% from "parts.html" import {macro} %}}{{{{ {macro}(*values) }}}}'
    return templates().from_string(source).render(values=values)


@given(TEXT, TEXT)
def test_text_comes_back_as_it_was(text: str, value: str) -> None:
    html = templates().from_string('<p title="{{ value }}">{{ text }}</p>').render(text=text, value=value)
    page = Page.read(html)
    assert page.elements == [("p", {"title": value})]
    assert page.text == text
    assert page.faults == []


def test_pictures_are_not_escaped() -> None:
    assert templates().from_string("{{ picture }}").render(picture=Svg("<svg></svg>")) == "<svg></svg>"


def test_no_character_hides_or_reorders_others() -> None:
    assert templates().from_string("{{ text }}").render(text="a\x1b\u202eb\n") == "a␛\\u202eb\n"
    assert network_illustration("a network", "<svg>a\u202eb</svg>").picture.text == "<svg>a\\u202eb</svg>"


def test_what_is_not_there_is_an_error() -> None:
    with pytest.raises((UndefinedError, InternalError)):
        templates().from_string("{{ missing }}").render()
    with pytest.raises(UndefinedError):
        templates().from_string("{% if data.missing %}{% endif %}").render(data=Sections("x"))
    with pytest.raises(InternalError, match="NoneType"):
        templates().from_string("{{ value }}").render(value=None)


def test_a_table_names_its_rows_and_columns() -> None:
    html = parts("table", Table(("a", "<b>"), [("x", "1"), ("y", "<i>")], numbers=(1,)))
    page = Page.read(html)
    tags = [tag for tag, _ in page.elements]
    assert (tags.count("th"), tags.count("td")) == (4, 2)
    assert {"b", "i"}.isdisjoint(tags)
    assert html.count('class="number"') == 3
    assert "<b>" in page.text


def test_choices_are_shown_with_their_options() -> None:
    page = Page.read(parts("choices", (Option("a<b", ATTACK), Option("c", '"'))))
    assert page.text.strip() == f'a<b {ATTACK} c "'
