"""A study of ER: genes by the mean of their sites, and without peaks by their promoters."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resist_epi.counting.matrix_files import read_counts
from resist_epi.io.run_folder import run_path
from resist_epi.io.tables import read_results, read_table
from resist_epi.pipeline import run_study
from resist_epi.report.gather import gather
from resist_epi.study.settings import StudySettings
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


def test_without_peaks_the_promoter_does(of_er: Path) -> None:
    pd.read_csv(of_er / "er.csv").drop(columns="Peaks").to_csv(of_er / "none.csv", index=False)
    out = study(of_er, "none.csv")
    genes = read_table(run_path(out, "genes", "ER"))
    assert "promoters_log2FoldChange" in genes
    assert not run_path(out, "gene_counts", "ER").exists()
    assert next(iter(gather(out).marks[0].results)) == "promoters"
