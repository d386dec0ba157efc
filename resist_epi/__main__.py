"""`python -m resist_epi` is `resist-epi`."""

from __future__ import annotations

import sys

from resist_epi.cli.main import main

sys.exit(main())
