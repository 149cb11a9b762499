"""The page: its parts, with everything that a study has so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid
from dash import dcc, html

from sqsem_dsl.dashboard.curves_chart import curves_chart
from sqsem_dsl.dashboard.figure import CONFIG, Figure
from sqsem_dsl.dashboard.followed import FollowedStudy
from sqsem_dsl.dashboard.overview import Details, Overview, overview
from sqsem_dsl.dashboard.parallel_chart import AXES, HEIGHT, LINES, varied_paths
from sqsem_dsl.dashboard.ranked_trials import best_trials
from sqsem_dsl.dashboard.score_chart import score_chart
from sqsem_dsl.dashboard.seen_choices import SeenChoice, seen_choices
from sqsem_dsl.dashboard.table import by_column, columns, running_columns, running_rows, table_paths, trial_row
from sqsem_dsl.dashboard.updates import Cursor
from sqsem_dsl.utils.visible import visible

SECONDS = 2.0
"""Between two updates of the page."""
SLOW_SECONDS = 15.0
"""Between two updates of the parallel coordinates, which are drawn as a whole."""
WIDTH = 96
"""The least width of an axis in pixels: on a narrow screen the chart scrolls."""

THEME = """themeQuartz.withParams({
  backgroundColor: 'var(--paper)', foregroundColor: 'var(--ink)', accentColor: 'var(--accent)',
  borderColor: 'var(--line)', headerBackgroundColor: 'var(--panel)', browserColorScheme: 'inherit',
  fontFamily: 'inherit', fontSize: 13, spacing: 5
})"""
"""Of the tables: light or dark as the page is, whose style sheet has the colors."""
SELECTION = {"mode": "multiRow", "checkboxes": False, "headerCheckbox": False, "enableClickSelection": True}


def page(study: FollowedStudy) -> Any:
    """The page of a study in its current state. The rows of the table of trials follow (`table_rows`), since there may
    be many; updates begin after them."""
    choices = seen_choices(study.trials.values())
    varied = varied_paths(choices)
    best = best_trials(study, 1)
    cursor = Cursor.of(study, table_paths(choices)).to_plain()
    return html.Main(
        [
            dcc.Interval(id="tick", interval=SECONDS * 1000, max_intervals=0),
            dcc.Interval(id="slow-tick", interval=SLOW_SECONDS * 1000),
            dcc.Store(id="start", data=cursor),
            dcc.Store(id="rows"),
            dcc.Store(id="cursor", data=cursor),
            dcc.Store(id="curves", data=study.revision),
            dcc.Store(id="best", data=best[0].number if best else None),
            dcc.Store(id="due"),
            dcc.Store(id="drawn"),
            dcc.Location(id="location", refresh=True),
            html.Header(head(overview(study)), id="head"),
            html.Div(
                [
                    _section("Score by trial", _graph("score", score_chart(study)), at="scores"),
                    _section("Learning curves", _graph("curve", curves_chart(study)), at="learning"),
                    _section("Unfinished trials", _running(study), at="running-trials"),
                    _section("The best architecture", html.Div(id="picture", className="scroll"), at="architecture"),
                ],
                className="pair",
            ),
            _section("Choices and scores", *_parallel(varied), at="choices"),
            _section("Trials", *_trials(study, choices), at="trials"),
        ]
    )


def table_rows(study: FollowedStudy, cursor: Cursor) -> dict[str, list[Any]]:
    """The rows of the table for a new page, by column: of the trials that it knows."""
    known = [trial for trial in study.trials.values() if trial.number <= cursor.last]
    return by_column([trial_row(study, trial, cursor.paths) for trial in known])


def head(facts: Overview) -> list[Any]:
    """The top of the page."""
    tiles = [
        html.Div([html.Dt(fact.name), html.Dd([html.B(fact.value), html.Span(fact.note)])]) for fact in facts.facts
    ]
    return [
        html.P(facts.folder, className="kicker"),
        html.H1(facts.name),
        html.P(facts.data, className="muted"),
        html.P(facts.state, className="state"),
        *(html.P(problem, className="problem", role="alert") for problem in facts.problems),
        html.Dl(tiles, className="tiles"),
    ]


def detail(found: Details) -> list[Any]:
    """Everything of a selected trial."""

    def table(title: str, rows: Sequence[tuple[str, str]]) -> Any:
        body = [html.Tr([html.Th(name, scope="row"), html.Td(value)]) for name, value in rows]
        return html.Div([html.H4(title), html.Table(html.Tbody(body))])

    trace = [html.Details([html.Summary("Traceback"), html.Pre(found.trace)])] if found.trace else []
    parts = [table("Choices", found.choices), table("Facts", found.facts)]
    return [html.H3(found.title), html.Div(parts, className="pair"), *trace]


def axes_chart(figure: Figure, axes: int) -> Any:
    """Parallel coordinates that scroll where the screen is narrow."""
    graph = _graph("parallel", figure, HEIGHT)
    return html.Div(graph, style={"minWidth": f"{WIDTH * (axes + 1) + 100}px"})


def _section(title: str, *parts: Any, at: str) -> Any:
    return html.Section([html.H2(title, id=f"{at}-title"), *parts], id=at, **{"aria-labelledby": f"{at}-title"})


def _graph(name: str, figure: Figure, height: int | None = None) -> Any:
    shape = {"height": f"{height or figure['layout']['height']}px"}
    return dcc.Graph(id=f"{name}-chart", figure=figure, config=CONFIG, style=shape, className="chart")


def _running(study: FollowedStudy) -> Any:
    return _grid("running", running_columns(study), running_rows(study), "No trial is unfinished.", height="340px")


def _parallel(varied: tuple[str, ...]) -> list[Any]:
    """A place for the parallel coordinates, which the browser draws after all else."""
    options = [{"label": visible(path), "value": path} for path in varied]
    first = list(varied[:AXES])
    note = (
        "A line is a trial. Drag along an axis to select a range; – means that the choice is not active. "
        f"With more than {LINES:,} trials, the best {LINES // 2} and an even selection of the others are shown."
    )
    return [
        html.P(note, className="muted"),
        html.Label("Choices", htmlFor="axes", className="label"),
        dcc.Dropdown(options, first, multi=True, id="axes", placeholder="choices to show"),
        html.Div(html.Div(style={"height": f"{HEIGHT}px"}), id="parallel", className="scroll"),
    ]


def _trials(study: FollowedStudy, choices: Mapping[str, SeenChoice]) -> list[Any]:
    note = "Click a head to sort, and its menu to filter; select a trial to see its choices and its learning curve."
    return [
        html.P(note, className="muted"),
        html.Label("Find", htmlFor="find", className="label"),
        dcc.Input(id="find", type="search", placeholder="any text in a row", debounce=0.3, className="find"),
        _grid("table", columns(study, choices), None, "No trial has started yet.", height="560px", floating=True),
        html.Div(id="detail", className="detail", **{"aria-live": "polite"}),
    ]


def _grid(name: str, defs: Any, rows: list[Any] | None, nothing: str, *, height: str, floating: bool = False) -> Any:
    return dash_ag_grid.AgGrid(
        id=name,
        columnDefs=defs,
        rowData=rows,
        getRowId="params.data.number.toString()",
        columnSize=None,
        defaultColDef={"sortable": True, "resizable": True, "floatingFilter": floating, "minWidth": 72},
        dashGridOptions={
            "theme": {"function": THEME},
            **({"rowSelection": SELECTION} if floating else {}),
            "localeText": {"noRowsToShow": nothing, "loadingOoo": "Loading …"},
            "animateRows": False,
            "suppressFieldDotNotation": True,
            "enableCellTextSelection": True,
            "tooltipShowDelay": 400,
        },
        style={"height": height},
        dangerously_allow_code=False,
    )
