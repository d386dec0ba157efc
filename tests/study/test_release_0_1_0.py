"""What 0.1.0 wrote is read: a study's settings, counts and results."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import read_counts
from resist_epi.io.tables import read_results, read_table
from resist_epi.study.settings import StudySettings
from resist_epi.study.study_file import read_study, write_study

FILES = Path(__file__).resolve().parents[1] / "support" / "release_0_1_0"
PROMOTERS, BODIES = "H3K27me3.promoters", "H3K36me3.genes"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The files, in a folder of their own."""
    return Path(shutil.copytree(FILES, tmp_path / "old"))


def test_the_settings_of_a_study_are_read(old: Path, tmp_path: Path) -> None:
    settings = read_study(old / "study.yaml")
    assert settings.sheet == tmp_path / "sheet.csv"
    assert (settings.design, settings.fdr, settings.control) == ("~ Condition", 0.05, "none")
    write_study(old / "again.yaml", settings)
    assert read_study(old / "again.yaml") == settings
    assert set(settings.model_dump()) <= set(StudySettings.model_fields)


@pytest.mark.parametrize("name", [f"{PROMOTERS}.parquet", f"{PROMOTERS}.counts.tsv.gz"])
def test_counts_are_read(old: Path, name: str) -> None:
    counts = read_counts(old / name)
    assert counts.values.shape == (90, 8)
    assert counts.quantity == "mean_signal"
    np.testing.assert_allclose(
        counts.values, read_counts(old / f"{PROMOTERS}.parquet").values, rtol=1e-9
    )


def test_counts_give_the_results_that_were_written_beside_them(old: Path, tmp_path: Path) -> None:
    counts = old / f"{PROMOTERS}.parquet"
    out = tmp_path / "again.tsv"
    options = ["--samples", str(old / "sheet.csv"), "--normalize", "library_size"]
    assert main(["diff", str(counts), *options, "-o", str(out)]) == 0
    before, now = read_results(old / f"{PROMOTERS}.tsv.gz"), read_results(out)
    for column in ("baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj"):
        np.testing.assert_allclose(now[column], before[column], rtol=1e-9)


def test_results_go_on_to_gene_sets_and_marks(old: Path, tmp_path: Path) -> None:
    results, counts = old / f"{PROMOTERS}.tsv.gz", old / f"{PROMOTERS}.parquet"
    sets = tmp_path / "sets.tsv"
    options = ["--counts", str(counts), "--samples", str(old / "sheet.csv")]
    options += ["--gene-sets", str(old / "sets.gmt"), "--normalize", "library_size"]
    assert main(["enrich", str(results), *options, "-o", str(sets)]) == 0
    assert read_table(sets).set_index("set").loc["GAINED", "n_gain"] == 2
    switches = tmp_path / "switches.tsv"
    bodies = old / f"{BODIES}.tsv.gz"
    assert main(["marks", str(results), str(bodies), "-o", str(switches)]) == 0
    assert len(read_table(switches)) == 90
