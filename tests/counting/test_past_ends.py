"""Regions past the ends of their chromosomes have no value, from counting to results."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.coverage import STATISTICS, count_regions, summarise_regions
from resist_epi.counting.files import count_tables
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import read_counts, write_counts
from resist_epi.counting.passes import Pass
from resist_epi.counting.past_ends import past_ends, true_lengths
from resist_epi.errors import InputFormatError
from resist_epi.genome.chromosomes import Genome
from resist_epi.genome.regions import bed_regions
from resist_epi.model.analysis import analyse
from resist_epi.samples.sheet import make_sheet
from resist_epi.tracks.bigwig.track import open_bigwig, write_bigwig
from resist_epi.tracks.opened import open_file
from tests.support.reads_files import write_reads

REGIONS = bed_regions([("chr1", 0, 100), ("chr1", 950, 1050), ("chr1", 1000, 1100)])


@pytest.fixture
def track(tmp_path: Path) -> Path:
    write_bigwig(tmp_path / "t.bw", {"chr1": 1000}, lambda _: ([0, 900], [100, 1000], [2.0, 4.0]))
    return tmp_path / "t.bw"


def test_past_is_from_the_end_on(caplog: pytest.LogCaptureFixture) -> None:
    lengths = true_lengths([{"chr1": 1000}, {"chr1": None}])
    with caplog.at_level(logging.INFO, logger="resist_epi"):
        assert past_ends(REGIONS, lengths).tolist() == [False, False, True]
    assert "1 of 3 regions lie past the ends of their chromosomes" in caplog.text
    assert "1 of 3 regions reach past the ends" in caplog.text
    assert not past_ends(REGIONS, {}).any()
    assert not past_ends(REGIONS, true_lengths([], Genome("g", {"chr1": 2000}))).any()


@pytest.mark.parametrize("statistic", STATISTICS)
def test_every_statistic_is_nan(track: Path, statistic: str) -> None:
    found = summarise_regions(open_bigwig(track), REGIONS, statistic=statistic)
    assert np.isnan(found).tolist() == [False, False, True]
    if statistic == "mean":
        assert found[:2].tolist() == [2, 4], "of a region that reaches past, the part inside"


@pytest.mark.parametrize("quantity", ["mean_signal", "coverage_sum"])
def test_counts_of_tracks(track: Path, quantity: str, caplog: pytest.LogCaptureFixture) -> None:
    counts = count_regions({"a": open_bigwig(track)}, REGIONS, quantity=quantity)
    assert np.isnan(counts.values[:, 0]).tolist() == [False, False, True]
    assert "1 of 3 regions lie past" in caplog.text


def test_counts_of_reads_and_of_text_with_a_stated_genome(tmp_path: Path) -> None:
    bam = write_reads(tmp_path, "r", 1000, [10, 20, 960])
    found = count_tables({"a": bam}, {"r": REGIONS}).matrices["r"]
    np.testing.assert_array_equal(found.values[:, 0], [2, 1, np.nan])
    (tmp_path / "t.bedGraph").write_text("chr1\t0\t100\t2\n")
    text = {"a": open_file(str(tmp_path / "t.bedGraph"))}
    how = Pass(genome=Genome("g", {"chr1": 1000}))
    found = count_tables(text, {"r": REGIONS}, how=how).matrices["r"]
    np.testing.assert_array_equal(found.values[:, 0], [2, 0, np.nan])
    plain = count_tables(text, {"r": REGIONS}).matrices["r"]
    assert plain.values[:, 0].tolist() == [2, 0, 0], "no one knows where the chromosome ends"


@pytest.mark.parametrize("name", ["c.tsv", "c.parquet"])
def test_they_are_kept_in_files_and_results(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(1)
    regions = bed_regions([("chr1", i * 100, i * 100 + 100) for i in range(200)])
    values = rng.lognormal(3, 0.1, size=(200, 6))
    values[7] = np.nan
    samples = tuple("abcdef")
    matrix = CountMatrix(values, regions, samples, "mean_signal", np.ones(6))
    write_counts(tmp_path / name, matrix)
    again = read_counts(tmp_path / name)
    np.testing.assert_allclose(again.values, values)
    conditions = ["good"] * 3 + ["poor"] * 3
    sheet = make_sheet(
        pd.DataFrame({"SampleID": list(samples), "Factor": "ER", "Condition": conditions})
    )
    found = analyse(again, sheet)
    blank = found.results.iloc[7]
    assert blank[["baseMean", "log2FoldChange", "pvalue", "padj"]].isna().all()
    assert (blank["start"], blank["direction"]) == (700, "none")
    assert "1 of 200 regions" in found.header["no such place"]
    left = np.arange(200) != 7
    alone = analyse(matrix.select(regions=left), sheet).results
    np.testing.assert_allclose(
        found.results.loc[left, "log2FoldChange"], alone["log2FoldChange"], atol=1e-8
    )


def test_a_value_that_lacks_in_some_samples_is_no_such_place() -> None:
    with pytest.raises(InputFormatError, match="sample 'b'"):
        CountMatrix(
            np.array([[1.0, np.nan]]), REGIONS.iloc[:1], ("a", "b"), "mean_signal", np.ones(2)
        )
