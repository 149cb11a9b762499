"""The page on data: its commands read small generated files; nothing is trained."""

from __future__ import annotations

import re
import shlex
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.cli.table_arguments import add_table_arguments, table_options
from sqsem_dsl.data import (
    errors,
    errors_files,
    errors_masks,
    errors_sets,
    errors_sources,
    errors_tables,
    errors_whole,
    errors_windows,
)
from sqsem_dsl.data.column_kinds import MOST
from sqsem_dsl.data.columns import MISSING
from sqsem_dsl.data.images import decoded
from sqsem_dsl.data.keras_datasets import KNOWN
from sqsem_dsl.data.load import EMBEDDED, load_data
from sqsem_dsl.data.pillow import ENDINGS
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.data.windows import Windows
from sqsem_dsl.diagnostics.diagnostic import REGISTRY
from tests.data.files import write_image, write_table
from tests.docs.scripts import ROOT, page

PAGE = page("data.md")
COMMANDS = re.findall(r"^sqsem search .*", PAGE, re.MULTILINE)
EXPRESSIONS = [f"expression{number}" for number in range(8)]
SPECS = re.findall(r"^```sqs\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
SAMPLES = [(f"{at:04}", EXPRESSIONS[at % 8]) for at in range(40)]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of the page, with 40 samples each, in the working directory of the commands."""
    pytest.importorskip("PIL")
    for name, expression in SAMPLES:
        write_image(tmp_path / "faces" / expression / f"{name}.jpg")
        write_image(tmp_path / "flat" / f"{name}.png")
        write_image(tmp_path / "depth" / f"{name}.png", 1000, mode="I;16")
        write_image(tmp_path / "divided" / ("train", "val", "test")[int(name) // 8 % 3] / expression / f"{name}.jpg")
        write_image(tmp_path / "photos" / f"{name}.jpg")
        write_image(tmp_path / "masks" / f"{name}.png", 255 * (int(name) % 2), mode="L")
        write_image(tmp_path / "noisy" / f"{name}.png")
        write_image(tmp_path / "clean" / f"{name}.png")
    ids, labels = zip(*SAMPLES, strict=True)
    points = {f"{axis}{point}": [0.5] * 40 for point in range(468) for axis in "xyz"}
    write_table(tmp_path / "points.csv", {"id": ids, "expression": labels, **points})
    for name in ("points_val", "points_test"):
        write_table(
            tmp_path / f"{name}.csv", {"id": ids[:8], "expression": labels[:8], **{k: v[:8] for k, v in points.items()}}
        )
    write_table(tmp_path / "clinics.csv", {"clinic": [name[-1] for name in ids], "expression": labels, **points})
    write_table(tmp_path / "sets.csv", {"id": ids, "set": ["train"] * 24 + ["validation"] * 8 + ["test"] * 8})
    write_table(tmp_path / "labels.csv", {"id": [f"{name}.png" for name in ids], "expression": labels})
    [table] = re.findall(r"^```text\n(survived.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    more = [f'{at % 2},"Name {at}",{at % 3 + 1},{("male", "female")[at % 2]},{at},7.5,A{at},S\n' for at in range(40)]
    (tmp_path / "passengers.csv").write_text(table + "".join(more), encoding="utf-8")
    (tmp_path / "passengers.sqs").write_text(SPECS[0], encoding="utf-8")
    landmarks = np.zeros((40, 468, 3))
    np.savez(tmp_path / "landmarks.npz", id=ids, landmarks=landmarks, expression=np.arange(40) % 8)
    [module] = re.findall(r"^```python\n# my_data.py\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "my_data.py").write_text(module, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "my_data", raising=False)
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    write_table(
        tmp_path / "list.csv", {"image": [f"faces/{label}/{name}.jpg" for name, label in SAMPLES], "label": labels}
    )
    pairs = {"image": [f"photos/{name}.jpg" for name in ids], "mask": [f"masks/{name}.png" for name in ids]}
    write_table(tmp_path / "pairs.csv", pairs)
    [forecast] = re.findall(r"^```sqs\n(space forecast .*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "forecast.sqs").write_text(forecast, encoding="utf-8")
    write_table(tmp_path / "power.csv", {name: np.arange(300) for name in ("load", "heat", "wind")})
    (tmp_path / "denoise.sqs").write_text(
        "sqs 1\nspace denoise { input image: [8, 8, 3]  output clean = image -> conv(any [4, 8], 3) -> conv(3, 1) }\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)


def words(command: str, option: str) -> list[str]:
    """The text after each occurrence of an option, up to the next."""
    parts = shlex.split(command)
    found: list[str] = []
    for at, part in enumerate(parts):
        if part == option:
            rest = parts[at + 1 :]
            found += rest[: next((i for i, word in enumerate(rest) if word.startswith("-")), len(rest))]
    return found


def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """CIFAR-10 with zeros as images."""
    keras = pytest.importorskip("keras")
    made: Any = (np.zeros((200, 32, 32, 3), np.uint8), np.arange(200)[:, None] % 10)
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: (made, made))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_find_their_data(command: str, files: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    stand_in(monkeypatch)
    define = dict(word.split("=") for word in words(command, "--define"))
    space = sqs.load(command.split()[2], define=define)
    parser = ArgumentParser()
    add_table_arguments(parser)
    splitting = Splitting(
        0,
        fraction=float((words(command, "--fraction") or ["1"])[0]),
        group=(words(command, "--group") or [None])[0],
        split=(words(command, "--split") or ["random"])[0],
        gap=int((words(command, "--gap") or ["0"])[0]),
    )
    window, horizon = (int((words(command, option) or ["0"])[0]) for option in ("--window", "--horizon"))
    data = load_data(
        words(command, "--data"),
        space.inputs,
        space.outputs,
        splitting,
        validation=words(command, "--validation") or None,
        test=words(command, "--test") or None,
        windows=Windows(window, horizon) if window else None,
        allow_extern="--allow-extern" in command,
        table=table_options(parser.parse_known_args(shlex.split(command))[0]),
    )
    assert min(len(part) for part in data.sets.values()) >= 3
    for part in data.sets.values():
        for name, shape in space.inputs.items():
            raw = (len(data.encoded[name].each),) if name in data.encoded else shape
            assert part.inputs[name][:2].shape == (2, *raw)
            assert part.inputs[name][:2].dtype == np.float32


def test_there_is_a_command_for_every_kind() -> None:
    given = " ".join(word for command in COMMANDS for word in words(command, "--data"))
    options = ("--validation", "--test", "--group", "--split ordered", "--split sets.csv", "--gap", "images:divided")
    assert all(any(option in command for command in COMMANDS) for option in options)
    kinds = ("digits", "faces:", "cifar10", ".npz", "images:", "csv:", "python:", "expression=")
    assert all(kind in given for kind in kinds)


def test_every_set_and_where_its_files_go_is_listed() -> None:
    table = PAGE.split("| `--data` | is |")[1].split("\n\n")[0]
    assert set(EMBEDDED) <= set(re.findall(r"`(\w+)`", table))
    for known in KNOWN.values():
        for path, address in known.files.items():
            shown = path if len(known.files) == 1 else "datasets/fashion-mnist/…-ubyte.gz"
            assert f"`{shown}`" in PAGE
            assert address.rpartition("/")[2] in PAGE or len(known.files) > 1


def test_the_specs_are_right(tmp_path: Path) -> None:
    found = []
    for spec in SPECS:
        (tmp_path / "spec.sqs").write_text(spec, encoding="utf-8")
        found.append(tuple(sqs.load(tmp_path / "spec.sqs").inputs))
    assert found == [("person",), ("embarked", "numbers"), ("past",), ("image", "depth")]


def test_the_table_is_as_it_is_described(files: None) -> None:
    """Its first lines are those on the page, and its columns give what the page says."""
    space = sqs.load("passengers.sqs")
    [shown] = re.findall(r"^```text\n(survived.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert Path("passengers.csv").read_text(encoding="utf-8").startswith(shown)
    options = TableOptions(drop=("ticket",))
    columns = load_data("csv:passengers.csv", space.inputs, space.outputs, 0, table=options).columns["person"]
    counts = {one.name: sum(unit.column == at for unit in columns.units) for at, one in enumerate(columns.each)}
    assert counts == {"pclass": 1, "sex": 2, "age": 1, "fare": 1, "embarked": 3}


def test_missing_values_and_limits_are_listed() -> None:
    line = PAGE.split("- **Missing values** are")[1].split("in upper")[0]
    assert {"", *re.findall(r"`(.+?)`", line)} == set(MISSING)
    assert f"more than {MOST} different values" in PAGE.replace("\n", " ")


def test_the_numbers_are_those_of_the_program() -> None:
    assert f"{decoded.capacity // 2**20} MiB" in PAGE
    assert f"`{' '.join(ENDINGS)}`" in PAGE


def test_every_code_is_in_the_table() -> None:
    declared = (errors, errors_files, errors_masks, errors_sets, errors_sources, errors_tables, errors_whole)
    modules = {each.__name__ for each in (*declared, errors_windows)}
    listed = re.findall(r"`(SQS\d+)`", PAGE.split("| code | what is wrong |")[1])
    assert sorted(listed) == sorted(code for code, cls in REGISTRY.items() if cls.__module__ in modules)
