"""The worked example of CUT&Tag runs as it stands there, and its numbers hold."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import read_counts
from resist_epi.io.tables import read_results, read_table
from tests.support.texts import TOP, commands

PAGE = TOP / "docs" / "examples" / "cut_and_tag.md"
TEXT = PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Folder in which the page's commands ran, and what `check` said."""
    folder, said = tmp_path_factory.mktemp("cut"), io.StringIO()
    ran = [c.text for c in commands(TEXT) if c.language == "bash"]
    assert len(ran) == 6
    with contextlib.chdir(folder):
        for command in ran:
            with contextlib.redirect_stdout(said):
                program, *arguments = shlex.split(command)
                assert program == "resist-epi"
                assert main(["--quiet", *arguments]) == 0
    return folder, said.getvalue()


def fold_changes(folder: Path, name: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Results of genes' own promoters, and the truth."""
    truth = read_table(folder / "cohort" / "truth.tsv.gz").set_index("gene_id")["promoter_log2"]
    results = read_results(folder / f"{name}.tsv")
    return results, truth.reindex(results["gene_id"]).to_numpy()


def test_check_says_what_the_assay_is_and_that_e_coli_is_there(study: tuple[Path, str]) -> None:
    _, said = study
    assert "CUT&Tag, by default: fragments, pairs from end to end" in said
    assert "E. coli (1 sequence: U00096.3) in 8 of 8 files" in said
    assert "its reads are counted as spike-in" in said


def test_e_coli_is_counted_once_and_is_no_part_of_the_genome(study: tuple[Path, str]) -> None:
    folder, _ = study
    counts, bins = (read_counts(folder / f"{n}.parquet") for n in ("promoters", "bins"))
    (species,) = counts.metadata["exogenous"]
    reads = pd.Series(counts.metadata["exogenous"][species])
    assert species == "E. coli"
    assert f"{reads.min():,.0f} to {reads.max():,.0f} a library" in TEXT
    assert set(bins.regions["chrom"]) <= {"chr21", "chr22"}
    # Every fragment of the genome touches a bin, two where it lies on their border.
    ratio = bins.values.sum(axis=0) / bins.library_sizes
    assert ((ratio >= 1) & (ratio < 1.05)).all()


def test_only_spike_in_sees_that_the_mark_is_lost(study: tuple[Path, str]) -> None:
    folder, _ = study
    said = {}
    for name, row in (("results", "spike-in"), ("relative", "`tmm_rounds`")):
        results, true = fold_changes(folder, name)
        changed = results["pvalue"].notna().to_numpy() & (np.abs(true) > 0.1)
        lost = int((results["direction"] == "loss").sum())
        # Where all is lost, what is lost less seems to gain, once the loss is taken away.
        gained = int((results["direction"] == "gain").sum())
        assert gained <= {"results": 0, "relative": 3}[name]
        estimate = float(np.median(results["log2FoldChange"][changed]))
        truth = float(np.median(true[changed]))
        line = re.search(rf"^\| {re.escape(row)}.*$", TEXT, re.M)
        assert line is not None
        for figure in (f"| {lost}", f"{estimate:+.2f}".replace("-", "−"), f"{truth:.2f}"[1:]):
            assert figure in line[0]
        said[name] = estimate - truth
    assert abs(said["results"]) < 0.1
    assert said["relative"] > 0.9


def test_background_is_too_sparse_and_this_is_said(
    study: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _ = study
    monkeypatch.chdir(folder)
    asked = ["diff", "promoters.parquet", "--background", "bins.parquet", "-o", "none.tsv"]
    assert main(["--quiet", *asked, "--normalize", "background"]) == 1
    assert "too sparse for background composition" in capsys.readouterr().err


def test_duplicates_are_where_the_mark_is(study: tuple[Path, str]) -> None:
    folder, _ = study
    with contextlib.chdir(folder):
        command = ["count", "cohort/sheet.csv", "--regions", "promoters", "--drop-duplicates"]
        assert main(["--quiet", *command, "-o", "once.parquet"]) == 0
    all_of_them, once = (read_counts(folder / f"{n}.parquet") for n in ("promoters", "once"))
    rich = all_of_them.values.mean(axis=1) >= 5
    lost = 1 - once.values[rich].sum() / all_of_them.values[rich].sum()
    elsewhere = 1 - once.values[~rich].sum() / all_of_them.values[~rich].sum()
    assert lost > 5 * elsewhere
