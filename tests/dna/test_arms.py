"""Arms: a gain of one of them is seen with units as replicates; region by region it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.dna.arms import arm_shifts
from resist_epi.genome.cytogenetics import arm_names
from resist_epi.genome.regions import bed_regions
from resist_epi.model.normalization import normalize
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.schema import ARMS, names
from tests.support import builders

BORDERS = {f"chr{i}": 50_000 for i in range(1, 9)}


def cohort(shift: np.ndarray, *, seed: int = 1, per_arm: int = 60, noise: float = 0.3):  # type: ignore[no-untyped-def]
    """Signal on eight chromosomes and X; `shift` (log2, a unit) is added on 3q."""
    rng = np.random.default_rng(seed)
    n = len(shift)
    rows = [(f"chr{c}", 100 + 1500 * i, 1100 + 1500 * i) for c in [*range(1, 9), "X"]
            for i in range(per_arm)]  # fmt: skip
    regions = bed_regions(rows)
    arms = arm_names(regions, BORDERS)
    level = rng.normal(5, 1, (len(regions), 1)) + rng.normal(0, noise, (len(regions), n))
    level += np.where(arms == "3q", 1.0, 0.0)[:, None] * shift
    samples = tuple(f"s{i}" for i in range(n))
    matrix = CountMatrix(2.0**level, regions, samples, "mean_signal", np.full(n, 1e6))
    sheet = builders.sheet(["good"] * (n // 2) + ["poor"] * (n - n // 2))
    design = make_design(sheet)
    return normalize(matrix, "library_size"), design, make_contrast(design, None)


def shifts(shift: np.ndarray, **options):  # type: ignore[no-untyped-def]
    matrix, design, contrast = cohort(shift, **options)
    tested = np.ones(len(matrix.regions), dtype=bool)
    return arm_shifts(matrix, design, contrast, tested=tested, borders=BORDERS)


def test_a_gained_arm_is_named_and_no_other() -> None:
    found = shifts(np.repeat([0, np.log2(1.5)], 6))
    table = found.table.set_index("arm")
    assert list(found.table.columns) == names(ARMS)
    assert table.index[table["shifted"]].tolist() == ["3q"]
    assert table.loc["3q", "log2FoldChange"] == pytest.approx(np.log2(1.5), abs=0.08)
    (warning,) = found.warnings
    assert "3q (+0.5" in warning or "3q (+0.6" in warning
    assert "consistent with a difference of copy number" in warning
    # The planted arm explains the correlation of neighbours.
    assert found.autocorrelation[0] > 0.1
    assert abs(found.autocorrelation[1]) < 0.1


def test_a_gain_in_some_units_shows_in_their_spread() -> None:
    shift = np.zeros(12)
    shift[[0, 6, 7, 8]] = np.log2(1.5)
    found = shifts(shift)
    table = found.table.set_index("arm")
    assert table.index[table["varies"]].tolist() == ["3q"]
    assert any("units of one group differ" in w and "3q" in w for w in found.warnings)


def test_nothing_is_said_where_nothing_is() -> None:
    said = [bool(shifts(np.zeros(8), seed=s).warnings) for s in range(20)]
    assert sum(said) <= 3


def test_swapping_groups_turns_the_sign() -> None:
    matrix, design, contrast = cohort(np.repeat([0, 0.5], 4))
    tested = np.ones(len(matrix.regions), dtype=bool)
    back = replace(contrast, vector=-contrast.vector)
    one, other = (
        arm_shifts(matrix, design, c, tested=tested, borders=BORDERS).table
        for c in (contrast, back)
    )
    np.testing.assert_allclose(one["log2FoldChange"], -other["log2FoldChange"])
    np.testing.assert_allclose(one["pvalue"], other["pvalue"])


def test_sex_chromosomes_are_tested_apart() -> None:
    matrix, design, contrast = cohort(np.zeros(8))
    on_x = (matrix.regions["chrom"] == "chrX").to_numpy()
    values = matrix.values * np.where(on_x[:, None] & (np.arange(8) >= 4), 2.0, 1.0)
    tested = np.ones(len(values), dtype=bool)
    found = arm_shifts(
        replace(matrix, values=values), design, contrast, tested=tested, borders=BORDERS
    )
    table = found.table.set_index("arm")
    assert table.index[table["shifted"]].tolist() == ["chrX"]
    assert len(found.warnings) == 1
    assert "X inactivation" in found.warnings[0]


def test_units_of_mixed_sexes_are_named_as_such() -> None:
    matrix, design, contrast = cohort(np.zeros(12))
    on_x = (matrix.regions["chrom"] == "chrX").to_numpy()
    values = matrix.values * np.where(on_x[:, None] & (np.arange(12) % 2 == 0), 2.0, 1.0)
    tested = np.ones(len(values), dtype=bool)
    found = arm_shifts(
        replace(matrix, values=values), design, contrast, tested=tested, borders=BORDERS
    )
    (warning,) = found.warnings
    assert "units of one group differ along whole chromosome arms: chrX (sd " in warning
    assert "sexes that are mixed" in warning


def test_small_input() -> None:
    matrix, design, contrast = cohort(np.zeros(4))
    none = np.zeros(len(matrix.regions), dtype=bool)
    empty = arm_shifts(matrix, design, contrast, tested=none, borders=BORDERS)
    assert empty.table.empty
    assert empty.warnings == ()
    assert "0 of 0" in empty.sentence
    few = none.copy()
    few[:25] = True
    one = arm_shifts(matrix, design, contrast, tested=few)
    assert one.table["arm"].tolist() == ["chr1"]
    assert one.table["pvalue"].isna().all()


def test_unknown_arms_are_whole_chromosomes() -> None:
    regions = bed_regions([("chr1", 0, 10), ("chr1", 90, 100), ("2", 90, 100)])
    assert arm_names(regions, {"chr1": 50}).tolist() == ["1p", "1q", "2"]
    assert arm_names(pd.DataFrame({"chrom": [], "start": [], "end": []}), {}).tolist() == []
