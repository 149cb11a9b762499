"""`latency` from a table of measured layers: the analysis of a whole space, compared with every network, one by one."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from statistics import fmean
from zlib import crc32

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.backends.export.analysis_json import analysis_json
from sqsem_dsl.backends.export.architecture_json import architecture_json
from sqsem_dsl.cli import main
from sqsem_dsl.compiler import Compilation
from sqsem_dsl.network.kept import Kept
from sqsem_dsl.network.latency import layer_kind
from sqsem_dsl.operators.layer_times import COLUMNS, LayerKey, LayerTimes
from sqsem_dsl.report.text.space_page import space_page
from sqsem_dsl.report.text.style import Style
from sqsem_dsl.space.measured import layer_kinds, with_times
from sqsem_dsl.study.objective import Goal, counted

CHAIN = """
  input image: [16, 16, 3]
  output y = image
    -> conv(any [4, 8], any [1, 3]) -> batchnorm -> relu
    -> repeat n in 1..2 {
         bypass skip in [none, auto] { conv(any [4, 8], 3, stride = 2) -> swish }
       }
    -> choose pool { max: maxpool(2)  mean: avgpool(2)  off: identity  rate: dropout(0.2) }
    -> gap -> dense(10) -> softmax
"""
CELL = """
  input image: [8, 8, 3]
  block edge(t) { out t -> choose kind { off: zero  skip: identity  conv: conv(4, 3)  pool: avgpool(3, stride = 1) } }
  block node(a, b) { out add(a -> edge, b -> edge @second) }
  let stem = image -> conv(4, 3)
  output y = concat(node(stem, stem -> swish), stem -> slot more { conv(4, 1) -> sigmoid } -> relu) -> gap -> dense(2)
"""
TIED = """
  input x: [12]
  tied block step(t) { out t -> dense(12) -> tanh }
  output y = x -> repeat n in 1..3 { slot on { step } } -> dense(2)
  output z = x -> slot deep { dense(any [3, 5]) -> gelu } -> dense(1)
