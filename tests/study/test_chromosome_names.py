"""Files of one genome give the same numbers, whatever names its chromosomes go by."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from resist_epi.errors import GenomeMismatchError
from resist_epi.genome.accessions import accessions
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.fasta import gc_content
from resist_epi.genome.regions import bed_regions
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.count_sheet import count_sheet
from resist_epi.study.profile_sheet import Window, profile_groups, profile_sheet
from resist_epi.study.regions import AskedRegions
from resist_epi.tracks.bigwig.track import write_bigwig

LENGTHS = {c: load_genome("hg38").lengths[c] for c in ("chr1", "chr2", "chrX", "chrM")}
BASE = 1_000_000

Style = Callable[[str], str]


def _accession(prefix: str) -> Style:
    found = {own: a for a, own in accessions("hg38").items() if a.startswith(prefix)}
    return lambda chrom: found.get(chrom, "NC_012920.1")


STYLES: dict[str, Style] = {
    "ucsc": str,
    "ensembl": lambda c: c[3:].replace("M", "MT"),
    "refseq": _accession("NC"),
    "genbank": _accession("CM"),
}


def signal(chrom: str, sample: int) -> tuple[list[int], list[int], list[float]]:
    if chrom == "chrM":
        return [0], [100], [7.0]
    k = list(LENGTHS).index(chrom)
    starts = [BASE + 1000 * i for i in range(5)]
    return starts, [s + 500 for s in starts], [1.0 + sample + i + 2 * k for i in range(5)]


def write_track(path: Path, style: Style, sample: int, kind: str) -> None:
    if kind == "bigWig":
        back = {style(c): c for c in LENGTHS}
        lengths = {style(c): n for c, n in LENGTHS.items()}
        write_bigwig(path, lengths, lambda name: signal(back[name], sample))
        return
    with path.open("w") as out:
        for chrom in LENGTHS:
            for start, end, value in zip(*signal(chrom, sample), strict=True):
                out.write(f"{style(chrom)}\t{start}\t{end}\t{value}\n")


def write_cohort(folder: Path, styles: list[str], kind: str = "bigWig") -> Path:
    for i, style in enumerate(styles):
        write_track(folder / f"s{i}", STYLES[style], i, kind)
    rows = [f"s{i},H3K27me3,{'good' if i % 2 else 'poor'},s{i}" for i in range(len(styles))]
    sheet = folder / "s.csv"
    sheet.write_text("\n".join(["SampleID,Factor,Condition,Coverage", *rows]) + "\n")
    return sheet


def bed(path: Path, style: str, *places: tuple[str, int, int]) -> Path:
    path.write_text("".join(f"{STYLES[style](c)}\t{s}\t{e}\n" for c, s, e in places))
    return path


REGIONS = (
    ("chr1", BASE, BASE + 1000),
    ("chr1", BASE + 2000, BASE + 4000),
    ("chrX", BASE, BASE + 9000),
    ("chrM", 0, 200),
)
BLACK = (("chr1", BASE, BASE + 250), ("chrX", BASE, BASE + 2000))


def counts(folder: Path, sheet: Path, style: str, genome: str | None = None):  # type: ignore[no-untyped-def]
    regions = bed(folder / "r.bed", style, *REGIONS)
    black = bed(folder / "bl.bed", style, *BLACK)
    asked = AskedRegions(str(regions), genome=genome, exclude=black)
    return count_sheet(read_sheet(sheet), asked, quantity="mean_signal")


@pytest.mark.parametrize(("tracks", "files"), list(itertools.product(STYLES, STYLES)))
def test_regions_and_blacklist_of_any_style(tmp_path: Path, tracks: str, files: str) -> None:
    plain = counts(tmp_path, write_cohort(tmp_path, ["ucsc"] * 2), "ucsc")
    found = counts(tmp_path, write_cohort(tmp_path, [tracks] * 2), files)
    np.testing.assert_array_equal(found.values, plain.values)
    assert found.regions["chrom"].tolist() == [c for c, _, _ in REGIONS]
    assert "2 of 2 intervals lie on chromosomes of the tracks" in found.metadata["places"][0]
    np.testing.assert_array_equal(found.library_sizes, plain.library_sizes)


def test_tracks_of_several_styles_in_one_study(tmp_path: Path) -> None:
    plain = counts(tmp_path, write_cohort(tmp_path, ["ucsc"] * 4), "ucsc")
    found = counts(tmp_path, write_cohort(tmp_path, list(STYLES)), "ensembl")
    np.testing.assert_array_equal(found.values, plain.values)
    assert "3 of 4 files are named as in hg38" in found.metadata["renamed"]
    assert "renamed" not in plain.metadata


@pytest.mark.parametrize("style", STYLES)
def test_text_takes_the_names_of_the_stated_assembly(tmp_path: Path, style: str) -> None:
    plain = counts(tmp_path, write_cohort(tmp_path, ["ucsc"] * 2, "bedGraph"), "ucsc")
    sheet = write_cohort(tmp_path, [style] * 2, "bedGraph")
    found = counts(tmp_path, sheet, "ucsc", genome="hg38")
    np.testing.assert_array_equal(found.values, plain.values)
    said = pd.read_csv(sheet).assign(Assembly="hg38")
    said.to_csv(sheet, index=False)
    np.testing.assert_array_equal(counts(tmp_path, sheet, "ucsc").values, plain.values)
    if style != "ucsc":
        said.drop(columns="Assembly").to_csv(sheet, index=False)
        with pytest.raises(GenomeMismatchError, match="0 of 2 intervals"):
            counts(tmp_path, sheet, "ucsc")


def test_reads_and_built_in_genes(tmp_path: Path) -> None:
    header = pysam.AlignmentHeader.from_references(["1", "2", "X", "MT"], list(LENGTHS.values()))
    for i in range(2):
        with pysam.AlignmentFile(str(tmp_path / f"s{i}.bam"), "wb", header=header) as out:
            for k in range(50 + i):
                read = pysam.AlignedSegment(header)
                read.query_name, read.cigarstring, read.flag = f"r{k}", "20M", 0
                read.reference_id, read.reference_start = k % 2, 11_000 + 7 * k
                out.write(read)
    rows = "s0,H3K27me3,good,s0.bam\ns1,H3K27me3,poor,s1.bam\n"
    (tmp_path / "s.csv").write_text("SampleID,Factor,Condition,bamReads\n" + rows)
    found = count_sheet(read_sheet(tmp_path / "s.csv"), AskedRegions("promoters"), quantity="auto")
    assert set(found.regions["chrom"]) == set(LENGTHS) - {"chrM"}
    assert found.library_sizes.tolist() == [50, 51]
    assert found.values[(found.regions["chrom"] == "chr1").to_numpy()].sum() > 0


def test_a_spike_in_of_the_same_names_stays_apart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fly = {"2L": 23_513_712, "4": 1_348_131, "X": 23_542_271}

    def runs(chrom: str, i: int) -> tuple[list[int], list[int], list[float]]:
        return ([BASE], [BASE + 500], [1000.0]) if chrom in fly else signal(chrom, i)

    for i in range(2):
        write_bigwig(tmp_path / f"s{i}", LENGTHS | fly, lambda c, i=i: runs(c, i))
    sheet = tmp_path / "s.csv"
    sheet.write_text("SampleID,Factor,Condition,Coverage\ns0,ER,good,s0\ns1,ER,poor,s1\n")
    (tmp_path / "r.bed").write_text(f"chrX\t{BASE}\t{BASE + 500}\nX\t{BASE}\t{BASE + 500}\n")
    asked = AskedRegions(str(tmp_path / "r.bed"))
    found = count_sheet(read_sheet(sheet), asked, quantity="mean_signal")
    assert dict(zip(found.regions["chrom"], found.values[:, 0], strict=True)) == {"chrX": 5.0}
    assert "1 of 2 regions lie on chromosomes of another genome (fly)" in caplog.text
    bed(tmp_path / "bl.bed", "ensembl", *BLACK)
    asked = AskedRegions(str(tmp_path / "r.bed"), exclude=tmp_path / "bl.bed")
    found = count_sheet(read_sheet(sheet), asked, quantity="mean_signal")
    assert dict(zip(found.regions["chrom"], found.values[:, 0], strict=True)) == {"chrX": 0.0}


@pytest.mark.parametrize("style", STYLES)
def test_profiles(tmp_path: Path, style: str) -> None:
    def profile(tracks: str, files: str) -> np.ndarray:
        sheet = read_sheet(write_cohort(tmp_path, [tracks] * 2))
        regions = bed(tmp_path / "r.bed", files, *REGIONS[:3])
        table = profile_groups(sheet, [str(regions)])
        return profile_sheet(sheet, table, Window(before=500, after=500)).values["s1"]

    np.testing.assert_array_equal(profile(style, "ensembl"), profile("ucsc", "ucsc"))


def test_a_fasta_of_another_style(tmp_path: Path) -> None:
    regions = bed_regions([("chrM", 0, 8), ("chrM", 8, 16)])
    n = LENGTHS["chrM"]
    (tmp_path / "g.fa").write_text(f">X\nAAAA\n>MT\n{('GC' * 4 + 'AT' * 4).ljust(n, 'A')}\n")
    found = gc_content(tmp_path / "g.fa", regions, genome=load_genome("hg38"))
    assert found.tolist() == [1, 0]
    with pytest.raises(GenomeMismatchError, match="none of the chromosomes"):
        gc_content(tmp_path / "g.fa", regions)


@pytest.mark.parametrize("style", STYLES)
def test_a_gene_file_of_any_style(tmp_path: Path, style: str) -> None:
    def count(tracks: str, genes: str) -> pd.DataFrame:
        sheet = read_sheet(write_cohort(tmp_path, [tracks] * 2))
        table = pd.DataFrame({"chrom": [STYLES[genes](c) for c in ("chr1", "chr2", "chrX")]})
        table = table.assign(start=BASE, end=BASE + 9000, strand="+")
        table["gene_id"] = table["gene_name"] = ["A", "B", "C"]
        table.to_csv(tmp_path / "genes.tsv", sep="\t", index=False)
        asked = AskedRegions("promoters", genes=tmp_path / "genes.tsv")
        return count_sheet(sheet, asked, quantity="mean_signal").to_frame()

    plain = count("ucsc", "ucsc")
    assert (plain["s1"] > 0).all()
    pd.testing.assert_frame_equal(count(style, "ensembl"), plain)
    pd.testing.assert_frame_equal(count("ucsc", style), plain)
