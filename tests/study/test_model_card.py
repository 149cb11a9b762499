"""What a model card says of the inputs: the form in which the saved model takes them."""

from __future__ import annotations

import sqsem_dsl as sqs
from sqsem_dsl.data.columns import Column, Columns
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.study.export.model_card import _inputs
from sqsem_dsl.study.inference.known_data import KnownData

SPEC = """space s {
  input word: [6] below 20 padded
  input sound: [9, 2] padded
  input city: [1] below 4
  input stars: [1] below 6
  input points: [2, 2]
  input numbers: [2]
  let words = concat(word -> embedding(2) -> gap, sound -> gap)
  let columns = concat(city -> embedding(2) -> flatten, stars -> embedding(2) -> flatten, points -> flatten, numbers)
  output y = concat(words, columns) -> dense(1)
}"""


def test_inputs_of_a_table_have_the_type_and_the_shape_that_the_model_takes() -> None:
    columns = {
        "city": Columns((Column("city", ("Bern", "Rome"), True),), whole=True),
        "stars": Columns((Column("stars"),)),
        "points": Columns(tuple(map(Column, ("ax", "ay", "bx", "by")))),
        "numbers": Columns((Column("age", missing=True), Column("fare"))),
    }
    lines = list(_inputs(sqs.loads(SPEC).inputs, KnownData({}, columns, TableOptions())))
    assert lines == [
        "- input `word`: int32 `[samples, 6]`, as in the data of the search, whole numbers from 0 to 19, -1 after the "
        "end of a sequence",
        "- input `sound`: float32 `[samples, 9, 2]`, as in the data of the search, NaN after the end of a sequence",
        "- input `city`: float32 `[samples, 1]`:",
        "  - column 0: `city` (0 = Bern, 1 = Rome, 2 = missing or unknown)",
        "- input `stars`: int32 `[samples, 1]`, whole numbers from 0 to 5:",
        "  - column 0: `stars`",
        "- input `points`: float32 `[samples, 2, 2]`:",
        *(f"  - column {at}: `{name}`" for at, name in enumerate(("ax", "ay", "bx", "by"))),
        "- input `numbers`: float32 `[samples, 2]`, NaN for missing numbers:",
        "  - column 0: `age`",
        "  - column 1: `fare`",
    ]
