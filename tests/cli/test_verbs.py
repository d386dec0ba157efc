"""The verbs in a row: from regions to gene sets, each with the files of the one before."""

from __future__ import annotations

from pathlib import Path

from resist_epi.cli.main import main
from resist_epi.io.tables import read_results, read_table
from tests.support.cohort import SmallCohort


def test_the_verbs_in_a_row(cohort: SmallCohort, tmp_path: Path) -> None:
    genes = ["--genes", str(cohort.genes)]
    counts, results = tmp_path / "c.parquet", tmp_path / "r.tsv.gz"
    assert main(["regions", "promoters", *genes, "-o", str(tmp_path / "p.bed")]) == 0
    count = ["count", str(cohort.sheet), "--mark", "h3k27me3", *genes, "-o", str(counts)]
    assert main([*count, "--regions", "promoters"]) == 0
    assert main(["diff", str(counts), "-o", str(results), "--normalize", "tmm"]) == 0
    table = read_results(results)
    assert set(table.loc[table["direction"] == "gain", "symbol"]) == {"GENE3", "GENE4"}
    enrich = ["enrich", str(results), "--gene-sets", str(cohort.gene_sets)]
    assert main([*enrich, "-o", str(tmp_path / "s.tsv")]) == 0
    with_counts = ["--counts", str(counts), "--normalize", "tmm", "-o", str(tmp_path / "t.tsv")]
    assert main([*enrich, *with_counts]) == 0
    assert list(read_table(tmp_path / "t.tsv")["n_gain"]) == [2, 0, 0]
