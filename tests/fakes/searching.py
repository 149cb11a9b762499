"""A search with `fake_training`, also as a separate process: `python -m tests.fakes.searching FOLDER [OPTIONS]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sqsem_dsl.api.space import Compilation
from sqsem_dsl.cli.messages import say
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.study.executors.inline import Inline
from sqsem_dsl.study.executors.processes import Processes

SPEC = """sqs 1
space small {{
  input x: [8]
  output y = x -> repeat n in 1..3 {{ dense(any [4, 8, 16]) -> relu }} -> dense(3) -> softmax
  train {{ epochs = 3 }}
  search {{ {search}  seed = 5 }}
}}
"""
"""39 architectures."""


def search(
    folder,
    search="algorithm = random",
    trials=None,
    workers=1,
    spec=SPEC,
    train="train",
    quiet=True,
    file=None,
    progress=None,
    **options,
):
    """Run or resume a search; the result."""
    from sqsem_dsl.study.options import SearchOptions
    from sqsem_dsl.study.progress.progress import LineProgress, NullProgress
    from sqsem_dsl.study.search import run_search
    from sqsem_dsl.study.spec_snapshot import Sources
    from tests.fakes.standin import dataset

    file = Path(file or Path(folder).with_suffix(".sqs"))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(spec.format(search=search))
    compilation = Compilation.from_file(file)
    name = f"tests.fakes.fake_training:{train}"
    data = dataset()
    executor = Processes(data, workers, train=name) if workers else Inline(data, name)
    progress = progress or (NullProgress() if quiet else LineProgress(sys.stderr))
    given = SearchOptions(trials=trials, **options)
    sources = Sources.of(compilation)
    return run_search(compilation.space, data, folder, executor, given, sources=sources, progress=progress)


def main() -> int:
    options = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    try:
        result = search(sys.argv[1], quiet=False, **options)
    except SqsError as error:
        say(error.diagnostics)
        return 1
    except KeyboardInterrupt:
        return 130
    print(json.dumps({"ended": result.ended, "trials": len(result.trials)}))
    return {None: 0, "interrupted": 130, "terminated": 143}[result.interrupted]


if __name__ == "__main__":
    sys.exit(main())
