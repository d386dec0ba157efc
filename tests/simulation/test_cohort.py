"""Simulated cohorts: the model does what it says, and its truth is exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genome.builtin import load_genes
from resist_epi.simulation.cohort import Cohort, library_fragments, simulate_cohort
from resist_epi.simulation.settings import CohortSettings
from resist_epi.simulation.truth import truth_table
from tests.support.small_cohort import SMALL


def starts_of(cohort: Cohort, sample: str) -> np.ndarray:
    return np.concatenate(library_fragments(cohort, sample))


def test_equal_settings_give_equal_libraries_and_another_seed_another(cohort: Cohort) -> None:
    again, other = simulate_cohort(SMALL), simulate_cohort(replace(SMALL, seed=2))
    sample = "P02_H3K36me3"
    np.testing.assert_array_equal(starts_of(cohort, sample), starts_of(again, sample))
    assert not np.array_equal(starts_of(cohort, sample)[:50], starts_of(other, sample)[:50])
    pd.testing.assert_frame_equal(truth_table(cohort), truth_table(again))


def test_a_null_cohort_is_the_same_without_effects(cohort: Cohort) -> None:
    null = simulate_cohort(replace(SMALL, null=True))
    for mark in SMALL.marks:
        assert cohort.effects[mark].any()
        assert not null.effects[mark].any()
        good = (cohort.tumours["condition"] == "good").to_numpy()
        np.testing.assert_array_equal(cohort.levels[mark][:, good], null.levels[mark][:, good])
    assert (truth_table(null)[["promoter_log2", "body_log2"]].fillna(0) == 0).all(axis=None)


def test_spike_in_tells_a_global_loss() -> None:
    settings = replace(
        SMALL, null=False, spike_in=True, global_shift=-2.0, biological_sd=0.0, effect_scale=0.0
    )
    cohort = simulate_cohort(replace(settings, good=4, poor=4))
    libraries = cohort.libraries[cohort.libraries["mark"] == "H3K27me3"]
    per_fragment = libraries["spike_in_reads"] / libraries["fragments"]
    poor = libraries["patient"].str.startswith("P")
    assert per_fragment[poor].min() > per_fragment[~poor].max()


def test_planted_genes_follow_the_expected_directions() -> None:
    cohort = simulate_cohort(CohortSettings(good=1, poor=1))
    truth = truth_table(cohort).set_index(["gene", "mark"])
    for gene in ("HK2", "G6PD", "TIGAR", "SLC2A1"):
        assert truth.loc[(gene, "H3K36me3"), "log2_effect"] > 0.9
        assert truth.loc[(gene, "H3K36me3"), "body_log2"] > 0.5
    hox = truth_table(cohort).query("gene.str.fullmatch('HOXB[1-9]') and marked == 1")
    assert (hox.loc[hox["mark"] == "H3K27me3", "log2_effect"] < 0).all()
    assert (hox.loc[hox["mark"] == "H3K36me3", "log2_effect"] > 0).all()
    random = truth_table(cohort).query("why == 'random_gene'")["log2_effect"]
    assert min((random > 0).mean(), (random < 0).mean()) > 0.3


def test_gene_sets_may_be_absent() -> None:
    only = {"NSD2_TARGETS_ENDOCRINE_CORE": GeneSet("NSD2_TARGETS_ENDOCRINE_CORE", "x", ("NONE",))}
    cohort = simulate_cohort(SMALL, gene_sets=only)
    assert set(truth_table(cohort)["why"]) == {"", "random_gene", "polycomb_focal"}


def test_an_unknown_chromosome_or_library_is_named(cohort: Cohort) -> None:
    with pytest.raises(DesignError, match="chr99"):
        simulate_cohort(replace(SMALL, chromosomes=("chr21", "chr99")))
    with pytest.raises(DesignError, match="nobody"):
        library_fragments(cohort, "nobody")


def test_own_genes_may_be_given() -> None:
    annotation = load_genes("hg38")
    chr22 = annotation.select(annotation.genes["chrom"] == "chr22")
    settings = replace(SMALL, chromosomes=("chr22",))
    cohort = simulate_cohort(settings, annotation=chr22, chrom_lengths={"chr22": 50_818_468})
    assert set(cohort.annotation.genes["chrom"]) == {"chr22"}
