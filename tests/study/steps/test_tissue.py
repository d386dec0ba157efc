"""A run's scores stand in its sheet as columns, and in the design of the next run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.tissue_scores import tissue_scores
from resist_epi.pipeline import run_study
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.tissue import with_calls_beside
from tests.genes.test_tissue_scores import SETS, level, mixed
from tests.support.cohort import make_cohort


def test_calls_beside_a_score_are_fewer_where_the_contrast_is_largely_that() -> None:
    analysis = mixed(3.0)
    table = with_calls_beside(tissue_scores(level(analysis), SETS), analysis).set_index("set")
    own = table.loc["PROLIFERATION_MARKERS"]
    assert own["calls"] == (analysis.results["direction"] != "none").sum() > 50
    assert own["calls_beside"] < 0.3 * own["calls"]
    assert np.isnan(table.loc["STROMA_MARKERS", "calls_beside"])  # asked only where it matters


GENES = tuple(f"GENE{i}" for i in range(10, 30))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tissue")
    cohort = make_cohort(made)
    patch = pytest.MonkeyPatch()
    patch.setattr(
        "resist_epi.study.steps.tissue.load_gene_sets",
        lambda: {"A_MARKERS": GeneSet("A_MARKERS", "test", GENES)},
    )
    patch.setattr("resist_epi.report.page.draw_figures", lambda run, folder, **how: [])
    patch.setattr("resist_epi.study.steps.tissue.gene_set_kinds", lambda: {"A_MARKERS": "marker"})
    run_study(StudySettings(sheet=cohort.sheet, genes=cohort.genes), made / "out")
    patch.undo()
    return made


def test_the_sheet_with_scores_can_be_run(folder: Path) -> None:
    scored = read_sheet(folder / "out" / "quality" / "sheet_with_scores.csv")
    plain = read_sheet(folder / "sheet.csv")
    assert scored.samples == plain.samples
    assert all(Path(p).is_file() for p in scored.table["Coverage"])
    values = pd.to_numeric(scored.table["AScore"])
    assert values.notna().all()
    assert (folder / "out" / "quality" / "H3K27me3.scores.tsv").is_file()
    by_mark = scored.table.assign(AScore=values).groupby("Factor")["AScore"].std()
    assert (by_mark > 0.5).all()
