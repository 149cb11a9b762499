"""Text in columns."""

from __future__ import annotations

import pytest

from sqsem_dsl.report.text.style import Style
from sqsem_dsl.report.text.table import cut, cut_start, labeled, table, table_width, widths_of

ROWS = [("name", "params", "MACs"), ("fires", "1", "12,345"), ("pool", "1,250", "")]


def test_columns_stand_below_each_other() -> None:
    assert table(ROWS, "<>") == ["name   params    MACs", "fires       1  12,345", "pool    1,250"]
    assert table_width(widths_of(ROWS)) == 21


@pytest.mark.parametrize("align", ["<", ">", "<>", "><>"])
def test_colors_take_no_room(align: str) -> None:
    style = Style(color=True)
    painted = [tuple(style.bar(cell) for cell in row) for row in ROWS]
    assert widths_of(painted) == widths_of(ROWS)
    bare = [line.replace("\033[36m", "").replace("\033[0m", "") for line in table(painted, align)]
    assert bare == table(ROWS, align)


def test_a_text_of_several_lines_stays_in_its_column() -> None:
    assert labeled("kept", "all\n(4 of 4)", 6) == ["kept  all", "      (4 of 4)"]
    assert labeled("kept", "", 6, 80) == ["kept  "]


@pytest.mark.parametrize("width", range(1, 14))
def test_what_is_cut_says_so_and_fits(width: int) -> None:
    text = "fires[0].se"
    for short in (cut(text, width), cut_start(text, width)):
        assert len(short) <= width
        assert ("…" in short) == (width < len(text))
