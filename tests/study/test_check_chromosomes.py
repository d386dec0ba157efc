"""`check` finds what counting would drop or refuse for its chromosomes, and says it first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from resist_epi.errors import GenomeMismatchError
from resist_epi.genome.builtin import load_genome
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.check import check_study, has_errors
from resist_epi.study.check_chromosomes import Beside
from resist_epi.study.count_sheet import count_sheet
from resist_epi.study.regions import AskedRegions
from resist_epi.tracks.bigwig.track import write_bigwig

HG38 = dict(load_genome("hg38").lengths)
SOME = {c: HG38[c] for c in ("chr1", "chr2", "chrX", "chrY", "chrM")}


def cohort(folder: Path, *tracks: Mapping[str, int]) -> Path:
    """A sheet of bigWigs of these chromosomes, each with its own values."""
    for i, lengths in enumerate(tracks):
        write_bigwig(
            folder / f"s{i}.bw",
            lengths,
            lambda chrom, i=i: ([0, 9000, 9100], [100, 9050, 9200], [1.0, 2.0 + i, 3.0]),
        )
    groups = ["good", "poor"]
    rows = [f"s{i},ER,{groups[i % 2]},s{i}.bw" for i in range(len(tracks))]
    (folder / "s.csv").write_text("\n".join(["SampleID,Factor,Condition,Coverage", *rows]) + "\n")
    return folder / "s.csv"


def without(lengths: Mapping[str, int], *chroms: str) -> dict[str, int]:
    return {c: n for c, n in lengths.items() if c not in chroms}


def said(table: pd.DataFrame, level: str) -> str:
    return "\n".join(table.loc[table["level"] == level, "message"])


@pytest.mark.parametrize("rename", [str, lambda c: c[3:].replace("M", "MT")])
def test_y_absent_from_some_is_dropped(tmp_path: Path, rename) -> None:  # type: ignore[no-untyped-def]
    men, women = ({rename(c): n for c, n in t.items()} for t in (SOME, without(SOME, "chrY")))
    table = check_study(cohort(tmp_path, men, women))
    assert "ER: chrY is absent from 1 of 2 tracks (s1) and is dropped by count and run" in said(
        table, "warning"
    )
    assert not has_errors(table)
    assert "20 of 24 chromosomes of the genes are in no track and are dropped" in said(
        table, "info"
    )


def test_another_absent_chromosome_is_an_error_of_both(tmp_path: Path) -> None:
    sheet = cohort(tmp_path, SOME, without(SOME, "chr2"))
    words = "chromosome chr2 of the genes is absent from 1 of 2 tracks"
    assert words in said(check_study(sheet), "error")
    with pytest.raises(GenomeMismatchError, match="chr2 of the regions is absent from 1 of 2"):
        count_sheet(read_sheet(sheet), AskedRegions("promoters"), quantity="mean_signal")


def test_an_assembly_that_is_unknown(tmp_path: Path) -> None:
    custom = {"1": 20_000, "2": 10_000, "Y": 9_500}
    table = check_study(cohort(tmp_path, custom, without(custom, "2", "Y")))
    warnings = said(table, "warning")
    assert "Y is absent from 1 of 2 tracks (s1) and is dropped" in warnings
    assert "1 chromosomes are absent from some tracks (2): regions on them are refused" in warnings
    assert not has_errors(table)
    longer = {**custom, "1": 21_000}
    assert "20000 bp" in said(check_study(cohort(tmp_path, custom, longer)), "error")
    bare = {f"chr{c}": n for c, n in custom.items()}
    assert "lacks the prefix 'chr'" in said(check_study(cohort(tmp_path, custom, bare)), "error")


def test_another_assembly_than_the_one_asked_for(tmp_path: Path) -> None:
    table = check_study(cohort(tmp_path, SOME, SOME), beside=Beside(genome="hg19"))
    assert "the tracks are of assembly hg38" in said(table, "error")


def test_files_beside_the_sheet(tmp_path: Path) -> None:
    sheet = cohort(tmp_path, SOME, SOME)
    (tmp_path / "bl.bed").write_text("1\t0\t50\nMT\t0\t9\nKI270706.1\t0\t9\n")
    (tmp_path / "cn.seg").write_text("ID\tchrom\tstart\tend\tn\tmean\ns0\t2L\t1\t99\t3\t.5\n")
    beside = Beside(exclude=tmp_path / "bl.bed", segments=tmp_path / "cn.seg")
    table = check_study(sheet, beside=beside)
    assert "2 of 3 intervals lie on chromosomes of the tracks, named as in hg38" in said(
        table, "info"
    )
    assert "1 of 3 intervals lie on KI270706.1" in said(table, "warning")
    assert "0 of 1 segments lie on a chromosome of the tracks" in said(table, "error")


def test_peaks_of_another_genome(tmp_path: Path) -> None:
    sheet = cohort(tmp_path, SOME, SOME)
    (tmp_path / "p.bed").write_text("1\t0\t50\n")
    (tmp_path / "q.bed").write_text("2L\t0\t50\n")
    both = pd.read_csv(sheet)
    both.assign(Peaks="p.bed").to_csv(sheet, index=False)
    assert "2 of 2 peaks lie on chromosomes of the tracks" in said(check_study(sheet), "info")
    both.assign(Peaks=["p.bed", "q.bed"]).to_csv(sheet, index=False)
    table = check_study(sheet)
    (row,) = table[(table["column"] == "Peaks") & (table["level"] == "error")].to_dict("records")
    assert row["sample"] == "s1"
    assert "0 of 1 peaks lie on a chromosome of the tracks" in row["message"]


def test_a_file_of_another_genome_alone_is_an_error(tmp_path: Path) -> None:
    coli = {"U00096.3": 4_641_652}
    table = check_study(cohort(tmp_path, SOME | coli, coli), beside=Beside(genome="hg38"))
    wrong = table[(table["level"] == "error") & (table["sample"] == "s1")]
    assert wrong["message"].str.contains("is all that the file holds").any()
    assert not (table["sample"].eq("s0") & table["level"].eq("error")).any()
