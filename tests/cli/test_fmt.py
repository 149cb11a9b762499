"""`sqsem fmt`: the files that it writes or skips, and its output with `--check` and `--diff`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.format.format import format_text
from tests.cli.commands import Run, runner

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(
    path for folder in ("specs", "sqsem_dsl/std", "benchmarks", "docs") for path in ROOT.glob(f"{folder}/*.sqs")
)

LOOSE = """\
# Above → the space.
space  s {
  input x: [4]     # a note


  output y = x->dense( any [2,3] )
}
"""
NEAT = """\
# Above → the space.
space s {
  input x: [4]  # a note

  output y = x -> dense(any [2, 3])
}
"""
BROKEN = "space s {\n  input x: [4]\n  output y = x -> -> dense(2)\n}\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `sqsem` in a folder with some specs."""
    for name, text in (("loose", LOOSE), ("neat", NEAT), ("broken", BROKEN)):
        (tmp_path / f"{name}.sqs").write_text(text, encoding="utf-8")
    return runner(tmp_path, monkeypatch, capsys)


def state(name: str) -> tuple[bytes, int, int]:
    """The content of a file, its modification time and its inode."""
    known = Path(name).stat()
    return Path(name).read_bytes(), known.st_mtime_ns, known.st_ino


def test_a_file_is_formatted_in_place(run: Run) -> None:
    result = run("fmt", "loose.sqs")
    assert (result.code, result.out, result.err) == (0, "", "formatted loose.sqs\n")
    assert Path("loose.sqs").read_text(encoding="utf-8") == NEAT
    assert sorted(os.listdir()) == ["broken.sqs", "loose.sqs", "neat.sqs"]


def test_a_formatted_file_is_not_touched(run: Run) -> None:
    before = state("neat.sqs")
    result = run("fmt", "neat.sqs")
    assert (result.code, result.out, result.err) == (0, "", "")
    assert state("neat.sqs") == before


def test_a_file_with_syntax_errors_is_not_touched_and_the_others_are_formatted(run: Run) -> None:
    before = state("broken.sqs")
    result = run("fmt", "broken.sqs", "none.sqs", "loose.sqs", "--message-format", "short")
    assert result.code == 1
    assert [line.partition(":")[0] for line in result.err.splitlines()] == [
        "broken.sqs",
        "none.sqs",
        "formatted loose.sqs",
    ]
    assert state("broken.sqs") == before
    assert Path("loose.sqs").read_text(encoding="utf-8") == NEAT


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark_stay(mark: bytes, run: Run) -> None:
    Path("loose.sqs").write_bytes(mark + LOOSE.replace("\n", "\r\n").encode())
    assert run("fmt", "loose.sqs").code == 0
    assert Path("loose.sqs").read_bytes() == mark + NEAT.replace("\n", "\r\n").encode()
    assert run("fmt", "--check", "loose.sqs").code == 0


def test_mixed_line_ends_become_the_first(run: Run) -> None:
    Path("neat.sqs").write_bytes(NEAT.replace("\n", "\r\n", 1).encode())
    assert run("fmt", "neat.sqs").code == 0
    assert Path("neat.sqs").read_bytes() == NEAT.replace("\n", "\r\n").encode()


@pytest.mark.skipif(os.name == "nt", reason="modes are of POSIX systems")
def test_the_mode_stays_and_a_link_is_followed(run: Run) -> None:
    Path("loose.sqs").chmod(0o640)
    Path("link.sqs").symlink_to("loose.sqs")
    assert run("fmt", "link.sqs").code == 0
    assert Path("link.sqs").is_symlink()
    assert Path("loose.sqs").stat().st_mode & 0o777 == 0o640
    assert Path("loose.sqs").read_text(encoding="utf-8") == NEAT


