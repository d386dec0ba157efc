"""The scripts for people with peak files, run as they run them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.genome.peaks import read_bed_regions, read_peaks
from tests.support.scripts import run_here

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
needs_bedtools = pytest.mark.skipif(shutil.which("bedtools") is None, reason="bedtools is missing")
pytestmark = pytest.mark.skipif(not SCRIPTS.is_dir(), reason="no scripts beside the tests")


def run(name: str, *arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = run_here(SCRIPTS / name, *arguments)
    assert done.returncode == code, done.stderr
    return done


def start(name: str, *arguments: object) -> str:
    """What a script says in a process of its own."""
    words = [sys.executable, str(SCRIPTS / name), *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", comment="#")


@pytest.fixture
def peaks(tmp_path: Path) -> list[Path]:
    """Four samples; the first two are good."""
    rows = [
        "chr1\t100\t200\nchr1\t1000\t1100\n",
        "chr1\t150\t250\nchr2\t5\t50\n",
        "chr1\t160\t190\nchr2\t5\t50\n",
        "chr1\t1000\t1100\nchr2\t9\t60\n",
    ]
    paths = [tmp_path / f"s{i}.bed" for i in range(4)]
    for path, text in zip(paths, rows, strict=True):
        path.write_text(text)
    return paths


def test_every_script_is_short_and_has_help() -> None:
    for name in ("consensus_peaks.py", "annotate_peaks.py", "differential_peaks.py"):
        code = (SCRIPTS / name).read_text().rstrip().splitlines()
        assert len(code) < 50, name
        assert "usage:" in start(name, "--help")


def test_consensus_bases(peaks: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out.bed"
    options = ["--rule", "bases", "--min-samples", 3]
    done = run("consensus_peaks.py", *peaks, *options, "-o", out)
    assert "consensus of 4 samples (rule bases, at least 3)" in done.stderr
    found = read_bed_regions(out)
    assert found[["chrom", "start", "end", "n_samples"]].to_numpy().tolist() == [
        ["chr1", 160, 190, 3],
        ["chr2", 9, 50, 3],
    ]
    assert found[["s0", "s1", "s2", "s3"]].to_numpy().tolist() == [[1, 1, 1, 0], [0, 1, 1, 1]]
    start("consensus_peaks.py", *peaks, *options, "-o", tmp_path / "again.bed")
    assert (tmp_path / "again.bed").read_bytes() == out.read_bytes()


@needs_bedtools
def test_consensus_peaks_kept_whole(peaks: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out.bed.gz"
    done = run("consensus_peaks.py", *peaks, "-o", out)
    assert "rule peaks, at least 2" in done.stderr, "as function, verb and run"
    assert len(read_peaks(out)) == 3
    assert read_peaks(out)["end"].tolist() == [250, 1100, 60]


@needs_bedtools
def test_differential_occupancy_is_called_descriptive(peaks: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out.tsv"
    run("differential_peaks.py", "--good", *peaks[:2], "--poor", *peaks[2:], "-o", out)
    head = [line for line in out.read_text().splitlines() if line.startswith("#")]
    assert any("descriptive" in line for line in head)
    assert any("poor minus good" in line for line in head)
    found = table(out)
    assert found["n_good"].tolist() == [2, 1, 1]
    assert found["n_poor"].tolist() == [1, 1, 2]
    assert found["fraction_difference"].tolist() == [-0.5, 0, 0.5]
    np.testing.assert_allclose(found["descriptive_pvalue"], 1)


@needs_bedtools
def test_groups_are_any_two_levels(peaks: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out.tsv"
    groups = ["--group", "resistant", *peaks[2:], "--group", "parental line", *peaks[:2]]
    run("differential_peaks.py", *groups, "-o", out)
    assert "resistant minus parental line" in out.read_text()
    assert table(out)["n_parental line"].tolist() == [2, 1, 1]
    turned = ["--contrast", "parental line-resistant"]
    run("differential_peaks.py", *groups, *turned, "-o", out)
    assert table(out)["fraction_difference"].tolist() == [0.5, 0, -0.5]
    three = ["--group", "a", peaks[0], "--group", "b", *peaks[1:3], "--group", "c", peaks[3]]
    run("differential_peaks.py", *three, "-o", out)
    assert "--contrast A-B names the two" in out.read_text()
    run("differential_peaks.py", *three, "--contrast", "c-b", "-o", out)
    assert table(out)["fraction_difference"].tolist() == [-1, 1, 0]
    few = run("differential_peaks.py", "--group", "a", peaks[0], "-o", out, code=2)
    assert "two groups or more" in few.stderr


@needs_bedtools
def test_differential_coverage(peaks: list[Path], tmp_path: Path) -> None:
    tracks = []
    for i, height in enumerate([1, 1.2, 4, 4.4]):
        path = tmp_path / f"t{i}.bedGraph"
        path.write_text(
            f"chr1\t0\t500\t{height}\nchr1\t900\t1200\t{2 + i / 10}\n"
            f"chr1\t5000\t90000\t1\nchr2\t0\t500\t2\n"
        )
        tracks.append(path)
    out = tmp_path / "out.tsv"
    groups = ["--good", *peaks[:2], "--poor", *peaks[2:]]
    run("differential_peaks.py", *groups, "--coverage", *tracks, "-o", out)
    found = table(out)
    assert found["log2FoldChange"].iloc[0] == pytest.approx(np.log2(4.2 / 1.1), abs=0.3)
    assert found["pvalue"].between(0, 1).all()
    assert "poor minus good" in out.read_text()
    few = run("differential_peaks.py", *groups, "--coverage", tracks[0], "-o", out, code=2)
    assert "--coverage needs 4 tracks" in few.stderr


GENES = "chrom\tstart\tend\tgene_id\tgene_name\tstrand\nchr1\t150\t9000\tg1\tAAA\t+\n"


def test_annotation_of_peaks(peaks: list[Path], tmp_path: Path) -> None:
    genes, out, links = tmp_path / "genes.tsv", tmp_path / "out.tsv", tmp_path / "links.tsv"
    genes.write_text(GENES)
    options = ["--genes", genes, "--promoter", 20, 20, "--links", links]
    done = run("annotate_peaks.py", peaks[0], *options, "-o", out)
    assert table(out)["class"].tolist() == ["promoter", "gene_body"]
    assert table(out)["distance"].tolist() == [0, 850]
    assert table(links)["reason"].tolist() == ["promoter", "gene_body", "gene_body"]
    assert re.search(r"promoter +1 +0\.500", done.stdout)


def test_annotation_keeps_further_columns_as_given(tmp_path: Path) -> None:
    genes, peak, out = tmp_path / "genes.tsv", tmp_path / "mine.tsv", tmp_path / "out.tsv"
    genes.write_text(GENES)
    peak.write_text("chr\tstart\tend\tMy Score\tsymbol\nchr1\t100\t300\t1.50\told name\n")
    run("annotate_peaks.py", peak, "--genes", genes, "-o", out)
    lines = [line for line in out.read_text().splitlines() if not line.startswith("#")]
    found = dict(zip(*(line.split("\t") for line in lines), strict=True))
    assert found["My Score"] == "1.50"
    assert found["symbol"] == "AAA"
    assert found["given_symbol"] == "old name"


def test_annotation_with_built_in_genes(tmp_path: Path) -> None:
    peak, out = tmp_path / "peak.bed", tmp_path / "out.tsv"
    peak.write_text("chrX\t154547000\t154547100\n")
    run("annotate_peaks.py", peak, "--genome", "hg38", "-o", out)
    assert table(out)["nearest_symbol"].tolist() == ["G6PD"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["consensus_peaks.py", "{bad}", "{good}"], "bad.bed, line 1: the start is not below"),
        (["consensus_peaks.py", "{none}", "{good}"], "none.bed: cannot be read: No such file"),
        (["consensus_peaks.py", "{good}"], "at least 2 samples were asked for, but there are 1"),
        (["consensus_peaks.py", "{good}", "{good}"], "given twice"),
        (["differential_peaks.py", "--good", "{bad}", "--poor", "{good}"], "bad.bed, line 1"),
        (["annotate_peaks.py", "{good}", "--genome", "hg99"], "hg99"),
        (["annotate_peaks.py", "{good}"], "--gen"),
    ],
)
def test_data_problems_are_one_line_and_exit_1(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    (tmp_path / "bad.bed").write_text("chr1\t9\t5\n")
    (tmp_path / "good.bed").write_text("chr1\t1\t5\n")
    files = {name: str(tmp_path / f"{name}.bed") for name in ("bad", "good", "none")}
    out = tmp_path / "out"
    done = run(*(a.format(**files) for a in arguments), "-o", out, code=1)
    errors = [line for line in done.stderr.splitlines() if "error: " in line]
    assert len(errors) == 1
    assert message in errors[0]
    assert not out.exists()


@pytest.mark.parametrize(
    "arguments",
    [["consensus_peaks.py"], ["differential_peaks.py", "--good", "a"], ["annotate_peaks.py", "-x"]],
)
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    assert "usage:" in run(*arguments, code=2).stderr


def test_a_folder_that_is_missing_is_made_and_a_file_in_the_way_is_said(
    peaks: list[Path], tmp_path: Path
) -> None:
    run("consensus_peaks.py", *peaks, "-o", tmp_path / "new" / "out.bed")
    done = run("consensus_peaks.py", *peaks, "-o", peaks[0] / "out.bed", code=1)
    assert "cannot be written" in done.stderr


@needs_bedtools
@pytest.mark.real
def test_tamoxifen_files(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "tamoxifen_er_chip_diffbind"
    resistant = sorted(folder.glob("BT474*.bed.gz")) + sorted(folder.glob("TAMR*.bed.gz"))
    responsive = [
        p for cell in ("MCF7", "T47D", "ZR75") for p in sorted(folder.glob(f"{cell}_ER*.bed.gz"))
    ]
    out = tmp_path / "out.tsv.gz"
    run("differential_peaks.py", "--good", *responsive, "--poor", *resistant, "-o", out)
    found = table(out)
    assert found["n_good"].max() == 7
    assert found["n_poor"].max() == 4
    assert found["descriptive_pvalue"].min() == pytest.approx(1 / 330)
    assert len(found) > 2500
