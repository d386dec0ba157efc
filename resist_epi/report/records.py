"""What `check` said of a run, read back from its folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from resist_epi.io.tables import read_table
from resist_epi.schema import CHECK, names


def read_check(path: Path) -> pd.DataFrame:
    """What `check` found of a run, as text; no row where there is no such file."""
    if not path.is_file():
        return pd.DataFrame(columns=names(CHECK))
    return read_table(path, required=names(CHECK)).fillna("").astype(str)
