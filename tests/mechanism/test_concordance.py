"""Whether a mark and an assay change together, beyond what their common shift makes."""

from __future__ import annotations

import numpy as np

from resist_epi.mechanism.concordance import concordance
from resist_epi.mechanism.evidence import join_evidence
from tests.support.evidence import evidence, results


def test_planted_agreement_is_found_and_a_common_shift_is_not_mistaken_for_it() -> None:
    rng = np.random.default_rng(1)
    change = rng.normal(size=800)
    base = rng.permutation(800).astype(float)
    follows = evidence(-change + rng.normal(size=800), base=base)
    found = concordance(
        join_evidence(results(change, called=60), follows, mark="H3K27me3"),
        follows,
        mark="H3K27me3",
    ).iloc[0]
    assert found["matched_pvalue"] < 0.01
    assert found["overlap_opposite_pvalue"] < 0.01
    assert found["change_rho"] < -0.5
    assert "a strong relation" in found["words"]
    # Everything falls, and called genes gain the mark: the signs agree, as they do elsewhere.
    falls = evidence(np.full(800, -1.0) + 0.1 * rng.normal(size=800), base=base)
    shifted = concordance(
        join_evidence(results(np.abs(change), called=60), falls, mark="H3K27me3"),
        falls,
        mark="H3K27me3",
    ).iloc[0]
    assert shifted["share_agree"] == 1
    assert shifted["matched_pvalue"] > 0.5


def test_p_of_the_signs_is_uniform_where_nothing_is_shared() -> None:
    rng = np.random.default_rng(2)
    p = []
    for k in range(60):
        nothing = evidence(rng.normal(size=300), base=rng.random(300))
        joined = join_evidence(results(rng.normal(size=300), called=30), nothing, mark="H3K36me3")
        row = concordance(joined, nothing, mark="H3K36me3", n_random=200, seed=k).iloc[0]
        p.append(row["matched_pvalue"])
    assert np.mean(np.array(p) <= 0.05) <= 0.12
    assert 0.4 < np.mean(p) < 0.75  # discrete, so above one half


def test_a_cluster_counts_once() -> None:
    table = results(np.full(100, 1.0), called=5)
    table["start"] = np.where(np.arange(100) < 5, np.arange(100) * 1000, table["start"])
    table["end"] = table["start"] + 500
    both = evidence(np.r_[np.full(5, -1.0), np.ones(95)])
    row = concordance(join_evidence(table, both, mark="H3K27me3"), both, mark="H3K27me3").iloc[0]
    assert row["n_called"] == 1


def test_nothing_to_compare_says_so() -> None:
    both = evidence(np.array([1.0, np.nan]))
    joined = join_evidence(results(np.array([1.0, 1.0])), both, mark="H3K27me3")
    row = concordance(joined, both, mark="H3K27me3").iloc[0]
    assert "no gene with a called change" in row["words"]
    assert "cannot be compared" in row["words"]
    assert np.isnan(row["change_rho"])
