"""What `import resist_epi` offers, and that it costs next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import resist_epi


@pytest.mark.parametrize("name", sorted(resist_epi._PUBLIC))
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(resist_epi, name).__doc__


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(resist_epi.__file__).read_text(encoding="utf-8"))
    block = next(n for n in tree.body if isinstance(n, ast.If))
    seen = {a.asname for n in block.body if isinstance(n, ast.ImportFrom) for a in n.names}
    assert seen == set(resist_epi._PUBLIC)


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'peaks'"):
        resist_epi.peaks  # noqa: B018


def test_importing_loads_no_heavy_library() -> None:
    code = "import resist_epi, resist_epi.cli.main, sys; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"pandas", "scipy", "numba", "matplotlib", "statsmodels", "formulaic", "pyBigWig"}
    assert heavy.isdisjoint(out.stdout.split())
