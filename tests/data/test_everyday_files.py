"""Tables as people save them, and files that are not tables or arrays: read alike, or refused with the remedy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.given import load_given
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.settings.metrics import OutputFact

INPUTS = {"x": (2,)}
OUTPUTS = {"y": OutputFact((3,), "softmax")}
ROWS = [(f"{at}.5", str(at % 7), ("cat", "dog", "fox")[at % 3]) for at in range(30)]
TABLE = "a,b,y\n" + "".join(f"{','.join(row)}\n" for row in ROWS)


def refused(path: Path | str, *messages: str) -> None:
    with pytest.raises(DataError) as caught:
        load_given(str(path), INPUTS, OUTPUTS, Splitting(0))
    for message in messages:
        assert message in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + TABLE.replace("\n", "\r\n"),
        TABLE.replace(",", "|"),
        TABLE.replace(",", "\t "),
        TABLE.replace(",", ", ").replace("cat", '"cat"'),
        TABLE.rstrip(),
    ],
)
def test_tables_that_mean_the_same(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    data = load_given(f"csv:{path}", INPUTS, OUTPUTS, Splitting(0))
    assert data.classes == {"y": ("cat", "dog", "fox")}
    rows = {
        (*map(float, x), y)
        for part in data.sets.values()
        for x, y in zip(part.inputs["x"][:].tolist(), part.labels["y"][:].tolist(), strict=True)
    }
    assert rows == {(at + 0.5, at % 7, at % 3) for at in range(30)}


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        (TABLE.encode("utf-16"), ("it is not UTF-8 text", "iconv -f UTF-16 -t UTF-8")),
        (TABLE.replace("cat", "käse").encode("latin-1"), ("it is not UTF-8 text", "iconv -f LATIN1 -t UTF-8")),
        (("sep=;\n" + TABLE.replace(",", ";")).encode(), ("its first line is `sep=`", "remove this line")),
        (TABLE.replace(",", " ").encode(), ("its values are separated by spaces",)),
        (("# of May\n" + TABLE).encode(), ("line 2: 3 values", "remove lines above the one that names the columns")),
        (TABLE.replace("cat\n", "cat,1\n").encode(), ("line 2: 4 values", "quote values with commas")),
        (TABLE.replace("dog", '"dog', 1).encode(), ("a quote in line 3 is not closed",)),
        (TABLE.replace("y\n", "Y\n").encode(), ("say which one it is, `--labels y=Y`",)),
        (TABLE.replace("4.5,", "4_5,").encode(), ("line 6: `4_5` in the column `a` is not a number",)),
    ],
)
def test_tables_that_are_refused(content: bytes, messages: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    refused(f"csv:{path}", *messages)


def test_names_with_underscores_are_no_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE.replace("cat", "1_0").replace("dog", "1_1").replace("fox", "1_2"))
    assert load_given(f"csv:{path}", INPUTS, OUTPUTS, Splitting(0)).classes == {"y": ("1_0", "1_1", "1_2")}


@pytest.mark.parametrize("word", ["{}", "csv:{}"])
@pytest.mark.parametrize(
    ("name", "messages"),
    [
        (
            "t.parquet",
            ("it is a `.parquet` file", "`pandas.read_parquet(", '.to_csv("t.csv", index=False)`'),
        ),
        ("t.xlsx", ("it is a `.xlsx` file", "pandas.read_excel")),
        ("t.jsonl", ("it is a `.jsonl` file", ", lines=True")),
        ("t.csv.gz", ("it is compressed", "decompress it")),
        ("t.h5", ("it is a `.h5` file", 'numpy.savez("t.npz"')),
    ],
)
def test_files_of_other_kinds(word: str, name: str, messages: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\x89PNG")
    refused(word.format(tmp_path / name), *messages)
    with pytest.raises(DataError, match="`"):
        load_given({"x": str(tmp_path / name), "y": str(tmp_path / name)}, INPUTS, OUTPUTS, Splitting(0))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("csv:https://example.org/t.csv", "download the file, and name the copy"),
        ("https://example.org/t.csv", "download the file, and name the copy"),
        ("csv:~/no such.csv", "write `$HOME/no such.csv`"),
        ("csv:*.csv", "name one file"),
        ("csv:none.csv", "name a file that exists"),
    ],
)
def test_paths_of_no_file(word: str, message: str) -> None:
    refused(word, message)


def test_frames_without_labels_say_how_to_name_them() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(np.zeros((9, 2)), columns=["a", "Y"])
    with pytest.raises(DataError, match=r"`table=TableOptions\(labels=\{'y': 'Y'\}\)`"):
        load_given(frame, INPUTS, OUTPUTS, Splitting(0))
