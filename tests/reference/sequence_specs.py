"""Random specs of sequences, and of maps that become sequences: recurrent layers, attention, positions, products,
operators along an axis, embeddings of whole numbers, and padded inputs.

`sequence_specs()` is a Hypothesis strategy of texts. The writer follows the shapes, as far as all architectures have
the same, so that most texts are valid. A text has few assignments and small tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import prod
from typing import Any

from hypothesis import strategies as st

UNITS = {"": 1, "K": 1_000, "M": 10**6, "us": 1_000, "ms": 10**6}


@dataclass(frozen=True)
class Flow:
    """What is known of a tensor: its extents, None for those that a choice decides, and the input of its padding."""

    shape: tuple[int | None, ...]
    padded: str = ""

    @property
    def rank(self) -> int:
        return len(self.shape)

    def known(self, at: int, least: int = 1) -> int | None:
        """An extent, if it is known to be at least so large."""
        found = self.shape[at]
        return found if found is not None and found >= least else None

    def ending(self, channels: int | None) -> Flow:
        """The same places with other channels."""
        return replace(self, shape=(*self.shape[:-1], channels))

    def joined(self, other: Flow) -> Flow:
        """What is known of either of two tensors of as many dimensions."""
        both = zip(self.shape, other.shape, strict=True)
        return replace(self, shape=tuple(a if a == b else None for a, b in both))


Stage = tuple[str, Flow]


@dataclass
class Writer:
    """Writes one text. `room` is the number of assignments that the remaining choices may make."""

    draw: Any
    room: float = 60.0
    made: int = 0
    tensors: list[tuple[str, Flow]] = field(default_factory=list)
    """Those that a later line may read."""

    def one(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def chance(self, percent: int) -> bool:
        return bool(self.draw(st.integers(0, 99)) < percent)

    def fresh(self, stem: str) -> str:
        self.made += 1
        return f"{stem}{self.made}"

    def take(self, size: int) -> bool:
        if size > self.room:
            return False
        self.room /= size
        return True

    def searched(self, *options: Any) -> tuple[str, Any]:
        """One of the values, or `any` of two, of which none is known."""
        first, second = self.one(*options), self.one(*options)
        if first != second and self.chance(40) and self.take(2):
            return f"any [{word(first)}, {word(second)}]", None
        return word(first), first

    # ---- operators

    def operator(self, flow: Flow) -> Stage:
        """A stage without a structure."""
        several = [self.dense, self.pointwise, self.weighted]
        match flow.rank:
            case 1:
                several += [self.to_sequence, self.sliced, self.dot_of_vectors, self.normalized]
            case 2:
                several += [self.recurrent] * 3 + [self.attention] * 3 + [self.positions, self.conv, self.sliced]
                several += [self.scaled, self.pool, self.last_state]
                if not flow.padded:
                    several += [self.class_token, self.normalized, self.pad, self.crop, self.upsample, self.transpose]
                    several += [self.dot_of_places, self.matmul, self.slice_places, self.concat, self.mean]
            case 3:
                several += [self.conv, self.axial, self.transpose, self.mean, self.mean, self.slice_places, self.pad]
                several += [self.crop, self.concat, self.dot_of_places, self.to_sequence, self.upsample, self.pool]
                several += [self.other_conv]
        found: Stage | None = None
        while found is None:
            writer: Callable[[Flow], Stage | None] = self.one(*several)
            found = writer(flow)
        return found

    def dense(self, flow: Flow) -> Stage:
        units, value = self.searched(2, 3, 4)
        bias = self.one("", ", bias = false")
        return f"dense({units}{bias}) @{self.fresh('c')}", flow.ending(value)

    def pointwise(self, flow: Flow) -> Stage:
        kinds = ["relu", "layernorm", "rmsnorm", "dropout(0.2)", "gelu", "rescale(2)", "layer_scale", "zero"]
        kinds += ["softmax"] if flow.known(-1, 2) else []  # over a single channel it is an error
        return str(self.one(*kinds)), flow

    def normalized(self, flow: Flow) -> Stage:
        center, _ = self.searched(False, True)
        return f"batchnorm(center = {center}) @{self.fresh('c')}", flow

    def weighted(self, flow: Flow) -> Stage:
        """A learned average with another tensor of its shape, or another sum."""
        how = self.one("weighted_add", "weighted_add", "add", "maximum", "subtract")
        return f"{{ {how}(it, it -> dense(channels(it)) @{self.fresh('c')}) }}", flow

    def recurrent(self, flow: Flow) -> Stage:
        """A state at each place."""
        units, value = self.searched(1, 2, 3)
        direction, both = self.direction()
        made = None if value is None or both is None else value * (1 + both)
        cell = self.one("lstm", "gru", "rnn")
        return f"{cell}({units}, sequences = true{direction}) @{self.fresh('c')}", flow.ending(made)

    def last_state(self, flow: Flow) -> Stage:
        units, value = self.searched(1, 2, 3)
        direction, both = self.direction()
        made = None if value is None or both is None else value * (1 + both)
        return f"{self.one('lstm', 'gru', 'rnn')}({units}{direction}) @{self.fresh('c')}", Flow((made,))

    def direction(self) -> tuple[str, bool | None]:
        name = self.one("", "backwards", "bidirectional")
        if not name:
            return "", False
        text, value = self.searched(False, True)
        return f", {name} = {text}", value if name == "bidirectional" else False

    def attention(self, flow: Flow) -> Stage:
        """A sequence reads itself or another one."""
        heads, of_heads = self.searched(1, 2)
        dim, _ = self.searched(1, 2, 3)
        rest = [f"dim = {dim}"]
        memories = [name for name, other in self.tensors if other.rank == 2]
        if memories and self.chance(40):
            rest.append(f"memory = {self.one(*memories)}")
        elif self.chance(25):
            rest.append(f"causal = {self.searched(False, True)[0]}")
        kind = self.draw(st.integers(0, 4))
        if kind == 0:
            rest.append(f"value = {self.searched(1, 3)[0]}")
        elif kind == 1 and of_heads == 2 and not rest[-1].startswith("memory"):
            rest.append(f"groups = {self.searched(1, 2)[0]}")
        elif kind == 2:
            rest.append(self.one("bias = false", "dropout = 0.1"))
        return f"attention({heads}, {', '.join(rest)}) @{self.fresh('c')}", flow

    def axial(self, flow: Flow) -> Stage:
        axis, _ = self.searched("height", "width")
        return f"attention({self.one(1, 2)}, dim = {self.one(1, 2)}, axis = {axis}) @{self.fresh('c')}", flow

    def positions(self, flow: Flow) -> Stage:
        return f"positions(kind = {self.searched('learned', 'sine')[0]}) @{self.fresh('c')}", flow

    def class_token(self, flow: Flow) -> Stage:
        length = flow.shape[0]
        return f"class_token @{self.fresh('c')}", Flow((None if length is None else length + 1, flow.shape[1]))

    def conv(self, flow: Flow) -> Stage:
        filters, value = self.searched(2, 3)
        padding = self.one("same", "same", "causal") if flow.rank == 2 else "same"
        return f"conv({filters}, {self.one(1, 2, 3)}, padding = {padding}) @{self.fresh('c')}", flow.ending(value)

    def other_conv(self, flow: Flow) -> Stage:
        """A convolution of another kind."""
        channels, label = flow.shape[-1], f" @{self.fresh('c')}"
        match self.draw(st.integers(0, 2)):
            case 0:
                return f"depthwise(3, multiplier = 2){label}", flow.ending(None if channels is None else 2 * channels)
            case 1:
                return f"separable(3, {self.searched(1, 3)[0]}){label}", flow.ending(3)
            case _:
                doubled = tuple(None if n is None else 2 * n for n in flow.shape[:-1])
                return f"conv_transpose(2, 3, stride = 2){label}", Flow((*doubled, 2))

    def pool(self, flow: Flow) -> Stage:
        name = self.one("maxpool", "avgpool")
        if self.chance(60):
            return f"{name}(2, stride = 1)", flow
        halved = tuple(None if n is None else -(-n // 2) for n in flow.shape[:-1])
        return f"{name}(2)", replace(flow, shape=(*halved, flow.shape[-1]))

    def scaled(self, flow: Flow) -> Stage:
        return f"{{ scale(it, it -> gap -> dense(channels(it)) @{self.fresh('c')} -> sigmoid) }}", flow

    def sliced(self, flow: Flow) -> Stage | None:
        """Some of the channels."""
        channels = flow.known(-1, 2)
        if channels is None:
            return None
        start, end = self.draw(st.integers(0, channels - 2)), channels
        to, value = self.searched(*range(start + 1, end + 1))
        return f"slice({start}, {to}) @{self.fresh('c')}", flow.ending(None if value is None else value - start)

    # ---- operators that no padded sequence has

    def pad(self, flow: Flow) -> Stage:
        """Zeros before and after, with a number for each axis or for all."""
        before, after = self.one(0, 1), self.one(0, 1, 2)
        made = tuple(None if n is None else n + before + after for n in flow.shape[:-1])
        n = f"[{', '.join([str(before)] * len(made))}]" if self.chance(50) else str(before)
        return f"zeropad({n}, after = {after})", Flow((*made, flow.shape[-1]))

    def crop(self, flow: Flow) -> Stage | None:
        extents = [flow.known(at, 3) for at in range(flow.rank - 1)]
        if None in extents:
            return None
        after, value = self.searched(0, 1)
        left = tuple(None if value is None or n is None else n - 1 - value for n in extents)
        return f"crop(1, after = {after}) @{self.fresh('c')}", Flow((*left, flow.shape[-1]))

    def upsample(self, flow: Flow) -> Stage | None:
        if any(flow.known(at) is None for at in range(flow.rank - 1)) or prod(n or 1 for n in flow.shape) > 60:
            return None
        return "upsample(2)", Flow((*(2 * n for n in flow.shape[:-1] if n), flow.shape[-1]))

    def transpose(self, flow: Flow) -> Stage:
        order = self.draw(st.permutations(range(flow.rank)))
        return f"transpose({[*order]})", Flow(tuple(flow.shape[axis] for axis in order))

    def slice_places(self, flow: Flow) -> Stage | None:
        axis = self.draw(st.integers(0, flow.rank - 2))
        extent = flow.known(axis, 2)
        if extent is None:
            return None
        to, value = self.searched(*range(1, extent + 1))
        shape = (*flow.shape[:axis], value, *flow.shape[axis + 1 :])
        return f"slice(0, {to}, axis = {self.axis(flow, axis)}) @{self.fresh('c')}", Flow(shape)

    def axis(self, flow: Flow, at: int) -> str:
        """An axis by its name or position."""
        names = {2: ("length", "channels"), 3: ("height", "width", "channels")}[flow.rank]
        return str(self.one(names[at], at))

    def concat(self, flow: Flow) -> Stage:
        """The tensor beside itself."""
        axis = self.draw(st.integers(0, flow.rank - 1))
        extent = flow.shape[axis]
        shape = (*flow.shape[:axis], None if extent is None else 2 * extent, *flow.shape[axis + 1 :])
        return f"{{ concat(it, it -> relu, axis = {self.axis(flow, axis)}) }}", Flow(shape)

    def mean(self, flow: Flow) -> Stage:
        """The average or the maximum along one axis, which is then left out."""
        axis = self.draw(st.integers(0, flow.rank - 1))
        rest = (*flow.shape[:axis], *flow.shape[axis + 1 :])
        return f"{self.one('gap', 'gmp')}(axis = {self.axis(flow, axis)})", Flow(rest)

    def dot_of_places(self, flow: Flow) -> Stage:
        """Each place with the means of all along the first axis, or with a vector."""
        normalize, _ = self.searched(False, True)
        other, rest = ("gap", ()) if flow.rank == 2 or self.chance(50) else ("gmp(axis = 0)", flow.shape[1:-1])
        made = (*flow.shape[:-1], *rest)
        return f"{{ dot(it, it -> {other}, normalize = {normalize}) @{self.fresh('c')} }}", Flow(made)

    def matmul(self, flow: Flow) -> Stage:
        """A sequence times another of as many channels, or of its length."""
        if self.chance(50):
            own = f"it -> positions @{self.fresh('c')}"
            return f"{{ dot(it, {own}) @{self.fresh('c')} }}", Flow((flow.shape[0], flow.shape[0]))
        units, value = self.searched(2, 3)
        own = f"it -> dense({units}) @{self.fresh('c')}"
        axes = self.one("axis = length", "axis = 0, other = length")
        return f"{{ dot(it, {own}, {axes}) @{self.fresh('c')} }}", Flow((flow.shape[1], value))

    def dot_of_vectors(self, flow: Flow) -> Stage:
        normalize, _ = self.searched(False, True)
        own = f"it -> dense(channels(it)) @{self.fresh('c')}"
        return f"{{ dot(it, {own}, normalize = {normalize}) @{self.fresh('c')} }}", Flow((1,))

    def to_sequence(self, flow: Flow) -> Stage | None:
        """A vector, or the pixels of a map, as a sequence."""
        if None in flow.shape or flow.padded:
            return None
        *places, channels = (n or 1 for n in flow.shape)
        shape = (prod(places), channels) if flow.rank > 2 else (channels, 1)
        return f"reshape({[*shape]})", Flow(shape)

    # ---- structures

    def stages(self, flow: Flow, most: int, depth: int = 0) -> Stage:
        texts = []
        for _ in range(self.draw(st.integers(1, most))):
            text, flow = self.stage(flow, depth)
            texts.append(text)
        return " -> ".join(texts), flow

    def stage(self, flow: Flow, depth: int) -> Stage:
        if depth >= 2 or not self.chance(30) or not self.take(2):
            return self.operator(flow)
        writer = self.one(self.slot, self.choose, self.repeat, self.bypass)
        text, after = writer(flow, depth + 1)
        return text, after

    def keeping(self, flow: Flow, depth: int) -> Stage:
        """A stage that keeps the number of dimensions."""
        text, after = self.stage(flow, depth)
        return (text, after) if after.rank == flow.rank else self.dense(flow)

    def slot(self, flow: Flow, depth: int) -> Stage:
        text, after = self.keeping(flow, depth)
        return f"slot {self.fresh('s')} {{ relu -> {text} }}", flow.joined(after)

    def choose(self, flow: Flow, depth: int) -> Stage:
        (one, first), (two, second) = self.keeping(flow, depth), self.keeping(flow, depth)
        name, *own = (self.fresh("v") for _ in range(3))
        return f"choose {name} {{ {own[0]}: relu -> {one}  {own[1]}: tanh -> {two} }}", first.joined(second)

    def repeat(self, flow: Flow, depth: int) -> Stage:
        """Iterations, whose tensors may have other extents each."""
        loose = replace(flow, shape=(None,) * flow.rank)
        text, _ = self.keeping(loose, depth)
        return f"repeat {self.fresh('n')} in {self.one('0..1', '1..2')} {{ relu -> {text} }}", loose

    def bypass(self, flow: Flow, depth: int) -> Stage:
        text, after = self.keeping(flow, depth)
        if after.shape[:-1] != flow.shape[:-1] or flow.shape[-1] is None:
            text, after = self.dense(flow)  # no projection changes the number of places
        return f"bypass {self.fresh('b')} in [none, auto] {{ relu -> {text} }}", after

    # ---- the whole

    def vector(self, flow: Flow) -> str:
        """The end of a branch of the output."""
        if flow.rank == 1:
            return "relu"
        ways = ["gap", "gmp"]
        if flow.rank == 2:
            ways += [f"gru(2) @{self.fresh('c')}", f"rnn(2, bidirectional = true) @{self.fresh('c')}"]
        if not flow.padded:
            ways.append("flatten")
        return str(self.one(*ways))

    def inputs(self) -> list[str]:
        """Lines of one to three inputs, of which two are sequences of as many channels."""
        lines = []
        if self.chance(70):
            length, padded = self.one(3, 4, 5), self.chance(35)
            lines.append(f"input x: [{length}, 3]{' padded' if padded else ''}")
            self.tensors.append(("x", Flow((length, 3), "x" if padded else "")))
        if self.chance(35):
            length, padded = self.one(2, 4), self.chance(35)
            width, value = self.searched(2, 3)
            lines.append(f"input word: [{length}] below {self.one(5, 9)}{' padded' if padded else ''}")
            lines.append(f"let read = word -> embedding({width}) @{self.fresh('c')}")
            self.tensors.append(("read", Flow((length, value), "word" if padded else "")))
        if self.chance(35) or not lines:
            lines.append("input map: [4, 3, 2]")
            self.tensors.append(("map", Flow((4, 3, 2))))
        return lines

    def space(self) -> str:
        lines, ends = self.inputs(), []
        for source, flow in [*self.tensors]:
            name = self.fresh("t")
            text, after = self.stages(flow, 4)
            lines.append(f"let {name} = {source} -> {text}")
            self.tensors.append((name, after))
            if after.rank == 2 and after.shape[0] is None and self.chance(30):
                lines.append(f"require length({name}) {self.one('<= 4', '> 2')}")
            ends.append(f"{name} -> {self.vector(after)}")
        joined = f"concat({', '.join(ends)})" if len(ends) > 1 else ends[0]
        lines.append(f"output y = {joined} -> dense(2)")
        return "sqs 1\nspace s {\n  " + "\n  ".join(lines) + "\n}\n"


def word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def spelled(number: int, unit: str) -> str:
    """A whole number with a unit: 1234 is `1.234K`.

    >>> spelled(1234, "K"), spelled(1200, "ms"), spelled(7, "")
    ('1.234K', '0.0012ms', '7')
    """
    whole, rest = divmod(Fraction(number), UNITS[unit])
    digits = f"{int(rest):0{len(str(UNITS[unit])) - 1}}".rstrip("0") if rest else ""
    return f"{whole}{'.' + digits if digits else ''}{unit}"


@st.composite
def sequence_specs(draw: st.DrawFn) -> str:
    """The text of one random spec."""
    return Writer(draw).space()
