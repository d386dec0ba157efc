"""`python -m resist_epi` is `resist-epi`."""

from __future__ import annotations

import sys
from pathlib import Path

# Python looks for modules in the working folder first; the user's files there are none.
if not sys.flags.safe_path and Path(sys.path[0]) != Path(__file__).parents[1]:
    del sys.path[0]

from resist_epi.cli.main import main

sys.exit(main())
