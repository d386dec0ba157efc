"""A program in the place of Snakemake, which notes how it was called and leaves with a code."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PYTHON = sys.executable

_TEXT = """#!{python}
import json, os, sys, time
json.dump(
    {{"arguments": sys.argv[1:], "folder": os.getcwd(), "path": os.environ["PATH"]}},
    open({calls!r}, "w"),
)
{body}
sys.exit({code})
"""


@dataclass(frozen=True)
class FakeSnakemake:
    """The program, and where it notes its call."""

    program: Path
    calls: Path

    @property
    def call(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.calls.read_text())
        return found


def fake_snakemake(folder: Path, *, code: int = 0, body: str = "") -> FakeSnakemake:
    """Write it; `body` is what it does besides."""
    folder.mkdir(parents=True, exist_ok=True)
    made = FakeSnakemake(folder / "snakemake", folder / "call.json")
    text = _TEXT.format(python=PYTHON, calls=str(made.calls), body=body, code=code)
    made.program.write_text(text)
    made.program.chmod(0o755)
    return made
