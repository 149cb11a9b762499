"""The notebooks in `examples/` run from their first cell to their last, each in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("keras_tuner")
pytest.importorskip("pandas")

pytestmark = [pytest.mark.keras, pytest.mark.search]
EXAMPLES = sorted(Path(__file__).parents[2].joinpath("examples").glob("*.ipynb"))


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    book = nbformat.read(path, 4)
    client = nbclient.NotebookClient(book, timeout=600, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    errors = [output for cell in book.cells for output in cell.get("outputs", ()) if output.output_type == "error"]
    assert not errors


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_notebook_is_stored_with_its_results(path: Path) -> None:
    """A reader sees on the web what each cell shows, and no messages of the machine on which it ran."""
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    assert cells[-1].outputs
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.get("name") == "stderr"]
