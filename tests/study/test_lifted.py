"""A study of an old assembly, lifted by a chain of the user's."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import read_counts
from resist_epi.errors import GenomeMismatchError, SampleSheetError
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.lift import read_chain
from resist_epi.genome.peaks import read_peaks
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.check import check_study
from resist_epi.study.lifted import lift_sheet
from resist_epi.tracks.bigwig.track import write_bigwig

SHIFT = 1000  # bp that every place of the new assembly lies further on


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Four samples of hg18 with bedGraphs, BED reads and peaks, and a chain to hg38."""
    rng = np.random.default_rng(4)
    rows = []
    for i in range(4):
        name = f"T{i}"
        values = rng.integers(1, 40, 200).tolist()
        at = [9_000_000 + 50 * k for k in range(200)]
        lines = [f"chr21\t{x}\t{x + 50}\t{v}\n" for x, v in zip(at, values, strict=True)]
        (tmp_path / f"{name}.bedGraph").write_text("track type=bedGraph\n" + "".join(lines))
        at = [9_000_000 + i + 7 * k for k in range(300)]
        lines = [f"chr21\t{x}\t{x + 36}\tr\t1\t+\n" for x in at]
        (tmp_path / f"{name}.bed").write_text("".join(lines))
        (tmp_path / f"{name}.narrowPeak").write_text(
            "chr21\t9001000\t9001500\tp1\t9\t.\t5\t3\t2\t200\n"
            "chr21\t9004000\t9004500\tp2\t9\t.\t5\t3\t2\t-1\n"
            "chr21\t46000000\t46000400\tlost\t9\t.\t5\t3\t2\t-1\n"
        )
        group = "good" if i < 2 else "poor"
        rows.append((name, "ER", group, "hg18", f"{name}.bedGraph", f"{name}.narrowPeak"))
    columns = ["SampleID", "Factor", "Condition", "Assembly", "Coverage", "Peaks"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "sheet.csv", index=False)
    text = ""
    for k, chrom in enumerate(("chr21", "chr22", "chr1")):
        old, new = (load_genome(a).lengths[chrom] for a in ("hg18", "hg38"))
        size = 40_000_000 if chrom != "chr1" else 900
        text += f"chain 9 {chrom} {old} + 0 {size} {chrom} {new} + {SHIFT} {size + SHIFT} {k}\n"
        text += f"{size}\n\n"
    (tmp_path / "hg18ToHg38.over.chain.gz").write_bytes(gzip.compress(text.encode()))
    return tmp_path


def chain_of(study: Path) -> Path:
    return study / "hg18ToHg38.over.chain.gz"


