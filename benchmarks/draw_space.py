"""Draws a space as in the report, without trials: `python benchmarks/draw_space.py SPEC FILE.svg`.

The picture is a standalone file: always on light paper, and without a legend, because there are no effects.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import sqsem_dsl as sqs
from sqsem_dsl.report.diagram import space_picture

EDGE, LEGEND = 8, 24
"""Paper beside the outermost boxes and in the place of the legend."""
VARIABLE = re.compile(r"var\(--\w+, (?:var\(--\w+, )?(#\w+)\)+")


def picture(spec: str) -> str:
    """The space of a spec from its inputs to its outputs, as SVG."""
    space = sqs.load(spec)
    svg = VARIABLE.sub(r"\1", space_picture(space, prefix=space.name))
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
