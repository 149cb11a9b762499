"""The arguments of a call of a function for a block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.backends.hypermodel.activity import regions
from sqsem_dsl.backends.hypermodel.choice_paths import if_active, whether_active_or_not
from sqsem_dsl.backends.hypermodel.domains import read_choice
from sqsem_dsl.backends.hypermodel.emitted import Module
from sqsem_dsl.backends.hypermodel.lazies import lazy_tensor
from sqsem_dsl.backends.hypermodel.places import Part, name_code
from sqsem_dsl.backends.hypermodel.reads import always_read, variables
from sqsem_dsl.backends.hypermodel.scalars import is_scalar, scalar
from sqsem_dsl.backends.hypermodel.scope import Later, Scope, Template
from sqsem_dsl.backends.hypermodel.values import CALL, Meaning, Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import Writer, plain_name


def tensor_code(module: Module, template: Template, formal: str, value: Tensor) -> str:
    """The code of a tensor as an argument: of the function that makes it if the block may not read it."""
    place = (template.block.whole, formal)
    if value.lazy and not always_read(template, formal) and template.block.sharing != "tied":
        module.seen_lazy.add(place)
    if place not in module.lazy:
        return value.code
    return value.code.removesuffix(CALL) if value.lazy else f"lambda: {value.code}"


def use_name(writer: Writer, scope: Scope, place: str, block: outline.Block) -> str:
    """The code of the prefix of the layers of a use. A second use at the same place has a number."""
    key = f"use {plain_name(scope.layer(Part(place)))}"
    writer.numbers[key] += 1
    number = writer.numbers[key]
    if number > 1 or (not scope.trail and scope.name_base is not None and place == block.name == writer.block_name):
        writer.module.renumbered = True
    return name_code(scope.name_base, (*scope.trail, Part(place if number == 1 else f"{place}_{number}")))


def outside(writer: Writer, template: Template, name: str, meaning: Meaning) -> str:
    """The code of a value from around a block, for a use of the block."""
    code = writer.outer.get(meaning.code, meaning.code)
    return code if always_read(template, name) else whether_active_or_not(writer, code)


def given_arguments(
    writer: Writer, template: Template, call: nodes.Call, scope: Scope, flow: Tensor | None, place: str
) -> dict[str, Tensor | Scalar]:
    """The values of the formals that a call gives."""
    given: dict[str, Tensor | Scalar] = {}
    free = [formal.name for formal in template.block.formals]
    if flow is not None:
        given[free.pop(0)] = flow
    for at, argument in enumerate(call.arguments):
        name = argument.name or next(each for each in free if each not in given)
        later = variables(scope, tuple(a.value for a in call.arguments[at + 1 :]))
        inner = scope.keeping(*later, *(each.code for each in given.values() if isinstance(each, Tensor)))
        match argument.value:
            case nodes.AnyOf(domain=domain):
                given[name] = found = read_choice(writer, domain, scope.within(Part(place)), Part(name))
                sure = always_read(template, name) or found.code in writer.module.always
                if not sure and not writer.module.must_be_read(argument.value.span, regions(call, scope)):
                    given[name] = replace(found, code=whether_active_or_not(writer, found.code))
            case value if is_scalar(value, scope):
                known = scalar(writer, value, scope)
                if not always_read(template, name):
                    known = replace(known, code=if_active(writer, known.code))
                given[name] = known
            case nodes.Name(name=own) if isinstance(later_value := scope.names.get(own), Later) and not always_read(
                template, name
            ):
                given[name] = lazy_tensor(writer, own, later_value.value, later_value.scope.keeping(*inner.keep))
            case value:
                wanted = None if isinstance(value, nodes.Name) else writer.free("branch")
                given[name] = writer.value(value, inner, wanted)
    return given


def default_arguments(writer: Writer, template: Template, given: Mapping[str, Meaning]) -> dict[str, Scalar]:
    """The values of the other formals."""
    found: dict[str, Scalar] = {}
    inner = template.scope
    for formal in template.block.formals:
        if formal.name not in given:
            assert formal.default is not None
            found[formal.name] = scalar(writer, formal.default, inner)
        inner = inner.bind(formal.name, given.get(formal.name) or found[formal.name])
    return found