def test_every_file_is_written_anew_and_the_share_that_is_lost_is_said(
    study: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sheet = read_sheet(study / "sheet.csv")
    with caplog.at_level(logging.INFO):
        lifted = lift_sheet(sheet, chain_of(study), study / "lifted")
    assert lifted.assembly == "hg38"
    assert sheet.assembly == "hg18"
    assert "1 of 3 intervals (33.33%) have no place" in caplog.text
    assert "0 of 200 intervals (0.00%)" in caplog.text
    assert "lifted 8 files, hg18 to hg38 by hg18ToHg38.over.chain.gz" in caplog.text
    peaks = read_peaks(lifted.table.loc[0, "Peaks"])
    assert peaks["start"].tolist() == [9_001_000 + SHIFT, 9_004_000 + SHIFT]
    assert peaks["summit"].tolist() == [9_001_200 + SHIFT, -1]
    assert peaks["name"].tolist() == ["p1", "p2"]
    assert peaks["pvalue"].tolist() == [3, 3]
    text = gzip.decompress(Path(lifted.table.loc[0, "Coverage"]).read_bytes()).decode()
    first = text.splitlines()[0].split()
    assert first[:3] == ["chr21", str(9_000_000 + SHIFT), str(9_000_050 + SHIFT)]


def test_counts_are_those_of_the_places_themselves(study: Path, tmp_path: Path) -> None:
    for name, shift in (("old", 0), ("new", SHIFT)):
        (study / f"{name}.bed").write_text(f"chr21\t{9_000_500 + shift}\t{9_002_000 + shift}\n")
    sheet = str(study / "sheet.csv")
    for column in ("Coverage", "bamReads"):
        if column == "bamReads":
            table = pd.read_csv(sheet).drop(columns="Coverage")
            table.assign(bamReads=table["SampleID"] + ".bed").to_csv(sheet, index=False)
        asked = ["--regions", str(study / "old.bed"), "-o", str(study / "old.parquet")]
        assert main(["count", sheet, *asked]) == 0
        asked = ["--regions", str(study / "new.bed"), "-o", str(study / "new.parquet")]
        assert main(["count", sheet, "--chain", str(chain_of(study)), *asked]) == 0
        old, new = (read_counts(study / f"{name}.parquet") for name in ("old", "new"))
        np.testing.assert_allclose(old.values, new.values)
        assert old.values.min() > 0
    assert not list(study.glob(".lifted*"))


def test_regions_and_check_lift_too(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = study / "peaks.bed"
    chain = ["--chain", str(chain_of(study))]
    sheet = str(study / "sheet.csv")
    assert main(["regions", "peaks", "--samples", sheet, *chain, "-o", str(out)]) == 0
    assert f"chr21\t{9_001_000 + SHIFT}\t" in out.read_text()
    assert main(["check", sheet]) == 0
    said = capsys.readouterr().out
    assert "no built-in genes" in said
    assert "--chain" in said
    assert "--genes" in said
    assert main(["check", sheet, *chain]) == 0
    assert "no built-in genes" not in capsys.readouterr().out


def test_bigwig_and_bam_are_refused_with_the_remedy(study: Path) -> None:
    write_bigwig(
        study / "T0.bw", {"chr21": 40_000_000},
        {"chr21": (np.array([0]), np.array([9]), np.array([1.0]))}.__getitem__,
    )  # fmt: skip
    (study / "T1.bam").write_bytes(gzip.compress(b"BAM\x01" + bytes(40)))
    table = pd.read_csv(study / "sheet.csv", dtype=str).fillna("")
    table.loc[0, "Coverage"], table.loc[1, "Coverage"] = "T0.bw", "T1.bam"
    table.to_csv(study / "sheet.csv", index=False)
    with pytest.raises(SampleSheetError) as error:
        lift_sheet(read_sheet(study / "sheet.csv"), chain_of(study), study / "lifted")
    text = str(error.value)
    assert "row of 'T0', column Coverage" in text
    assert "bigWig cannot be lifted" in text
    assert "BAM cannot be lifted" in text
    assert "CrossMap" in text
    # Peaks alone need no track.
    sheet = read_sheet(study / "sheet.csv")
    own = lift_sheet(sheet, chain_of(study), study / "lifted", columns=("Peaks",))
    assert own.table.loc[0, "Coverage"] == sheet.table.loc[0, "Coverage"]


def test_rows_of_the_new_assembly_stay_and_others_are_refused(study: Path) -> None:
    table = pd.read_csv(study / "sheet.csv")
    table.loc[0, "Assembly"] = "hg38"
    table.to_csv(study / "sheet.csv", index=False)
    sheet = read_sheet(study / "sheet.csv")
    lifted = lift_sheet(sheet, chain_of(study), study / "lifted")
    assert lifted.table.loc[0, "Peaks"] == sheet.table.loc[0, "Peaks"]
    assert "lifted" in lifted.table.loc[1, "Peaks"]
    table.assign(Assembly="mm10").to_csv(study / "sheet.csv", index=False)
    with pytest.raises(GenomeMismatchError, match="hg18 to hg38"):
        lift_sheet(read_sheet(study / "sheet.csv"), chain_of(study), study / "lifted")


def test_rows_that_come_to_lie_on_one_another_are_told(tmp_path: Path) -> None:
    from resist_epi.tracks.lift_files import lift_intervals

    (tmp_path / "a.chain").write_text(
        "chain 1 chr1 900 + 0 100 chr1 900 + 0 100 1\n100\n"
        "chain 1 chr2 900 + 0 100 chr1 900 + 50 150 2\n100\n"
    )
    (tmp_path / "a.bedGraph").write_text("chr1 40 60 1\nchr2 0 10 2\nchr2 60 70 3\n")
    count = lift_intervals(
        tmp_path / "a.bedGraph", tmp_path / "b.gz", read_chain(tmp_path / "a.chain"), coverage=True
    )
    assert (count.n, count.kept, count.crowded) == (3, 2, 1)
    assert "as another row has it" in count.words


def test_check_is_quiet_of_assemblies_with_genes(study: Path) -> None:
    table = pd.read_csv(study / "sheet.csv").assign(Assembly="hg19")
    table.to_csv(study / "sheet.csv", index=False)
    assert not check_study(study / "sheet.csv")["message"].str.contains("no built-in").any()
