"""The README's snippet runs, and what it finds is what `run` writes of the same sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import resist_epi as rx
from resist_epi.cli.main import main
from resist_epi.errors import DesignError
from resist_epi.io.tables import read_table
from resist_epi.study.enrich_study import enrich_study
from tests.support.cohort import make_cohort
from tests.support.texts import TOP, blocks

README = (TOP / "README.md").read_text("utf-8")


def snippet() -> str:
    (found,) = (b.text for b in blocks(README) if b.language == "python")
    return found


def test_it_finds_what_the_run_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_cohort(tmp_path, marks=["H3K27me3"])  # the one that it asks about
    monkeypatch.chdir(tmp_path)
    held: dict[str, Any] = {}
    code = snippet().replace('genome="hg38"', 'genes="genes.tsv"')  # short chromosomes
    exec(compile(code, "README.md", "exec"), held)
    assert "StudyCounts: H3K27me3 in 90 promoters x 8 libraries" in capsys.readouterr().out
    monkeypatch.setattr("resist_epi.report.page.draw_figures", lambda run, folder, **how: [])
    command = "run sheet.csv -o study --genes genes.tsv --contrast poor-good"
    assert main(command.split()) == 0
    for name, kind in (("analysis", "promoters"), ("found", "domains")):
        written = rx.read_results(tmp_path / f"study/differential/H3K27me3.{kind}.tsv.gz")
        own = held[name].results
        assert list(own) == list(written)
        assert own["direction"].tolist() == written["direction"].tolist()
        np.testing.assert_allclose(own["padj"], written["padj"], rtol=1e-5)
    with pytest.raises(DesignError, match="domains have no genes of their own"):
        enrich_study(held["domains"], held["found"])
    sets = read_table(tmp_path / "study/gene_sets/H3K27me3.tsv")
    assert list(held["sets"]) == list(sets)
    np.testing.assert_allclose(held["sets"]["pvalue"], sets["pvalue"], rtol=1e-5)
