"""The time from the request of the dashboard's page to the drawn page, in Chromium without a GPU.

`sqsem dashboard` serves a study in a process of its own. Then a new browser asks for its page, several times, and notes
when each part is there, in seconds from the request:

- `head`: the facts at the top;
- `scores`: the chart of all scores, with its axes;
- `best`: the picture of the best architecture;
- `table`: the first rows of the table of all trials, with as many trials as the study has;
- `drawn`: the first frame after these;
- `choices`: the parallel coordinates, which the page draws after all else.

Every request is a first one: no cache of the browser has anything. Other work on the machine disturbs these times, and
so there are three of processor time until `drawn`: `server`, that of its process; `page`, that of the page's main
thread; and `browser`, that of all its processes and threads, of which one draws what a GPU would draw. `sent` are the
bytes of all answers.
Needs Chromium with its driver, and Selenium.

    python benchmarks/dashboard_time.py STUDY [--runs 5] [--profile FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("head", "scores", "best", "table", "drawn", "choices")
SPENT = ("server", "page", "browser")
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-unsafe-swiftshader", "--window-size=1200,900",
)  # fmt: skip
PATIENCE = 120.0
WATCH = """
window.seen = {};
const parts = {
  head: () => document.querySelector("#head .tiles b"),
  scores: () => document.querySelector("#score-chart .xtick"),
  best: () => { const img = document.querySelector("#picture img"); return img && img.complete; },
  table: () => document.querySelector("#table .ag-center-cols-container .ag-row .ag-cell"),
  choices: () => document.querySelector("#parallel-chart .parcoords .axis"),
};
const now = () => performance.now() / 1000;
let drawing = false;
const timer = setInterval(() => {
  for (const [part, there] of Object.entries(parts)) if (!(part in window.seen) && there()) window.seen[part] = now();
  if (!drawing && ["head", "scores", "best", "table"].every(part => part in window.seen)) {
    drawing = true;
    requestAnimationFrame(() => requestAnimationFrame(() => { window.seen.drawn = now(); }));
  }
  if ("choices" in window.seen && "drawn" in window.seen) clearInterval(timer);
}, 10);
"""
ROWS = "return window.dash_ag_grid.getApi('table').getDisplayedRowCount()"
BYTES = """
return performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
  .reduce((sum, one) => sum + one.decodedBodySize, 0)
"""


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, float, int]]:
    """The address of the dashboard of a study, the seconds until its process listened, and its id."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    code = "import sys; from sqsem_dsl.cli import main; sys.exit(main())"
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code, "dashboard", str(folder), "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    try:
        for line in process.stdout:
            address = next((word for word in line.split() if word.startswith("http://")), None)
            if address is not None:
                yield address, time.perf_counter() - start, process.pid
                return
        sys.exit("the dashboard has ended")
    finally:
        process.terminate()
        process.wait()


@contextmanager
def chromium() -> Iterator[object]:
    """A new browser with an empty cache."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    for option in OPTIONS:
        options.add_argument(option)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        driver.execute_cdp_cmd("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
        driver.execute_cdp_cmd("Performance.enable", {})
        yield driver
    finally:
        driver.quit()


def processor(root: int) -> float:
    """The processor time of a process and of all that it has started and that still run, in seconds."""
    times, parents = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
        times[int(stat.parent.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    family = {root}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(times.get(each, 0.0) for each in family)


def drawn(driver, address: str, server: int, profile: Path | None = None) -> dict[str, float]:
    """The seconds from a request until each part was there, and the processor time of all that. `server` is the id of
    the server's process."""
    browser = driver.service.process.pid
    before = processor(browser), processor(server)
    if profile is not None:
        driver.execute_cdp_cmd("Profiler.enable", {})
        driver.execute_cdp_cmd("Profiler.start", {})
    driver.get(address)
    wait(driver, "drawn")
    used = processor(browser) - before[0], processor(server) - before[1]
    metrics = {one["name"]: one["value"] for one in driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}
    if profile is not None:
        profile.write_text(json.dumps(driver.execute_cdp_cmd("Profiler.stop", {})["profile"]))
    found = wait(driver, "choices")
    spent = {"server": used[1], "page": metrics["ThreadTime"], "browser": used[0]}
    return {**found, **spent, "sent": driver.execute_script(BYTES) / 1e6, "rows": driver.execute_script(ROWS)}


def wait(driver, part: str) -> dict[str, float]:
    """The parts that are there as soon as this one is."""
    until = time.monotonic() + PATIENCE
    while part not in (found := driver.execute_script("return window.seen")):
        if time.monotonic() > until:
            sys.exit(f"after {PATIENCE:.0f} seconds the page has only {found}")
        time.sleep(0.05)
    return found


def measured(folder: Path, runs: int, profile: Path | None = None) -> tuple[float, list[dict[str, float]]]:
    """The seconds until the dashboard listened, and for each new browser what `drawn` says."""
    with served(folder) as (address, listening, server):
        found = []
        for _ in range(runs):
            with chromium() as driver:
                found.append(drawn(driver, address, server, profile))
    return listening, found


def expected(folder: Path) -> int:
    from sqsem_dsl.study.journal.journal import Journal

    with closing(Journal.open(folder)) as journal:
        return len(journal.trials())


def table(folder: Path, runs: int, profile: Path | None = None) -> None:
    """Prints the median of each part, with the shortest and the longest time."""
    listening, found = measured(folder, runs, profile)
    trials = expected(folder)
    if any(one["rows"] != trials for one in found):
        sys.exit(f"the table shows {[one['rows'] for one in found]} trials of {trials}")
    print(f"{trials:,} trials, {runs} browsers, load {os.getloadavg()[0]:.1f}")
    print(f"{'listens after':16}{listening:8.2f} s")
    for part in (*PARTS, *SPENT):
        values = [one[part] for one in found]
        print(f"{part:16}{statistics.median(values):8.2f} s   ({min(values):.2f} … {max(values):.2f})")
    print(f"{'sent':16}{statistics.median(one['sent'] for one in found):8.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--profile", type=Path, help="write a profile of the page's main thread, for Chromium's tools")
    arguments = parser.parse_args()
    table(arguments.study, arguments.runs, arguments.profile)


if __name__ == "__main__":
    main()
