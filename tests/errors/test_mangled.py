"""Specs with words changed, lost and swapped: the result is always a space or diagnostics that render.

`SQSEM_FUZZ=100000 pytest -n 2 tests/errors/test_mangled.py` tries that many texts of each kind.
"""

from __future__ import annotations

import os
import random
import re
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from sqsem_dsl.api.space import Compilation
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.render import render_text

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
WORD = re.compile(r'"[^"\n]*"|[A-Za-z_]\w*|\d[\w.]*|->|\.\.|//|\*\*|<=|>=|==|!=|\S')


def words(path: Path) -> list[str]:
    return WORD.findall(re.sub(r"#[^\n]*", "", path.read_text(encoding="utf-8")))


SPECS = {
    # The error cases use every part of the language, and are short.
    "errors": [found for path in sorted(HERE.glob("SQS[1-6]*/*.sqs")) if 20 < len(found := words(path)) < 200],
    "shipped": [words(path) for path in sorted((HERE.parents[1] / "specs").glob("*.sqs"))],
}
EVERY = [word for specs in SPECS.values() for spec in specs for word in spec]
TEXTS = int(os.environ.get("SQSEM_FUZZ", "800"))


def mangled(specs: list[list[str]], generator: random.Random) -> str:
    """A spec with one to three words replaced, mostly by words of their own kind so that it still parses."""
    text = list(generator.choice(specs))
    for _ in range(generator.randint(1, 3)):
        place = generator.randrange(len(text))
        change = generator.random()
        if change < 0.8:
            kind = (str.isdigit(text[place][0]), str.isalpha(text[place][0]))
            alike = [w for w in generator.sample(EVERY, 60) if (str.isdigit(w[0]), str.isalpha(w[0])) == kind]
            text[place] = alike[0] if alike else text[place]
        elif change < 0.9:
            del text[place]
        else:
            other = generator.randrange(len(text))
            text[place], text[other] = text[other], text[place]
    return " ".join(text)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("specs", SPECS)
def test_a_mangled_spec_gives_diagnostics(specs: str, seed: int) -> None:
    generator = random.Random(seed)
    for _ in range(TEXTS // 8):
        text = mangled(SPECS[specs], generator)
        compilation = Compilation.from_text(text)
        for diagnostic in compilation.findings():
            assert render_text(diagnostic), text
        if not compilation.failed and compilation.chosen is not None:
            # Without a proof it is unknown whether the rules exclude the first architecture: then it may be rejected.
            proved = compilation.space.shape_analysis.diagram is not None
            with nullcontext() if proved else suppress(SqsError):
                compilation.space.default()
