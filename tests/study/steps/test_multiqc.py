"""A run as MultiQC takes it: its own reading of the form, and MultiQC itself where it is there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import yaml

from resist_epi.io.run_folder import is_run_file, run_path
from resist_epi.io.tables import write_table
from resist_epi.study.provenance import Provenance
from resist_epi.study.steps.multiqc import write_multiqc

PROVENANCE = Provenance("9.9", python="3.11.0", libraries={"scipy": "1.10", "numpy": "2.0"})

MULTIQC = os.environ.get("RESIST_EPI_MULTIQC") or shutil.which("multiqc")


def make_run(out: Path, places: tuple[Path, ...] = (), **quality: object) -> list[Path]:
    rows = {
        "sample": ["A1", "B1"],
        "mark": "H3K27me3",
        "condition": ["good", "poor"],
        "library_size": [1234567.0, 2e6],
        "n_peaks": [10, 12],
        "fraction_in_peaks": [0.25, float("nan")],
        "spike_in_reads": float("nan"),
    }
    write_table(run_path(out, "all_quality"), pd.DataFrame({**rows, **quality}))
    facts = {
        "calls": {"gain": 3, "loss": 1},
        "filter": {"kept": 40, "of": 90},
        "method": {"name": "ql"},
        "normalization": {"name": "background"},
    }
    for place in places or (out,):
        header = {"contrast": "poor minus good; positive = more", "question": {"fdr": 0.1}}
        path = run_path(place, "results", "H3K27me3", "promoters")
        write_table(path, pd.DataFrame({"a": [1], "b": [2]}), header={**header, "facts": facts})
        factors = {
            "sample": ["A1", "B1"] * 2,
            "normalization": ["background"] * 2 + ["tmm"] * 2,
            "size_factor": [0.5, 2.0, 1.0, 1.0],
        }
        write_table(run_path(place, "normalization", "H3K27me3"), pd.DataFrame(factors))
    return write_multiqc(out, ["H3K27me3", "ER"], places, PROVENANCE)


def read(path: Path) -> tuple[dict[str, object], list[dict[str, str]]]:
    """Header and rows, as MultiQC splits them."""
    lines = path.read_text().splitlines()
    top = "\n".join(line.removeprefix("#") for line in lines if line.startswith("#"))
    names, *rows = (line.split("\t") for line in lines if not line.startswith("#"))
    assert {len(row) for row in rows} == {len(names)}
    return yaml.safe_load(top), [dict(zip(names, row, strict=True)) for row in rows]


def test_libraries_calls_factors_and_versions(tmp_path: Path) -> None:
    written = make_run(tmp_path)
    assert all(is_run_file(p.relative_to(tmp_path).as_posix()) for p in written)
    top, rows = read(run_path(tmp_path, "multiqc_libraries"))
    assert top["plot_type"] == "generalstats"
    assert rows[0]["sample"] == "A1"
    assert rows[0]["library_size"] == "1234567"
    assert rows[1]["fraction_in_peaks"] == ""  # not known is no number
    assert "spike_in_reads" not in rows[0]
    assert list(rows[0])[1:] == list(top["headers"])
    top, rows = read(run_path(tmp_path, "multiqc_calls"))
    assert top["plot_type"] == "table"
    assert "0.1: poor minus good." in top["description"]
    assert rows == [
        {
            "regions of": "H3K27me3 promoters",
            **{"gain": "3", "loss": "1", "tested": "40", "regions": "90"},
            **{"method": "ql", "normalization": "background"},
        }
    ]
    _, rows = read(run_path(tmp_path, "multiqc_factors"))
    assert rows == [{"unit": "A1", "H3K27me3": "0.5"}, {"unit": "B1", "H3K27me3": "2"}]
    versions = yaml.safe_load(run_path(tmp_path, "multiqc_versions").read_text())
    assert versions == {
        "resist_epi": {"resist_epi": "9.9", "Python": "3.11.0", "numpy": "2.0", "scipy": "1.10"}
    }


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = (make_run(tmp_path / name) for name in ("one", "two"))
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


def test_contrasts_are_told_apart(tmp_path: Path) -> None:
    places = tuple(tmp_path / "contrasts" / name for name in ("b-a", "c-a", "joint"))
    make_run(tmp_path, places)
    _, rows = read(run_path(tmp_path, "multiqc_calls"))
    assert [row["regions of"] for row in rows] == [
        "H3K27me3 promoters, b-a",
        "H3K27me3 promoters, c-a",
    ]


def test_a_run_without_tests_has_its_libraries(tmp_path: Path) -> None:
    write_table(
        run_path(tmp_path, "all_quality"),
        pd.DataFrame({"sample": ["A"], "mark": ["ER"], "condition": ["good"], "n_peaks": [3]}),
    )
    written = write_multiqc(tmp_path, ["ER"], (), PROVENANCE)
    assert [p.name for p in written] == [
        "resist_epi_libraries_mqc.tsv",
        "resist_epi_mqc_versions.yml",
    ]


def test_names_are_text_there(tmp_path: Path) -> None:
    make_run(tmp_path, sample=["#A\t1", "<img src=x onerror=alert(1)>"], condition=["a: b", "{c"])
    top, rows = read(run_path(tmp_path, "multiqc_libraries"))
    assert [row["sample"] for row in rows] == ["A 1", "(img src=x onerror=alert(1))"]
    assert rows[0]["condition"] == "a: b"
    assert top["id"] == "resist_epi_libraries"


@pytest.mark.skipif(MULTIQC is None, reason="multiqc is not installed (pip install multiqc)")
def test_multiqc_itself_reads_them(tmp_path: Path) -> None:
    make_run(tmp_path / "run")
    found = tmp_path / "found"
    command = [str(MULTIQC), "--no-version-check", "--no-ansi", "--strict", "-o", str(found)]
    done = subprocess.run(
        [*command, str(tmp_path / "run")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    data = json.loads((found / "multiqc_data" / "multiqc_data.json").read_text())
    text = json.dumps(data)
    for what in ("H3K27me3 promoters", "resist_epi_size_factors", "1234567"):
        assert what in text, what
    assert "scipy" in (found / "multiqc_data" / "multiqc_software_versions.txt").read_text()
