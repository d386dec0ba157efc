"""`python -m resist_epi` is `resist-epi`."""

import sys

from resist_epi.cli.main import main

sys.exit(main())
