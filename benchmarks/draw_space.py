"""Draws a space as in the report, without trials: `python benchmarks/draw_space.py SPEC FILE.svg`.

The picture is a standalone file: always on light paper, and without a legend, because there are no effects.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import sqsem_dsl as sqs
from sqsem_dsl.report.diagram.draw import Drawer
from sqsem_dsl.report.diagram.effects_picture import _Effects
from sqsem_dsl.report.diagram.legend import whole
from sqsem_dsl.report.diagram.scene_builder import compose
from sqsem_dsl.report.statistics.answer import Answers

EDGE, LEGEND = 8, 24
"""Paper beside the outermost boxes and in the place of the legend."""
NO_TRIALS = Answers(0, "", None, "", (), (), (), ())
VARIABLE = re.compile(r"var\(--\w+, (?:var\(--\w+, )?(#\w+)\)+")


def picture(spec: str) -> str:
    """The space of a spec from its inputs to its outputs, as SVG."""
    space = sqs.load(spec)
    title, description = f"The search space {space.name}", space.doc or ""
    svg = whole(space, compose(space), Drawer(_Effects(space, NO_TRIALS)), (), space.name, title, description)
    svg = VARIABLE.sub(r"\1", svg)
    boxes = [(float(x), float(w)) for x, w in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg)]
    left, right = min(x for x, _ in boxes) - EDGE, max(x + w for x, w in boxes) + EDGE
    height = float(re.findall(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)[0]) - LEGEND
    svg = re.sub(r'viewBox="[^"]*"', f'viewBox="{left:g} 0 {right - left:g} {height:g}"', svg, count=1)
    return (
        re.sub(
            r"(</defs>)", rf'\1<rect x="{left:g}" width="{right - left:g}" height="100%" fill="#fff" />', svg, count=1
        )
        + "\n"
    )


if __name__ == "__main__":
    _, spec, target = sys.argv
    Path(target).write_text(picture(spec), encoding="utf-8")
