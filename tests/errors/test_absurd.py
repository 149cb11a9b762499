"""Specs of absurd size: a diagnostic, or success, within seconds and a gigabyte, and never a traceback."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SECONDS = 20
"""Five on an idle machine, and up to four times as many on a shared one: the bound is on steps."""
MEMORY = 2**30


def space(*lines: str, output: str = "x") -> str:
    return "space s {\n  input x: [8]\n" + "\n".join(lines) + f"\n  output y = {output}\n}}\n"


def chain(stages: Iterable[str]) -> str:
    return "x\n" + "\n".join(f"    -> {stage}" for stage in stages)


def doubling(last: str) -> str:
    """Forty blocks, each of which uses the next twice: 2 ** 40 uses of the last."""
    blocks = [f"block b{i}(x) {{ out x -> b{i + 1} -> b{i + 1} }}" for i in range(40)]
    return "\n".join([*blocks, f"block b40(x) {{ out {last} }}", space(output="x -> b0")])


def shared(count: int) -> list[str]:
    return [f"  param p{i} in [1, 2, 3]" for i in range(count)]


CASES: dict[str, tuple[str, Callable[[], str]]] = {
    # name: the codes that are reported ("" for none), and the text
    "a billion repeats": ("SQS501", lambda: space(output="x -> repeat 1000000000 { relu }")),
    "a billion counts": ("SQS501", lambda: space(output="x -> repeat n in 1..1000000000 { relu }")),
    "repeats in repeats": ("SQS501", lambda: space(output="x -> repeat 1000 { repeat 1000 { relu } }")),
    "repeats of nothing": (
        "SQS501",
        lambda: "block b(x) { out x }\n" + space(output="x -> repeat 1000 { repeat 1000 { repeat 1000 { b } } }"),
    ),
    "choices in repeats": (
        "SQS501",
        lambda: space(output="x -> repeat a in 1..1000 { repeat b in 1..1000 { dense(any [1, 2]) } }"),
    ),
    "a range of a billion": ("SQS501", lambda: space("param w in 1..1000000000", output="x -> dense(w)")),
    "a billion steps": ("SQS501", lambda: space(output="x -> dropout(any 0.0..1.0 step 0.000000001)")),
    "recursion": ("SQS110", lambda: "block b(x) { out x -> b }\n" + space(output="x -> b")),
    "recursion twice": ("SQS110", lambda: "block b(x) { out add(x -> b, x -> b) }\n" + space(output="x -> b")),
    "recursion that grows": (
        "SQS110",
        lambda: "block b(x, n) { out add(x -> b(n + 1), x -> b(2 * n)) }\n" + space(output="x -> b(1)"),
    ),
    "recursion in a circle": (
        "SQS110",
        lambda: (
            "block a(x) { out x -> b -> c }\nblock b(x) { out x -> c -> a }\nblock c(x) { out x -> a -> b }\n"
            + space(output="x -> a")
        ),
    ),
    "doubling": ("SQS501", lambda: doubling("x -> relu")),
    "doubling of nothing": ("SQS501", lambda: doubling("x")),
    "doubling tensors": (
        "",
        lambda: space("let a0 = x", *(f"let a{i + 1} = add(a{i}, a{i})" for i in range(60)), output="a60"),
    ),
    "doubling numbers": (
        "SQS502",
        lambda: space("const a0 = 2", *(f"const a{i + 1} = a{i} * a{i}" for i in range(60)), output="x -> dense(a60)"),
    ),
    "doubling lists": (
        "SQS501",
        lambda: space("const a0 = [1]", *(f"const a{i + 1} = [a{i}, a{i}]" for i in range(60))),
    ),
    "a tower of powers": ("SQS502", lambda: space(f"const c = {' ** '.join('2' * 100)}", output="x -> dense(c)")),
    "a large power": ("SQS502", lambda: space("param w in [1, 2]", output="x -> dense(9 ** 9 ** 9 * w)")),
    "a huge layer": ("SQS401", lambda: space(output="x -> dense(10 ** 20)")),
    "a huge input": (
        "SQS401",
        lambda: "space s { input x: [1000000, 1000000, 1000000, 3]  output y = x -> flatten -> dense(10) }",
    ),
    "brackets": ("SQS014", lambda: space(output="(" * 10_000 + "x" + ")" * 10_000)),
    "braces": ("SQS014", lambda: space(output="x -> " + "{ " * 10_000 + "relu" + " }" * 10_000)),
    "five megabytes": ("SQS023", lambda: "#" * (5 * 2**20)),
    "a million lines": ("SQS015", lambda: "x\n" * 1_000_000),
    "brackets and signs": ("SQS015", lambda: "}{)(;;;" * 400_000),
    "many slots": ("SQS501", lambda: space(output=chain(f"slot a{i} {{ relu }}" for i in range(3000)))),
    "some hundred slots": ("", lambda: space(output=chain(f"slot a{i} {{ relu }}" for i in range(400)))),
    "nested slots": ("", lambda: space(output="x" + "".join(f" -> slot a{i} {{ relu" for i in range(90)) + " }" * 90)),
    "shared choices": (
        "SQS503",
        lambda: space(*shared(60), output=chain(f"dense(p{i % 60} + {i // 60})" for i in range(120))),
    ),
    "a dense net of choices": (
        "SQS503",
        lambda: space(
            "let t0 = x",
            *(
                f"let t{i} = concat({', '.join(f't{j}' for j in range(i))}) -> dense(any [4, 8, 16]) @d{i}"
                for i in range(1, 41)
            ),
            output="t40",
        ),
    ),
    "a rule over many choices": (
        "",
        lambda: space(
            *shared(60),
            f"require {' + '.join(f'p{i}' for i in range(60))} < 100",
            output=chain(f"dense(p{i})" for i in range(60)),
        ),
    ),
    "a rule of a product": (
        "SQS504",
        lambda: space(
            *(f"param {n} in 1..4096" for n in "pqr"),
            "require p * q + r == 1000",
            output=chain(f"dense({n})" for n in "pqr"),
        ),
    ),
    "a rule that factors": (
        "SQS504",
        lambda: space(
            "param p in 2..4000", "param q in 2..4000", "require p * q == 15213389", output="x -> dense(p) -> dense(q)"
        ),
    ),
    "doubling minima": (
        "",
        lambda: space(
            "param p in [1, 2]",
            "let a0 = p",
            *(f"let a{i + 1} = min(a{i}, a{i})" for i in range(30)),
            output="x -> dense(a30)",
        ),
    ),
    "doubling conditions": (
        "",
        lambda: space(
            "param p in [1, 2]",
            "let a0 = p",
            *(f"let a{i + 1} = where(a{i} > 1, a{i} + 0, a{i})" for i in range(30)),
            output="x -> dense(a30)",
        ),
    ),
    "conditions that read much": (
        "SQS504",
        lambda: space(
            *(f"param p{i} in [0, 1]" for i in range(12)),
            "let a0 = 0",
            *(f"let a{i + 1} = a{i} + p{i % 12}" for i in range(120)),
            output="x -> " + " -> ".join(f"if a120 > {i} {{ relu }} else {{ tanh }}" for i in range(180)),
        ),
    ),
    "a pick of many": (
        "SQS501",
        lambda: space(output="add(pick p in 1..30 { " + "  ".join(f"a{i}: x" for i in range(30)) + " })"),
    ),
    "many alternatives": (
        "SQS501",
        lambda: space(output="x -> choose c { " + "  ".join(f"a{i}: relu" for i in range(5000)) + " }"),
    ),
    "a long domain": ("SQS501", lambda: space(f"param w in [{', '.join(map(str, range(1, 9000)))}]")),
    "many unknown names": ("SQS204", lambda: space(output=chain(f"foo{i}" for i in range(3000)))),
    "many wrong numbers": ("SQS403", lambda: space(*(f"output y{i} = x -> dense(0)" for i in range(3000)))),
}


@pytest.mark.parametrize("name", CASES)
def test_absurd(name: str, tmp_path: Path) -> None:
    """The limits hold for processor time, so that a busy machine does not fail the test."""
    code, text = CASES[name][0], CASES[name][1]()
    path = tmp_path / "absurd.sqs"
    path.write_text(text)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    ran = subprocess.run(
        [sys.executable, "-m", "sqsem_dsl", "compile", "--check", "--message-format", "short", str(path)],
        capture_output=True,
        text=True,
        preexec_fn=limit,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert ran.returncode >= 0, f"killed by signal {-ran.returncode}"
    assert "Traceback" not in ran.stderr
    found = {line.partition("[")[2].partition("]")[0] for line in ran.stderr.splitlines()}
    assert found == ({code} if code else set()), ran.stderr[:500]
    assert ran.returncode == (1 if "error[" in ran.stderr else 0)
