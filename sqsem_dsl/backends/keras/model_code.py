"""A functional Keras model as the Python code that builds it.

The code is written from the built model: from each layer's configuration, without the arguments that have Keras's
defaults. So it needs no rules per operator, and includes the layers that scale the inputs of a trained model.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

import keras

from sqsem_dsl.backends.keras.backbone_code import backbone_code
from sqsem_dsl.backends.keras.model import build_model
from sqsem_dsl.backends.keras.object_code import expression, is_own
from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.ir.choices import show
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.new_weights import with_new_weights
from sqsem_dsl.operators.backbone import BACKBONE

MAIN = ("x", "h", "t")
"""The variable of a tensor that has no name of its own: the first that is neither an input nor an output."""
WIDTH = 100


def architecture_code(architecture: Architecture) -> str:
    """The module for an architecture, with its choices and costs in the docstring."""
    model = build_model(with_new_weights(architecture))
    return model_code(model, _document(architecture), backbone_functions(architecture))


def backbone_functions(architecture: Architecture) -> Mapping[str, Sequence[str]]:
    """The lines of the functions that make the backbones of an architecture, by the names of their layers."""
    layers = architecture.layers
    functions: dict[str, list[str]] = {}
    used: set[str] = set()
    for layer in layers:
        if layer.operator == BACKBONE and layer.shares is None:
            function = _free(_identifier(f"make_{layer.name}"), used)
            used.add(function)
            functions[layer.name] = list(backbone_code(layer, layers[layer.inputs[0]].shape, function))
    return functions


def _document(architecture: Architecture) -> str:
    macs = "at least " if "macs" in architecture.lower_bounds else ""
    costs = f"{architecture.params:,} parameters, {macs}{architecture.macs:,} multiply-accumulates"
    chosen = [f"    {path} = {show(value)}" for path, value in architecture.choices.items()]
    lines = [f"An architecture of `{architecture.space}`: {costs}.", "", f"id {architecture.id}"]
    return "\n".join([*lines, *(["", "choices:", *chosen] if chosen else [])])


def model_code(model: keras.Model, document: str, functions: Mapping[str, Sequence[str]] | None = None) -> str:
    """A module with a function `build_model()`. It returns a model with the layers of this one, with new weights;
    its `set_weights` takes the weights of this one.

    Inputs, outputs and layers with weights keep their names. `document` becomes the module's docstring. Layers of other
    packages are imported from their modules. `functions` has the lines of the functions, without arguments, that make
    some layers, by their names.
    """
    calls = list(_calls(model))
    functions = dict(functions or {})
    functions |= _parts(calls, functions)
    foreign = {type(call.operation) for call in calls if not is_own(type(call.operation))}
    imports = sorted(f"from {made.__module__} import {made.__name__}" for made in foreign)
    text = document.strip().replace("\\", "\\\\").replace('"""', "'''")
    quoted = ['"""' + text, '"""'] if "\n" in text else [f'"""{text}"""']
    head = [*quoted, "", "import keras", "from keras import layers", *imports, "", ""]
    for lines in functions.values():
        head += [*lines, "", ""]
    names = {name: lines[0].removeprefix("def ").removesuffix(":") for name, lines in functions.items()}
    body = [f"    {line}".rstrip() for line in _Body(model, calls, names).lines()]
    return "\n".join([*head, "def build_model():", *body, ""])


def _parts(calls: Sequence[_Call], known: Collection[str]) -> dict[str, list[str]]:
    """The lines of the functions that make the models which a model uses as layers, by their names, except those of
    `known`."""
    parts = {call.operation.name: call.operation for call in calls if isinstance(call.operation, keras.Model)}
    functions: dict[str, list[str]] = {}
    used: set[str] = set()
    for name, part in parts.items():
        if name not in known and not isinstance(part, keras.Sequential):
            function = _free(_identifier(f"make_{name}"), used)
            used.add(function)
            body = (f"    {line}".rstrip() for line in _Body(part, list(_calls(part)), {}).lines())
            functions[name] = [f"def {function}():", *body]
    return functions


