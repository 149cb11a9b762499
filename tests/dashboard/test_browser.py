"""The page in a real browser. Needs Chromium with its driver, and Selenium; skipped without them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from sqsem_dsl.study.journal.journal import Journal
from sqsem_dsl.study.journal.record import Epoch
from tests.dashboard.served import ATTACK, attacking_study, served
from tests.fakes.journals import make_study, trials
from tests.fakes.large_study import large_study

pytest.importorskip("dash")
pytest.importorskip("dash_ag_grid")
pytest.importorskip("selenium")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="Chromium or its driver is not installed"),
]

OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-unsafe-swiftshader", "--window-size=1200,1600",
)  # fmt: skip
PATIENCE = 240.0
"""Seconds to wait for what the page shows: test machines are slow, and draw without a GPU."""
STATE = """
const chart = id => document.querySelector(`#${id} .js-plotly-plot`);
const texts = selector => [...document.querySelectorAll(selector)].map(one => one.textContent);
const api = id => { try { return window.dash_ag_grid.getApi(id); } catch { return null; } };
if (!api("running") || !api("table") || !chart("score-chart") || !document.querySelector("#picture > *")) return null;
return {
  points: chart("score-chart").data.map(trace => trace.x.length),
  curves: (chart("curve-chart") || {data: []}).data.map(trace => trace.name),
  rows: api("table").getDisplayedRowCount(),
  running: api("running").getDisplayedRowCount(),
  tiles: texts(".tiles b"),
  detail: texts("#detail").join(" "),
  problems: texts(".problem"),
  choices: document.querySelectorAll("#parallel-chart .parcoords .axis").length,
  width: document.documentElement.scrollWidth,
};
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    yield driver
    driver.quit()


def wait(browser: Any, wanted: Callable[[Any], bool]) -> Any:
    """The state of the page as soon as it is as wanted."""
    until, state = monotonic() + PATIENCE, None
    while monotonic() < until:
        state = browser.execute_script(STATE)
        if state is not None and wanted(state):
            return state
        sleep(0.1)
    raise AssertionError(f"after {PATIENCE:.0f} seconds the page shows {state}")


def errors(browser: Any) -> list[str]:
    """What the page reported so far, without that its server has ended."""
    found = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    ended = ("ERR_CONNECTION", "Failed to fetch", "the server did not respond")
    return [message for message in found if not any(text in message for text in ended)]


def elsewhere(browser: Any, address: str) -> list[str]:
    """What the page asked for from other places."""
    messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    asked = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    return [url for url in asked if not url.startswith((address, "data:", "blob:"))]


def emulate(browser: Any, width: int, scheme: str) -> None:
    size = {"width": width, "height": 1600, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme_feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme_feature]})


def test_the_page_follows_a_search_until_the_study_is_gone(browser: Any, tmp_path: Path) -> None:
    folder = make_study(tmp_path / "study")
    browser.get_log("performance")
    with served(folder) as address, closing(Journal.open(folder, write=True)) as journal:
        browser.get(address)
        state = wait(browser, lambda state: state["rows"] == 7)
        assert (state["points"], state["running"], state["tiles"][0]) == ([4, 3, 0], 1, "0.9000")
        assert "no GPU" not in browser.page_source
        assert "WebGL is not supported" not in browser.page_source
        browser.execute_script("window.same = true")
        journal.epoch(Epoch(6, 0, 3, {"val_accuracy": 0.5}, 0.1))
        wait(browser, lambda state: state["points"] == [4, 3, 1])
        journal.update(replace(trials()[5], status="completed", scores=(0.95,), ended=1.8e9), ends=True)
        journal.begin(replace(trials()[5], number=8))
        state = wait(browser, lambda state: state["rows"] == 8)
        assert (state["points"], state["tiles"][:3]) == ([5, 3, 0], ["0.9500", "5", "1"])
        assert browser.execute_script("return window.same"), "the page was loaded again"
        assert elsewhere(browser, address) == []
        shutil.rmtree(folder)
        state = wait(browser, lambda state: state["problems"])
        assert "was deleted" in state["problems"][0]
        assert state["rows"] == 8
        make_study(folder, made=trials()[:2])
        wait(browser, lambda state: state["rows"] == 2 and not state["problems"])
    assert "\n".join(errors(browser)) == ""


