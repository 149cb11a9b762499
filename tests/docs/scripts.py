"""The scripts of `benchmarks/` as modules, to compare their counts with the pages."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def script(name: str) -> ModuleType:
    """The module `benchmarks/NAME.py`."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look for their annotations there
    spec.loader.exec_module(module)
    return module


def page(name: str) -> str:
    """The page `docs/NAME`."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")
