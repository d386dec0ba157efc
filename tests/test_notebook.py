"""The notebooks run from a clean kernel, and show again what they are kept with."""

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

run_notebooks = pytest.importorskip("run_notebooks", reason="the extra [notebook] is not installed")

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))

# Figures of each.
DRAWN = {"first_study": 2, "heatmaps": 5, "peaks_alone": 4}


def text_of(name: str) -> str:
    return (NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_kept_with_its_outputs_and_no_path_of_a_machine(name: str) -> None:
    cells = json.loads(text_of(name))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    assert sum("image/png" in o.get("data", {}) for o in outputs) == DRAWN[name]
    said = json.dumps([o for o in outputs if "image/png" not in o.get("data", {})])
    assert not re.search(r"(?<![\w<])/(?:tmp|home|root|work|usr|Users|var|opt)\b", said)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_shows_again_what_it_is_kept_with(name: str, tmp_path: Path) -> None:
    made = run_notebooks.run(name, tmp_path)
    assert run_notebooks.texts(made) == run_notebooks.texts(run_notebooks.read(name))


def test_the_first_study_finds_what_was_planted() -> None:
    outputs = run_notebooks.texts(run_notebooks.read("first_study"))
    said = next(text for _, text in outputs if "genes called" in text)
    called, right = (int(word) for word in said.split() if word.isdigit())
    assert called >= 5
    assert right >= 0.8 * called


def test_another_output_is_seen() -> None:
    book = run_notebooks.read("first_study")
    before = run_notebooks.texts(book)
    cell = next(c for c in book.cells if any("text" in o for o in c.get("outputs", [])))
    cell.outputs[0]["text"] += "more"
    assert run_notebooks.texts(book) != before


@pytest.mark.parametrize("name", NAMES)
def test_every_public_function_that_it_uses_has_an_example(name: str) -> None:
    cells = json.loads(text_of(name))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    used = sorted(set(re.findall(r"\brx\.([a-z_]+)\(", code)))
    assert len(used) >= 12
    assert [name for name in used if ">>>" not in (getattr(rx, name).__doc__ or "")] == []
    simulated = (CohortSettings, simulate_cohort, truth_table)
    for item in (*simulated, write_cohort):
        assert ">>>" in (item.__doc__ or "")


def test_peaks_alone_say_how_far_they_hold() -> None:
    outputs = run_notebooks.texts(run_notebooks.read("peaks_alone"))
    said = next(text for _, text in outputs if "were planted" in text)
    more_often, right = (int(word) for word in said.split() if word.isdigit())
    assert 0 < right < more_often
    assert any("descriptive" in text and "not adjusted" in text for _, text in outputs)
