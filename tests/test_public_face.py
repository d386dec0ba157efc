"""What `import resist_epi` and its rooms offer, and that it costs next to nothing."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import resist_epi.cli
from resist_epi.cli.main import VERBS
from resist_epi.counting.matrix_files import write_counts
from tests.support.builders import planted, sheet

ROOMS = [m.name for m in pkgutil.walk_packages(resist_epi.__path__, "resist_epi.") if m.ispkg]


@pytest.mark.parametrize("name", resist_epi.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(resist_epi, name).__doc__


def test_what_is_not_public_is_hidden_from_completion() -> None:
    assert dir(resist_epi) == sorted(resist_epi.__all__)
    assert len(resist_epi.__all__) >= 75
    assert not {"Any", "TYPE_CHECKING", "importlib", "lazy_loader"} & set(dir(resist_epi))


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="peaks"):
        resist_epi.peaks  # noqa: B018


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_it_is_for_and_hands_out_its_names(room: str) -> None:
    package = importlib.import_module(room)
    assert package.__doc__
    for name in getattr(package, "__all__", ()):
        assert not isinstance(getattr(package, name), ModuleType), f"{room}.{name} is a module"


HEAVY = {"numpy", "pandas", "scipy", "numba", "pyarrow", "matplotlib", "statsmodels", "formulaic"}
HEAVY |= {"pyBigWig", "pysam"}


def loaded(code: str) -> set[str]:
    """The modules that a fresh interpreter holds after this code."""
    run = [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"]
    return set(subprocess.run(run, capture_output=True, text=True, check=True).stdout.split())


def test_importing_loads_no_heavy_library() -> None:
    verbs = {f"resist_epi.cli.{m.name}" for m in pkgutil.iter_modules(resist_epi.cli.__path__)}
    verbs -= {"resist_epi.cli.script"}  # of the scripts beside the command line
    assert "resist_epi.cli.diff" in verbs
    assert HEAVY.isdisjoint(loaded(f"import resist_epi, {', '.join(verbs)}"))


def test_help_of_every_verb_and_errors_of_usage_load_no_heavy_library() -> None:
    asked = [[verb.NAME, "--help"] for verb in VERBS] + [["--help"], ["diff"], ["diff", "--no"]]
    code = f"from resist_epi.cli.main import main; print([main(a) for a in {asked}])"
    assert HEAVY.isdisjoint(loaded(code))


def test_a_plain_diff_loads_no_library_that_it_does_not_need(tmp_path: Path) -> None:
    write_counts(tmp_path / "counts.parquet", planted(n=300, per_group=4))
    sheet(["good"] * 4 + ["poor"] * 4).table.to_csv(tmp_path / "sheet.csv", index=False)
    code = (
        "import sys; from resist_epi.cli.main import main;"
        "main(['-q', 'diff', 'counts.parquet', '--samples', 'sheet.csv', '-o', 'out.tsv.gz']);"
        "print(*sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert (tmp_path / "out.tsv.gz").exists(), out.stderr
    heavy = {"scipy.stats", "scipy.optimize", "scipy.interpolate", "numba", "pysam", "pyBigWig"}
    heavy |= {"matplotlib", "statsmodels", "PIL", "gseapy", "jinja2"}
    assert heavy.isdisjoint(out.stdout.split())


def test_files_of_the_working_folder_are_no_modules(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise SystemExit('the folder of the user was searched')")
    (tmp_path / "coverage").mkdir()
    run = [sys.executable, "-m", "resist_epi", "--version"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
