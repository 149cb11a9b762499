"""Random specs: every node type, well formed in the sense of the grammar, with names that are keywords elsewhere."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.ast import outline

NAMES = [
    "x", "conv", "relu", "w", "it", "add", "_a", "B2", "true", "input", "output", "space", "block", "shared", "tied",
    "train", "search", "meta", "use", "from", "sqs", "step", "log", "prior", "below", "padded", "carry", "where",
]  # fmt: skip
name = st.sampled_from(NAMES)
maybe_name = st.none() | name
number = st.builds(
    m.Number, text=st.sampled_from(["0", "1", "32", "1.25M", "1e-4", "0.5", "16_000", "3K", "2E+3", "1e4", "7.0"])
)
line = st.text(st.characters(exclude_characters='"\n', exclude_categories=["Cs"]), max_size=12)
text = st.builds(m.Text, value=line)
plain_name = st.builds(m.Name, name=name, label=maybe_name)
leaf = number | plain_name | text


def tuples(elements: st.SearchStrategy, least: int = 0, most: int = 3) -> st.SearchStrategy:
    return st.lists(elements, min_size=least, max_size=most).map(tuple)


def _extend(inner: st.SearchStrategy) -> st.SearchStrategy:
    """Expressions one level around `inner`."""
    value = st.deferred(lambda: inner | list_of | any_of)
    list_of = st.builds(m.ListOf, items=tuples(st.deferred(lambda: inner | any_of), 1))
    range_of = st.builds(m.Range, low=inner, high=inner, step=st.none() | inner, log=st.booleans())
    domain = list_of | range_of
    prior = st.none() | inner | list_of
    any_of = st.builds(m.AnyOf, domain=domain, prior=prior)
    argument = st.builds(m.Argument, name=maybe_name, value=value)
    index = inner | st.builds(m.Every) | st.builds(m.Range, low=inner, high=inner)
    call = st.builds(m.Call, name=name, arguments=tuples(argument), label=maybe_name)
    axis = st.deferred(lambda: st.builds(m.Axis, name=name, domain=domain))
    indices = st.none() | st.deferred(lambda: st.builds(m.Indices, axes=tuples(axis, 1), where=st.none() | inner))
    local = st.one_of(
        st.builds(m.Const, name=name, value=inner | list_of),
        st.builds(m.Param, name=name, indices=indices, domain=domain, prior=prior),
        st.builds(m.Let, name=name, value=inner),
        st.builds(m.LetSeveral, names=tuples(name, 2), value=inner),
        st.builds(m.Require, condition=inner),
    )
    body = st.builds(m.Body, statements=st.just(()) | tuples(local), out=inner)
    several = st.builds(m.Body, statements=st.just(()) | tuples(local), out=inner, more=tuples(inner))
    carried = tuples(st.builds(m.Carried, name=name, value=inner), 1)
    alternatives = tuples(st.builds(m.Alternative, name=name, body=body), 1)
    when = st.builds(m.When, test=inner, then=body, other=st.none() | body)
    structure = st.one_of(
        st.builds(m.Slot, name=name, prior=prior, body=body),
        st.builds(m.OptionalInput, name=name, prior=prior, body=body),
        st.builds(m.Choose, name=name, prior=prior, alternatives=alternatives),
        st.builds(m.Pick, name=name, domain=domain, prior=prior, alternatives=alternatives),
        st.builds(m.Repeat, name=name, domain=domain, prior=prior, index=maybe_name, body=body),
        st.builds(m.Repeat, count=inner, index=maybe_name, body=body),
        st.builds(m.Repeat, count=inner, index=maybe_name, carried=carried, body=several),
        st.builds(m.Repeat, name=name, domain=domain, prior=prior, index=maybe_name, carried=carried, body=several),
        st.builds(m.Bypass, name=name, body=body),
        st.builds(m.Bypass, name=name, domain=domain, prior=prior, body=body),
        when,
        st.builds(m.When, test=inner, then=body, other=when),
    )
    stage = plain_name | call | structure | st.builds(m.Group, body=body)
    return st.one_of(
        call,
        st.builds(m.Item, name=name, indices=tuples(index, 1, 2)),
        st.builds(
            m.ChoicePath,
            steps=tuples(st.builds(m.Name, name=name) | st.builds(m.Item, name=name, indices=tuples(index, 1)), 2),
        ),
        st.builds(m.Unary, operator=st.sampled_from(["-", "not"]), operand=inner),
        st.builds(
            m.Binary,
            operator=st.sampled_from(get_args(m.BinaryOperator)),
            left=inner,
            right=inner,
        ),
        st.builds(m.Member, item=inner, options=list_of),
        st.builds(m.Pipe, source=inner.filter(lambda e: not isinstance(e, m.Pipe)), stages=tuples(stage, 1)),
        structure,
    )


expr = st.recursive(leaf, _extend, max_leaves=14)
list_of = st.builds(m.ListOf, items=tuples(expr, 1, 6))
domain = list_of | st.builds(m.Range, low=expr, high=expr, step=st.none() | expr, log=st.booleans())
prior = st.none() | expr | list_of
value = expr | list_of | st.builds(m.AnyOf, domain=domain, prior=prior)
indices = st.builds(m.Indices, axes=tuples(st.builds(m.Axis, name=name, domain=domain), 1), where=st.none() | expr)
local = st.one_of(
    st.builds(m.Const, name=name, value=expr | list_of),
    st.builds(m.Param, name=name, indices=st.none() | indices, domain=domain, prior=prior),
    st.builds(m.Let, name=name, value=expr),
    st.builds(m.LetSeveral, names=tuples(name, 2), value=expr),
    st.builds(m.Require, condition=expr),
)
formal = st.builds(outline.Formal, name=name, type=maybe_name, default=st.none() | expr)
block = st.builds(
    outline.Block,
    name=name,
    sharing=st.sampled_from([None, "shared", "tied"]),
    formals=tuples(formal, 1),
    doc=st.none() | line,
    body=st.builds(m.Body, statements=tuples(local), out=expr),
)
settings = st.builds(
    outline.Settings,
    section=st.sampled_from(["train", "search", "meta"]),
    settings=tuples(st.builds(outline.Setting, name=name, qualifier=maybe_name, value=value)),
)
item = st.one_of(
    local,
    block,
    settings,
    st.builds(outline.Input, name=name, shape=list_of, below=st.none() | expr, padded=st.booleans()),
    st.builds(outline.Output, name=name, value=expr),
)
space = st.builds(outline.Space, name=name, doc=st.none() | line, items=tuples(item))
use = st.builds(outline.Use, names=tuples(name, 1), library=name) | st.builds(
    outline.Use, names=tuples(name, 1), path=line
)
spec = st.builds(
    outline.Spec, version=st.sampled_from([None, "1"]), uses=tuples(use, 0, 2), definitions=tuples(space | block, 0, 2)
)
