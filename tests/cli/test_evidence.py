"""The verb `evidence`: results and a table of another assay in, a table and its summary out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import write_counts
from resist_epi.io.tables import read_table, write_table
from tests.support.builders import regions, said
from tests.support.evidence import patients, results
from tests.support.outside_cohort import write_outside_cohort


def test_the_verb(tmp_path: Path) -> None:
    counts, own, both = patients(0.8)
    counts = type(counts)(
        counts.values, regions(300, width=100_000), counts.samples, "mean_signal", np.full(12, 1e6)
    )
    write_counts(tmp_path / "counts.parquet", counts)
    own.table.to_csv(tmp_path / "sheet.csv", index=False)
    assert both.values is not None
    levels = both.values.assign(gene=both.effects["gene"])
    levels.to_csv(tmp_path / "levels.csv", index=False)
    common = ["--samples", str(tmp_path / "sheet.csv"), "--normalize", "library_size"]
    found = str(tmp_path / "results.tsv")
    assert main(["diff", str(tmp_path / "counts.parquet"), *common, "-o", found]) == 0
    out, summary = tmp_path / "evidence.tsv", tmp_path / "summary.tsv"
    command = ["evidence", found, str(tmp_path / "levels.csv"), "-o", str(out), *common]
    command += ["--counts", str(tmp_path / "counts.parquet"), "--summary", str(summary)]
    assert main(command) == 0
    table = read_table(out)
    assert len(table) == 300
    assert table["patient_correlation"].median() < -0.5
    header = said(table)
    assert "stated in advance" in header
    assert "over 12 patients" in header
    row = read_table(summary).iloc[0]
    assert row["n_supported"] > 10
    assert row["patient_pvalue"] < 0.01


def test_without_a_mark_the_verb_asks_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = results(np.ones(20))
    for name in ("region_id", "lfcSE", "ci_low", "ci_high", "stat", "df"):
        table[name] = "r" if name == "region_id" else 1.0
    write_table(tmp_path / "r.tsv", table)
    effects = table[["symbol", "log2FoldChange"]]
    effects.to_csv(tmp_path / "e.csv", index=False)
    command = ["evidence", str(tmp_path / "r.tsv"), str(tmp_path / "e.csv")]
    assert main([*command, "-o", str(tmp_path / "o.tsv")]) == 2
    assert "--mark" in capsys.readouterr().err
    assert not (tmp_path / "o.tsv").exists()


def test_an_outside_cohort(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = list(map(str, write_outside_cohort(tmp_path, 0.8)))
    n = 400
    changed = np.arange(n) < 20
    table = regions(n, width=100_000).drop(columns="kind")
    table = table.assign(
        baseMean=1.0, log2FoldChange=np.where(changed, 1.0, 0.0), lfcSE=0.2, ci_low=0.0, ci_high=0.0
    )
    padj = np.where(changed, 0.001, 0.9)
    table = table.assign(stat=0.0, df=10.0, pvalue=padj, padj=padj, direction="none")
    about = {"name": "poor-good", "column": "Condition", "kind": "difference"}
    facts = {"mark": "H3K36me3", "contrast": about | {"first": "poor", "second": "good"}}
    write_table(tmp_path / "results.tsv", table, header={"facts": facts})
    out, summary = str(tmp_path / "genes.tsv"), str(tmp_path / "summary.tsv")
    command = ["evidence", str(tmp_path / "results.tsv"), "--survival", *files, "-o", out]
    more = ["--cohort-adjust", "age", "--cohort-strata", "site", "--summary", summary]
    assert main([*command, *more]) == 0
    row = read_table(summary).iloc[0]
    assert row["verdict"] == "confirmed"
    assert (read_table(out)["expected"] == "earlier").all()
    assert "beside age, strata of their own" in said(read_table(out))
    assert main([*command, "--worse", "good", "--summary", summary]) == 0
    assert read_table(summary).iloc[0]["verdict"] == "opposite"
    assert main([*command, "--worse", "bad"]) == 1
    assert "the contrast has poor or good" in capsys.readouterr().err
    assert main(["evidence", str(tmp_path / "results.tsv"), "-o", out]) == 2
    capsys.readouterr()
    measured = ["evidence", str(tmp_path / "results.tsv"), files[0], "-o", str(tmp_path / "no.tsv")]
    assert main([*measured, "--mark", "H3K36me3", "--cohort-adjust", "age"]) == 2
    assert "--survival" in capsys.readouterr().err
    assert not (tmp_path / "no.tsv").exists()
