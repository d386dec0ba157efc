"""The main job on real data: a rat heart study, breast-cancer lines, embryonic stem cells."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from resist_epi.cli.main import main
from resist_epi.counting.coverage import count_regions
from resist_epi.counting.matrix_files import read_counts
from resist_epi.genes.gene_values import gene_table
from resist_epi.genome.regions import make_regions
from resist_epi.io.tables import read_results, read_table
from resist_epi.tracks.open import open_track
from tests.support.builders import said
from tests.support.few_figures import draw_only

pytestmark = pytest.mark.real
SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
RAT, TAMOXIFEN = "rat_heart_h3k27me3_bn_shr", "tamoxifen_er_chip_diffbind"


@pytest.fixture(scope="module")
def rat(real_data: Path) -> Path:
    return real_data / RAT


def rat_sheet(rat: Path, folder: Path, *options: str) -> Path:
    sheet = folder / "rat.csv"
    script = [sys.executable, str(SCRIPTS / "rat_heart_sheet.py"), str(rat), "-o", str(sheet)]
    subprocess.run([*script, *options], check=True)
    return sheet


@pytest.fixture(scope="module")
def rat_run(rat: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rat")
    sheet, out = rat_sheet(rat, folder), folder / "out"
    genes = str(rat / "genes_rn4.tsv.gz")
    expression = str(rat / "expression_lv_bn_shr.tsv.gz")
    command = ["run", str(sheet), "--genes", genes, "--expression", expression]
    with pytest.MonkeyPatch.context() as patch:
        draw_only(patch, ".pca", ".correlation")
        assert main([*command, "-o", str(out)]) == 0
    return out


def test_bins_of_the_tracks_are_proportional_to_the_exact_counts(rat: Path) -> None:
    exact = pd.read_csv(rat / "chr12_500bp_counts.tsv.gz", sep="\t")
    tracks = {p.name.removesuffix(".cpm.bw"): p for p in (rat / "derived_bigwig").iterdir()}
    opened = {name: open_track(tracks[name]) for name in sorted(tracks)}
    bins = make_regions(exact[["chrom", "start", "end"]], kind="bins")
    counts = count_regions(opened, bins, quantity="coverage_sum")
    for i, name in enumerate(counts.samples):
        reads = exact[name].to_numpy(float)
        slope = (counts.values[:, i] @ reads) / (reads @ reads)
        np.testing.assert_allclose(counts.values[:, i], slope * reads, rtol=1e-4)


def test_the_rat_study_runs_and_only_chr12_is_left(rat_run: Path) -> None:
    for name in ("H3K27me3.promoters", "H3K27me3.genes", "H3K4me3.promoters"):
        table = read_results(rat_run / "differential" / f"{name}.tsv.gz")
        assert set(table["chrom"]) == {"chr12"}
        assert len(table) == (576 if name.endswith("genes") else 778)
        assert table["log2FoldChange"].notna().all()


def test_libraries_of_one_animal_have_fold_changes_but_no_p(rat_run: Path) -> None:
    table = read_results(rat_run / "differential" / "H3K27me3.promoters.tsv.gz")
    assert table["pvalue"].isna().all()
    header = said(table)
    assert "4 libraries merged into 2 units" in header
    assert "rests on 1 biological unit" in header
    other = read_results(rat_run / "differential" / "H3K4me3.promoters.tsv.gz")
    # Promoters with next to no reads are left out of a count test.
    assert other["pvalue"].notna().mean() > 0.5
    header = said(other)
    assert "informed by 2 SHR + 2 BN units" in header
    assert "quantity: recovered_reads" in header
    assert "chosen: counts can be recovered from every track" in header
    assert "method: ql" in header


@pytest.mark.usefixtures("without_figures")
def test_without_patient_both_marks_are_tested_and_the_header_says_so(
    rat: Path, tmp_path: Path
) -> None:
    sheet = rat_sheet(rat, tmp_path, "--without-patient")
    genes = str(rat / "genes_rn4.tsv.gz")
    assert main(["run", str(sheet), "--genes", genes, "-o", str(tmp_path / "out")]) == 0
    for mark in ("H3K27me3", "H3K4me3"):
        table = read_results(tmp_path / "out" / "differential" / f"{mark}.promoters.tsv.gz")
        # Those that have the mark: more of the 778 promoters are without H3K27me3 than with it.
        assert table["pvalue"].notna().sum() > 200
        header = said(table)
        assert "no Patient column: each library is taken as a biological unit" in header


def test_levels_go_with_expression_changes_hardly_and_the_table_says_so(rat_run: Path) -> None:
    table = read_table(rat_run / "evidence" / "concordance.tsv").set_index("mark")
    assert -0.5 < table.loc["H3K27me3", "level_rho"] < -0.35
    assert 0.45 < table.loc["H3K4me3", "level_rho"] < 0.65
    assert (table["change_rho"].abs() < 0.2).all()
    for words in table["words"]:
        assert "hardly any relation" in words or "a weak relation" in words
    joined = read_results_of_evidence(rat_run)
    assert joined["evidence_pvalue"].isna().all()
    assert not (rat_run / "mechanisms.tsv").exists()  # the built-in sets are human


def read_results_of_evidence(folder: Path) -> pd.DataFrame:
    return read_table(folder / "evidence" / "H3K27me3.expression.tsv.gz", required=["expected"])


def test_built_in_sets_stay_untested_in_another_species(rat_run: Path) -> None:
    table = read_table(rat_run / "gene_sets" / "H3K4me3.tsv")
    assert (table["n_tested"] == 0).all()
    assert table["pvalue"].isna().all()


@pytest.mark.parametrize("strain", ["BN", "SHR"])
def test_promoter_h3k27me3_goes_against_expression(rat: Path, rat_run: Path, strain: str) -> None:
    counts = read_counts(rat_run / "counts" / "H3K27me3.promoters.parquet")
    mine = [i for i, s in enumerate(counts.samples) if f"-{strain}-" in s]
    level = counts.regions.assign(baseMean=counts.values[:, mine].mean(axis=1))
    level = gene_table(level)
    genes = pd.read_csv(rat / "genes_rn4.tsv.gz", sep="\t")
    coding = set(genes.loc[genes["biotype"] == "protein_coding", "gene_id"])
    expression = pd.read_csv(rat / "expression_lv_bn_shr.tsv.gz", sep="\t")
    both = level.merge(expression, left_on="gene_id", right_on="ensembl_gene_id")
    both = both[both["gene_id"].isin(coding)]
    assert len(both) == 570
    rho = stats.spearmanr(both["baseMean"], both[f"expression_{strain}"]).statistic
    assert rho <= -0.35


def test_the_tamoxifen_sheet_is_read_and_check_lists_what_is_missing(
    real_data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "check.tsv"
    assert main(["check", str(real_data / TAMOXIFEN / "tamoxifen.csv"), "-o", str(out)]) == 1
    errors = read_table(out).query("level == 'error'")
    assert errors["column"].value_counts().to_dict() == {
        "bamReads": 11,
        "Peaks": 11,
        "bamControl": 11,
    }
    assert errors.loc[errors["column"] == "Peaks", "message"].str.contains("beside the sheet").all()


def test_tamoxifen_peaks_to_consensus_through_the_sheet(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / TAMOXIFEN
    text = (folder / "tamoxifen.csv").read_bytes().decode().replace("\r", "\n")
    for path in folder.glob("*_ER_*.bed.gz"):
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "sheet.csv").write_text(text.replace("peaks/", ""))
    out = tmp_path / "consensus.bed"
    sheet = str(tmp_path / "sheet.csv")
    assert main(["regions", "peaks", "--samples", sheet, "--min-overlap", "2", "-o", str(out)]) == 0
    lines = [line for line in out.read_text().splitlines() if not line.startswith("#")]
    # DiffBind counts 2,845 sites in these peaks.
    assert len(lines) == 2845


@pytest.mark.parametrize("normalize", ["library_size", "tmm"])
def test_tamoxifen_counts(real_data: Path, tmp_path: Path, normalize: str) -> None:
    folder = real_data / TAMOXIFEN
    sheet = pd.read_csv(folder / "samples.tsv", sep="\t")
    sheet = sheet.rename(columns={"library_reads": "LibrarySize"})
    sheet.to_csv(tmp_path / "s.tsv", sep="\t", index=False)
    command = ["diff", str(folder / "chr18_consensus_counts.tsv.gz")]
    command += ["--samples", str(tmp_path / "s.tsv"), "--design", "~ Tissue + Condition"]
    command += ["--contrast", "Resistant-Responsive", "--normalize", normalize]
    assert main([*command, "-o", str(tmp_path / "r.tsv")]) == 0
    table = read_results(tmp_path / "r.tsv")
    header = said(table)
    assert (
        "informed by 2 Resistant + 3 Responsive units, all of Tissue MCF7 (not by BT4741" in header
    )
    assert "the sheet's LibrarySize" in header
    assert len(table) == 2845
    # MCF7 lost ERalpha at hundreds of sites when it became resistant, and gained it at others.
    assert (table["direction"] == "loss").sum() > 200
    assert (table["direction"] == "gain").sum() > 100


def test_one_library_a_group(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = real_data / "rat_heart_h3k27me3_chr19_20" / "chr19_chr20_1kb_counts_expression.tsv.gz"
    sheet = tmp_path / "s.csv"
    sheet.write_text("SampleID,Factor,Condition\ncount_BN,H3K27me3,BN\ncount_SHR,H3K27me3,SHR\n")
    command = ["diff", str(counts), "--samples", str(sheet), "-o", str(tmp_path / "r.tsv.gz")]
    assert main(command) == 1
    assert "nothing tells how much units differ" in capsys.readouterr().err
    assert main([*command, "--fold-changes-only"]) == 0
    table = read_results(tmp_path / "r.tsv.gz")
    assert table["pvalue"].isna().all()
    assert table["log2FoldChange"].notna().all()
