"""Random specs, small and varied: mostly valid ones, with all language features for tensors and choices.

`specs()` is a Hypothesis strategy of texts. A text has few assignments (a choice is written only within a limit),
unique names and labels, and no settings. Some texts are wrong by accident: shapes that do not match, filters of 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

MODES = ("none", "identity", "fit", "project", "auto")
HOWS = ("add", "multiply", "average", "maximum", "concat")
PLAIN = (
    *("relu", "batchnorm", "tanh", "identity", "dropout(any 0.0..0.5)", "softmax", "zero", "swish", "layernorm"),
    *(
        "relu(max = 3)",
        "relu(6)",
        "leaky_relu(0)",
        "leaky_relu(1)",
        "leaky_relu",
        "batchnorm(center = false)",
        "rmsnorm",
    ),
)


@dataclass(frozen=True)
class Names:
    """The names in scope at a place: integers, tensors and blocks; `flow` if there is an incoming tensor."""

    numbers: tuple[tuple[str, int], ...] = ()
    """Each with a possible value, for conditions that are neither always true nor always false."""
    acts: tuple[str, ...] = ()
    owns: tuple[tuple[str, str], ...] = ()
    """Parameters of symbols of the file's own, each with one of them."""
    tensors: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    flow: bool = False
    uses: int = 1
    """The maximum number of instances of the code written here."""
    depth: int = 0
    quiet: bool = False
    """No choices may be written here."""
    path: str | None = ""
    """The path of the structures written here, up to its last dot; None in a block, whose path depends on its use."""


