"""Every class of diagnostics is a declaration, and its templates name only what it has."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from string import Formatter

import pytest

import sqsem_dsl
from sqsem_dsl.diagnostics.diagnostic import REGISTRY, Declared, Diagnostic, Unknown, Words
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.elaborate.errors.choices import TooLarge
from sqsem_dsl.ir.faults import NotWhole

TEXTS = ("title", "label", "help", "note")


def every(base: type[Diagnostic] = Diagnostic) -> Iterator[type[Diagnostic]]:
    for cls in base.__subclasses__():
        yield cls
        yield from every(cls)


def load() -> list[type[Diagnostic]]:
    for module in pkgutil.walk_packages(sqsem_dsl.__path__, "sqsem_dsl."):
        if any(part.startswith(("errors", "faults", "findings", "read_errors")) for part in module.name.split(".")):
            importlib.import_module(module.name)
    return [cls for cls in every() if cls.__module__.startswith("sqsem_dsl.")]


CLASSES = load()


def names(template: str) -> set[str]:
    """The names in a template: of `{paths[0]}` that is `paths`."""
    return {found.split("[")[0].split(".")[0] for _, found, _, _ in Formatter().parse(template) if found is not None}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_templates_name_what_the_class_has(cls: type[Diagnostic]) -> None:
    """Fields and values computed from them; never another message text, which may be None."""
    for home in cls.__mro__:
        for where, words in vars(home).items():
            if isinstance(words, Words):
                for name in names(words.template):
                    assert name in cls._fields or hasattr(cls, name), f"{cls.__name__}.{where} names `{name}`"
                    assert name not in TEXTS


def test_codes_are_of_what_is_reported() -> None:
    """A class without a code is a base."""
    assert len(CLASSES) > 150
    assert [cls.__name__ for cls in CLASSES if not cls.code and not cls.__subclasses__()] == []
    assert all(REGISTRY[cls.code] is cls for cls in CLASSES if cls.code)


def test_a_code_is_of_one_class() -> None:
    with pytest.raises(TypeError, match="code SQS501 belongs to TooLarge and Other"):

        class Other(Diagnostic, code="SQS501"):
            pass


class Described(Diagnostic):
    """All forms of a template."""

    known: tuple[str, ...]
    shape: tuple[int, ...] = ()
    remedy: str | None = None

    title = "{known[0]} of {known:names}, {known:names 1}: {shape:shape} {{{shape:words}}}"
    help = "{remedy}"
    note = "about {remedy}"


def test_forms_of_templates() -> None:
    described = Described(NOWHERE, ("a", "{b}"), shape=(3, 32))
    assert described.title == "a of `a`, `{b}`, `a`, … (1 more): [3, 32] {3, 32}"
    assert (described.help, described.note, described.label) == (None, "about None", "")
    assert Described(NOWHERE, (), remedy="so").help == "so"


class UnknownTree(Unknown):
    kind = "oak"
    title = "no {name}"
    otherwise = "known are {known:names}"


def test_the_nearest_name_or_another_help() -> None:
    assert UnknownTree(NOWHERE, "quercs", ("quercus",)).help == "an oak with a similar name exists: `quercus`"
    assert UnknownTree(NOWHERE, "elm", ("quercus",)).help == "known are `quercus`"


def test_diagnostics_are_values() -> None:
    one, other = TooLarge(NOWHERE, "it", 3), TooLarge(NOWHERE, limit=3, what="it")
    assert one == other
    assert hash(one) == hash(other)
    assert repr(pickle.loads(pickle.dumps(one))) == repr(one)
    assert one != TooLarge(NOWHERE, "it", 4)
    assert repr(one) == f"TooLarge(span={NOWHERE!r}, what='it', limit=3)"
    with pytest.raises(FrozenInstanceError):
        one.limit = 4
    with pytest.raises(FrozenInstanceError):
        del one.limit


def test_classes_are_apart_though_their_fields_agree() -> None:
    class One(Declared):
        value: int

    class Two(Declared):
        value: int

    assert One(1) != Two(1)
    assert One(1) != 1


def test_a_fault_is_reported_with_an_assignment() -> None:
    fault = NotWhole(NOWHERE, None, "a width", "1/2")
    assert fault.at((("width", "3"),)) == NotWhole(NOWHERE, (("width", "3"),), "a width", "1/2")
    assert fault.note is None


@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), (("it",), {}), (("it", 3, 4), {}), (("it", 3), {"limit": 3}), (("it", 3), {"most": 3})],
)
def test_wrong_fields_are_refused(given: tuple[object, ...], named: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="TooLarge takes span, what, limit"):
        TooLarge(NOWHERE, *given, **named)
