"""Write the JSON schemas of `data/` from the sheet's columns and the settings of a study.

python data_sources/build_json_schemas.py
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from resist_epi.study.json_schemas import sheet_schema, study_schema

DATA = Path(__file__).resolve().parents[1] / "data"

FILES: dict[str, Callable[[], dict[str, Any]]] = {
    "sheet.schema.json": sheet_schema,
    "study.schema.json": study_schema,
}


def as_text(schema: dict[str, Any]) -> str:
    """A schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    for name, make in FILES.items():
        (DATA / name).write_text(as_text(make()), encoding="utf-8")


if __name__ == "__main__":
    main()
