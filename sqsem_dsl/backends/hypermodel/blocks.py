"""Blocks as functions: written when they are first used, once for each kind of arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.backends.hypermodel.block_arguments import (
    default_arguments,
    given_arguments,
    outside,
    tensor_code,
    use_name,
)
from sqsem_dsl.backends.hypermodel.emitted import Function, Module, identifier
from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.layout import docstring, layout, returned
from sqsem_dsl.backends.hypermodel.places import Part, path_code
from sqsem_dsl.backends.hypermodel.reads import (
    free_names,
    has_choices,
    has_names,
    has_tied,
    reads_families,
    sight,
)
from sqsem_dsl.backends.hypermodel.scalars import scalar
from sqsem_dsl.backends.hypermodel.scope import Scope, Template
from sqsem_dsl.backends.hypermodel.values import Meaning, Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import Writer, names_in


def call_block(
    writer: Writer, template: Template, call: nodes.Call, scope: Scope, flow: Tensor | None, into: str
) -> Tensor:
    """A call of the function for a block."""
    block, place = template.block, call.label or call.name
    given = given_arguments(writer, template, call, scope, flow, place)
    defaults = default_arguments(writer, template, given)
    function = _function(writer.module, template, {**given, **defaults})
    function.recursive |= function.lines is None
    arguments = ["hp"] if function.reads_choices else []
    positional = True
    for formal in block.formals:
        if formal.name in function.unread:
            continue
        if formal.name in given:
            value = given[formal.name]
            code = value.code
            if isinstance(value, Tensor):
                code = tensor_code(writer.module, template, formal.name, value)
                writer.module.may_be_zero(block.whole, formal.name, value.zero)
            arguments.append(code if positional else f"{writer.module.identifier(formal.name)}={code}")
        elif not defaults[formal.name].static or _reads_formals(block, formal):
            arguments.append(f"{writer.module.identifier(formal.name)}={defaults[formal.name].code}")
            positional = False
        else:
            positional = False
    for name, meaning in free_names(template).items():
        if isinstance(meaning, Tensor):
            writer.module.may_be_zero(block.whole, name, meaning.zero)
            if meaning.lazy:
                reason = f"it reads `{name}`, a tensor from around it that only some choices use"
                writer.module.refuse(call.span, f"`{call.name}`", reason, "make it an argument of the block")
            if block.sharing == "tied":
                remedy = "make it an argument of the block"
                reason = f"it reads `{name}`, a tensor from around it"
                writer.module.refuse(call.span, f"`{call.name}`, a tied block,", reason, remedy)
        arguments.append(f"{function.outer[name]}={outside(writer, template, name, meaning)}")
    if function.has_choices and block.sharing is None:
        arguments.append(f"path={path_code(scope.path_base, (*scope.path, Part(place, use=True)))}")
    if function.has_tied:
        arguments.append("tied=tied")
    if function.has_names:
        arguments.append(f"name={use_name(writer, scope, place, block)}")
    zero = function.zero or (block.whole, "out") in writer.module.zeros
    found = writer.tensor(into, f"{function.name}({', '.join(arguments)})", function.rank, scope, zero)
    return replace(found, fewer=function.fewer)


def _function(module: Module, template: Template, given: Mapping[str, Meaning]) -> Function:
    """The function for a block with arguments of these kinds."""
    block = template.block
    kinds = tuple(
        (each.rank, each.fewer, each.below, each.padded) if isinstance(each, Tensor) else _kind(each)
        for each in (given[formal.name] for formal in block.formals)
    )
    for key, known in module.functions.items():
        if isinstance(key, tuple) and key[0] == block.span and _serves(key[1], kinds):
            return known
    name, number = identifier(block.name), 1
    while name in module.function_names or name in module.helper_names:
        number += 1
        name = f"{identifier(block.name)}_{number}"
    module.function_names.add(name)
    rank = next((each.rank for each in given.values() if isinstance(each, Tensor)), 1)
    own = sight(template).bind(block.name, template)
    choices, names = has_choices(block.body, own), has_names(block.body, own)
    tied = block.sharing == "tied" or has_tied(block.body, own)
    reads = choices or reads_families(block.body, own)
    function = Function(name, None, rank, has_choices=choices, has_names=names, has_tied=tied, reads_choices=reads)
    module.functions[block.span, kinds] = function
    _write(module, template, given, function)
    return function


def _reads(lines: Sequence[str], variable: str) -> bool:
    """Whether code reads a variable. A keyword of a call with its name is no reading."""
    return any(re.search(rf"\b{variable}\b(?!=[^=])", line) for line in lines)


def _kind(each: Scalar) -> str:
    return f"list of {each.entries}" if each.kind == "list" else each.kind


def _serves(written: tuple[object, ...], wanted: tuple[object, ...]) -> bool:
    """Whether a function that was written for some kinds of arguments takes others: whole numbers are numbers."""
    return all(a == b or (a == "number" and b == "int") for a, b in zip(written, wanted, strict=True))


def _write(module: Module, template: Template, given: Mapping[str, Meaning], function: Function) -> None:
    block = template.block
    inner = Writer(module, indent="    ", block_name=block.name)
    formals = {formal.name: module.identifier(formal.name) for formal in block.formals}
    inner.used |= {
        *formals.values(),
        "hp",
        "path",
        "name",
        "tied",
        *block_names(template.scope),
        identifier(block.name),
    }
    inner.used |= module.helper_names
    shared = block.sharing is not None
    scope = Scope(
        names={**template.scope.names, block.name: template},
        path_base=None if shared else "path",
        path=(Part(block.name, use=True),) if shared else (),
        name_base="name",
    )
    for name, meaning in free_names(template).items():
        variable = function.outer[name] = inner.outer[meaning.code] = inner.free(name)
        if isinstance(meaning, Tensor):
            meaning = replace(meaning, zero=(block.whole, name) in module.zeros)
        scope = scope.bind(name, replace(meaning, code=variable))
    defaults: dict[str, str | None] = {}
    for formal in block.formals:
        meaning, variable = given[formal.name], formals[formal.name]
        own: Meaning
        if isinstance(meaning, Tensor):
            zero = (block.whole, formal.name) in module.zeros
            own = replace(meaning, code=variable, zero=zero, lazy=False, reads=frozenset())
            if (block.whole, formal.name) in module.lazy:
                own = replace(own, code=f"{variable}()", lazy=True, reads=frozenset([variable]))
        else:
            own = Scalar(variable, meaning.kind, entries=meaning.entries)
        scope = scope.bind(formal.name, own)
        defaults[formal.name] = _static_default(inner, template, formal)
    plain_tensors = [n for n, each in given.items() if isinstance(each, Tensor) and (block.whole, n) not in module.lazy]
    first = next((formals[name] for name in plain_tensors), None) or inner.free("x")
    if block.sharing == "tied":
        tensors = {name: each for name, each in given.items() if isinstance(each, Tensor)}
        found = _tied_body(inner, block, scope, tensors, formals, "name" if function.has_names else f'"{block.name}"')
        lines = inner.lines
    else:
        found = inner.body(block.body, scope, None, first)
        lines = returned(inner.lines, found.code)
    function.rank, function.fewer, function.zero = found.rank, found.fewer, found.zero
    module.may_be_zero(block.whole, "out", found.zero)
    if not function.recursive:  # a call of itself was written with all of them
        scalars = [name for name, each in given.items() if isinstance(each, Scalar)]
        function.unread = frozenset(name for name in scalars if not _reads(lines, formals[name]))
    signature = ["hp"] if function.reads_choices else []
    read = {name: default for name, default in defaults.items() if name not in function.unread}
    signature += [formals[name] if default is None else f"{formals[name]}={default}" for name, default in read.items()]
    extra = list(function.outer.values())
    extra += ["path"] if function.has_choices and not shared else []
    extra += ["tied"] if function.has_tied else []
    extra += ["name"] if function.has_names else []
    plain = all(default is None for default in read.values())
    signature += extra if plain else [*(["*"] if extra else []), *extra]
    head = layout(f"def {function.name}({', '.join(signature)}):")
    document = docstring(block.doc, "    ") if block.doc else []
    function.lines = [*head, *document, *lines]
    module.written.append(function)


def _tied_body(
    writer: Writer,
    block: outline.Block,
    scope: Scope,
    tensors: Mapping[str, Tensor],
    formals: Mapping[str, str],
    name: str,
) -> Tensor:
    """Writes the body of a tied block: a model that its first use makes, and that all uses call. `name` is the code of
    the model's name."""
    inputs = []
    with writer.block(f'if "{block.name}" not in tied'):
        for formal, meaning in tensors.items():
            variable = writer.free("inputs" if len(tensors) == 1 else f"{formal}_input")
            dtype = "" if meaning.below is None else ', dtype="int32"'
            writer.write(f"{variable} = keras.Input({formals[formal]}.shape[1:]{dtype})")
            inputs.append(variable)
            scope = scope.bind(formal, replace(meaning, code=variable, zero=False))
        found = writer.body(block.body, scope.keeping(*inputs, *formals.values()), None, writer.free("y"))
        if found.zero or any((block.whole, formal) in writer.module.zeros for formal in tensors):
            remedy = "write `shared block`, or use `space.hypermodel()`"
            writer.module.refuse(block.span, f"`{block.name}`, a tied block,", "it may be zero", remedy)
        listed = inputs[0] if len(inputs) == 1 else f"[{', '.join(inputs)}]"
        model = "keras.Model" if writer.module.padded is None else helper(writer.module, "SharedModel")
        writer.write(f'tied["{block.name}"] = {model}({listed}, {found.code}, name={name})')
    given = [formals[formal] for formal in tensors]
    writer.write(f'return tied["{block.name}"]({given[0] if len(given) == 1 else "[" + ", ".join(given) + "]"})')
    return found


def _reads_formals(block: outline.Block, formal: outline.Formal) -> bool:
    """Whether the default of an argument reads other arguments, so that each use gives its value."""
    return not names_in(formal.default).isdisjoint(each.name for each in block.formals)


def block_names(scope: Scope) -> set[str]:
    """The names of functions that code may call here, which are not names of its variables."""
    return {identifier(name) for name, bound in scope.names.items() if isinstance(bound, Template)}


def _static_default(writer: Writer, template: Template, formal: outline.Formal) -> str | None:
    if formal.default is None:
        return None
    if _reads_formals(template.block, formal):
        return "None"
    value = scalar(writer, formal.default, template.scope)
    return value.code if value.static else "None"
