"""The canonical order of a labeled, directed, acyclic graph: the same for equal graphs, however their nodes are
numbered.

Nodes get colors that separate nodes with a different label or a different neighborhood, below or above (color
refinement: B. Weisfeiler and A. Leman, 1968). In most networks every node then has a unique color, and the order is
complete. Otherwise tied nodes form connected parts. Equal parts can be exchanged, so they may come in any order. In a
part that is connected by ties alone, one node after another is individualized and the rest refined again; the least
form wins, and only one of several exchangeable nodes is tried (B. D. McKay and A. Piperno, "Practical graph
isomorphism, II", Journal of Symbolic Computation 60, 2014, doi:10.1016/j.jsc.2013.09.003).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.utils.recursion import with_recursion_limit

Reads = Sequence[tuple[int, int]]
"""The inputs of a node: pairs of a mark (0 or more, the kind of reading) and a node."""
Colours = dict[int, int]
"""The nodes under consideration, with their colors. The nodes of one color are a cell. The color is the cell's position
in an order of all nodes, so a cell has room for as many new colors as it has nodes."""
Cells = dict[int, list[int]]
"""The nodes of each color."""
Form = tuple[tuple[int, ...], ...]


class _Exhausted(Exception):
    """The search for the least form reached its limit."""


@with_recursion_limit
def order(labels: Sequence[int], reads: Sequence[Reads], limit: int) -> tuple[list[int], bool]:
    """The nodes in canonical order, each after those that it reads, and whether the order is exact.

    Node v has the label `labels[v]` and reads `reads[v]`, which are nodes before it. Two graphs are equal if one is the
    other with its nodes renumbered. Then, if both orders are exact, the nodes at equal positions correspond. `limit`
    bounds the work on ties: the sum, over all nodes that are tried, of the sizes of their parts. Beyond it, ties are
    broken by the numbers of the nodes, and the order is not exact.
    """
    colours, tied = _upwards(labels, reads)
    if not tied:
        return sorted(colours, key=colours.__getitem__), True
    search = _Search(reads)
    search.refine(colours, tied, set(tied))
    try:
        found, exact = search.arranged(colours, limit), True
    except _Exhausted:
        found, exact = search.arranged(colours, None), False
    return sorted(found, key=colours.__getitem__), exact


def _upwards(labels: Sequence[int], reads: Sequence[Reads]) -> tuple[Colours, Cells]:
    """Colors by the nodes below each node, and the cells of more than one node.

    Nodes at different distances from the start get different colors, and colors increase with the distance.
    """
    levels: list[list[int]] = []
    heights: list[int] = []
    for node, read in enumerate(reads):
        height = 0
        for _, other in read:
            if heights[other] >= height:
                height = heights[other] + 1
        heights.append(height)
        if height == len(levels):
            levels.append([node])
        else:
            levels[height].append(node)
    size = len(labels)
    colours: Colours = dict.fromkeys(range(size), 0)
    tied: Cells = {}
    start = 0
    for level in levels:
        if len(level) == 1:
            colours[level[0]] = start
        else:
            keys = {v: (labels[v], *sorted([mark * size + colours[u] for mark, u in reads[v]])) for v in level}
            _split(level, keys, start, colours, tied)
        start += len(level)
    return colours, tied


def _split(nodes: list[int], keys: dict[int, tuple[int, ...]], start: int, colours: Colours, tied: Cells) -> bool:
    """Colors the nodes from `start` on in the order of their keys; returns whether there is more than one key."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for node in nodes:
        groups.setdefault(keys[node], []).append(node)
    for key in sorted(groups):
        group = groups[key]
        for node in group:
            colours[node] = start
        if len(group) > 1:
            tied[start] = group
        start += len(group)
    return len(groups) > 1


