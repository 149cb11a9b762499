"""Modules that are there by name, and executed when something of them is first read.

Making the classes of all diagnostics takes longer than parsing a spec, and a right spec needs none of them.
"""

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType


def when_needed(name: str) -> ModuleType:
    """The module of that name, not yet executed. Its package keeps it: `from package import module` finds it so."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    spec.loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
