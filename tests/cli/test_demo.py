"""`demo` as a person types it."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import resist_epi as rx
from resist_epi.cli import demo
from resist_epi.cli.main import main
from resist_epi.io.tables import read_results, read_table
from tests.support.few_figures import draw_only
from tests.support.once import made_once
from tests.support.texts import TOP


def make_demo(folder: Path) -> None:
    """The demo, as a person types it, and what it says."""
    every = (".pca", ".correlation", ".heatmap", ".mechanism_genes", ".genome", ".normalization")
    of_domains = (".domains.ma", ".domains.volcano", ".domains.pvalue")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as said:
        draw_only(patch, *every, *of_domains)
        assert main(["demo", "-o", str(folder)]) == 0
    (folder / "said.txt").write_text(said.getvalue())


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "demo", make_demo)


@pytest.mark.slow
def test_the_number_of_the_readme_is_the_demos(demo_folder: Path) -> None:
    """What its snippet finds in the demo's files is what the demo's run finds."""
    said = re.search(r"both call (\d+) promoters", (TOP / "README.md").read_text("utf-8"))
    assert said is not None
    sheet, run = demo_folder / "cohort" / "sheet.csv", demo_folder / "study"
    counts = rx.count_study(sheet, "promoters", mark="H3K27me3", genome="hg38")
    written = read_results(run / "differential" / "H3K27me3.promoters.tsv.gz")
    for results in (rx.analyse(counts, contrast="poor-good").results, written):
        assert (results["direction"] != "none").sum() == int(said[1])


@pytest.mark.slow
def test_demo_runs_the_study_and_finds_the_planted_genes(demo_folder: Path) -> None:
    said = (demo_folder / "said.txt").read_text()
    for line in said.splitlines():
        assert Path(line.partition(": ")[2]).exists(), line
    assert str(demo_folder / "study" / "differential") in said
    results = read_results(demo_folder / "study" / "differential" / "H3K36me3.genes.tsv.gz")
    targets = results[results["symbol"].isin(["HK2", "G6PD", "TIGAR", "SLC2A1"])]
    assert (targets["log2FoldChange"] > 0.5).all()
    assert (targets["direction"] == "gain").sum() >= 3
    hox = read_results(demo_folder / "study" / "differential" / "H3K27me3.promoters.tsv.gz")
    mechanisms = read_table(demo_folder / "study" / "mechanisms.tsv")
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
