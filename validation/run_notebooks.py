"""Run the notebooks from a clean kernel, and keep their outputs.

    python validation/run_notebooks.py            run them, and say which outputs are others
    python validation/run_notebooks.py --write    and write them with their outputs

Each runs in an empty folder; what it writes there is thrown away. Text outputs must come again to
the letter; figures are drawn anew.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def names() -> list[str]:
    """The notebooks, without their suffix."""
    return sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))


def read(name: str) -> Any:
    """A notebook as it is kept."""
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


def run(name: str, folder: Path) -> Any:
    """A notebook with the outputs of a run in a folder."""
    book = read(name)
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(book, timeout=600, resources=where).execute()
    for cell in book.cells:
        cell.metadata = {}  # times of execution
    return book


def texts(book: Any) -> list[tuple[str, str]]:
    """Cell and text of every output that is text: printed, or shown as plain text."""
    found = []
    for cell in book.cells:
        for output in cell.get("outputs", []):
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            if "image/png" not in output.get("data", {}):
                found.append((str(cell.id), "".join(text)))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="keep the new outputs")
    parser.add_argument("names", nargs="*", default=names(), help="by default all")
    given = parser.parse_args()
    others = []
    for name in given.names:
        with TemporaryDirectory() as folder:
            book = run(name, Path(folder))
        if texts(book) != texts(read(name)):
            others.append(name)
        if given.write:
            nbformat.write(book, NOTEBOOKS / f"{name}.ipynb")
    print(f"other outputs: {', '.join(others) or 'none'}")
    return int(bool(others) and not given.write)


if __name__ == "__main__":
    sys.exit(main())
