"""Specs with words changed, lost and swapped: whatever is meant, the answer is a space or diagnostics that render."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from sqsem_dsl.compiler import Compilation
from sqsem_dsl.render import render_text

HERE = Path(__file__).parent
WORD = re.compile(r'"[^"\n]*"|[A-Za-z_]\w*|\d[\w.]*|->|\.\.|//|\*\*|<=|>=|==|!=|\S')


def words(path: Path) -> list[str]:
    return WORD.findall(re.sub(r"#[^\n]*", "", path.read_text(encoding="utf-8")))


# The error cases use every part of the language, and are short.
SPECS = [found for path in sorted(HERE.glob("SQS[1-6]*/*.sqs")) if 20 < len(found := words(path)) < 200]
EVERY = [word for spec in SPECS for word in spec]


def mangled(generator: random.Random) -> str:
    """A spec with one to three words replaced, mostly by words of their own kind so that it still parses."""
    text = list(generator.choice(SPECS))
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
def test_a_mangled_spec_gives_diagnostics(seed: int) -> None:
    generator = random.Random(seed)
    for _ in range(100):
        text = mangled(generator)
        compilation = Compilation.of_text(text)
        for diagnostic in compilation.findings():
            assert render_text(diagnostic), text
        if not compilation.failed and compilation.chosen is not None:
            compilation.space.default()