def test_a_file_that_cannot_be_written_stays(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    before = state("loose.sqs")
    monkeypatch.setattr(Path, "write_bytes", full)
    result = run("fmt", "loose.sqs")
    assert result.code == 1
    assert "cannot write `loose.sqs`: no space left on device" in result.err
    assert state("loose.sqs") == before
    assert sorted(os.listdir()) == ["broken.sqs", "loose.sqs", "neat.sqs"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is write-protected from root")
def test_a_write_protected_file_stays(run: Run) -> None:
    Path("loose.sqs").chmod(0o444)
    assert "cannot write `loose.sqs`: permission denied" in run("fmt", "loose.sqs").err
    assert Path("loose.sqs").read_text(encoding="utf-8") == LOOSE


@pytest.mark.parametrize("wrong", [NEAT.replace("[2, 3]", "[2, 4]"), NEAT.replace("  # a note", "")])
def test_a_formatter_that_would_change_the_spec_is_a_bug(wrong: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqsem_dsl.cli.fmt.format_read", lambda result: wrong)
    result = run("fmt", "loose.sqs")
    assert result.code == 70
    assert InternalError.__name__ in result.err
    assert Path("loose.sqs").read_text(encoding="utf-8") == LOOSE


def test_a_spec_in_json_form_is_refused_before_anything_is_written(run: Run) -> None:
    run("emit", "spec", "neat.sqs", "-o", "net.json")
    result = run("fmt", "loose.sqs", "net.json")
    assert result.code == 2
    assert "`net.json` is JSON: `sqsem emit text net.json -o FILE.sqs`" in result.err
    assert Path("loose.sqs").read_text(encoding="utf-8") == LOOSE


# ---- --check and --diff

DIFF = """\
--- loose.sqs
+++ loose.sqs (formatted)
@@ -1,7 +1,6 @@
 # Above → the space.
-space  s {
-  input x: [4]     # a note
+space s {
+  input x: [4]  # a note
 
-
-  output y = x->dense( any [2,3] )
+  output y = x -> dense(any [2, 3])
 }
"""


def test_check_says_which_would_change_and_changes_nothing(run: Run) -> None:
    before = state("loose.sqs")
    result = run("fmt", "--check", "neat.sqs", "loose.sqs")
    assert (result.code, result.out, result.err) == (1, "", "would format loose.sqs\n")
    assert run("fmt", "--check", "neat.sqs").code == 0
    assert run("fmt", "--check", "broken.sqs").code == 1
    assert state("loose.sqs") == before


def test_diff_shows_what_would_change_and_changes_nothing(run: Run) -> None:
    before = state("loose.sqs")
    result = run("fmt", "--diff", "neat.sqs", "loose.sqs")
    assert (result.code, result.out, result.err) == (0, DIFF, "")
    both = run("fmt", "--check", "--diff", "loose.sqs")
    assert (both.code, both.out, both.err) == (1, DIFF, "would format loose.sqs\n")
    assert state("loose.sqs") == before


def test_diff_shows_a_missing_end_of_line(run: Run) -> None:
    Path("neat.sqs").write_text(NEAT.rstrip("\n"), encoding="utf-8")
    assert run("fmt", "--diff", "neat.sqs").out.endswith("\n-}\n\\ No newline at end of file\n+}\n")


# ---- standard input


@pytest.mark.parametrize("text", [LOOSE, NEAT])
def test_from_standard_input_to_standard_output(text: str, run: Run) -> None:
    result = run("fmt", "-", stdin=text)
    assert (result.code, result.out, result.err) == (0, NEAT, "")
    assert run("fmt", "-", stdin=text.replace("\n", "\r\n")).out.replace("\r\n", "\n") == NEAT


def test_a_control_character_in_a_comment_is_written_as_it_is(run: Run) -> None:
    assert run("fmt", "-", stdin=NEAT.replace("a note", "a \u202e note")).out == NEAT.replace("a note", "a \u202e note")


def test_with_a_syntax_error_nothing_is_written_to_standard_output(run: Run) -> None:
    result = run("fmt", "-", stdin=BROKEN)
    assert (result.code, result.out) == (1, "")
    assert " --> <stdin>:3:" in result.err
    assert run("fmt", "--check", "-", stdin=LOOSE).err == "would format <stdin>\n"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_shipped_is_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_text(text, path.name) == text
