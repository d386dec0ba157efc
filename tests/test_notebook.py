"""The notebook runs from a clean kernel."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import resist_epi as rx
from resist_epi.simulation.cohort import simulate_cohort
from resist_epi.simulation.files import write_cohort
from resist_epi.simulation.settings import CohortSettings
from resist_epi.simulation.truth import truth_table

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "first_study.ipynb"


def test_the_notebook_is_committed_without_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert all(not cell.get("outputs") for cell in cells)


@pytest.mark.slow
def test_the_notebook_runs_and_finds_what_was_planted(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason="the extra [notebook] is not installed")
    nbclient = pytest.importorskip("nbclient", reason="the extra [notebook] is not installed")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    said = next(o["text"] for o in outputs if "genes called" in o.get("text", ""))
    called, right = (int(word) for word in said.split() if word.isdigit())
    assert called >= 5
    assert right >= 0.8 * called
    assert sum("image/png" in o.get("data", {}) for o in outputs) == 2


def test_every_public_function_that_it_uses_has_an_example() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    used = sorted(set(re.findall(r"\brx\.([a-z_]+)\(", code)))
    assert len(used) >= 15
    assert [name for name in used if ">>>" not in (getattr(rx, name).__doc__ or "")] == []
    simulated = (CohortSettings, simulate_cohort, truth_table)
    for item in (*simulated, write_cohort):
        assert ">>>" in (item.__doc__ or "")