@dataclass(frozen=True, eq=False)
class _Call:
    """A layer or an operation, called once."""

    operation: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    output: int
    """The tensor, by its identity."""

    @property
    def inputs(self) -> set[int]:
        return {id(tensor) for tensor in _tensors((self.args, self.kwargs))}


def _tensors(value: Any) -> Iterator[Any]:
    match value:
        case keras.KerasTensor():
            yield value
        case list() | tuple():
            for each in value:
                yield from _tensors(each)
        case dict():
            yield from _tensors(list(value.values()))


def _ordered(tensors: Any) -> list[Any]:
    """A model's inputs or outputs in the order in which they were given; Keras sorts them by name."""
    return list(_tensors(tensors))


def _calls(model: keras.Model) -> Iterator[_Call]:
    """The calls of a model, each after those it depends on, branch after branch."""
    known = {id(tensor) for tensor in model.inputs}
    waiting = _ordered(model.output)[::-1]
    while waiting:
        tensor = waiting[-1]
        operation, node_index, _ = tensor._keras_history
        arguments = operation._inbound_nodes[node_index].arguments
        missing = [each for each in _tensors((arguments.args, arguments.kwargs)) if id(each) not in known]
        if id(tensor) in known:
            waiting.pop()
        elif missing:
            waiting += reversed(missing)
        else:
            known.add(id(tensor))
            yield _Call(operation, arguments.args, arguments.kwargs, id(tensor))


class _Body:
    """The lines of the function, and the variables in use."""

    def __init__(self, model: keras.Model, calls: Sequence[_Call], functions: Mapping[str, str]) -> None:
        """`functions` has the calls that make some layers, by their names."""
        self.model, self.calls, self.functions = model, calls, functions
        self.inputs = {id(tensor): tensor.name for tensor in _ordered(model.input)}
        names = list(model.output) if isinstance(model.output, dict) else model.output_names
        self.outputs = {id(tensor): name for tensor, name in zip(_ordered(model.output), names, strict=True)}
        self.last = {tensor: at for at, call in enumerate(calls) for tensor in call.inputs}
        self.variables = {tensor: _identifier(name) for tensor, name in self.inputs.items()}
        self.kept = {*self.variables.values(), "keras", "layers"}
        """Variables that keep their values to the end."""
        ends = {_identifier(name) for name in self.outputs.values()}
        self.main = next((name for name in MAIN if name not in self.kept | ends), "tensor")
        self.shared: dict[int, str] = {}
        """The variables of layers that are called several times, by the layers' identities."""

    def lines(self) -> Iterator[str]:
        for tensor in _ordered(self.model.input):
            dtype = "" if tensor.dtype == "float32" else f', dtype="{tensor.dtype}"'
            shape = tuple(tensor.shape[1:])
            yield f'{self.variables[id(tensor)]} = keras.Input({shape}, name="{tensor.name}"{dtype})'
        section = ""
        for at, call in enumerate(self.calls):
            here = call.operation.name.rpartition(".")[0]
            if here != section:
                yield from ("", f"# {here}") if here else ("",)
                section = here
            yield from self._call(at, call)
        given, returned = (
            _several({name: self.variables[tensor] for tensor, name in named.items()})
            for named in (self.inputs, self.outputs)
        )
        yield ""
        yield f'return keras.Model({given}, {returned}, name="{self.model.name}")'

    def _call(self, at: int, call: _Call) -> Iterator[str]:
        live = {self.variables[tensor] for tensor, end in self.last.items() if end > at and tensor in self.variables}
        live |= {self.variables[tensor] for tensor in self.outputs if tensor in self.variables}
        operation = call.operation
        made = self.shared.get(id(operation))
        if made is None:
            named = bool(getattr(operation, "weights", ())) or call.output in self.outputs
            is_layer = isinstance(operation, keras.Layer)
            made = self.functions.get(operation.name)
            if made is None:
                made = expression(operation, named=named) if is_layer else _function(operation)
            if is_layer and sum(each.operation is operation for each in self.calls) > 1:
                name = _free(_own_name(operation), live | self.kept)
                yield from _wrapped(f"{name} = ", made, "")
                self.shared[id(operation)] = made = name
                self.kept.add(name)
        arguments = [self._value(each) for each in call.args]
        named_arguments = {**_fixed(operation), **call.kwargs}
        if isinstance(operation, keras.layers.RNN | keras.layers.Bidirectional | keras.layers.Resizing):
            named_arguments.pop("training", None)  # Keras records its default
        arguments += [f"{name}={self._value(each)}" for name, each in named_arguments.items() if each is not None]
        given = [self.variables[id(tensor)] for tensor in _tensors((call.args, call.kwargs))]
        self.variables[call.output] = variable = self._variable(call, given, live)
        yield from _wrapped(f"{variable} = ", made, f"({', '.join(arguments)})")

    def _value(self, value: Any) -> str:
        match value:
            case keras.KerasTensor():
                return self.variables[id(value)]
            case list():
                return f"[{', '.join(map(self._value, value))}]"
            case tuple():
                return f"({', '.join(map(self._value, value))}{',' if len(value) == 1 else ''})"
            case _ if hasattr(value, "tolist"):
                return repr(value.tolist())
            case _:
                return repr(value)

    def _variable(self, call: _Call, given: Sequence[str], live: Collection[str]) -> str:
        """The variable of a result: that of an input that is not needed any more, else a new one."""
        used = {*live, *self.kept}
        if call.output in self.outputs:
            return _free(_identifier(self.outputs[call.output]), used)
        spent = [name for name in given if name not in used]
        if self.main in spent or (not spent and self.main not in used):
            return self.main
        return spent[0] if spent else _free(_own_name(call.operation), used)


