"""The number of architectures in NAS-Bench-201, counted twice: by the compiler's ids, and by a rule written out here.

The first count lists all 5^6 = 15,625 assignments of specs/nas_bench_201.sqs, with the given number of cells per stage,
and compares the ids of their networks. The second does not use networks: it treats the cell alone as a sum of terms,
and two cells are equal if renumbering their layers makes the sums equal. Both must divide the assignments into the same
classes. The script also prints the two published counts for this space, of strings that its authors print for a cell
(X. Dong, Y. Yang, ICLR 2020, arXiv:2001.00326; X. Dong et al., arXiv:2009.00437). With `--nodes` it uses the cell
alone, with that many nodes. With 1 cell it takes two to four minutes on one core, with 5 cells ten to twenty.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import permutations, product
from multiprocessing import Pool
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import sqsem_dsl  # noqa: E402

OPERATIONS = ("conv3", "conv1", "pool", "skip", "none")
Edge = tuple[int, int]
Cell = Mapping[Edge, str]
"""The operation on each edge, from a node to a later one."""
Sum = tuple[object, ...]
"""The sorted summands: terms ("input",), ("pool", sum) and ("layer", number). The empty sum is zero."""


def cells(nodes: int) -> list[Cell]:
    """Every cell with that many nodes."""
    edges = [(i, j) for j in range(1, nodes) for i in range(j)]
    return [dict(zip(edges, operations, strict=True)) for operations in product(OPERATIONS, repeat=len(edges))]


# ---- the rule of the compiler, on the cell alone


def form(cell: Cell, nodes: int, shared: bool = True, norm_stops_zero: bool = True) -> object:
    """The same value for two cells that are one architecture.

    A convolution of zero is zero, but the normalisation after it adds a trained offset; so that layer stays, and reads
    nothing. `shared=False` ignores which layers are identical, as every notation as a tree does.
    `norm_stops_zero=False` treats that layer as zero.
    """
    layers: list[tuple[str, Sum]] = []

    def over(operation: str, value: Sum) -> Sum:
        match operation:
            case "none":
                return ()
            case "skip":
                return value
            case "pool":
                return (("pool", value),) if value else ()
            case _ if not value and not norm_stops_zero:
                return ()
            case _:
                layers.append((operation if value else "offset", value))
                return (("layer", len(layers) - 1),)

    sums: list[Sum] = [(("input",),)]
    for j in range(1, nodes):
        sums.append(tuple(term for i in range(j) for term in over(cell[i, j], sums[i])))
    if not shared:
        return _spelled(sums[-1], layers)
    ties: dict[str, list[int]] = {}
    for at in _layers(sums[-1], layers):
        ties.setdefault(repr(_spelled((("layer", at),), layers)), []).append(at)
    spellings = []
    for orders in product(*(permutations(ties[text]) for text in sorted(ties))):
        number = {at: new for new, at in enumerate(at for order in orders for at in order)}
        described = sorted((number[at], layers[at][0], _numbered(layers[at][1], number)) for at in number)
        spellings.append((_numbered(sums[-1], number), tuple(described)))
    return min(spellings, key=repr)


def constant(cell: Cell, nodes: int) -> bool:
    """Whether no input reaches the output of a cell."""
    reached = {0}
    for j in range(1, nodes):
        if any(i in reached and cell[i, j] != "none" for i in range(j)):
            reached.add(j)
    return nodes - 1 not in reached


def _layers(value: Sum, layers: list[tuple[str, Sum]]) -> set[int]:
    """The layers that a sum needs."""
    found: set[int] = set()
    for term in value:
        match term:
            case ("layer", int(at)):
                found |= {at} | _layers(layers[at][1], layers)
            case ("pool", tuple(inner)):
                found |= _layers(inner, layers)
    return found


def _numbered(value: Sum, number: Mapping[int, int]) -> Sum:
    """A sum with its layers renumbered, sorted."""
    found: list[object] = []
    for term in value:
        match term:
            case ("layer", int(at)):
                found.append(("layer", number[at]))
            case ("pool", tuple(inner)):
                found.append(("pool", _numbered(inner, number)))
            case _:
                found.append(term)
    return tuple(sorted(found, key=repr))


def _spelled(value: Sum, layers: list[tuple[str, Sum]]) -> Sum:
    """A sum with every layer written out wherever it is read."""
    found: list[object] = []
    for term in value:
        match term:
            case ("layer", int(at)):
                operation, read = layers[at]
                found.append((operation, _spelled(read, layers)))
            case ("pool", tuple(inner)):
                found.append(("pool", _spelled(inner, layers)))
            case _:
                found.append(term)
    return tuple(sorted(found, key=repr))


# ---- the published strings


def string(cell: Cell, nodes: int, zeros: bool, flat: bool = False, zero: str = "#") -> str:
    """The cell in its authors' notation: the texts on the edges of a node, sorted and joined by plus signs; a skip
    gives the text of its node. With `zeros`, `none` gives the text of a zero, and so does every edge from a node with
    this text; a sum keeps its zeros. With `flat` a skip gives the terms of its node one by one."""
    sums = [["0"]]
    for j in range(1, nodes):
        over: list[str] = []
        for i in range(j):
            if zeros and (cell[i, j] == "none" or sums[i] == [zero]):
                over.append(zero)
            elif cell[i, j] != "skip":
                over.append(f"({'+'.join(sums[i])})@{cell[i, j]}")
            else:
                over.extend(sums[i] if flat else ["+".join(sums[i])])
        sums.append(sorted(over))
    return "+".join(sums[-1])


STEPS: Mapping[str, Callable[[Cell, int], object]] = {
    "strings, skips followed": lambda cell, nodes: string(cell, nodes, zeros=False),
    "strings, skips and zeros followed": lambda cell, nodes: string(cell, nodes, zeros=True),
    "and nested sums are one": lambda cell, nodes: string(cell, nodes, zeros=True, flat=True),
    "and zeros leave sums": lambda cell, nodes: form(cell, nodes, shared=False, norm_stops_zero=False),
    "and a normalised zero is an offset": lambda cell, nodes: form(cell, nodes, shared=False),
}
"""From the published strings to the rules here, each with those before it; the last step gives layers an identity."""


def several(found: Iterable[object]) -> int:
    """How many values occur more than once."""
    return sum(number > 1 for number in Counter(found).values())


# ---- the ids of the compiler


def spec_of(nodes: int) -> str:
    """A spec of the cell alone."""
    lines = ["sqs 1", "block edge(x) {", "  out x -> choose op {"]
    lines += [f"    conv{k}: relu -> conv(16, {k}, bias = false) -> batchnorm" for k in (3, 1)]
    lines += ["    pool: avgpool(3, stride = 1)", "    skip: identity", "    none: zero", "  }", "}"]
    lines += ["space cell {", "  input n0: [32, 32, 16]"]
    for j in range(1, nodes):
        terms = ", ".join(f"n{i} -> edge @e{i}{j}" for i in range(j))
        name = "output y" if j == nodes - 1 else f"let n{j}"
        lines.append(f"  {name} = {f'add({terms})' if j > 1 else terms}")
    return "\n".join([*lines, "}"])


def ids(space: sqsem_dsl.Space, indices: range) -> dict[tuple[str, ...], str]:
    """The id of each of these assignments, by its operations in the order of `cells`."""
    found = {}
    for index in indices:
        architecture = space.at(index)
        chosen = {path.split(".")[-2]: str(value) for path, value in architecture.choices.items()}
        found[tuple(chosen[edge] for edge in sorted(chosen, key=lambda name: (name[2], name[1])))] = architecture.id
    return found


def _load(nodes: int, stacked: int) -> sqsem_dsl.Space:
    if stacked:
        return sqsem_dsl.load(ROOT / "specs" / "nas_bench_201.sqs", define={"n": stacked})
    return sqsem_dsl.loads(spec_of(nodes))


def _part(arguments: tuple[int, int, int, int]) -> dict[tuple[str, ...], str]:
    nodes, stacked, part, parts = arguments
    space = _load(nodes, stacked)
    return ids(space, space.shard(part, parts))


def main() -> None:
    parser = argparse.ArgumentParser(description="Count the architectures of NAS-Bench-201.")
    parser.add_argument("--cells", type=int, default=1, help="cells in each of the three stages (default: 1)")
    parser.add_argument("--nodes", type=int, help="take the cell alone, of so many nodes")
    parser.add_argument("--processes", type=int, default=1, help="processes that share the work (default: 1)")
    arguments = parser.parse_args()
    nodes, stacked = arguments.nodes or 4, 0 if arguments.nodes else arguments.cells
    every = cells(nodes)
    print(f"{len(every):,} assignments of the cell")
    for what, spell in STEPS.items():
        print(f"{len({spell(cell, nodes) for cell in every}):,} {what}")
    forms = {tuple(cell.values()): form(cell, nodes) for cell in every}
    still = [tuple(cell.values()) for cell in every if constant(cell, nodes)]
    print(f"{len(set(forms.values())):,} and layers with weights are themselves: our rules")
    print(f"constant: {len({forms[key] for key in still}):,} of these, {len(still):,} of the assignments")
    sizes = Counter(Counter(forms.values()).values())
    texts = {key: string(cell, nodes, zeros=True) for key, cell in zip(forms, every, strict=True)}
    both = {(texts[key], forms[key]) for key in forms}
    print(f"{several(text for text, _ in both):,} of the strings with zeros hold several of our networks")
    print(f"{several(network for _, network in both):,} of our networks have several of these strings")
    print(f"classes by size: {', '.join(f'{sizes[size]:,} of {size:,}' for size in sorted(sizes))}")

    start, found = time.perf_counter(), dict[tuple[str, ...], str]()
    parts = [(nodes, stacked, part, arguments.processes) for part in range(arguments.processes)]
    with Pool(arguments.processes) as pool:
        for part in pool.imap_unordered(_part, parts):
            found.update(part)
    where = f"with {stacked} cells a stage" if stacked else "of the cell alone"
    print(f"{len(set(found.values())):,} by id, of the networks {where}; {time.perf_counter() - start:.0f} s")
    pairs = {(forms[key], identity) for key, identity in found.items()}
    if not len(pairs) == len(set(forms.values())) == len(set(found.values())) or len(found) != len(every):
        raise SystemExit("the two counts divide the assignments into different classes")
    print("both divide the assignments into the same classes")


if __name__ == "__main__":
    main()
