"""Tables: the role of each column, and errors with their line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.table import read_table
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import CLASSES, THREE, refusal, write_table

POINTS = {"points": (2, 3)}
ROWS = 12


def table(folder: Path, **columns: list[object]) -> str:
    """`csv:FILE` with six columns of numbers, `1` … `6`: row r has r, r + 0.1, …; preceded by the given columns."""
    numbers = {f"x{at}": [row + at / 10 for row in range(ROWS)] for at in range(6)}
    write_table(folder / "points.csv", {**columns, **numbers})
    return f"csv:{folder / 'points.csv'}"


def written(folder: Path, text: str, encoding: str = "utf-8") -> str:
    (folder / "points.csv").write_text(text, encoding=encoding)
    return f"csv:{folder / 'points.csv'}"


def test_columns_fill_the_shape_row_by_row(tmp_path: Path) -> None:
    data = load_data(table(tmp_path, label=[row % 3 for row in range(ROWS)]), POINTS, THREE, 0)
    for sample, label in zip(data.train.inputs["points"][:], data.train.labels["label"], strict=True):
        row = round(float(sample[0, 0]))
        np.testing.assert_allclose(sample, row + np.arange(6).reshape(2, 3) / 10, rtol=1e-6)
        assert label == row % 3


def test_class_names_are_numbered_in_sorted_order(tmp_path: Path) -> None:
    names = [CLASSES[row % 3] for row in range(ROWS)]
    by_name = load_data(table(tmp_path, label=names), POINTS, THREE, 0)
    by_number = load_data(table(tmp_path, label=[row % 3 for row in range(ROWS)]), POINTS, THREE, 0)
    assert by_name.fingerprint == by_number.fingerprint
    words = [("no", "yes")[row % 2] for row in range(ROWS)]
    binary = load_data(table(tmp_path, label=words), POINTS, {"label": OutputFact((1,), "sigmoid")}, 0)
    assert set(binary.train.labels["label"].ravel()) == {0.0, 1.0}


@pytest.mark.parametrize("labels", [("1", "2", "3"), ("1.0", "2.0", "3.0"), ("-1", "0", "10"), ("0", "2", "4")])
def test_other_numbers_are_classes_in_their_order(tmp_path: Path, labels: tuple[str, ...]) -> None:
    data = load_data(table(tmp_path, label=[labels[row % 3] for row in range(ROWS)]), POINTS, THREE, 0)
    by_number = load_data(table(tmp_path, label=[row % 3 for row in range(ROWS)]), POINTS, THREE, 0)
    assert data.fingerprint == by_number.fingerprint
    assert data.classes == {"label": tuple(str(int(float(label))) for label in labels)}


def test_class_numbers_stay_what_they_are(tmp_path: Path) -> None:
    """A class without samples does not change the numbers of the others."""
    data = load_data(table(tmp_path, label=[1 + row % 2 for row in range(ROWS)]), POINTS, THREE, 0)
    assert set(data.train.labels["label"][:].tolist()) == {1, 2}
    assert data.classes == {"label": ("0", "1", "2")}


def test_a_set_with_fewer_classes_has_the_numbers_of_all(tmp_path: Path) -> None:
    whole = table(tmp_path, label=[1 + row % 3 for row in range(ROWS)])
    (tmp_path / "few").mkdir()
    few = table(tmp_path / "few", label=[1 + row % 2 for row in range(ROWS)])
    for one, other, of_test in [(whole, few, {0, 1}), (few, whole, {0, 1, 2})]:
        data = load_data(one, POINTS, THREE, 0, test=other)
        assert data.test is not None
        assert set(data.test.labels["label"][:].tolist()) == of_test
        assert data.classes == {"label": ("1", "2", "3")}


def test_decimal_commas_in_a_file_with_semicolons(tmp_path: Path) -> None:
    lines = ["price;size;rooms", "1250,5;70,25;3", "980;NA;2", "1.1e3;64,75;2"]
    data = load_data(written(tmp_path, "\n".join(lines)), {"flat": (2,)}, {"price": OutputFact((1,))}, 0)
    parts = [data.train, data.validation, data.test]
    rows = {
        float(price): flat.tolist()
        for part in parts
        for price, flat in zip(part.labels["price"][:].ravel(), part.inputs["flat"][:], strict=True)
    }
    assert rows[1250.5] == [70.25, 3]
    assert rows[1100.0] == [64.75, 2]


def test_commas_that_may_separate_thousands_are_refused(tmp_path: Path) -> None:
    problem = refusal(
        written(tmp_path, "label;a\n" + "".join(f"{row % 3};{row + 1},250\n" for row in range(40))), {"x": (1,)}
    )
    assert (
        problem.note
        == "`a`: it holds numbers with commas, such as `1,250`: write a decimal point, and nothing for thousands"
    )


def test_the_first_column_of_text_holds_ids(tmp_path: Path) -> None:
    names = [f"p{row}.png" for row in range(ROWS)]
    label = [row % 3 for row in range(ROWS)]
    named = load_data(table(tmp_path, file=names, label=label), POINTS, THREE, 0)
    numbered = load_data(table(tmp_path, id=range(ROWS), label=label), POINTS, THREE, 0)
    assert named.fingerprint == numbered.fingerprint


def test_columns_of_several_inputs_and_outputs_bear_their_names(tmp_path: Path) -> None:
    rows = range(ROWS)
    columns = {"at.x": rows, "at.y": rows, "speed": [r * 2 for r in rows], "goal.x": rows, "goal.y": [-r for r in rows]}
    write_table(tmp_path / "all.csv", columns)
    data = load_data(f"csv:{tmp_path / 'all.csv'}", {"at": (2,), "speed": (1,)}, {"goal": OutputFact((2,))}, 0)
    np.testing.assert_array_equal(data.train.inputs["speed"][:], 2 * data.train.inputs["at"][:, :1])
    np.testing.assert_array_equal(data.train.labels["goal"], data.train.inputs["at"][:] * [1, -1])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_first_line_tells_what_stands_between_values(tmp_path: Path, delimiter: str) -> None:
    lines = ["label,a,b", "0,1,2", "1,3,4", "", "2,5,6"]
    source = written(tmp_path, "\r\n".join(lines).replace(",", delimiter), encoding="utf-8-sig")
    data = load_data(source, {"x": (2,)}, THREE, 0)
    assert {float(part.inputs["x"][:].sum()) for part in (data.train, data.validation, data.test)} == {3, 7, 11}


@given(
    st.lists(
        st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
        min_size=1,
        max_size=5,
    )
)
def test_numbers_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[float]]
) -> None:
    path = tmp_path_factory.mktemp("table") / "numbers.csv"
    write_table(path, dict(zip("abc", zip(*rows, strict=True), strict=True)))
    np.testing.assert_array_equal(read_table(str(path)).numbers("abc"), np.array(rows, np.float32))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("label,a,b\n0,1,2\n1,x,4\n2,5,6\n", "line 3: `x` in the column `a` is not a number"),
        ("label,a,b\n0,1,2\n1,inf,4\n2,5,6\n", "line 3: `inf` in the column `a` is not a finite number"),
        ("label,a,b\n0,1,2\n1,1e40,4\n2,5,6\n", "line 3: `1e40` in the column `a` is not a finite number"),
        ("label,a,b\n0,1,2\n,3,4\n2,5,6\n", "line 3: the column `label` is empty"),
        ("label,a,b\n0,1,2\n1,3\n2,5,6\n", "line 3: 2 values, but the first line names 3 columns"),
        ("label,a,b\n0,1,2,\n1,3,4,\n", "line 2: 4 values, but the first line names 3 columns"),
        ('label,a,b\n"0\n",1,2\n1,x,4\n', "line 4: `x` in the column `a` is not a number"),
        ("0,1,2\n1,3,4\n", "its first line has numbers where the names of the columns should be"),
        (",a,b\n0,1,2\n", "its column 1 has no name (pandas leaves it out with `to_csv(…, index=False)`)"),
        ("a,b,a\n0,1,2\n", "two of its columns are named `a`"),
        ("", "it is empty"),
        ("label,a,b\n", "has no samples"),
        ("id,label,a,b\n7,0,1,2\n8,1,3,4\n7,2,5,6\n", "has the id `7` more than once: line 2, line 4"),
        (
            "label,a,b\n0,1,2\n1,3,4\n3,5,6\n2,7,8\n",
            "line 4: `3` in the column `label` is not a class number from 0 to 2",
        ),
        ("label,a,b\n0,1,2\n0.5,3,4\n2,5,6\n", "line 3: `0.5` in the column `label` is not a class number from 0 to 2"),
        ("label,a,b\n0,1,2\nnan,3,4\n2,5,6\n", "line 3: the column `label` has `nan`, which is a missing value"),
        ("label,a,b\ncat,1,2\ndog,3,4\ncat,5,6\n", "has 2 classes, but the output `label` is for 3"),
        ("label,a\n0,1\n1,2\n2,3\n", "has 1 column for the input `x`, but its shape [2] needs 2"),
        ("a,b\n0,1\n1,2\n2,3\n", "the data have no labels for the output `label`"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(tmp_path: Path, text: str, title: str) -> None:
    assert title in refusal(written(tmp_path, text), {"x": (2,)}).title


def test_more_lines_are_reported_at_once(tmp_path: Path) -> None:
    problem = refusal(written(tmp_path, "label,a\n" + "0,1\n" * 20 + "0,x\n" * 20), {"x": (1,)})
    assert problem.note is not None
    assert problem.note.startswith("line 23: `x` in the column `a` is not a number; line 24: ")
    assert problem.note.endswith("… (15 more)")


def test_two_inputs_need_names_on_their_columns(tmp_path: Path) -> None:
    problem = refusal(written(tmp_path, "label,a,b\n0,1,2\n"), {"x": (1,), "y": (1,)})
    assert problem.title.endswith("does not show which columns belong to `x`, `y`")


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    assert refusal(f"csv:{tmp_path / 'none.csv'}", POINTS).title.endswith("no such file")
    assert "directory" in refusal(f"csv:{tmp_path}", POINTS).title
    (tmp_path / "points.csv").write_bytes(b"label,a\n\xff\xfe,1\n")
    assert refusal(f"csv:{tmp_path / 'points.csv'}", POINTS).title.endswith("it is not UTF-8 text")
    assert refusal(str(tmp_path / "points.csv"), POINTS).help == f"write `csv:{tmp_path / 'points.csv'}`"


def test_inputs_of_several_axes_take_numbers_without_gaps(tmp_path: Path) -> None:
    found = refusal(written(tmp_path, "label,a,b\n0,1,2\n1,,4\n2,NA,6\n"), {"x": (1, 2)})
    assert found.title.endswith("line 3: the column `a` is empty")
    assert found.note == "line 4: the column `a` has `NA`, which is a missing value"


def test_a_column_of_text_that_is_taken_for_the_ids_is_named_where_columns_are_missing(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", {"name": ["a", "b", "c"], "age": range(3), "survived": [0, 1, 0]})
    found = refusal(f"csv:{tmp_path / 't.csv'}", {"x": (2,)}, {"survived": OutputFact((1,), "sigmoid")})
    assert found.note == "they are `age`; the text column `name` is used as ids"


def test_ids_of_their_own_name_may_not_repeat_either(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", {"id": ["a", "a", "c"], "age": range(3), "survived": [0, 1, 0]})
    found = refusal(f"csv:{tmp_path / 't.csv'}", {"x": (1,)}, {"survived": OutputFact((1,), "sigmoid")})
    assert found.code == "SQS721"