"""


def time_of(key: LayerKey) -> int:
    """A time in nanoseconds that hardly two layers share."""
    return crc32(repr(key).encode()) % 10**5


def timed(folder: Path, content: str, more: str = "") -> sqs.Space:
    """A space with a table of all its layers beside it."""
    spec = folder / "net.sqs"
    spec.write_text(f'sqs 1 space net {{ {content} {more} search {{ latency = table("board.csv") }} }}')
    kinds = layer_kinds(Compilation.from_file(spec, timed=False).space).kinds
    with (folder / "board.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows((*kind.key, time_of(kind.key) / 1000, 0, "a board") for kind in kinds)
    return sqs.load(spec)


def summed(architecture: sqs.Architecture) -> int:
    """The sum over the layers of the reduced network."""
    layers, total = architecture.layers, 0
    for layer in layers:
        own = Kept(layer.operator, layer.attributes, tuple(range(len(layer.inputs))))
        kind = layer_kind(own, [layers[at].shape for at in layer.inputs], layer.shape)
        total += 0 if kind is None else time_of(kind.key)
    return total


@pytest.mark.parametrize("content", [CHAIN, CELL, TIED])
def test_the_whole_space_agrees_with_each_network(content: str, tmp_path: Path) -> None:
    space = timed(tmp_path, content)
    assert space.count is not None
    values = [space.at(number).latency for number in range(space.count)]
    known = [value for value in values if value is not None]
    assert len(known) == space.count
    found = space.analysis
    low, high = found.ranges["latency"].low, found.ranges["latency"].high
    assert (low.value, high.value) == (min(known), max(known))
    distribution = found.distributions["latency"]
    counts = Counter(known)
    assert dict(zip(map(int, distribution.values), map(int, distribution.counts), strict=True)) == counts
    assert [space.cost(number).latency for number in range(space.count)] == known
    assert list(space.costs(range(space.count))["latency"]) == known
    assert found.distributions["latency"].mean == pytest.approx(fmean(known))


@pytest.mark.parametrize("content", [CHAIN, TIED])
def test_it_is_the_sum_over_the_reduced_network(content: str, tmp_path: Path) -> None:
    """Where no two layers become one."""
    space = timed(tmp_path, content)
    assert space.count is not None
    for number in range(space.count):
        architecture = space.at(number)
        assert architecture.latency == summed(architecture)


def test_layers_that_become_one_count_each(tmp_path: Path) -> None:
    """The same pooling of the same tensor is one layer of the reduced network, and a sum of sums is one sum."""
    space = timed(
        tmp_path, "input x: [8, 8, 4]  output y = add(x -> maxpool(2), add(x -> maxpool(2), x -> avgpool(2))) -> gap"
    )
    architecture = space.default()
    assert [layer.operator for layer in architecture.layers].count("maxpool") == 1
    times = space.graph.times
    assert times is not None
    by_operator = {layer.partition("(")[0]: time for (layer, _, _), time in times.nanoseconds.items()}
    assert architecture.latency == sum(by_operator.values()) + by_operator["maxpool"] + by_operator["add"]


@pytest.mark.parametrize(
    "budget", ["latency <= 400us", "latency / 1000 < 450 and params <= 1K", "latency + macs > 0.6ms"]
)
def test_budgets(budget: str, tmp_path: Path) -> None:
    space = timed(tmp_path, CHAIN, f"require {budget}")
    assert space.count is not None
    inside = {
        "latency <= 400us": lambda a: a.latency <= 400_000,
        "latency / 1000 < 450 and params <= 1K": lambda a: a.latency < 450_000 and a.params <= 1000,
        "latency + macs > 0.6ms": lambda a: a.latency + a.macs > 600_000,
    }[budget]
    right = {number for number in range(space.count) if inside(space.at(number))}
    assert 0 < len(right) < space.count
    found = space.analysis.feasible
    assert found is not None
    assert found.count == len(right)
    assert {space.index(a.choices) for a in space.sample(space.count)} == right
    where = timed(tmp_path, CHAIN).sample(space.count, where=budget)
    assert {space.index(a.choices) for a in where} == right


def test_the_page_and_the_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    space = timed(tmp_path, CHAIN)
    page = "\n".join(space_page("net.sqs", space, Style()))
    low, high = (getattr(space.analysis.ranges["latency"], end).value for end in ("low", "high"))
    (row,) = [line.split() for line in page.splitlines() if line.startswith("  latency in ns ")][:1]
    assert (row[3], row[5]) == (f"{low:,}", f"{high:,}")
    data = analysis_json(space)
    assert (data["latency"]["min"], data["latency"]["max"]) == (low, high)
    assert any(option["latency"] for choice in data["choices"] for option in choice["options"])
    assert architecture_json(space.at(7))["latency"] == space.at(7).latency
    assert main(["sample", str(tmp_path / "net.sqs"), "-n", "3"]) == 0
    for line in capsys.readouterr().out.splitlines():
        one = json.loads(line)
        assert one["latency"] == space.at(one["index"]).latency


def test_without_a_table() -> None:
    space = sqs.loads("space s { input x: [8]  output y = x -> dense(any [2, 4]) }")
    assert space.default().latency is None
    assert "latency" not in space.analysis.ranges
    assert "latency" not in "\n".join(space_page("net.sqs", space, Style()))
    assert analysis_json(space)["latency"] is None
    assert "latency" not in (space.costs(range(2)).dtype.names or ())
    with pytest.raises(sqs.SqsError, match="SQS945"):
        space.sample(1, where="latency <= 1ms")
    with pytest.raises(sqs.SqsError, match="SQS945"):
        counted(space.default(), (Goal("latency", "min"),))


def test_arguments_that_take_no_time_make_no_layer(tmp_path: Path) -> None:
    """Nor do dropout, a reshaping and a ReLU."""
    space = timed(
        tmp_path,
        "input x: [4, 4, 2]  output y = x -> conv(4, 3, bias_init = any [0, 1])"
        " -> batchnorm(momentum = any [0.9, 0.99]) -> relu -> dropout(0.3) -> flatten"
        " -> dense(2, init = any [he_normal, lecun_normal])",
    )
    times = space.graph.times
    assert isinstance(times, LayerTimes)
    assert sorted(layer for layer, _, _ in times.nanoseconds) == [
        "batchnorm",
        "conv(filters = 4, kernel = [3, 3])",
        "dense(units = 2)",
    ]
    assert space.analysis.ranges["latency"].low.value == space.analysis.ranges["latency"].high.value


def test_a_study_keeps_the_table(tmp_path: Path) -> None:
    from sqsem_dsl.study.spec_snapshot import Sources

    space = timed(tmp_path, CHAIN, "require latency <= 400us")
    assert space.compilation is not None
    sources = Sources.of(space.compilation)
    again = Sources.from_plain(sources.to_plain(), allow_extern=False).load()
    assert set(sources.files) == {"net.sqs", "board.csv"}
    assert again.cost(5) == space.cost(5)


def test_a_layer_that_the_table_lacks_in_a_space_without_whole_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only then is it found so late: otherwise the table is an error of the spec."""
    space = with_times(timed(tmp_path, CHAIN, "require latency <= 2ms"), LayerTimes("board.csv", {}))
    monkeypatch.setattr(type(space), "path_costs", None)
    architecture = space.generic(0)
    assert architecture.latency is None
    assert not space.is_feasible(architecture)
    lacks = r"SQS946.*`board.csv` lacks \d layers of the space"
    with pytest.raises(sqs.SqsError, match=lacks):
        space.cost(0)
    with pytest.raises(sqs.SqsError, match=lacks):
        counted(architecture, (Goal("latency", "min"),))


def test_the_numbers_of_a_table(tmp_path: Path) -> None:
    """Any spacing, more columns, an own order, and a mark of the byte order."""
    (tmp_path / "net.sqs").write_text(
        'sqs 1 space s { input x: [4] output y = x -> dense(2) -> softmax search { latency = table("a/b.csv") } }'
    )
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.csv").write_text(
        "\ufeffnote,microseconds,layer,output,inputs\n\nx,1.0005, dense(units  = 2),[2],[4]\n,1e1,softmax,[2],[2]\n"
    )
    assert sqs.load(tmp_path / "net.sqs").default().latency == 11_000
