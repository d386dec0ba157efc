"""Fragments of a simulated CUT&Tag library."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.genome.regions import bed_regions
from resist_epi.simulation.cohort import Cohort, library_fragments, simulate_cohort
from resist_epi.simulation.cut_reads import SITE, cut_fragments, duplicate_share, file_lengths
from resist_epi.simulation.truth import expected_change
from tests.support.small_cohort import SMALL

CUT = replace(SMALL, assay="CUT&Tag", marks=("H3K27me3",))


@pytest.fixture(scope="module")
def cut() -> Cohort:
    return simulate_cohort(CUT)


def test_fragments_are_the_librarys_own_and_those_of_e_coli(cut: Cohort) -> None:
    sample = str(cut.libraries["sample"].iloc[1])
    found = cut_fragments(cut, sample)
    assert list(file_lengths(cut)) == ["chr21", "U00096.3"]
    own = library_fragments(cut, sample)
    counts = np.bincount(found.chrom)
    assert counts.tolist() == [len(own[0]), cut.libraries["spike_in_reads"].iloc[1]]
    assert (found.end > found.start).all()
    assert (found.start >= 0).all()
    assert (found.end <= np.array(list(file_lengths(cut).values()))[found.chrom]).all()
    np.testing.assert_allclose(np.sort(found.start[found.chrom == 0]), own[0], atol=2 * SITE + 50)
    again = cut_fragments(cut, sample)
    np.testing.assert_array_equal(found.start, again.start)
    size = (found.end - found.start).mean()
    assert size == pytest.approx(CUT.fragment_length, rel=0.15)


def test_duplicates_are_fragments_of_the_same_ends_and_lie_where_the_mark_is(cut: Cohort) -> None:
    found = cut_fragments(cut, str(cut.libraries["sample"].iloc[0]))
    places = np.stack([found.chrom, found.start, found.end])
    assert len(np.unique(places, axis=1).T) == int((~found.duplicate).sum())
    assert 0.05 < duplicate_share(found, file_lengths(cut)) < 0.6
    coli = found.chrom == 1
    assert found.duplicate[coli].mean() < 0.02


def test_e_coli_goes_with_cells_and_not_with_the_mark() -> None:
    settings = replace(CUT, good=8, poor=8, null=False, biological_sd=0.0, efficiency_sd=0.0)
    lost = simulate_cohort(replace(settings, global_shift=-1.0))
    share = lost.libraries["spike_in_reads"] / lost.libraries["fragments"]
    poor = (lost.tumours["condition"] == "poor").to_numpy()
    assert share[poor].mean() > 1.2 * share[~poor].mean()
    same = simulate_cohort(settings)
    share = same.libraries["spike_in_reads"] / same.libraries["fragments"]
    assert share[poor].mean() == pytest.approx(share[~poor].mean(), rel=0.05)


def test_the_mark_stands_out_more_and_so_does_its_true_change() -> None:
    regions = bed_regions([("chr21", i * 100_000, (i + 1) * 100_000) for i in range(60, 460)])
    settings = replace(CUT, global_shift=-1.0)
    of_chip = expected_change(
        simulate_cohort(replace(settings, assay="ChIP-seq")), "H3K27me3", regions
    )
    of_tag = expected_change(simulate_cohort(settings), "H3K27me3", regions)
    changed = of_chip < -0.01
    assert changed.sum() > 30
    assert (of_tag[changed] < of_chip[changed]).mean() > 0.95


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(DesignError, match="assay must be ChIP-seq, CUT&RUN, CUT&Tag"):
        replace(SMALL, assay="ATAC-seq")
    with pytest.raises(DesignError, match="of ChIP-seq"):
        replace(CUT, inputs=True)
