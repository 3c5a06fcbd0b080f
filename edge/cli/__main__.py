"""``python -m edge.cli``: the command line without the installed script."""

from __future__ import annotations

import sys

from edge.cli import main

sys.exit(main())
