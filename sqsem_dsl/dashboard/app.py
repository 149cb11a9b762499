"""The application: the page, its updates, and what its server refuses."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from dash import ClientsideFunction, Dash, Input, Output, Patch, State, html, no_update

from sqsem_dsl.dashboard import layout
from sqsem_dsl.dashboard.curves_chart import curves_chart
from sqsem_dsl.dashboard.followed import FollowedStudy
from sqsem_dsl.dashboard.overview import details, overview
from sqsem_dsl.dashboard.parallel_chart import parallel_chart
from sqsem_dsl.dashboard.picture import Pictures
from sqsem_dsl.dashboard.ranked_trials import completed
from sqsem_dsl.dashboard.score_chart import BEST, POINTS, RUNNING
from sqsem_dsl.dashboard.updates import Cursor, must_reload, update_since
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.utils.visible import visible

HOSTS = ["127.0.0.1", "localhost"]
"""The names under which a browser on this machine asks for the page. Another name in a request is that of a page
elsewhere, whose owner made it an address of this machine (DNS rebinding)."""
SELECTED = 6
"""The curves of selected trials that are shown."""
NOTHING: tuple[Any, ...] = (no_update,) * 8

T = TypeVar("T")


class Reader:
    """A study that only one thread reads, since SQLite's connections belong to a thread."""

    def __init__(self, folder: Path) -> None:
        """Raises SqsError if there is no study, or if it cannot be read."""
        self._thread = ThreadPoolExecutor(1)
        try:
            self._study = self._thread.submit(FollowedStudy, folder).result()
        except BaseException:
            self.close()
            raise

    def ask(self, question: Callable[[FollowedStudy], T]) -> T:
        """The answer about the study as it is now."""

        def fresh() -> T:
            self._study.refresh()
            return question(self._study)

        return self._thread.submit(fresh).result()

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


