"""Which regions follow copy number, and by how much signal does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resist_epi.dna.copy_number import with_copy_number
from resist_epi.dna.copy_number_effects import amplicon_table, copy_number_effects
from resist_epi.model.linear_models import log_level
from resist_epi.model.normalization import normalize
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.schema import COPY_NUMBER, names
from tests.support import builders

CONDITIONS = ["good"] * 6 + ["poor"] * 6


def setting(*, seed: int = 1, follows: float = 1.0):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    copies = np.zeros((300, 12))
    copies[:100, [0, 6, 7, 8, 9]] = 0.8
    level = rng.normal(5, 1, (300, 1)) + rng.normal(0, 0.2, (300, 12)) + follows * copies
    matrix = builders.matrix(2.0**level, library_sizes=np.full(12, 1e6))
    corrected = normalize(with_copy_number(matrix, copies), "library_size")
    design = make_design(builders.sheet(CONDITIONS))
    return corrected, copies, design, make_contrast(design, None)


def effects(**options):  # type: ignore[no-untyped-def]
    matrix, copies, design, contrast = setting(**options)
    tested = np.ones(300, dtype=bool)
    return copy_number_effects(matrix, copies, design, contrast, tested=tested)


def test_followers_are_flagged() -> None:
    found = effects()
    assert list(found.table.columns) == names(COPY_NUMBER)
    flags = found.table["follows_copy_number"].to_numpy()
    assert flags[:100].mean() > 0.95
    assert not flags[100:].any()
    assert found.table["copy_number_r"].iloc[100:].isna().all()
    assert found.slope == pytest.approx(1, abs=0.05)
    assert found.slope_after == pytest.approx(0, abs=0.05)
    np.testing.assert_allclose(
        found.table["copy_number_log2FoldChange"].iloc[:100], 0.8 * (4 / 6 - 1 / 6)
    )


def test_signal_that_does_not_follow_is_not_flagged() -> None:
    flagged = [effects(seed=s, follows=0.0).table["follows_copy_number"].any() for s in range(20)]
    assert sum(flagged) <= 4
    assert effects(follows=0.0).slope_after == pytest.approx(-1, abs=0.1)


def test_correlation_is_the_partial_one() -> None:
    """Against residuals of both on the design, one region at a time."""
    matrix, copies, design, contrast = setting()
    rng = np.random.default_rng(9)
    copies = copies + rng.normal(0, 0.2, copies.shape)
    tested = np.ones(300, dtype=bool)
    found = copy_number_effects(matrix, copies, design, contrast, tested=tested).table
    from resist_epi.dna.copy_number_effects import without_expected

    level, _ = log_level(without_expected(matrix), tested)
    group = np.array(CONDITIONS) == "poor"
    for i in (0, 50, 200):
        y, x = (
            v[i] - np.where(group, v[i][group].mean(), v[i][~group].mean()) for v in (level, copies)
        )
        r = stats.pearsonr(x, y).statistic
        assert found["copy_number_r"].iloc[i] == pytest.approx(r)


def test_nothing_varies() -> None:
    matrix, copies, design, contrast = setting()
    tested = np.ones(300, dtype=bool)
    found = copy_number_effects(matrix, 0 * copies, design, contrast, tested=tested)
    assert np.isnan(found.slope)
    assert "no tested region varies" in found.sentence
    assert not found.table["follows_copy_number"].any()
    unknown = copy_number_effects(
        matrix, np.full_like(copies, np.nan), design, contrast, tested=tested
    )
    assert unknown.table["copy_number_log2FoldChange"].isna().all()


def test_amplicons_by_sample() -> None:
    regions = builders.regions(10)
    amplicons = builders.pd.DataFrame(
        {"name": ["a", "b"], "chrom": ["chr1", "chr9"], "start": [0, 0], "end": [3000, 10],
         "gene": ["G", ""]}
    )  # fmt: skip
    copies = np.zeros((10, 2))
    copies[:3, 1] = [0.1, 0.5, 0.9]
    table = amplicon_table(copies, regions, ["x", "y"], amplicons)
    assert table["n_regions"].tolist() == [3, 0]
    assert table["n_gained"].tolist() == [1, 0]
    assert table["y"].iloc[0] == pytest.approx(0.5)
    assert table[["x", "y"]].iloc[1].isna().all()
    assert amplicon_table(copies, regions, ["x", "y"], amplicons.iloc[:0]).empty


def test_purity_stands_in_the_design() -> None:
    """Signal that follows purity is adjusted for, and the groups' own change is kept."""
    from resist_epi.model.analysis import analyse

    rng = np.random.default_rng(7)
    poor = np.repeat([0.0, 1.0], 8)
    purity = np.clip(0.45 + 0.2 * poor + rng.normal(0, 0.12, 16), 0.1, 1)
    level = rng.normal(5, 1, (600, 1)) + rng.normal(0, 0.2, (600, 16))
    level[:200] += 5.0 * purity
    level[200:260] += 1.0 * poor
    matrix = builders.matrix(2.0**level, library_sizes=np.full(16, 1e6))
    sheet = builders.sheet(
        ["good"] * 8 + ["poor"] * 8, Purity=[f"{p:.4f}" for p in purity.tolist()]
    )
    plain, adjusted = (
        analyse(matrix, sheet, formula=f, normalize="library_size").results["direction"] != "none"
        for f in ("~ Condition", "~ Purity + Condition")
    )
    assert plain[:200].mean() > 0.5
    assert adjusted[:200].mean() < 0.1
    assert adjusted[200:260].mean() > 0.5
