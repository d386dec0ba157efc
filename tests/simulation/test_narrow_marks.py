"""Marks at promoters of active genes, and at sites far from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.genome.builtin import load_genome
from resist_epi.samples.presets import preset
from resist_epi.simulation.cohort import Cohort, library_fragments, simulate_cohort
from resist_epi.simulation.files import sheet_table
from resist_epi.simulation.libraries import call_peaks, peak_window
from resist_epi.simulation.narrow_marks import NARROW, effect_on
from resist_epi.simulation.settings import ALL_MARKS, CohortSettings
from resist_epi.simulation.truth import truth_table
from tests.support.small_cohort import SMALL

EVERY = replace(SMALL, marks=ALL_MARKS, assembly="hg19")


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return simulate_cohort(EVERY)


def test_every_mark_has_a_preset() -> None:
    assert [preset(mark).mark for mark in ALL_MARKS] == list(ALL_MARKS)


def test_hg19_has_its_own_genes_and_lengths(cohort: Cohort) -> None:
    assert cohort.chrom_lengths == {"chr21": load_genome("hg19").lengths["chr21"]}
    assert cohort.annotation.assembly == "hg19"
    sheet = sheet_table(cohort)
    assert set(sheet["Assembly"]) == {"hg19"}
    assert list(dict.fromkeys(sheet["Factor"])) == list(ALL_MARKS)
    with pytest.raises(DesignError, match="hg38 or hg19"):
        CohortSettings(assembly="mm10")


def test_marks_do_not_change_what_is_simulated_of_others(cohort: Cohort) -> None:
    two = simulate_cohort(replace(EVERY, marks=("H3K27me3", "H3K36me3")))
    for mark in two.settings.marks:
        np.testing.assert_array_equal(cohort.levels[mark], two.levels[mark])


def test_h3k4me3_lies_at_active_promoters_and_er_far_from_them(cohort: Cohort) -> None:
    genes = cohort.landscape.genes
    parts = cohort.landscape.marks["H3K4me3"]
    active = cohort.landscape.marks["H3K36me3"].unit_of_gene >= 0
    has = parts.unit_of_gene >= 0
    assert (has[active]).all()
    tss = genes["tss"].to_numpy()[has]
    middle = (parts.start + parts.end) // 2
    np.testing.assert_allclose(middle, tss[parts.unit], atol=1000)
    sites = cohort.landscape.marks["ER"]
    own = genes["tss"].to_numpy()[sites.unit_of_gene >= 0]
    away = np.abs((sites.start + sites.end) // 2 - own[sites.unit])
    assert (away >= 2_500).all()
    assert away.max() <= NARROW["ER"].farthest + 1000
    assert (sites.end - sites.start == NARROW["ER"].site).all()


def test_narrow_marks_follow_transcription() -> None:
    plan = pd.DataFrame(
        {
            "why": ["a", "b", "oestrogen_programme"],
            "k27": [0.0, 1.0, 0.8],
            "k36": [1.0, 0.0, -0.9],
        }
    )
    np.testing.assert_allclose(effect_on("H3K27me3", plan), plan["k27"])
    np.testing.assert_allclose(effect_on("H3K4me3", plan), [0.5, -0.5, -0.45])
    np.testing.assert_allclose(effect_on("ER", plan), [0, 0, -0.9])


def test_peaks_of_narrow_marks_are_narrow_and_where_the_sites_are() -> None:
    deep = simulate_cohort(replace(EVERY, marks=("ER",), fragments=200_000))
    sample = str(deep.libraries["sample"].iloc[0])
    peaks = call_peaks(
        library_fragments(deep, sample),
        deep.landscape.chroms,
        deep.landscape.lengths,
        fragment_length=200,
        window=peak_window("ER"),
    )
    sites = deep.landscape.marks["ER"]
    assert len(peaks) > 20
    assert (peaks["end"] - peaks["start"]).median() < 2000
    near = [
        ((sites.start < end + 300) & (sites.end > start - 300)).any()
        for start, end in zip(peaks["start"], peaks["end"], strict=True)
    ]
    assert np.mean(near) > 0.9


def test_truth_of_a_promoter_mark_is_its_promoters_change() -> None:
    cohort = simulate_cohort(
        replace(SMALL, marks=("H3K4me3",), scenario="honest", chromosomes=("chr17", "chr21"))
    )
    truth = truth_table(cohort)
    own = truth[(truth["log2_effect"] != 0) & (truth["carriers"] == 1) & (truth["factor"] == "")]
    assert len(own) > 10
    assert np.corrcoef(own["log2_effect"], own["promoter_log2"])[0, 1] > 0.9
