"""``python -m har_lib`` is ``har``."""

import sys

from har_lib.cli import main

sys.exit(main())