def test_rows_are_sorted_filtered_found_and_selected(browser: Any, tmp_path: Path) -> None:
    with served(make_study(tmp_path / "study")) as address:
        browser.get(address)
        wait(browser, lambda state: state["rows"] == 7)
        api = "const api = window.dash_ag_grid.getApi('table');"
        shown = f"{api} return [...Array(7).keys()].map(at => api.getDisplayedRowAtIndex(at).data.number)"
        best_first, worst_first = browser.execute_script(shown), [5, 1, 3, 2, 7]
        assert (best_first[:5], set(best_first[5:])) == (worst_first[::-1], {4, 6})
        browser.execute_script(f"{api} api.applyColumnState({{state: [{{colId: 'score0', sort: 'asc'}}]}})")
        assert browser.execute_script(shown)[:5] == worst_first
        browser.find_element("css selector", "#find").send_keys("diverged nothing")
        wait(browser, lambda state: state["rows"] == 0)
        browser.execute_script("document.querySelector('#find').select()")
        browser.find_element("css selector", "#find").send_keys("finite")
        wait(browser, lambda state: state["rows"] == 1)
        browser.find_element("css selector", "#table .ag-center-cols-container .ag-row .ag-cell").click()
        wait(browser, lambda state: "trial 4, selected" in state["curves"])
        assert "the loss was not a finite number" in browser.find_element("css selector", "#detail").text
    assert "\n".join(errors(browser)) == ""


def test_no_text_of_a_study_is_markup(browser: Any, tmp_path: Path) -> None:
    with served(attacking_study(tmp_path / "study")) as address:
        browser.get(address)
        wait(browser, lambda state: state["rows"] == 7)
        browser.find_element("css selector", "#table .ag-center-cols-container .ag-row .ag-cell").click()
        wait(browser, lambda state: state["detail"] and state["choices"])
        sleep(1)
        assert browser.execute_script("return window.attacked") is None
        assert browser.execute_script("return document.querySelectorAll('img[src=x]').length") == 0
        assert ATTACK in browser.find_element("css selector", "h1").text
        labels = "return [...document.querySelectorAll('#parallel text')].map(one => one.textContent).join(' ')"
        assert "&lt;" not in browser.execute_script(labels)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_narrow_screen_and_follows_the_scheme(browser: Any, tmp_path: Path, scheme: str) -> None:
    with served(make_study(tmp_path / "study")) as address:
        emulate(browser, 390, scheme)
        browser.get(address)
        state = wait(browser, lambda state: state["rows"] == 7 and state["choices"])
        assert state["width"] <= 390
        color = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
        paper, ink = (
            ("rgb(255, 255, 255)", "rgb(28, 32, 36)")
            if scheme == "light"
            else ("rgb(20, 23, 27)", "rgb(230, 233, 236)")
        )
        assert browser.execute_script(color, "body", "backgroundColor") == paper
        assert browser.execute_script(color, "#table .ag-root-wrapper", "backgroundColor") == paper
        for text in ("#score-chart .xtick text", "#parallel-chart .parcoords text", "#table .ag-cell"):
            found = browser.execute_script(color, text, "fill" if "text" in text else "color")
            assert found == ink, text


def test_a_large_study(browser: Any, tmp_path: Path) -> None:
    emulate(browser, 1200, "light")
    with served(large_study(tmp_path / "study", finished=5000, running=200)) as address:
        browser.get(address)
        state = wait(browser, lambda state: state["rows"] == 5200)
        assert state["running"] == 200
        assert state["points"][0] == 4900
        wait(browser, lambda state: state["choices"] == 9)
        assert "WebGL is not supported" not in browser.page_source