class _Search:
    """One graph with tied nodes. `tied` always means the cells of more than one node."""

    def __init__(self, reads: Sequence[Reads]) -> None:
        size = len(reads)
        self.reads = [[(mark * size, other) for mark, other in read] for read in reads]
        self.around = [[(2 * mark, other) for mark, other in read] for read in self.reads]
        for node, read in enumerate(self.reads):
            for mark, other in read:
                self.around[other].append((2 * mark + size, node))
        self.work = 0

    def refine(self, colours: Colours, tied: Cells, dirty: set[int]) -> None:
        """Splits cells until all nodes of a cell have neighbors of the same colors; `dirty` are the cells to check."""
        down = True
        while dirty:
            for colour in sorted(tied, reverse=down):
                if colour in dirty:
                    dirty.discard(colour)
                    nodes = tied.pop(colour)
                    keys = {v: self._seen(v, colours) for v in nodes}
                    if _split(nodes, keys, colour, colours, tied):
                        self._mark(nodes, colours, tied, dirty)
            down = not down

    def _seen(self, node: int, colours: Colours) -> tuple[int, ...]:
        return tuple(sorted([mark + colours[other] for mark, other in self.around[node] if other in colours]))

    def _mark(self, nodes: list[int], colours: Colours, tied: Cells, dirty: set[int]) -> None:
        """Marks the cells around these nodes as dirty."""
        for node in nodes:
            for _, other in self.around[node]:
                if other in colours and colours[other] in tied:
                    dirty.add(colours[other])

    def arranged(self, colours: Colours, limit: int | None) -> list[int]:
        """The nodes in canonical order, when all nodes of a cell have neighbors of the same colors. Without a limit,
        ties are broken by the numbers of the nodes. Raises `_Exhausted`."""
        cells: Cells = {}
        for node, colour in colours.items():
            cells.setdefault(colour, []).append(node)
        alone = [cells[colour][0] for colour in sorted(cells) if len(cells[colour]) == 1]
        parts = self._parts({node: colour for node, colour in colours.items() if len(cells[colour]) > 1})
        if len(parts) == 1 and not alone:
            return self._least(colours, cells, limit)
        found = []
        for part in parts:
            inner = self.arranged(part, limit)
            found.append((self._form(inner, part), inner))
        found.sort(key=lambda one: one[0])
        return [*alone, *(node for _, inner in found for node in inner)]

    def _parts(self, colours: Colours) -> list[Colours]:
        """The connected parts of the graph between these nodes.

        A node alone in its cell connects nothing: either all nodes of another cell are connected to it, or none is.
        """
        parts: list[Colours] = []
        seen: set[int] = set()
        for first in colours:
            if first not in seen:
                seen.add(first)
                part = [first]
                for node in part:
                    for _, other in self.around[node]:
                        if other in colours and other not in seen:
                            seen.add(other)
                            part.append(other)
                parts.append({node: colours[node] for node in part})
        return parts

    def _form(self, nodes: list[int], colours: Colours) -> Form:
        """The graph between these nodes written out in their order: equal forms mean equal graphs."""
        places = {node: place for place, node in enumerate(nodes)}
        return tuple(
            (colours[node], *sorted([mark + places[other] for mark, other in self.reads[node] if other in places]))
            for node in nodes
        )

    def _least(self, colours: Colours, cells: Cells, limit: int | None) -> list[int]:
        """The order with the least form among those that put some node of the smallest cell first."""
        nodes = cells[min(cells, key=lambda colour: (len(cells[colour]), colour))]
        if limit is None:
            return self._after(nodes[0], colours, cells, None)
        known: dict[Form, list[int]] = {}
        orbits = {node: node for node in nodes}
        tried: list[int] = []
        least: tuple[Form, list[int]] | None = None
        for node in nodes:
            if any(_root(orbits, node) == _root(orbits, other) for other in tried):
                continue
            tried.append(node)
            self.work += len(colours)
            if self.work > limit:
                raise _Exhausted
            quick = self._after(node, colours, cells, None)
            form = self._form(quick, colours)
            if form in known:  # swapping the orders changes nothing, so the nodes it moves are exchangeable
                for one, other in zip(known[form], quick, strict=True):
                    if one in orbits:
                        orbits[_root(orbits, one)] = _root(orbits, other)
                continue
            known[form] = quick
            found = self._after(node, colours, cells, limit)
            form = self._form(found, colours)
            if least is None or form < least[0]:
                least = form, found
        assert least is not None
        return least[1]

    def _after(self, node: int, colours: Colours, cells: Cells, limit: int | None) -> list[int]:
        """The canonical order in which this node comes before the others of its cell."""
        colour = colours[node]
        others = [other for other in cells[colour] if other != node]
        refined = {**colours, **dict.fromkeys(others, colour + 1)}
        tied = {c: nodes for c, nodes in cells.items() if c != colour}
        if len(others) > 1:
            tied[colour + 1] = others
        dirty: set[int] = set()
        self._mark(cells[colour], refined, tied, dirty)
        self.refine(refined, tied, dirty)
        return self.arranged(refined, limit)


def _root(parents: dict[int, int], node: int) -> int:
    while parents[node] != node:
        node = parents[node]
    return node
