"""Small inputs for the verbs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cohort import SmallCohort, make_cohort


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> SmallCohort:
    return make_cohort(tmp_path_factory.mktemp("cohort"))


@pytest.fixture
def tsv(tmp_path: Path) -> tuple[Path, Path]:
    """Counts of four samples over one region, and their sheet."""
    counts, sheet = tmp_path / "c.tsv", tmp_path / "s.csv"
    counts.write_text("chrom\tstart\tend\ta\tb\tc\td\n" + "chr1\t0\t9\t10\t12\t30\t31\n" * 1)
    sheet.write_text("SampleID,Factor,Condition\na,ER,x\nb,ER,x\nc,ER,y\nd,ER,y\n")
    return counts, sheet
