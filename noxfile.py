"""Checks for a working tree, the same on a laptop and in CI: `nox -s lint quick-3.11` before a commit.

Each session has its own environment. `.ci/run` runs the same sessions from a fresh clone, those that need the package
with all its extras in the README's environment (`--no-venv`), where nothing is installed by them.
"""

from __future__ import annotations

from pathlib import Path

import nox
from nox.virtualenv import PassthroughEnv

PYTHONS = ["3.11", "3.12", "3.13"]
NO_BACKEND = "sqsem-dsl[tensorflow]"
"""What a search without a backend says to install."""
LEAN = ["pytest>=8", "pytest-xdist", "hypothesis>=6.100,<6.140", "filelock>=3.12", "pillow"]
"""Packages of the tests that need no framework. Hypothesis 6.170 takes all memory on recursive strategies."""
SPECS = ["specs", "sqsem_dsl/std", "benchmarks", "docs"]
"""Folders whose specs are in the layout of `sqsem fmt`."""
ON_JAX = [
    "tests/backends/test_keras.py",
    "tests/backends/test_standardize.py",
    "tests/study/test_specs.py",
    "tests/study/test_checkpoint.py",
    "tests/study/test_folds.py",
    "tests/data",
]

nox.options.sessions = ["lint", "types", "quick-3.11", "wheel"]
nox.options.reuse_existing_virtualenvs = True


@nox.session
def lint(session: nox.Session) -> None:
    """Style, format (of specs, too), and which module may import which."""
    _install(session, "-e", ".", "ruff>=0.6", "import-linter>=2")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    specs = [str(path) for folder in SPECS for path in sorted(Path(folder).glob("*.sqs"))]
    session.run("sqsem", "fmt", "--check", *specs)
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Strict types, with all extras whose types are read."""
    _install(session, "-e", ".[tensorflow,report,optuna,pandas,ray,dev]")
    session.run("mypy")


@nox.session(python=PYTHONS)
def quick(session: nox.Session) -> None:
    """Tests that need no framework: a few minutes on two cores."""
    session.install("-e", ".[report]", *LEAN)
    session.run("pytest", "-m", "quick", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """All tests, with TensorFlow. Searches are run: this takes long."""
    session.install("-e", ".[tensorflow,report,dev]")
    session.run("pytest", *session.posargs)


@nox.session
def long(session: nox.Session) -> None:
    """The tests that the README's command leaves out: slow ones, and those that run searches and their trials."""
    _install(session, "-e", ".[tensorflow,report,dev]")
    session.run("pytest", "-m", "search or slow", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The tests that read README and docs, and the examples in docstrings."""
    _install(session, "-e", ".[tensorflow,report,optuna,pandas,dashboard,dev]")
    session.run("pytest", "tests/docs", *session.posargs)
    doctests(session)


@nox.session
def doctests(session: nox.Session) -> None:
    """The examples in docstrings."""
    _install(session, "-e", ".[tensorflow,report,optuna,pandas,dashboard,dev]")
    session.run("pytest", "--doctest-modules", "sqsem_dsl", "--ignore=sqsem_dsl/__main__.py")


@nox.session
def extras(session: nox.Session) -> None:
    """The tests that need Optuna, pandas, exporters, a browser and a Ray cluster of two nodes, and the notebooks."""
    _install(session, "-e", ".[tensorflow,report,optuna,pandas,ray,export,dashboard,examples,dev]", "selenium>=4.20")
    on_ray = ["test_ray_cluster.py", "test_ray.py", "test_ray_study.py", "test_study.py"]
    session.run("pytest", "-n", "0", *(f"tests/study/{name}" for name in on_ray), "tests/docs/test_study.py")
    exports = ["tests/study/test_export.py", "tests/study/test_resolution.py"]
    session.run("pytest", "tests/docs/test_examples.py", *exports)
    session.run("pytest", "-n", "0", "tests/dashboard")
    session.run("pytest", "tests/study/test_algorithms.py")
    session.run("pytest", "tests/study/test_oracle.py", "tests/study/test_tuner.py", "-k", "tpe or nsga2")


@nox.session
def jax(session: nox.Session) -> None:
    """A short search and the tests of models, on JAX without TensorFlow."""
    session.install("-e", ".[jax]", *LEAN)
    session.run("python", "-c", "import importlib.util as u; assert u.find_spec('tensorflow') is None")
    env = {"KERAS_BACKEND": "jax"}
    study = str(Path(session.create_tmp()) / "study")
    short = ["--data", "digits", "--trials", "2", "--epochs", "2", "-o", study]
    session.run("sqsem", "search", "specs/digits.sqs", *short, env=env)
    session.run("pytest", *ON_JAX, *session.posargs, env=env)


@nox.session
def wheel(session: nox.Session) -> None:
    """The wheel, installed alone, compiles the shipped specs from another folder, and refuses to search without a
    backend."""
    session.install("build")
    folder = Path(session.create_tmp())
    for old in folder.glob("*.whl"):
        old.unlink()
    session.run("python", "-m", "build", "--wheel", "--outdir", str(folder))
    (built,) = folder.glob("*.whl")
    session.install(str(built))
    specs = {path.stem: str(path.resolve()) for path in sorted(Path("specs").glob("*.sqs"))}
    with session.chdir(folder):
        session.run("sqsem-compile", "--check", *specs.values())
        session.run("sqsem-compile", specs["squeezenet_se_auto"])
        toy = specs["toy"]
        session.run("python", "-m", "sqsem_dsl", "compile", toy, "--emit", "architecture", "--at", "38", silent=True)
        said = session.run("sqsem", "search", toy, "--data", "digits", silent=True, success_codes=[1])
        if NO_BACKEND not in str(said):
            session.error(f"a search without a backend does not name {NO_BACKEND}")
        where = "import sqsem_dsl, pathlib; here = pathlib.Path(sqsem_dsl.__file__).parent"
        session.run("python", "-c", f"{where}; assert 'site-packages' in str(here)")
        templates = ("report/html/templates/page.html", "report/html/templates/page.css")
        for file in ("py.typed", *templates, "dashboard/assets/dashboard.css", "dashboard/assets/dashboard.js"):
            session.run("python", "-c", f"{where}; assert (here / {file!r}).exists()")


@nox.session
def coverage(session: nox.Session) -> None:
    """Line and branch coverage of the quick tests."""
    session.install("-e", ".[report]", *LEAN, "pytest-cov")
    session.run("pytest", "-m", "quick", "--cov", "--cov-report=term", *session.posargs)


def _install(session: nox.Session, *packages: str) -> None:
    """Install packages, but not into an environment that is not the session's own."""
    if not isinstance(session.virtualenv, PassthroughEnv):
        session.install(*packages)
