"""`bypass`: the output of a body is added to its input, which a 1x1 convolution fits to it where the mode says so."""

from __future__ import annotations

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.domains import read_choice
from sqsem_dsl.backends.hypermodel.layout import layout
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.values import Scalar, Tensor, joined
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.backends.hypermodel.zeros import merged
from sqsem_dsl.elaborate.vocabulary import MODES

ADDED = "layers.Add()([x, y])"


def bypass(writer: Writer, node: nodes.Bypass, scope: Scope, flow: Tensor, into: str) -> Tensor:
    if node.domain is None:
        mode, label = Scalar(f'"{node.name}"', "symbol", value=node.name), "bypass"
        modes: tuple[str, ...] = (node.name,)
    else:
        mode, label = read_choice(writer, node.domain, scope, Part(node.name)), node.name
        items = node.domain.items if isinstance(node.domain, nodes.ListOf) else ()
        modes = tuple(item.name for item in items if isinstance(item, nodes.Name)) or MODES
        modes = (str(mode.value),) if mode.static else modes
    if mode.value == "none":
        return writer.body(node.body, scope, flow, into)
    variable = into if into != flow.code and into not in scope.keep else writer.free("y")
    made = writer.body(node.body, scope.keeping(flow.code), flow, variable)
    name = writer.layer_name(scope, label)
    zero = flow.zero or made.zero
    added = merged(writer, "layers.Add()", True, [flow, made], made.rank).code
    test = {
        ("fit",): f"{flow.code}.shape == {made.code}.shape",
        ("identity", "none"): f'{mode.code} == "identity"',
    }.get(tuple(sorted(modes)))
    if test is not None and made.code == variable:
        with writer.block(f"if {test}"):
            writer.write(f"{made.code} = {added}")
        added = made.code
    elif modes != ("identity",):
        if set(modes) & {"project", "auto"} and flow.fewer:
            remedy = "use `bypass identity`, or `space.hypermodel()`"
            reason = "the number of axes of what it projects is chosen"
            writer.module.refuse(node.whole, f"`bypass {node.name}`", reason, remedy)
        if zero:
            remedy = "use `bypass identity`, or `space.hypermodel()`"
            writer.module.refuse(node.whole, f"`bypass {node.name}`", "what it adds may be zero", remedy)
        added = f"{_helper(writer, modes, flow.rank)}({flow.code}, {made.code}, {mode.code}, name={name})"
    if variable != into:
        writer.used.discard(variable)
    return joined(writer.tensor(into, added, made.rank, scope, zero), [made])


def _helper(writer: Writer, modes: tuple[str, ...], rank: int) -> str:
    """The name of the function for a choice of modes, which is added to the module."""
    helpers = writer.module.helpers
    suffix = "" if rank == 3 else f"_{rank - 1}d" if rank > 1 else "_vector"
    helper = f"shortcut{suffix}"
    known = helpers.get(helper)
    shown = set(modes) | ({line.split('"')[1] for line in known or () if 'mode == "' in line})
    if shown & {"project", "auto"}:
        helpers.setdefault(f"project{suffix}", _project(f"project{suffix}", rank))
    lines = [f"def {helper}(x, y, mode, name):"]
    lines.append('    """The output y of a body, with a shortcut from its input x if the mode says so."""')
    if "none" in shown:
        lines += ['    if mode == "none":', "        return y"]
    if "fit" in shown:
        lines += ['    if mode == "fit" and x.shape != y.shape:', "        return y"]
    if "project" in shown:
        lines += ['    if mode == "project":', f"        x = project{suffix}(x, y, name=name)"]
    if "auto" in shown:
        lines += ['    if mode == "auto" and x.shape != y.shape:', f"        x = project{suffix}(x, y, name=name)"]
    helpers[helper] = [*lines, f"    return {ADDED}"]
    return helper


def _project(helper: str, rank: int) -> list[str]:
    """The function for a projection: the least strides that give the extents of y."""
    common = 'use_bias=False, kernel_initializer="he_normal", name=f"{name}.'
    document = '    """Gives x the shape of y: {}, and batch normalization."""'
    lines = [f"def {helper}(x, y, name):"]
    if rank == 1:
        lines += [
            document.format("a dense layer without bias"),
            *layout(f'x = layers.Dense(y.shape[-1], {common}dense")(x)', "    "),
        ]
    else:
        kind = f"layers.Conv{rank - 1}D"
        lines += [
            document.format("a 1x1 convolution without bias"),
            "    extents = zip(x.shape[1:-1], y.shape[1:-1], strict=True)",
            "    strides = [-(-n // m) for n, m in extents]",
            *layout(f'x = {kind}(y.shape[-1], 1, strides=strides, padding="same", {common}conv")(x)', "    "),
        ]
    return [*lines, '    return layers.BatchNormalization(name=f"{name}.batchnorm")(x)']