@dataclass
class Writer:
    """Writes one text. `room` is the number of assignments that the remaining choices may make."""

    draw: Any
    room: float = 250.0
    made: int = 0
    blocks: list[str] = field(default_factory=list)
    paths: list[tuple[str, str]] = field(default_factory=list)
    """The choices that a rule may name, each with a condition over it, or `pick` or `number`."""
    left: dict[str, int] = field(default_factory=dict)
    """How many more times a block may be used."""

    def one(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def chance(self, percent: int) -> bool:
        return bool(self.draw(st.integers(0, 99)) < percent)

    def fresh(self, stem: str) -> str:
        self.made += 1
        return f"{stem}{self.made}"

    def take(self, size: int, names: Names) -> bool:
        """Whether a choice of so many values may be written here; if so, uses up its room."""
        cost = float(size**names.uses)
        if names.quiet or cost > self.room:
            return False
        self.room /= cost
        return True

    def structure(self, names: Names, stem: str, kind: str, choice: bool = True) -> str:
        """A new name of a structure, which a rule may name later if it is a `choice`."""
        name = self.fresh(stem)
        if names.path is not None and choice:
            self.paths.append((names.path + name, kind))
        return name

    def inside(self, names: Names, step: str, **changes: Any) -> Names:
        """The names in a structure."""
        return replace(names, path=None if names.path is None else f"{names.path}{step}.", **changes)

    # ---- scalars

    def number(self, names: Names, level: int = 0) -> str:
        """An integer, mostly from 1 to 16."""
        kind = self.draw(st.integers(0, 11))
        known = [f"({name} + 1)" if name.startswith("i") else name for name, _ in names.numbers]
        if kind < 5 and known:
            return str(self.one(*known))
        if level < 2:
            if kind == 10 and known:
                return f"{self.one(*known)} * {self.one(2, 3)}"
            if kind == 5:
                return f"max({self.number(names, level + 1)}, {self.number(names, level + 1)})"
            if kind == 6:
                test, then, other = (
                    self.condition(names, 1),
                    self.number(names, level + 1),
                    self.number(names, level + 1),
                )
                return f"where({test}, {then}, {other})"
            if kind == 7 and known:
                return f"{self.one(*known)} // 2 + {self.one(0, 1, 1, 1, 1, 1, 1, 1)}"
            if kind == 8 and names.flow:
                return "channels(it)"
            if kind == 11 and known:
                rounded = (
                    "multiple({} * 1.5, 2)",
                    "ceil({} / 2) + 1",
                    "floor(sqrt({})) + 1",
                    "floor(log2({} + 1)) + 1",
                )
                return str(self.one(*rounded)).format(self.one(*known))
            if kind == 9 and names.tensors:
                return f"channels({self.one(*names.tensors)})"
        return str(self.one(2, 3, 4, 8))

    def condition(self, names: Names, level: int = 0) -> str:
        kind = self.draw(st.integers(0, 7))
        if level < 2 and kind == 0:
            return f"{self.condition(names, level + 1)} and {self.condition(names, level + 1)}"
        if level < 2 and kind == 1:
            return f"{self.condition(names, level + 1)} or {self.condition(names, level + 1)}"
        if level < 2 and kind == 2:
            return f"not {self.condition(names, 2)}"
        if kind == 3 and names.flow:
            return f"channels(it) {self.one('>', '<=', '==')} {self.one(3, 4, 8)}"
        if kind == 4 and names.acts:
            return f"{self.one(*names.acts)} == relu"
        if kind == 5 and names.owns:
            name, value = self.one(*names.owns)
            return str(self.one(f"{name} == {value}", f"{name} != {value}", f"{name} in [none, {value}]"))
        if names.numbers:
            name, value = self.one(*names.numbers)
            return str(
                self.one(f"{name} == {value}", f"{name} > {value}", f"{name} in [{value}, 7]", f"{name} % 2 == 0")
            )
        if names.flow:
            return f"channels(it) % {self.one(2, 3)} == 0"
        return str(self.one("2 > 1", "2 > 1", "1 > 2"))

    def rule(self, names: Names) -> str:
        """A condition, or one that names or counts choices by their paths."""
        if not self.paths or self.chance(25):
            return self.condition(names)
        kind = self.draw(st.integers(0, 3))
        numbers = [path for path, sort in self.paths if sort == "number"]
        if kind == 0:
            single = [self.truth(path, sort) for path, sort in self.paths if "*" not in path]
            several = st.lists(st.sampled_from(single), min_size=1, max_size=2) if single else st.just(["2 > 1"])
            return " or ".join(self.draw(several))
        if kind == 1 and numbers:
            terms = self.draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=3))
            return f"sum({', '.join(terms)}) {self.one('<=', '>=', '==', '>')} {self.one(1, 2, 3, 5)}"
        picked = self.draw(st.lists(st.sampled_from(self.paths), min_size=1, max_size=3))
        terms = [path if sort == "pick" and self.chance(50) else self.truth(path, sort) for path, sort in picked]
        more = f" + {self.one(*(n for n, _ in names.numbers))}" if names.numbers and self.chance(20) else ""
        return f"count({', '.join(terms)}){more} {self.one('<=', '>=', '==', '!=')} {self.one(0, 1, 1, 2)}"

    def truth(self, path: str, sort: str) -> str:
        """A condition over a choice."""
        if sort == "number":
            return f"{path} {self.one('>', '==')} {self.one(1, 2)}"
        return f"not {path}" if sort != "pick" and self.chance(20) else f"count({path}) > 1" if sort == "pick" else path

    def values(self, *options: int) -> list[int]:
        least = 1 if self.chance(10) else 2
        return list(self.draw(st.lists(st.sampled_from(options), min_size=least, max_size=3, unique=True)))

    def searched(self, names: Names, *options: int) -> str:
        """`any` of some values, or a number."""
        values = self.values(*options)
        if self.chance(65) and self.take(len(values), names):
            return f"any {values}"
        return self.number(names)

    # ---- statements

    def params(self, names: Names, most: int) -> tuple[list[str], Names]:
        lines = []
        for _ in range(self.draw(st.integers(0, most))):
            if self.chance(20):
                if self.chance(40):
                    if self.take(2, names):
                        name, one, two = self.fresh("o"), self.fresh("e"), self.fresh("e")
                        lines.append(f"param {name} in [{self.one('none', two)}, {one}]")
                        names = replace(names, owns=(*names.owns, (name, one)))
                elif self.take(2, names):
                    name = self.fresh("a")
                    lines.append(f"param {name} in [relu, tanh]")
                    names = replace(names, acts=(*names.acts, name))
                continue
            if self.chance(12):
                family, names = self.family(names)
                lines += family
                continue
            values = self.values(1, 2, 3, 4)
            if self.take(len(values), names):
                name = self.structure(names, "p", "number", len(values) > 1)
                lines.append(f"param {name} in {values}")
                names = replace(names, numbers=(*names.numbers, (name, max(values))))
        return lines, names

    def family(self, names: Names) -> tuple[list[str], Names]:
        """Two choices with indices, of which rules count both."""
        if not self.take(4, names):
            return [], names
        name, i, j = self.fresh("f"), self.fresh("k"), self.fresh("k")
        indices, members = self.one(
            (f"{i} in 0..1", ("[0]", "[1]")),
            (f"{i} in [0, 3]", ("[0]", "[3]")),
            (f"{i} in 0..1, {j} in 0..1 where {i} != {j}", ("[0][1]", "[1][0]")),
        )
        values = self.one("[1, 3]", f"[2, 3 + {i}]", f"1 + {i}..2 + {i}", f"[{i} + 1, 9] prior 9")
        if names.path is not None:
            self.paths.append((names.path + name + "[*]" * members[0].count("["), "number"))
        numbers = tuple((name + member, 3) for member in members)
        return [f"param {name}[{indices}] in {values}"], replace(names, numbers=(*names.numbers, *numbers))

    def body(self, names: Names, flow: bool = True) -> str:
        """The content of braces: stages, or statements and `out`."""
        inner = replace(names, flow=flow, depth=names.depth + 1)
        lines: list[str] = []
        if self.chance(30):
            lines, inner = self.params(inner, 1)
            if self.chance(25):
                name = self.fresh("t")
                source = "it" if flow else self.one(*inner.tensors)
                lines.append(f"let {name} = {source} -> {self.stages(inner, 1)}")
                inner = replace(inner, tensors=(*inner.tensors, name))
            if self.chance(35):
                lines.append(f"require {self.rule(inner)}")
        head = ""
        if not flow:
            head = f"{self.one(*inner.tensors)} -> "
        elif lines:
            head = "it -> "
        elif self.chance(15):
            return f"{{ {self.grown(inner)} }}"
        out = opened(head + self.stages(inner))
        return f"{{ {' '.join([*lines, 'out'])} {out} }}" if lines else f"{{ {out} }}"

    def grown(self, names: Names) -> str:
        """Stages that combine `it` with a result computed from it."""
        match self.draw(st.integers(0, 9)):
            case 8:
                return f"concat(it, it, axis = {self.axis(names)}) -> conv(4, 1)"
            case 9:
                return "concat(it, it -> gap(height) -> reshape([1, width(it), channels(it)]), axis = height)"
        return str(
            self.one(
                f"concat(it, it -> {self.stages(names, 1)})",
                f"add(it, it -> {self.stages(names, 1)} -> conv(channels(it), 1))",
                f"conv({self.number(names)}, 3) -> concat(it)",
            )
        )

    def axis(self, names: Names) -> str:
        """An axis of a map, which may be a choice."""
        axes = self.draw(st.lists(st.sampled_from(("height", "width", "channels", 0)), min_size=1, max_size=2))
        several = len(axes) > 1 and self.take(len(set(axes)), names)
        return f"any [{', '.join(map(str, dict.fromkeys(axes)))}]" if several else str(axes[0])

    # ---- stages

    def stages(self, names: Names, most: int = 2) -> str:
        return " -> ".join(self.stage(names) for _ in range(self.draw(st.integers(1, most))))

    def stage(self, names: Names) -> str:
        if names.depth >= 3 or self.chance(40):
            return self.operator(names)
        writers = [self.slot, self.choose, self.repeat, self.bypass, self.when, self.merge, self.pick, self.group]
        writers.append(self.carry)
        writers += [self.use] * 3
        return str(self.one(*writers)(names))

    def operator(self, names: Names) -> str:
        # A stage has no separate `it`: its tensor is implicit, and `it` is that of the braces.
        kind = self.draw(st.integers(0, 13))
        label = f" @{self.fresh('c')}"
        if kind < 6:
            stride = f", stride = {self.one(1, 1, 1, 2)}" if self.chance(25) else ""
            if self.chance(8):
                stride = f", stride = {self.searched(names, 1, 2)}"
            return f"conv({self.searched(names, 2, 3, 4, 6)}, {self.one(1, 3)}{stride}){label}"
        if kind == 6:
            return f"depthwise({self.searched(names, 1, 3, 5)}){label}"
        if kind == 7:
            return f"maxpool(2, stride = {self.searched(names, 1, 2)}){label}"
        if kind == 8:
            return f"avgpool({self.one(1, 2)}, stride = 1){label}"
        if kind == 9:
            return f"activation({self.one(*names.acts, 'relu')})"
        if kind == 10:
            padding = self.one("same", "valid")
            return f"conv({self.number(names)}, {self.searched(names, 1, 3, 9)}, padding = {padding}){label}"
        if kind == 11:
            return f"dense({self.searched(names, 2, 4)}){label}"
        if kind == 12:
            return f"upsample({self.one(1, 2)})"
        made = self.one(*PLAIN)
        return f"{made}{label}" if "(" in made else str(made)

    def slot(self, names: Names) -> str:
        if not self.take(2, names):
            return self.operator(names)
        name = self.structure(names, "s", "truth")
        return f"slot {name} {self.body(self.inside(names, name))}"

    def choose(self, names: Names) -> str:
        count = self.draw(st.integers(1, 3))
        if not self.take(count, names):
            return self.operator(names)
        name, texts = self.fresh("s"), []
        for _ in range(count):
            own = self.structure(self.inside(names, name), "v", "truth", count > 1)
            texts.append(f"{own}: {opened(self.stages(self.inside(names, f'{name}.{own}', depth=names.depth + 1)))}")
        return f"choose {name} {{ {' '.join(texts)} }}"

    def repeat(self, names: Names) -> str:
        head, inner = self.repeated(names)
        return f"{head} {self.body(inner)}"

    def carry(self, names: Names) -> str:
        """A repeat that carries two tensors, the first from `it`, in braces of its own."""
        carried, _ = self.carried(replace(names, flow=True, depth=names.depth + 1), ("it",))
        after = f" -> {self.stages(replace(names, depth=names.depth + 1), 1)}" if self.chance(40) else ""
        return f"{{ {carried}{after} }}"

    def carried(self, names: Names, first: tuple[str, ...]) -> tuple[str, Names]:
        """A repeat that carries two tensors, the first from one of these; the names in its body."""
        head, inner = self.repeated(names)
        one, two = self.fresh("t"), self.fresh("t")
        start = self.one(*first) + (f" -> {self.stages(names, 1)}" if self.chance(40) else "")
        other = self.one(*first, *names.tensors) + self.one("", " -> conv(4, 1)")
        inside = replace(inner, tensors=(*inner.tensors, one, two), depth=names.depth + 1)
        lines, inside = self.params(inside, 1) if self.chance(30) else ([], inside)
        if self.chance(20):
            lines.append(f"require {self.rule(inside)}")
        outs = ", ".join(self.next(inside, one, two) for _ in range(2))
        return f"{head} carry {one} = {start}, {two} = {other} {{ {' '.join([*lines, 'out'])} {outs} }}", inside

    def next(self, names: Names, one: str, two: str) -> str:
        """The next value of a carried tensor: one of two as it is, or what follows from one or both."""
        either = self.one(one, two)
        match self.draw(st.integers(0, 4)):
            case 0:
                return either
            case 1:
                return f"add({one} -> conv(4, 1), {two} -> {self.stages(names, 1)} -> conv(4, 1))"
            case 2:
                return f"concat({one}, {two} -> {self.stages(names, 1)})"
            case _:
                return f"{either} -> {self.stages(names)}"

    def repeated(self, names: Names) -> tuple[str, Names]:
        """A repeat before its braces, and the names in them."""
        name, index = self.fresh("n"), self.fresh("i")
        kind = self.draw(st.integers(0, 3))
        known = [(n, value) for n, value in names.numbers if n.startswith("p")]
        least = self.draw(st.integers(0, 1))
        most = least + self.draw(st.integers(0, 2))
        if kind == 0 and known:
            count, value = self.one(*known)
            inner = self.inside(names, f"{count}[*]", numbers=(*names.numbers, (index, 1)), uses=names.uses * value)
            return f"repeat {count} as {index}", inner
        if kind == 1 or not self.take(most - least + 1, names):
            inner = replace(names, numbers=(*names.numbers, (index, 0)), quiet=True)
            return f"repeat {self.draw(st.integers(0, 2))} as {index}", inner
        if names.path is not None and most > least:
            self.paths.append((names.path + name, "number"))
        known = (*names.numbers, (index, 0), (name, most))
        inner = self.inside(names, f"{name}[*]", numbers=known, uses=names.uses * max(most, 1))
        return f"repeat {name} in {least}..{most} as {index}", inner

    def bypass(self, names: Names) -> str:
        modes = self.draw(st.lists(st.sampled_from(MODES), min_size=1, max_size=3, unique=True))
        if self.chance(60) or not self.take(len(modes), names):
            return f"bypass {self.one('fit', 'auto', 'auto', 'none', 'identity')} {self.body(names)}"
        return f"bypass {self.fresh('b')} in [{', '.join(modes)}] {self.body(names)}"

    def when(self, names: Names) -> str:
        text = f"if {self.condition(names)} {self.body(names)}"
        if self.chance(20):
            text += f" else if {self.condition(names)} {self.body(names)}"
        return f"{text} else {self.body(names)}" if self.chance(60) else text

    def group(self, names: Names) -> str:
        return self.body(names)

    def branch(self, names: Names) -> str:
        """A tensor among the arguments of a merge; it mostly has as many channels as the others."""
        return f"{self.one(*names.tensors)} -> {self.stages(replace(names, flow=False, depth=names.depth + 1), 1)}"

    def merge(self, names: Names) -> str:
        if not names.tensors:
            return self.operator(names)
        even = "-> conv(4, 1)" if self.chance(90) else ""
        parts = []
        inside = replace(names, flow=False, depth=names.depth + 1)
        for _ in range(self.draw(st.integers(1, 2))):
            if self.chance(30):
                test = f"if {self.condition(names)}"
                test += f" {{ {self.branch(inside)} {even} }} else {test}" if self.chance(20) else ""
                parts.append(f"{test} {{ {self.branch(inside)} {even} }}")
            elif self.chance(60) and self.take(2, names):
                name = self.structure(names, "o", "truth")
                parts.append(f"optional {name} {{ {self.branch(self.inside(inside, name))} {even} }}")
            else:
                parts.append(f"{self.branch(inside)} {even}")
        hows = self.draw(st.lists(st.sampled_from(HOWS), min_size=1, max_size=2, unique=True))
        how = f"any [{', '.join(hows)}]" if self.chance(70) and self.take(len(hows), names) else hows[0]
        axis = f", axis = {self.axis(names)}" if "concat" in hows and self.chance(20) else ""
        if how == hows[0] and self.chance(50):
            return f"conv(4, 1) -> {how}({', '.join(parts)}{axis}) @{self.fresh('m')}"
        return f"conv(4, 1) -> merge({', '.join(parts)}, how = {how}{axis}) @{self.fresh('m')}"

    def pick(self, names: Names) -> str:
        if not names.tensors:
            return self.operator(names)
        count = self.draw(st.integers(1, 3))
        least = self.draw(st.integers(1, count))
        if not self.take({1: 1, 2: 3, 3: 7}[count], names):
            return self.operator(names)
        inside = replace(names, flow=False, depth=names.depth + 1)
        even = "-> conv(4, 1)" if self.chance(90) else ""
        name, texts = self.structure(names, "k", "pick", least < count), []
        for _ in range(count):
            own = self.structure(self.inside(names, name), "v", "truth", least < count)
            texts.append(f"{own}: {self.branch(self.inside(inside, f'{name}.{own}'))} {even}")
        picked = f"pick {name} in {least}..{count} {{ {' '.join(texts)} }}"
        how = self.one("add", "concat", "maximum")
        axis = f", axis = {self.axis(names)}" if how == "concat" and self.chance(30) else ""
        return f"conv(4, 1) -> {how}({picked}{axis}) @{self.fresh('k')}"

    def use(self, names: Names) -> str:
        free = [name for name in names.blocks if self.left.get(name, 0) > 0]
        if not free or names.uses > 1:
            return self.operator(names)
        name = self.one(*free)
        self.left[name] -= 1
        argument = self.number(names) if not name.startswith("tied") else "4"
        return f"{name}({argument}) @{self.fresh('u')}"

    # ---- the whole

    def block(self, outer: Names) -> str:
        kind = self.one("", "", "shared ", "shared ", "tied ")
        name = self.fresh({"": "block", "shared ": "shared", "tied ": "tied"}[kind])
        uses = self.draw(st.integers(2, 3))
        self.left[name] = uses
        # An argument may hide a number or the input of the space.
        hidden = [number for number, _ in outer.numbers]
        first, second = self.one("v", "v", "x"), self.one("n", "n", *hidden)
        numbers = (*(each for each in outer.numbers if each[0] != second), (second, 4))
        inner = replace(outer, numbers=numbers, flow=False, depth=1, uses=1 if kind else uses, path=None)
        lines, inner = self.params(inner, 2)
        if self.chance(25):
            lines.append(f"require {self.condition(inner)}")
        inner = replace(inner, tensors=(first,))
        self.blocks.append(name)
        return f"{kind}block {name}({first}, {second}) {{ {' '.join(lines)} out {first} -> {self.stages(inner)} }}"

    def image(self, names: Names) -> tuple[list[str], Names]:
        """An input with a chosen resolution, as it is or at the size of `x`."""
        side, image, same = self.fresh("r"), self.fresh("z"), self.fresh("t")
        if not self.take(2, names):
            return [], names
        width = self.one(side, side, "6", f"2 * {side}", f"where({side} > 3, 6, 5)")
        if self.chance(30) and self.take(2, names):
            width = "any [6, 4]"
        lines = [f"param {side} in {self.one([6, 3], [2, 6])}", f"input {image}: [{side}, {width}, 2]"]
        names = replace(names, numbers=(*names.numbers, (side, 6)))
        if self.chance(20):
            lines.append(f"require {self.one('height', 'width')}({image}) > 2")
        if self.chance(25):
            return lines, replace(names, tensors=(*names.tensors, image))
        return [*lines, f"let {same} = {image} -> resize(6)"], replace(names, tensors=(*names.tensors, same))

    def space(self) -> str:
        lines, names = ["space s {", "input x: [6, 6, 3]"], Names(tensors=("x",))
        if self.chance(25):
            lines.append("input z: [6, 6, 2]")
            names = replace(names, tensors=("x", "z"))
        if self.chance(20):
            more, names = self.image(names)
            lines += more
        if self.chance(20):
            word, made = self.fresh("t"), self.searched(names, 2, 3)
            lines += ["input word: [6, 6] below 5", f"let {word} = word -> embedding({made}) @{self.fresh('c')}"]
            names = replace(names, tensors=(*names.tensors, word))
        above = ""
        if self.chance(30):
            above = self.block(Names(quiet=False)) + "\n"
        for _ in range(self.draw(st.integers(1, 4))):
            kind = self.draw(st.integers(0, 5))
            if kind <= 1:
                more, names = self.params(names, 2)
                lines += more
            elif kind == 2:
                lines.append(self.block(replace(names, tensors=(), blocks=())))
            elif kind == 3 and names.numbers:
                lines.append(f"require {self.rule(names)}")
            else:
                names = replace(names, blocks=tuple(self.blocks))
                if self.chance(20):
                    both = self.fresh("t"), self.fresh("t")
                    lines.append(f"let {', '.join(both)} = {self.carried(names, names.tensors)[0]}")
                    names = replace(names, tensors=(*names.tensors, *both))
                    continue
                name = self.fresh("t")
                lines.append(f"let {name} = {self.one(*names.tensors)} -> {self.stages(names)}")
                names = replace(names, tensors=(*names.tensors, name))
                if self.chance(20):
                    lines.append(f"require channels({name}) {self.one('<=', '>')} {self.one(2, 4, 6)}")
        names = replace(names, blocks=tuple(self.blocks))
        if self.chance(50):
            lines.append(f"require {self.rule(names)}")
        for output in ("y", "w") if self.chance(20) else ("y",):
            last = names.tensors[-1] if self.chance(70) else self.one(*names.tensors)
            lines.append(f"output {output} = {last} -> {self.stages(names, 3)}")
        return "sqs 1\n" + above + "\n  ".join(lines) + "\n}\n"


def opened(stages: str) -> str:
    """A body's stages: they must not start with braces."""
    return f"relu -> {stages}" if stages.startswith("{") else stages


@st.composite
def specs(draw: st.DrawFn) -> str:
    """The text of one random spec."""
    return Writer(draw).space()
