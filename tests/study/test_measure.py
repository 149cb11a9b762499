"""`sqsem measure`: the rows of a table, with and without a runtime."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

pytest.importorskip("keras")

import sqsem_dsl as sqs
from sqsem_dsl.backends.keras.model import build_model
from sqsem_dsl.cli import main
from sqsem_dsl.compiler import Compilation
from sqsem_dsl.operators.layer_times import COLUMNS
from sqsem_dsl.space.measured import layer_kinds
from sqsem_dsl.study.measure import measure
from sqsem_dsl.study.measure.measure import architecture_of, known_times, measure_layers
from sqsem_dsl.study.measure.runtimes import Time

NET = """sqs 1
space net {
  input x: [6, 6, 2]
  output y = x -> conv(any [2, 4], 3) -> relu -> gap -> dense(2) -> softmax
  require latency <= 5ms
  search { latency = table("board.csv") }
}
"""
EVERY = """
  input image: [8, 8, 4]
  input words: [6] below 50 padded
  let seen = words -> embedding(8) -> layernorm
  let map = image -> separable(4, 3) -> batchnorm -> prelu -> depthwise(3) -> leaky_relu(0.3) -> upsample(2)
  let joined = concat(add(map, map -> swish), map -> maxpool(3, stride = 1)) -> conv(2, 1)
  output y = concat(image -> gap -> dense(4) -> tanh, seen -> attention(2) -> lstm(4), subtract(joined, joined) -> gap)
    -> dense(3) -> softmax
"""


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.sqs"
    path.write_text(NET)
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_layer_can_be_built_alone() -> None:
    space = sqs.loads(f"sqs 1 space s {{ {EVERY} }}")
    kinds = layer_kinds(space).kinds
    assert len(kinds) > 15
    for kind in kinds:
        model = build_model(architecture_of(kind, None))
        assert tuple(model.outputs[0].shape[1:]) == tuple(kind.output)
        assert [tuple(each.shape[1:]) for each in model.inputs] == [tuple(shape) for shape in kind.inputs]


def test_the_command_measures_what_is_missing(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = net.parent / "board.csv"
    asked = ["measure", str(net), "-o", str(table), "--runs", "3", "--check", "2"]
    assert main(["check", str(net)]) == 1
    assert main(asked) == 0
    out = capsys.readouterr().out
    assert "net: 7 layers, 0 in " in out
    assert "ratio" in out
    found = rows(table)
    assert list(found[0]) == list(COLUMNS)
    assert len({(row["layer"], row["inputs"], row["output"]) for row in found}) == 7
    assert all(float(row["microseconds"]) >= 0 and float(row["spread"]) >= 0 for row in found)
    assert main(["check", str(net)]) == 0
    space = sqs.load(net)
    assert space.at(0).latency == space.cost(0).latency
    before = table.read_text()
    assert main([*asked, "--check", "0"]) == 0
    assert table.read_text() == before


def test_a_killed_run_resumes(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row is written as soon as it is measured; one that was cut off is measured again."""
    table = net.parent / "board.csv"
    kinds = layer_kinds(Compilation.from_file(net, timed=False).space).kinds
    calls: list[object] = []

    def timed(model: object, on: str, runs: int) -> Time:
        calls.append(model)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return Time(1_500, 20)

    monkeypatch.setattr(measure, "time_model", timed)
    with pytest.raises(KeyboardInterrupt):
        measure_layers(kinds, table, "a board", "keras", 3, None)
    assert len(rows(table)) == 3
    table.write_text(table.read_text()[:-5])
    known = known_times(table, "a board").nanoseconds
    assert set(known.values()) == {1_500}
    missing = [kind for kind in kinds if kind.key not in known]
    assert len(missing) == 5
    measure_layers(missing, table, "a board", "keras", 3, None)
    assert set(known_times(table, "a board").nanoseconds) == {kind.key for kind in kinds}


def test_a_layer_that_fails_does_not_keep_others_from_the_table(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = net.parent / "board.csv"
    kinds = layer_kinds(Compilation.from_file(net, timed=False).space).kinds

    def timed(model: object, on: str, runs: int) -> Time:
        if "conv" in str(model.get_layer("layer").__class__.__name__).lower():  # type: ignore[attr-defined]
            raise ValueError("no such kernel")
        return Time(1_000, 0)

    monkeypatch.setattr(measure, "time_model", timed)
    with pytest.raises(sqs.SqsError) as caught:
        measure_layers(kinds, table, "a board", "keras", 3, None)
    assert [found.code for found in caught.value.diagnostics] == ["SQS949", "SQS949"]
    assert caught.value.diagnostics[0].title == (
        "cannot measure `conv(filters = 2, kernel = [3, 3])` on [6, 6, 2]: ValueError: no such kernel"
    )
    assert len(rows(table)) == 5


def test_a_table_of_another_device_is_not_continued(tmp_path: Path) -> None:
    table = tmp_path / "board.csv"
    table.write_text("layer,inputs,output,microseconds,spread,device\nsoftmax,[2],[2],1,0,a board\n")
    with pytest.raises(sqs.SqsError, match="SQS949") as caught:
        known_times(table, "another")
    assert "its layers were measured on `a board`, and this is `another`" in str(caught.value)
    assert set(known_times(table, "a board").nanoseconds) == {("softmax", "[2]", "[2]")}
    table.write_text("layer,inputs\nsoftmax,[2]\n")
    with pytest.raises(sqs.SqsError, match="SQS947"):
        known_times(table, "a board")


def test_litert(net: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    pytest.importorskip("tensorflow")
    net.write_text("space net { input x: [4]  input z: [3, 4]  output y = add(x, z -> gru(4)) -> tanh }")
    table = net.parent / "lite.csv"
    assert main(["measure", str(net), "-o", str(table), "--on", "litert", "--runs", "3", "--check", "1"]) == 0
    assert [row["layer"] for row in rows(table)] == ["add", "gru(units = 4)", "tanh"]
    assert all(row["device"].endswith("LiteRT, 1 thread") for row in rows(table))


@pytest.mark.parametrize("content", ["my only line", "first line\nlast line without an end", "layer,inputs\na"])
def test_a_file_that_is_not_a_table_stays_as_it_is(content: str, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(content)
    with pytest.raises(sqs.SqsError, match="SQS947"):
        known_times(file, "a board")
    assert file.read_text() == content


def test_a_first_line_that_was_cut_off_is_written_again(tmp_path: Path) -> None:
    table = tmp_path / "board.csv"
    table.write_text("layer,inpu")
    assert known_times(table, "a board").nanoseconds == {}
    assert table.read_text() == ""
