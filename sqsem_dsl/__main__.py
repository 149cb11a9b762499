"""`python -m sqsem_dsl` is `sqsem`."""

import sys

if not sys.flags.safe_path and sys.path:
    # Python puts the working directory first: a file there must not stand in for a module of the standard library.
    sys.path.append(sys.path.pop(0))

from sqsem_dsl.cli import main

sys.exit(main())
