"""Random specs of a stacked cell: a shared block of searched edges, used two or three times.

`stacked_specs()` is a Hypothesis strategy of texts. Widths differ from use to use, edges may be `zero` or empty, and
there are choices within choices: this makes the costs of choices that are decided late differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

SIMPLE = ("conv(c, 3)", "conv(c, 1, bias = false)", "conv(c, p)", "conv(p, 1)", "relu", "zero", "identity")


@dataclass
class Writer:
    """Writes one text, with new names wherever needed."""

    draw: Any
    made: int = 0

    def one(self, *options: str) -> str:
        return str(self.draw(st.sampled_from(options)))

    def name(self) -> str:
        self.made += 1
        return f"n{self.made}"

    def operator(self) -> str:
        """The options of an edge: an operator, with or without its own choices, or optional stages."""
        kind = self.draw(st.integers(0, 9))
        match kind:
            case 0:
                return f"conv(any [2, 4], any [1, 3]) @{self.name()} -> conv(c, 1)"
            case 1:
                return f"depthwise(any [1, 3]) @{self.name()}"
            case 2:
                return f"slot {self.name()} {{ {self.one(*SIMPLE)} }}"
            case 3:
                return f"bypass {self.name()} in [none, auto] {{ {self.one(*SIMPLE)} }}"
            case 4:
                return f"repeat {self.name()} in {self.one('0..1', '0..2', '1..2')} {{ {self.one(*SIMPLE)} }}"
            case _:
                return self.one(*SIMPLE, "zero", "maxpool(3, stride = 1)", "identity")

    def edge(self, source: str) -> str:
        if self.draw(st.integers(0, 4)) == 0:
            return f"{source} -> {self.operator()}"
        options = (f"{self.name()}: {self.operator()}" for _ in range(self.draw(st.integers(2, 3))))
        return f"{source} -> choose {self.name()} {{ {' '.join(options)} }}"

    def cell(self) -> str:
        lines = [f"param p in {self.one('[1, 3]', '[3, 5]', '[4]')}"]
        nodes = ["x"]
        for _ in range(self.draw(st.integers(0, 2))):
            node = self.name()
            lines.append(f"let {node} = {self.edge(self.one(*nodes))}")
            nodes.append(node)
        if self.draw(st.integers(0, 7)) == 0:
            lines.append(f"require channels({self.one(*nodes)}) {self.one('<=', '>')} {self.one('2', '4')}")
        edges = [self.edge(self.one(*nodes)) for _ in range(self.draw(st.integers(1, 2)))] + nodes[-1:]
        even = [f"{edge} -> conv(4, 1)" for edge in edges]
        match self.draw(st.integers(0, 4)):
            case 0:
                out = edges[0]
            case 1:
                out = f"concat({', '.join(edges)})"
            case 2:
                out = f"add(pick {self.name()} in 1..2 {{ {' '.join(f'{self.name()}: {edge}' for edge in even[:2])} }})"
            case 3:
                out = f"x -> conv(4, 1) -> merge(optional {self.name()} {{ {even[0]} }}, how = any [add, concat])"
            case _:
                out = f"add({', '.join(even)})"
        return f"shared block cell(x, c) {{ {' '.join(lines)} out {out} }}"

    def use(self) -> str:
        use = f"cell({self.one('2', '3', '4')}) @{self.name()}"
        match self.draw(st.integers(0, 7)):
            case 0:
                return f"slot {self.name()} {{ {use} }}"
            case 1:
                return f"{use} -> conv(any [2, 4], 1) @{self.name()}"
            case 2:
                return f"{use} -> choose {self.name()} {{ {self.name()}: relu {self.name()}: zero }}"
            case 3:
                return f"{{ add(it -> conv(4, 1), it -> {use} -> conv(4, 1)) }}"
            case _:
                return use

    def space(self) -> str:
        uses = " -> ".join(self.use() for _ in range(self.draw(st.integers(2, 3))))
        return f"sqs 1\n{self.cell()}\nspace s {{\n  input x: [4, 4, 2]\n  output y = x -> {uses}\n}}\n"


@st.composite
def stacked_specs(draw: st.DrawFn) -> str:
    """The text of one random spec."""
    return Writer(draw).space()
