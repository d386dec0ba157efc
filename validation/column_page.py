"""The page of columns, docs/guide/columns.md, from `resist_epi.schema`.

    python validation/column_page.py           print it
    python validation/column_page.py --write   and write it

A test holds page and schema together.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from resist_epi.io.run_folder import COMPARISON_FILES, FILES
from resist_epi.schema.column import Column
from resist_epi.schema.dictionary import TABLES, Table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "guide" / "columns.md"

HEAD = """# Columns

Every column of every table, in the order in which they are written; later versions append columns
and rename none. `CAPITALS` in a name stand for a mark, a group, a unit or a kind of regions. Each
table begins with `#` lines that say what was tested; a value that does not apply is empty (`NA`).
What the columns of results mean together is in
[how to read the results](../../README.md#how-to-read-the-results).

The page is written by `python validation/column_page.py --write`.
"""


def page() -> str:
    """The page, whole."""
    return "\n".join([HEAD, *map(_section, TABLES)])


def _section(table: Table) -> str:
    known: dict[str, str] = {}
    known.update(FILES.items())
    known.update(COMPARISON_FILES.items())
    files = [known[name] for name in table.files]
    shown = ", ".join(f"`{f.replace('{mark}', 'MARK').replace('{of}', 'KIND')}`" for f in files)
    lines = [f"## {table.title}", "", f"One row {table.row}.{f' {shown}.' if shown else ''}", ""]
    for part in table.parts:
        if part.when:
            lines += [f"{part.when[0].upper()}{part.when[1:]}:", ""]
        lines += ["| column | holds | unit | meaning |", "|---|---|---|---|"]
        lines += [_row(column) for column in part.columns] + [""]
    return "\n".join(lines)


_HOLDS = {
    "str": "text",
    "path": "a file",
    "int64": "whole number",
    "Int64": "whole number",
    "float64": "number",
    "bool": "yes or no",
}


def _row(column: Column) -> str:
    meaning = column.meaning.replace("|", "\\|")
    return f"| `{column.name}` | {_HOLDS[column.dtype]} | {column.unit} | {meaning} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")


if __name__ == "__main__":
    main()
