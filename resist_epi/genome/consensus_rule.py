"""The one rule of a consensus, and the one number, where none is asked.

Functions, verbs, runs and scripts take them from here; nothing heavy is loaded for it.
"""

from __future__ import annotations

from typing import Literal

Rule = Literal["peaks", "bases"]

RULE: Rule = "peaks"

MIN_OVERLAP = 2  # samples
