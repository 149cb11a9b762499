"""`python -m sqsem_dsl` is `sqsem`."""

import sys

from sqsem_dsl.cli import main

sys.exit(main())
