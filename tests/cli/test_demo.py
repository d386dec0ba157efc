"""`demo` as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli import demo
from resist_epi.cli.main import main
from resist_epi.io.tables import read_results, read_table
from tests.support.few_figures import draw_only


@pytest.mark.slow
def test_demo_runs_the_study_and_finds_the_planted_genes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    every = (".pca", ".correlation", ".heatmap", ".mechanism_genes", ".genome", ".normalization")
    draw_only(monkeypatch, *every, ".domains.ma", ".domains.volcano", ".domains.pvalue")
    assert main(["demo", "-o", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    for line in said.splitlines():
        assert Path(line.partition(": ")[2]).exists(), line
    assert str(tmp_path / "study" / "differential") in said
    results = read_results(tmp_path / "study" / "differential" / "H3K36me3.genes.tsv.gz")
    targets = results[results["symbol"].isin(["HK2", "G6PD", "TIGAR", "SLC2A1"])]
    assert (targets["log2FoldChange"] > 0.5).all()
    assert (targets["direction"] == "gain").sum() >= 3
    hox = read_results(tmp_path / "study" / "differential" / "H3K27me3.promoters.tsv.gz")
    mechanisms = read_table(tmp_path / "study" / "mechanisms.tsv")
    own = mechanisms.set_index(["mechanism", "layer"])["verdict"]
    for planted in (
        ("NSD2-linked metabolism", "H3K36me3"),
        ("Receptor tyrosine kinases", "H3K36me3"),
        ("ESR1 programme lost", "switches"),
    ):
        assert own[planted] == "as expected", planted
    controls = mechanisms.loc[mechanisms["kind"] == "control", "pvalue"].dropna()
    assert (controls <= 0.05).sum() <= 1  # one of twenty by chance
    # The programme is planted as lost, so the row that states it as retained is contradicted.
    against = mechanisms.loc[mechanisms["verdict"].eq("opposite"), "mechanism"]
    assert set(against) <= {"ESR1 programme retained or ESR1 mutant"}
    cluster = hox[hox["symbol"].str.fullmatch(r"HOXB\d+")]
    assert (cluster["direction"] == "loss").sum() >= 3
    assert not (cluster["direction"] == "gain").any()


def test_demo_names_only_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "report.html").write_text("")
    demo._say_where(tmp_path / "cohort", tmp_path / "study")
    assert capsys.readouterr().out == f"report: {tmp_path / 'study' / 'report.html'}\n"
