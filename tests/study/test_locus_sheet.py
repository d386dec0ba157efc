"""The signal of a sheet's files over one locus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.samples.sheet import one_mark, read_sheet
from resist_epi.study.locus_sheet import locus_coverage
from resist_epi.tracks.open import open_track
from tests.study.test_run_reads import write_reads
from tests.support.cohort import SmallCohort, make_cohort

PLACE = ("chr1", 30_000, 40_000)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> SmallCohort:
    return make_cohort(tmp_path_factory.mktemp("cohort"), per_group=2)


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reads(tmp_path_factory.mktemp("reads"))


def test_of_tracks_it_is_their_means(cohort: SmallCohort) -> None:
    sheet = one_mark(read_sheet(cohort.sheet), "H3K27me3")
    table = locus_coverage(sheet, PLACE, most=10, scaled=False)
    assert table["start"].tolist() == list(range(30_000, 40_000, 1000))
    assert table.attrs["quantity"] == "signal per base"
    tracks = [open_track(path) for path in sheet.table["Coverage"]]
    edges = np.arange(30_000, 41_000, 1000)
    for sample, track in zip(sheet.samples, tracks, strict=True):
        np.testing.assert_allclose(table[sample], track.bin_sums("chr1", edges[None])[0] / 1000)
    scaled = locus_coverage(sheet, PLACE, most=10, jobs=2)
    assert scaled.attrs["quantity"] == "signal per base at equal total coverage"
    totals = np.array([track.total() for track in tracks])
    ratios = [(scaled[s] / table[s]).mean() for s in sheet.samples]
    np.testing.assert_allclose(ratios, totals.mean() / totals)
    with pytest.raises(GenomeMismatchError, match="no chromosome chr9"):
        locus_coverage(sheet, ("chr9", 0, 1000), scaled=False)


def test_of_reads_it_is_their_depth(reads: Path, tmp_path: Path) -> None:
    sheet = read_sheet(reads)
    table = locus_coverage(sheet, ("chr1", 40_000, 50_000), most=20)
    assert table.attrs["quantity"] == "reads per base at equal total coverage"
    means = table[list(sheet.samples)].mean()
    assert means[["s2", "s3"]].min() > 1.5 * means[["s0", "s1"]].max()
    out = tmp_path / "f.svg"
    genes = ["--genes", str(reads.with_name("genes.tsv")), "--gene", "GENE4"]
    assert main(["plot", "locus", str(reads), *genes, "-o", str(out)]) == 0
    assert "reads per base at equal total coverage" in out.read_text(encoding="utf-8")


def test_an_empty_track_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.bedGraph").write_text("chr1 0 4000 2\n")
    (tmp_path / "b.bedGraph").write_text("chr1 0 4000 0\n")
    rows = [("a", "ER", "x", "a.bedGraph"), ("b", "ER", "y", "b.bedGraph")]
    columns = ["SampleID", "Factor", "Condition", "Coverage"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "sheet.csv", index=False)
    sheet = read_sheet(tmp_path / "sheet.csv")
    with pytest.raises(InputFormatError, match="b: 0"):
        locus_coverage(sheet, ("chr1", 0, 1000))
    assert locus_coverage(sheet, ("chr1", 0, 1000), scaled=False)["b"].max() == 0
