"""Error cases that no small text file can hold: each makes its files in an empty folder and gives the diagnostics.

The name of a case is that of its golden file, `CODE/name`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqsem_dsl.compiler import check_file
from sqsem_dsl.diagnostics import Diagnostic

Case = Callable[[Path], list[Diagnostic]]


def _of_bytes(name: str, content: bytes) -> Case:
    def case(folder: Path) -> list[Diagnostic]:
        (folder / name).write_bytes(content)
        return check_file(Path(name))

    return case


def _missing(folder: Path) -> list[Diagnostic]:
    (folder / "digits.sqs").write_text("sqs 1\n")
    return check_file(Path("digit.sqs"))


def _folder(folder: Path) -> list[Diagnostic]:
    (folder / "specs").mkdir()
    return check_file(Path("specs"))


def _sum(terms: int) -> bytes:
    return f"space s {{\n  const n = {' + '.join(['1'] * terms)}\n}}\n".encode()


MADE: dict[str, Case] = {
    "SQS014/brackets": _of_bytes("deep.sqs", b"space s {\n  let x = " + b"(" * 10_000),
    "SQS014/sum": _of_bytes("sum.sqs", _sum(10_000)),
    "SQS015/words": _of_bytes("long.sqs", b"# too long\nspace s {\n" + b"  let x = 1\n" * 100_000),
    "SQS016/exponent": _of_bytes("huge.sqs", b"space s {\n  const n = 1e999999999\n}\n"),
    "SQS020/near": _missing,
    "SQS021/folder": _folder,
    "SQS022/latin1": _of_bytes("latin.sqs", "space s {\n  # grüße\n}\n".encode("latin-1")),
    "SQS022/utf16": _of_bytes("wide.sqs", "space s {}\n".encode("utf-16")),
    "SQS023/large": _of_bytes("large.sqs", b"#" * (5 * 2**20)),
    "SQS002/nul": _of_bytes("nul.sqs", b"space s {\n  \0\0\n}\n"),
}
