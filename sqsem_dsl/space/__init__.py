"""The space of architectures: the operators, the graph, its evaluation, and what users hold of it."""

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType


def _when_needed(name: str) -> ModuleType:
    """A module that is executed when something of it is first read."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    spec.loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# A right spec needs none of its fifty classes, which take longer to make than the spec takes to parse.
errors = _when_needed("sqsem_dsl.space.errors")
