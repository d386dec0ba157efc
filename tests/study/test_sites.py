"""A study of ER: genes by the mean of their sites, and without peaks by their promoters."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import read_counts
from resist_epi.errors import InputFormatError
from resist_epi.io.run_folder import run_path
from resist_epi.io.tables import read_results, read_table
from resist_epi.pipeline import run_study
from resist_epi.report.gather import gather
from resist_epi.study.settings import StudySettings, make_settings
from resist_epi.study.study_file import read_study
from tests.support.cohort import make_cohort


@pytest.fixture(scope="module")
def of_er(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("er")
    cohort = make_cohort(folder)
    table = pd.read_csv(cohort.sheet)
    table[table["Factor"] == table["Factor"].iloc[0]].assign(Factor="ER").to_csv(
        folder / "er.csv", index=False
    )
    return folder


def study(folder: Path, name: str) -> Path:
    settings = StudySettings(sheet=folder / name, genes=folder / "genes.tsv")
    return run_study(settings, folder / Path(name).stem, report=False)


def test_sites_speak_for_genes(of_er: Path) -> None:
    out = study(of_er, "er.csv")
    sites = read_results(run_path(out, "results", "ER", "peaks"))
    links = read_table(run_path(out, "links", "ER", "peaks"))
    genes = read_table(run_path(out, "genes", "ER")).set_index("gene_id")
    by_gene = read_counts(run_path(out, "gene_counts", "ER"))
    assert {"link", "linked_genes"} <= set(sites)
    assert len(by_gene.regions) == (genes["peaks_n_sites"] > 0).sum() > 0
    change = sites[sites["pvalue"].notna()].set_index("region_id")["log2FoldChange"]
    checked = 0
    for gene, row in genes[genes["peaks_n_sites"] > 0].iterrows():
        own = links[(links["gene_id"] == gene) & links["region_id"].isin(change.index)]
        own = own[own["reason"] == own["reason"].iloc[0]] if len(own) else own
        if len(own) == row["peaks_n_sites"]:
            mean = change[own["region_id"]].mean()
            assert row["peaks_log2FoldChange"] == pytest.approx(mean, abs=1e-6)
            checked += 1
    assert checked
    assert next(iter(gather(out).marks[0].results)) == "peaks"


def test_where_sites_lie_stands_in_tables_and_in_the_report(
    of_er: Path, without_figures: None
) -> None:
    (of_er / "foxa1.bed").write_text("chr1\t0\t300000\n")
    (of_er / "loops.bedpe").write_text("chr1\t0\t300000\tchr1\t402000\t403000\n")
    settings = StudySettings(
        sheet=of_er / "er.csv",
        genes=of_er / "genes.tsv",
        sites={"FOXA1": of_er / "foxa1.bed"},
        contacts=of_er / "loops.bedpe",
    )
    out = run_study(settings, of_er / "er")  # goes on from the run without: tests are reused
    table = read_table(run_path(out, "sites", "ER"))
    on_left = (table["chrom"] == "chr1") & (table["start"] < 300_000)
    assert (table["in_FOXA1"] == on_left).all()
    assert set(table.loc[on_left, "contact_genes"].fillna("")) == {"GENE40"}
    summary = read_table(run_path(out, "site_summary", "ER")).set_index("feature")
    assert {"in FOXA1", "in contact with a promoter", "within 1 kb of a start"} <= set(
        summary.index
    )
    page = (out / "report.html").read_text()
    assert "Sites gained and lost" in page
    assert "in FOXA1" in page
    again = read_study(run_path(out, "study"))
    assert again.sites == settings.sites
    assert again.contacts == settings.contacts
    assert str(settings.sites["FOXA1"]) not in (out / "study.yaml").read_text()
    assert "foxa1.bed" in (out / "provenance.json").read_text()


def test_enrich_takes_the_mean_of_sites_and_says_where_they_lie(of_er: Path) -> None:
    out = study(of_er, "er.csv")
    results = run_path(out, "results", "ER", "peaks")
    (of_er / "sites.bed").write_text("chr1\t0\t300000\n")
    asked = ["enrich", str(results), "--gene-sets", str(of_er / "sets.gmt"), "-o"]
    counts = ["--counts", str(run_path(out, "counts", "ER", "peaks"))]
    counts += ["--samples", str(of_er / "er.csv"), "--genes", str(of_er / "genes.tsv")]
    assert main([*asked, str(of_er / "no.tsv")]) == 1  # no counts and no genes
    sets = of_er / "sets.tsv"
    assert main([*asked, str(sets), *counts, "--sites", f"X={of_er / 'sites.bed'}"]) == 0
    assert "by the mean of its linked sites" in read_table(sets).attrs["header"]["gene values"]
    summary = read_table(of_er / "sets.sites.summary.tsv")
    assert "in X" in summary["feature"].tolist()
    assert len(read_table(of_er / "sets.sites.tsv.gz")) == len(read_results(results))
    assert main([*asked, str(sets), *counts, "--sites", "X"]) == 2


def test_a_peak_set_that_is_not_there_is_refused_at_once(of_er: Path) -> None:
    settings = StudySettings(
        sheet=of_er / "er.csv", genes=of_er / "genes.tsv", sites={"X": of_er / "no.bed"}
    )
    with pytest.raises(InputFormatError, match=r"sites\.X names"):
        run_study(settings, of_er / "never")
    assert not (of_er / "never").exists()
    with pytest.raises(InputFormatError, match="letters, digits"):
        make_settings({"sheet": "a.csv", "sites": {"../x": "a.bed"}})


def test_without_peaks_the_promoter_does(of_er: Path) -> None:
    pd.read_csv(of_er / "er.csv").drop(columns="Peaks").to_csv(of_er / "none.csv", index=False)
    out = study(of_er, "none.csv")
    genes = read_table(run_path(out, "genes", "ER"))
    assert "promoters_log2FoldChange" in genes
    assert not run_path(out, "gene_counts", "ER").exists()
    assert next(iter(gather(out).marks[0].results)) == "promoters"
