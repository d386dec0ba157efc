"""Counting and testing one kind of regions gives what a run gives, to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError, InputFormatError, SampleSheetError
from resist_epi.io.tables import read_results
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.model.unit_values import with_values
from resist_epi.samples.sheet import make_sheet, read_sheet
from resist_epi.study.analyse import analyse, analyse_several
from resist_epi.study.count_study import count_study
from resist_epi.study.lifted import lift_sheet
from resist_epi.study.settings import StudySettings
from resist_epi.study.study_counts import StudyCounts
from tests.study.test_run_reads import write_bed, write_reads
from tests.support.cohort import make_cohort
from tests.support.run_analyses import KeptRun, assert_same, keep_run

MARK = "H3K27me3"

SPEAKS = {MARK: "promoters", "H3K36me3": "genes"}  # for genes: held against known directions


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> KeptRun:
    """bigWigs and peaks of two marks, with a blacklist and a design of two columns."""
    folder = tmp_path_factory.mktemp("tracks")
    cohort = make_cohort(folder)
    sheet = pd.read_csv(cohort.sheet)
    sheet["Batch"] = ["one", "two"] * (len(sheet) // 2)
    sheet.to_csv(cohort.sheet, index=False)
    (folder / "blacklist.bed").write_text("chr1\t30000\t45500\nchr2\t0\t1000\n")
    (folder / "known.tsv").write_text("symbol\tdirection\nGENE5\tgain\nGENE7\tnone\n")
    settings = StudySettings(
        sheet=cohort.sheet,
        genes=cohort.genes,
        gene_sets=cohort.gene_sets,
        known=folder / "known.tsv",
        exclude=folder / "blacklist.bed",
        min_overlap=3,
        design="~ Batch + Condition",
    )
    return keep_run(settings, folder / "out")


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> KeptRun:
    """BAM files and reads as BED, of one mark."""
    folder = tmp_path_factory.mktemp("reads")
    settings = StudySettings(
        sheet=write_reads(folder), genes=folder / "genes.tsv", count_as="fragment", min_mapq=10
    )
    return keep_run(settings, folder / "out")


def counted(run: KeptRun, kind: str | pd.DataFrame, mark: str = MARK) -> StudyCounts:
    own = {name: getattr(run.settings, name) for name in run.settings.model_fields_set}
    sheet = own.pop("sheet")
    for name in ("gene_sets", "design", "known"):
        own.pop(name, None)
    return count_study(sheet, kind, mark=mark, **own)


@pytest.mark.parametrize(
    ("mark", "kind"),
    [(MARK, "promoters"), (MARK, "peaks"), (MARK, "domains"), ("H3K36me3", "genes")],
)
def test_of_tracks(tracks: KeptRun, mark: str, kind: str) -> None:
    counts = counted(tracks, kind, mark)
    known = tracks.settings.known if kind == SPEAKS[mark] else None
    found = analyse(counts, formula="~ Batch + Condition", known=known)
    assert_same(found, tracks.analyses[mark, kind][0])
    assert ("known directions" in found.header["agreement"]) is (known is not None)
    assert counts.study.exclude["chr1"][0].tolist() == [30_000]
    written = read_results(tracks.out / "differential" / f"{mark}.{kind}.tsv.gz")
    assert list(found.results.columns) == list(written.columns)
    assert found.results["direction"].tolist() == written["direction"].tolist()
    np.testing.assert_allclose(found.results["pvalue"], written["pvalue"], rtol=1e-5)


@pytest.mark.parametrize("kind", ["promoters", "genes", "domains"])
def test_of_reads(reads: KeptRun, kind: str) -> None:
    counts = counted(reads, kind)
    assert counts.matrix.quantity == "reads"
    found = analyse(counts, contrast="poor-good", values=True)
    written = reads.analyses[MARK, kind][0]
    assert_same(found, with_values(written))
    assert {"mean_good", "mean_poor", "value_s0"} <= set(found.results)


def test_known_directions_of_a_matrix_and_of_domains(tracks: KeptRun) -> None:
    known = tracks.settings.known
    counts = counted(tracks, "promoters")
    found = analyse(counts.matrix, counts.sheet, contrast="poor-good", known=known)
    assert "known directions" in found.header["agreement"]
    with pytest.raises(DesignError, match="ask the mark's promoters"):
        analyse(counted(tracks, "domains"), contrast="poor-good", known=known)


def test_it_shows_what_was_decided(tracks: KeptRun, reads: KeptRun) -> None:
    counts = counted(tracks, "promoters")
    text = repr(counts)
    assert text.startswith(f"StudyCounts: {MARK} in 90 promoters x 8 libraries")
    for said in (
        "mean signal: counts cannot be recovered from",
        "90 bins of 10 kb",
        "16,500 bp of",
    ):
        assert said in text
    assert "consensus peaks  none" in repr(counted(reads, "genes"))
    assert len(text) < 2000


def test_own_regions_are_counted_with_the_same_background(tracks: KeptRun, tmp_path: Path) -> None:
    bed = tmp_path / "own.bed"
    bed.write_text(
        "chr1\t30000\t38000\tfirst\nchr1\t50000\t58000\tsecond\nchr2\t20000\t28000\tthird\n"
    )
    table = pd.DataFrame({"chrom": "chr1", "start": [50_000, 90_000], "end": [58_000, 99_000]})
    counts, others = counted(tracks, str(bed)), counted(tracks, table)
    assert counts.regions["region_id"].tolist() == ["first", "second", "third"]
    assert counts.regions["chrom"].tolist() == ["chr1", "chr1", "chr2"]
    np.testing.assert_array_equal(counts.matrix.values[1], others.matrix.values[0])
    promoters = counted(tracks, "promoters")
    np.testing.assert_array_equal(counts.bins.values, promoters.bins.values)
    assert counts.kind == "regions"
    assert counts.regions["symbol"].tolist() == ["GENE3", "GENE5", "GENE62"]
    assert counts.matrix.table()["T0_H3K27me3"].tolist() == counts.matrix.values[:, 0].tolist()
    found = analyse(counts, contrast="poor-good")
    assert {"high_confidence", "stability"} <= set(found.results)


def test_a_sheet_changed_since_is_the_one_that_is_asked(tracks: KeptRun) -> None:
    counts = counted(tracks, "promoters")
    table = counts.sheet.table.assign(Condition=["a", "b"] * 4)
    found = analyse(counts, make_sheet(table), contrast="b-a")
    assert found.contrast.name == "Condition:b-a"
    both = analyse_several(counts, None, ["poor-good", "good-poor"])
    np.testing.assert_array_equal(
        both[0].results["log2FoldChange"], -both[1].results["log2FoldChange"]
    )
    with pytest.raises(DesignError, match="inputs: a study's counts have their own"):
        analyse(counts, inputs=NormalizationInputs())
    with pytest.raises(DesignError, match="hand over the sheet, or the counts of `count_study`"):
        analyse(counts.matrix)


@pytest.mark.usefixtures("without_figures")
def test_a_lifted_sheet_is_counted_as_run_counts_by_a_chain(tmp_path: Path) -> None:
    """Files lie 1 kb before the genes, and a chain brings them there."""
    sheet = pd.read_csv(write_reads(tmp_path))
    rng = np.random.default_rng(8)
    for row in sheet.itertuples():
        start = np.sort(rng.integers(0, 599_000, 9000))
        table = pd.DataFrame({"chrom": "chr1", "start": start, "strand": "+"})
        write_bed(tmp_path / f"{row.SampleID}.bed.gz", table)
    sheet.assign(bamReads=sheet["SampleID"] + ".bed.gz").to_csv(tmp_path / "old.csv", index=False)
    chain = tmp_path / "old.chain"
    chain.write_text("chain 1 chr1 600000 + 0 600000 chr1 601000 + 1000 601000 1\n600000\n")
    settings = StudySettings(
        sheet=tmp_path / "old.csv", genes=tmp_path / "genes.tsv", chain=chain, count_as="fragment"
    )
    run = keep_run(settings, tmp_path / "out")
    more = {"genes": settings.genes, "count_as": "fragment"}
    with pytest.raises(TypeError, match=r"lifted before.* rx\.lift_sheet"):
        count_study(settings.sheet, "genes", chain=chain, **more)
    lifted = lift_sheet(read_sheet(settings.sheet), chain, tmp_path / "lifted")
    counts = count_study(lifted, "genes", **more)
    assert_same(analyse(counts, contrast="poor-good"), run.analyses[MARK, "genes"][0])
    unlifted = count_study(settings.sheet, "genes", **more)
    assert (unlifted.matrix.values != counts.matrix.values).any()


def test_what_cannot_be_counted_is_named(tracks: KeptRun, reads: KeptRun, tmp_path: Path) -> None:
    sheet = tracks.settings.sheet
    with pytest.raises(SampleSheetError, match="name the one meant"):
        count_study(sheet, "promoters")
    with pytest.raises(SampleSheetError, match="Did you mean 'H3K27me3'"):
        count_study(sheet, "promoters", mark="H3K27me")
    with pytest.raises(InputFormatError, match="Did you mean 'promoters' for 'promotors'"):
        count_study(sheet, "promotors", mark=MARK)
    with pytest.raises(TypeError, match="Did you mean 'genome'"):
        count_study(sheet, "promoters", mark=MARK, genom="hg38")
    with pytest.raises(TypeError, match=r"design is a setting of a run .* given to analyse"):
        count_study(sheet, "promoters", mark=MARK, design="~ 1")
    with pytest.raises(InputFormatError, match="no such file, which exclude names"):
        count_study(sheet, "promoters", mark=MARK, exclude=tmp_path / "gone.bed")
    with pytest.raises(DesignError, match="no consensus peaks"):
        counted(reads, "peaks")
    table = pd.read_csv(sheet)
    table.loc[0, "Coverage"] = "gone.bw"
    broken = sheet.with_name("broken.csv")
    table.to_csv(broken, index=False)
    with pytest.raises(SampleSheetError, match=r"gone\.bw: no such file"):
        count_study(broken, "promoters", mark=MARK, genes=tracks.settings.genes)