def make_app(reader: Reader, allow_extern: bool = False) -> Dash:
    """The application, which a WSGI server serves (`app.server`)."""
    app = Dash(
        __name__,
        assets_folder=str(Path(__file__).parent / "assets"),
        title="sqsem dashboard",
        update_title="",
        serve_locally=True,
        suppress_callback_exceptions=True,  # otherwise every page holds the study twice, once to check the callbacks
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.layout = lambda: reader.ask(layout.page)
    _add_updates(app, reader)
    _add_details(app, reader, Pictures(allow_extern))
    _protect(app)
    return app


def _add_updates(app: Dash, reader: Reader) -> None:
    def rows(plain: Any) -> tuple[Any, int]:
        cursor = Cursor.from_plain(plain)
        return reader.ask(lambda study: layout.table_rows(study, cursor)), -1  # no limit of updates any more

    def update(_: int, plain: Any, shown_best: int | None) -> tuple[Any, ...]:
        cursor = Cursor.from_plain(plain)
        return reader.ask(lambda study: _news(study, cursor, shown_best))

    app.callback(Output("rows", "data"), Output("tick", "max_intervals"), Input("start", "data"))(rows)
    app.clientside_callback(ClientsideFunction("dashboard", "rows"), Output("table", "rowData"), Input("rows", "data"))
    app.callback(
        Output("head", "children"),
        Output("table", "rowTransaction"),
        Output("running", "rowData"),
        Output("score-chart", "figure"),
        Output("curves", "data"),
        Output("best", "data"),
        Output("cursor", "data"),
        Output("location", "href"),
        Input("tick", "n_intervals"),
        State("cursor", "data"),
        State("best", "data"),
        running=[(Output("tick", "disabled"), True, False)],
        prevent_initial_call=True,
    )(update)


def _news(study: FollowedStudy, cursor: Cursor, shown_best: int | None) -> tuple[Any, ...]:
    if must_reload(study, cursor):
        return (*NOTHING[:-1], "/")
    head = layout.head(overview(study))
    if cursor.revision == study.revision:
        return (head, *NOTHING[1:])
    news = update_since(study, cursor)
    chart = Patch()
    for key in ("x", "y"):
        if news.points[key]:
            chart["data"][POINTS][key].extend(news.points[key])
        chart["data"][BEST][key] = news.best_line[key]
        chart["data"][RUNNING][key] = news.running_points[key]
    return (
        head,
        {"add": list(news.added), "update": list(news.updated)},
        list(news.running),
        chart,
        study.revision,
        news.best if news.best != shown_best else no_update,
        news.cursor.to_plain(),
        no_update,
    )


def _add_details(app: Dash, reader: Reader, pictures: Pictures) -> None:
    def picture(number: int | None) -> Any:
        return reader.ask(lambda study: _picture(study, pictures, number))

    def curves(_: int, rows: Any) -> Any:
        return reader.ask(lambda study: curves_chart(study, _numbers(rows)[:SELECTED]))

    def detail(rows: Any) -> Any:
        numbers = _numbers(rows)[-1:]
        found = reader.ask(lambda study: details(study, numbers[0]) if numbers else None)
        return layout.detail(found) if found is not None else []

    def parallel(_: int, axes: Any, shown: Any) -> tuple[Any, Any]:
        return reader.ask(lambda study: _parallel(study, tuple(map(str, axes or ())), shown))

    app.callback(Output("picture", "children"), Input("best", "data"))(picture)
    app.callback(
        Output("curve-chart", "figure"),
        Input("curves", "data"),
        Input("table", "selectedRows"),
        prevent_initial_call=True,
    )(curves)
    app.callback(Output("detail", "children"), Input("table", "selectedRows"), prevent_initial_call=True)(detail)
    app.clientside_callback(
        ClientsideFunction("dashboard", "find"),
        Output("table", "dashGridOptions"),
        Input("find", "value"),
        State("table", "dashGridOptions"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("dashboard", "due"),
        Output("due", "data"),
        Input("rows", "data"),
        Input("slow-tick", "n_intervals"),
        prevent_initial_call=True,
    )
    app.callback(
        Output("parallel", "children"),
        Output("drawn", "data"),
        Input("due", "data"),
        Input("axes", "value"),
        State("drawn", "data"),
        prevent_initial_call=True,
    )(parallel)


def _parallel(study: FollowedStudy, axes: tuple[str, ...], shown: Any) -> tuple[Any, Any]:
    """The chart of these axes, if it has changed: it is drawn as a whole."""
    drawn = [study.generation, len(completed(study)), *axes]
    if drawn == shown:
        return no_update, no_update
    return layout.axes_chart(parallel_chart(study, axes), len(axes)), drawn


def _picture(study: FollowedStudy, pictures: Pictures, number: int | None) -> Any:
    if number is None or number not in study.trials:
        return html.P("No trial has completed yet.", className="muted")
    try:
        url = pictures.picture(study, number)
    except SqsError as error:
        reasons = "; ".join(diagnostic.title for diagnostic in error.diagnostics)
        return html.P(visible(f"No picture of trial {number}: {reasons}"), className="muted")
    except ValueError as error:
        return html.P(visible(f"No picture of trial {number}: {error}"), className="muted")
    return html.Img(src=url, alt=f"The layers of the network of trial {number}, the best so far")


def _numbers(rows: Any) -> list[int]:
    """The numbers of selected rows, as the browser sends them."""
    found = [row.get("number") for row in rows or () if isinstance(row, dict)]
    return [number for number in found if isinstance(number, int)]


def _protect(app: Dash) -> None:
    """Requests for other hosts are refused, and the page loads nothing from elsewhere and runs no other script.
    Plotly compiles its drawing on the GPU from texts of its own, and so `eval` is allowed."""
    app.server.config["TRUSTED_HOSTS"] = HOSTS
    scripts = " ".join(["'self'", "'unsafe-eval'", *app.csp_hashes()])
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "connect-src 'self'; font-src 'self' data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )

    def headers(response: Any) -> Any:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    app.server.after_request(headers)
