"""Whether two assignments of a space can have the same signature, and how many assignments share a signature.

The proof that no two can follows pairs of paths through the diagram of signatures that differ somewhere. It tracks the
labels that one path has emitted and the other has not. A pair is dropped as soon as one of these labels can no longer
occur on the other path, or a label is inevitable that the other path cannot match. (It is the test for unambiguous
automata, on the product of the automaton with itself.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import combinations

from sqsem_dsl.analysis.labels import Labels, joined, matched, of_labels, some
from sqsem_dsl.diagram.decision_diagram import EPSILON, Vertex
from sqsem_dsl.diagram.signatures import Label, Signatures, Step
from sqsem_dsl.utils.effort import NORMAL, Effort, Exhausted, Level

MAX_PAIRS = 300_000
"""Pairs of vertices that are remembered; those with many unmatched labels count as several. Beyond this limit there is
no result."""
MAX_PAIR_STEPS = 1_500_000
"""Steps of the proof: one for each visited pair, more with many labels."""
MAX_VISITS = 50_000
"""Steps of the search for the assignments that share one signature."""
LABELS_PER_STEP = 16
"""Labels of a signature copied in one step."""
BITS_PER_PAIR = 256
"""Bits of unmatched labels that count as the memory of one pair."""
BITS_PER_STEP = 512
"""Bits of labels compared in one step."""
MAX_BITS = 2**28
"""Bits of the possible and the inevitable labels of all vertices together: 32 mebibytes."""

Owed = tuple[Labels, Labels]
"""The labels emitted only by the first path, and those emitted only by the second."""


class Distinct:
    """Answers both questions for one space."""

    def __init__(self, signatures: Signatures, level: Level = NORMAL) -> None:
        """Raises `Exhausted` if the labels of all vertices take too much memory."""
        self._level = level
        self.ends = frozenset(sorted(signatures.ends)[:1])
        """One end replaces all: the label of an output comes before it."""
        self.steps: dict[Vertex, tuple[Step, ...]] = {}
        self.ahead: dict[Vertex, int] = dict.fromkeys(self.ends, 0)
        """The labels that may come after each vertex, one bit for each."""
        self.certain: dict[Vertex, int] = dict.fromkeys(self.ends, 0)
        """The labels that come after each vertex on every path."""
        self.root = self._merged(signatures)
        self._made, self._again = signatures.made, signatures.again

    def _merged(self, signatures: Signatures) -> Vertex | None:
        """Keeps the vertices that lead to an end; merges vertices with equal futures and consecutive steps."""
        (end,) = self.ends
        same: dict[Vertex, Vertex] = dict.fromkeys(signatures.ends, end)
        known: dict[tuple[Step, ...], Vertex] = {}
        memory = Effort(self._level.stored(MAX_BITS))
        for vertex in sorted(signatures.steps, reverse=True):
            kept = []
            for step in signatures.steps[vertex]:
                if (target := same.get(step.target)) is None:
                    continue
                labels = step.labels
                after = self.steps.get(target, ())
                if len(after) == 1 and after[0].choice == EPSILON:
                    target, labels = after[0].target, labels + after[0].labels
                kept.append(Step(step.choice, step.option, tuple(sorted(labels)), target))
            if not kept:
                continue
            future = tuple(kept)
            same[vertex] = known.setdefault(future, vertex)
            if same[vertex] == vertex:
                self.steps[vertex] = future
                bits, sure = 0, -1
                for step in kept:
                    emitted = some(of_labels(step.labels))
                    bits |= self.ahead[step.target] | emitted
                    sure &= self.certain[step.target] | emitted
                memory.spend(bits.bit_length() + sure.bit_length())
                self.ahead[vertex], self.certain[vertex] = bits, sure
        return same.get(0)

    def proved(self) -> bool:
        """Whether it is certain that different assignments have different signatures."""
        pending: list[tuple[Vertex, Vertex, Owed]] = []
        seen: set[tuple[Vertex, Vertex, Owed]] = set()
        effort, memory = Effort(self._level.steps(MAX_PAIR_STEPS)), Effort(self._level.stored(MAX_PAIRS))
        each = 1 + max((bits.bit_length() for bits in self.ahead.values()), default=0) // BITS_PER_STEP

        def visit(one: Vertex, other: Vertex, owed: Owed) -> bool:
            """False if the two paths may end with all labels matched. Raises `Exhausted`."""
            effort.spend(each)
            if one > other:
                one, other, owed = other, one, owed[::-1]
            more, less = owed
            any_more, any_less = some(more), some(less)
            never, never_other = ~self.ahead[one], ~self.ahead[other]
            if any_more & never_other or any_less & never:
                return True
            if certain[one] & never_other & ~any_less or certain[other] & never & ~any_more:
                return True
            if not more and not less and (one == other or (one in self.ends and other in self.ends)):
                return False
            key = (one, other, owed)
            if key not in seen:
                memory.spend(1 + (any_more.bit_length() + any_less.bit_length()) // BITS_PER_PAIR)
                seen.add(key)
                pending.append(key)
            return True

        certain, labelled = self.certain, cache(of_labels)
        try:
            for steps in self.steps.values():
                for one, other in combinations(steps, 2):
                    owed = _emitted(((), labelled(other.labels)), labelled(one.labels))
                    if not visit(one.target, other.target, owed):
                        return False
                while pending:
                    first, second, owed = pending.pop()
                    # The lower one advances: the two may meet again.
                    for step in self.steps.get(first, ()):
                        if not visit(step.target, second, _emitted(owed, labelled(step.labels))):
                            return False
        except Exhausted:
            return False
        return True

    def is_of_one_network(self, signature: Counter[Label]) -> bool:
        """Whether all networks with a signature are one network: each layer has a distinguishing feature, so that the
        inputs of each layer and output are known, and no layer shares its weights."""
        made = [self._made[label] for label in signature.elements() if label in self._made]
        return len(set(made)) == len(made) and self._again.isdisjoint(signature)

    def signature(self, options: Mapping[int, int], effort: Effort | None = None) -> Counter[Label] | None:
        """The labels of the assignment with these options; None if the space has no such assignment.

        Raises `Exhausted`.
        """
        effort = effort or Effort(MAX_VISITS)
        pending = [] if self.root is None else [(self.root, Counter[Label]())]
        while pending:
            vertex, labels = pending.pop()
            effort.spend(1 + len(labels) // LABELS_PER_STEP)
            if vertex in self.ends:
                return labels
            for step in self.steps.get(vertex, ()):
                if step.choice == EPSILON or options.get(step.choice) == step.option:
                    pending.append((step.target, labels + Counter(step.labels)))
        return None

    def alike(self, signature: Counter[Label], effort: Effort | None = None) -> list[dict[int, int]] | None:
        """The assignments, as options of choices, with a signature; None if there are too many to list.

        Raises `Exhausted`.
        """
        effort = effort or Effort(2 * MAX_VISITS * (1 + len(signature) // LABELS_PER_STEP))
        found = []
        visits = 0
        if self.root is None:
            return []
        pending: list[tuple[Vertex, dict[int, int], Counter[Label]]] = [(self.root, {}, signature)]
        while pending:
            vertex, options, left = pending.pop()
            visits += 1
            effort.spend(1 + len(left) // LABELS_PER_STEP)
            if visits > MAX_VISITS:
                return None
            if vertex in self.ends:
                if not left:
                    found.append(options)
                continue
            ahead = self.ahead.get(vertex, 0)
            if any(not ahead >> label & 1 for label in left):
                continue
            for step in self.steps.get(vertex, ()):
                rest = left
                if step.labels:
                    rest = left.copy()
                    rest.subtract(step.labels)
                    if any(number < 0 for number in rest.values()):
                        continue
                    rest = +rest
                extended = options if step.choice == EPSILON else {**options, step.choice: step.option}
                pending.append((step.target, extended, rest))
        return found


def _emitted(owed: Owed, labels: Labels) -> Owed:
    """The unmatched labels after the first path has emitted more."""
    more, less = owed
    less, labels = matched(less, labels)
    return joined(more, labels), less