def _function(operation: Any) -> str:
    """The function of `keras.ops` that an operation comes from."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(operation).__name__).lower()
    if not hasattr(keras.ops, name):
        raise InternalError(f"no function of keras.ops for the operation {type(operation).__name__}")
    return f"keras.ops.{name}"


def _fixed(operation: Any) -> Mapping[str, Any]:
    """The arguments that an operation of `keras.ops` has beside its tensors, such as an axis."""
    if isinstance(operation, keras.Layer):
        return {}
    return {name: value for name, value in operation.get_config().items() if name != "name"}


def _several(named: Mapping[str, str]) -> str:
    """A single variable, or a dict of several."""
    if len(named) == 1:
        return next(iter(named.values()))
    return "{" + ", ".join(f'"{name}": {variable}' for name, variable in named.items()) + "}"


def _own_name(operation: Any) -> str:
    """The last part of a layer's name, without its number, as a variable."""
    return _identifier(re.sub(r"_\d+$", "", operation.name.rpartition(".")[2]))


def _identifier(name: str) -> str:
    """A name as a variable."""
    found = re.sub(r"\W", "_", name)
    return f"{found}_" if keyword.iskeyword(found) or not found.isidentifier() else found


def _free(name: str, used: Collection[str]) -> str:
    return next(each for each in chain([name], (f"{name}_{n}" for n in count(2))) if each not in used)


def _wrapped(before: str, call: str, after: str) -> Iterator[str]:
    """A statement; if it is too long, the arguments of its call each on a line."""
    whole = before + call + after
    opening, bracket, rest = call.partition("(")
    if len(whole) <= WIDTH or not bracket:
        yield whole
        return
    yield before + opening + bracket
    yield from (f"    {argument}," for argument in _arguments(rest[:-1]))
    yield ")" + after


def _arguments(text: str) -> Iterator[str]:
    """The parts of a text between commas outside brackets and quotes."""
    depth, quote, begin = 0, "", 0
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "," and not depth:
            yield text[begin:at].strip()
            begin = at + 1
    if text[begin:].strip():
        yield text[begin:].strip()
