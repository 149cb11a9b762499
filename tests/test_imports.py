"""The compiler works without a framework: checking, counting, sampling, formatting, and all output of commands.

Each test runs a fresh interpreter in which importing any of the packages fails, as if it were not installed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.journals import make_study

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "specs" / "digits.sqs"
FRAMEWORKS = (
    "keras", "keras_tuner", "tensorflow", "jax", "torch", "sklearn", "scipy", "pandas", "matplotlib", "PIL", "rich",
    "tensorboard", "six", "jinja2",
)  # fmt: skip
ABSENT = """
import sys

class Without:
    '''A finder of modules that does not find some.'''

    def __init__(self, finder, names):
        self.finder, self.names = finder, names

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in self.names else self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = [Without(finder, %r) for finder in sys.meta_path]
"""


def run(code: str, *absent: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Python code in an interpreter without some packages."""
    script = ABSENT % (absent,) + code
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )
    assert not check or result.returncode == 0, result.stderr
    return result


def command(*arguments: str, program: str = "compile_main") -> str:
    """The code that runs a command."""
    return f"import sys\nfrom sqsem_dsl.cli import {program}\nsys.exit({program}({list(arguments)!r}))\n"


@pytest.mark.parametrize("package", ["keras", "numpy", "sklearn"])
def test_the_packages_really_are_absent(package: str) -> None:
    """Otherwise the tests below would say nothing."""
    assert "ModuleNotFoundError" in run(f"import {package}", package, check=False).stderr
    assert run(f"from importlib.util import find_spec; print(find_spec({package!r}))", package).stdout == "None\n"


def test_the_interface_works_without_a_framework() -> None:
    run(
        f"""
import sqsem_dsl as sqs
space = sqs.load({str(SPEC)!r})
assert space.count > 1
assert space.choices[0].path
first = space.default()
assert first.params > 0 and first.macs > 0
sampled = space.sample_one(3)
assert space.at(sampled.choices).layers == sampled.layers
assert 0 <= space.index(sampled.choices) < space.count
assert space.resolve(sampled.choices) is not None
assert space.at(1).to_json()["params"] == space.at(1).params
assert sqs.format_text("space s{{input x:[4] output y=x->dense(2)}}")
assert space.search_settings.algorithm and space.inputs and space.outputs
""",
        *FRAMEWORKS,
        "numpy",
    )


def test_checking_does_not_load_numpy() -> None:
    assert run(command("--check", str(SPEC)), *FRAMEWORKS, "numpy").stderr == ""


def test_the_summary_needs_no_framework() -> None:
    assert "digits" in run(command(str(SPEC)), *FRAMEWORKS).stdout


EMITTED = ("spec", "schema", "text", "choices", "architecture", "hypermodel", "analysis", "sample")


def test_everything_that_is_emitted_needs_no_framework() -> None:
    """One after another in one process."""
    emit = """
from contextlib import redirect_stdout
from io import StringIO
from sqsem_dsl.cli import compile_main
for target in %r:
    with redirect_stdout(StringIO()) as written:
        assert compile_main([%r, "--emit", target]) == 0
    print(target, len(written.getvalue()))
"""
    written = dict(line.split() for line in run(emit % (EMITTED, str(SPEC)), *FRAMEWORKS).stdout.splitlines())
    assert tuple(written) == EMITTED
    assert min(map(int, written.values())) > 100


def test_every_target_is_tested() -> None:
    from sqsem_dsl.cli.compile import TARGETS

    assert set(TARGETS) == {*EMITTED, "python"}


def test_python_code_is_written_from_a_built_model() -> None:
    result = run(command(str(SPEC), "--emit", "python"), *FRAMEWORKS, check=False)
    assert result.returncode == 1
    assert "pip install 'sqsem-dsl[tensorflow]'" in result.stderr


@pytest.mark.parametrize(
    "code",
    [
        "space.default().build()",
        "space.hypermodel()",
        "space.tuner()",
    ],
)
def test_what_needs_keras_says_what_to_install(code: str) -> None:
    result = run(
        f"""
import sqsem_dsl as sqs
space = sqs.load({str(SPEC)!r})
try:
    {code}
except (ModuleNotFoundError, sqs.SqsError) as error:
    print(error)
""",
        *FRAMEWORKS,
    )
    assert "sqsem-dsl[tensorflow]" in result.stdout


def test_a_search_without_keras_says_what_to_install() -> None:
    result = run(command("search", str(SPEC), "--data", "digits", program="main"), *FRAMEWORKS, check=False)
    assert result.returncode == 1
    assert "sqsem-dsl[tensorflow]" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_dashboard_says_what_to_install(tmp_path: Path) -> None:
    make_study(tmp_path)
    result = run(command("dashboard", str(tmp_path), program="main"), "dash", check=False)
    assert result.returncode == 1
    assert "sqsem-dsl[dashboard]" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_results_of_a_search_need_no_framework(tmp_path: Path) -> None:
    """None of them loads pandas, which only frames need."""
    make_study(tmp_path)
    forms = """
from sqsem_dsl.cli import main
for form in ([], ["--csv"], ["--json"]):
    assert main(["trials", %r, *form]) == 0
    print("end of this form")
"""
    shown = run(forms % str(tmp_path), *FRAMEWORKS).stdout.split("end of this form\n")
    assert [len(text) > 100 for text in shown] == [True, True, True, False]
    code = f"""
import sqsem_dsl as sqs
study = sqs.load_study({str(tmp_path)!r})
assert study.architecture(study.best.number).params == study.best.params
try:
    study.to_pandas()
except sqs.SqsError as error:
    print(error)
"""
    assert "sqsem-dsl[pandas]" in run(code, *FRAMEWORKS).stdout


def test_loading_the_interface_loads_no_heavy_module() -> None:
    """Also of installed packages."""
    code = f"import sqsem_dsl, sys\nprint(sorted({set(FRAMEWORKS) | {'numpy'}!r} & set(sys.modules)))"
    assert run(code).stdout.strip() == "[]"


def test_ranges_and_effects_of_costs_need_no_numpy() -> None:
    """The statistics of costs that are available without arrays."""
    run(
        """
from sqsem_dsl.analysis.costs.effects import effects
from sqsem_dsl.analysis.costs.ranges import ranges
from sqsem_dsl.diagram.minimize import contracted
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge
edges = Edge(0, 0, 0, 1, (4, 2, 1, 0), 3), Edge(0, 0, 1, 1, (6, 4, 3, 0), 5)
diagram, _ = contracted(DecisionDiagram(2, edges, (1,)))
assert ranges(diagram)["params"].high.value == 6
assert [effect.macs for effect in effects(diagram)] == [-1, 1]
""",
        *FRAMEWORKS,
        "numpy",
    )
