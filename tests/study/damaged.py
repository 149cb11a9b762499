"""Journals that are damaged, or written by an attacker."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

from sqsem_dsl.study.journal.journal import FILE
from sqsem_dsl.study.journal.rows import COLUMNS, EPOCH, NOTES

ODD: tuple[Any, ...] = (
    None, "", "null", "x", "{}", "[]", "[[1]]", '{"a": null}', '{"a": [1, "b"]}', "[1e999]", '{"loss": "x"}', "NaN",
    '"\\ud800"', '{"\\ud800": 1}', "[" * 100_000, "9" * 5000, b"\xff\x00", "\x1b[2J", 0, -1, 1, 2**62, -(2**63), 1e308,
    float("inf"), 0.5, "completed", "running", "failed", '[["val_accuracy", "max"], ["params", "min"]]',
)  # fmt: skip
"""Values that a column may have in place of the expected one."""


def change(folder: Path, statement: str, *values: Any) -> None:
    """A change to a journal outside the program."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute(statement, values)
        connection.commit()


def change_sources(folder: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Applies `edit` to the journal's record of its spec."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        [text] = connection.execute("SELECT value FROM note WHERE key = 'sources'").fetchone()
        sources = json.loads(text)
        edit(sources)
        connection.execute("UPDATE note SET value = ? WHERE key = 'sources'", (json.dumps(sources),))
        connection.commit()


def damage(folder: Path, random: Random) -> str:
    """Makes one to three changes to a journal; returns them."""
    done = []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        statement, *values = _odd(random)
        try:
            change(folder, statement, *values)
        except sqlite3.Error:  # the database itself protects that column
            continue
        done.append(f"{statement} {values!r:.60}")
    return "; ".join(done)


def bite(folder: Path, random: Random) -> str:
    """Bytes of the file overwritten, or its end cut off."""
    place = folder / FILE
    content = bytearray(place.read_bytes())
    start = random.randrange(len(content))
    if random.random() < 0.2:
        del content[start:]
    else:
        for at in range(start, min(len(content), start + random.choice((1, 4, 40, 4000)))):
            content[at] = random.randrange(256)
    place.write_bytes(content)
    return f"bytes from {start}"


def _odd(random: Random) -> tuple[Any, ...]:
    number = random.randint(1, 7)
    match random.randrange(10):
        case 0 | 1 | 2 | 3:
            column = random.choice((*COLUMNS, "start_order", "end_order"))
            return f'UPDATE trial SET "{column}" = ? WHERE number = ?', random.choice(ODD), number
        case 4:
            return f'UPDATE epoch SET "{random.choice(tuple(EPOCH))}" = ? WHERE trial = ?', random.choice(ODD), number
        case 5 | 6:
            return "UPDATE note SET value = ? WHERE key = ?", random.choice(ODD), random.choice(tuple(NOTES))
        case 7:
            return "DELETE FROM note WHERE key = ?", random.choice(tuple(NOTES))
        case 8:
            table = random.choice(("note", "trial", "epoch"))
            return random.choice(
                (f"DROP TABLE {table}", f"ALTER TABLE {table} ADD COLUMN more", f"DELETE FROM {table}")
            )
        case _:
            old, new = random.choice((("8", "9"), ("first", "last"), ("0.5", "50"), ("true", "1"), (":", "")))
            return "UPDATE trial SET choices = replace(choices, ?, ?)", old, new
