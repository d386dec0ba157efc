"""False discoveries by locus: the columns, whatever the order of the regions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.neighbours import loci_facts, loci_in_words, locus_adjusted, with_loci
from resist_epi.stats.multiple import benjamini_hochberg, simes
from tests.support import builders

LABELS = ["good"] * 5 + ["poor"] * 5


def _matrix(seed: int = 1, *, domains: int = 60) -> tuple[CountMatrix, np.ndarray]:
    """Domains of ten regions, the first ten of which change; noise is shared in each."""
    rng = np.random.default_rng(seed)
    domain = np.repeat(np.arange(domains), 10)
    noise = 0.3 * (rng.standard_normal((domains, 10))[domain] + rng.standard_normal((600, 10)))
    level = rng.normal(4, 1, size=(600, 1)) + noise
    level[domain < 10, 5:] += 1.5
    values = 2.0**level
    values[-1] = 0
    matrix = builders.matrix(values, library_sizes=np.full(10, 1e6))
    regions = matrix.regions.assign(chrom=np.where(domain % 2 == 0, "chr1", "chr2"))
    return replace(matrix, regions=regions), domain


def _analysis(matrix: CountMatrix, **asked: str) -> Analysis:
    return analyse(
        matrix, builders.sheet(LABELS), contrast="poor-good", normalize="library_size", **asked
    )


def test_neighbours_that_go_together_are_one_locus_and_one_p() -> None:
    matrix, domain = _matrix()
    analysis = _analysis(matrix)
    table = analysis.results
    tested = table["pvalue"].notna()
    assert not tested.iloc[-1]
    assert np.isnan(table["locus_padj"].iloc[-1])
    assert table["locus_id"].iloc[-1] == ""
    assert table.loc[tested, "locus_id"].nunique() < 250
    for locus, own in table[tested].groupby("locus_id"):
        assert own["locus_padj"].nunique() == own["chrom"].nunique() == 1
        assert str(locus).startswith(
            f"{own['chrom'].iloc[0]}:{own['start'].min()}-{own['end'].max()}"
        )
    code = pd.factorize(table.loc[tested, "locus_id"])[0]
    p = benjamini_hochberg(simes(table.loc[tested, "pvalue"].to_numpy(), code))[code]
    assert np.allclose(table.loc[tested, "locus_padj"], p)
    found = table.loc[(table["locus_padj"] <= 0.05), "locus_id"]
    assert set(domain[found.index]) >= set(range(9))
    facts = analysis.facts["loci"]
    assert facts["called"] == found.nunique() < 40
    assert facts["called_regions"] == (table["padj"] <= 0.05).sum()
    assert f"{facts['called']} of {facts['n']} loci called" in analysis.header["loci"]
    assert "locus_padj that among called loci" in analysis.header["fdr"]


def test_the_order_of_the_regions_changes_nothing() -> None:
    matrix, _ = _matrix(2)
    analysis = _analysis(matrix)
    order = np.random.default_rng(3).permutation(600)
    shuffled = _analysis(matrix.select(regions=order)).results
    mine = analysis.results.iloc[order].reset_index(drop=True)
    assert mine["locus_id"].equals(shuffled["locus_id"])
    assert np.allclose(mine["locus_padj"], shuffled["locus_padj"], equal_nan=True, rtol=1e-6)


@pytest.mark.parametrize("method", ["trend", "welch", "wilcoxon"])
def test_every_test_of_signal_has_loci(method: str) -> None:
    matrix, _ = _matrix(4)
    table = _analysis(matrix, method=method).results
    assert table["locus_padj"].notna().equals(table["pvalue"].notna())


def test_reads_have_loci() -> None:
    matrix, _ = _matrix(5)
    reads = replace(matrix, values=np.round(matrix.values), quantity="reads")
    for method in ("ql", "voom"):
        table = _analysis(reads, method=method).results
        assert table["locus_padj"].notna().equals(table["pvalue"].notna())
        assert table.loc[table["locus_id"] != "", "locus_id"].nunique() < 400


def test_values_left_out_do_not_make_a_locus() -> None:
    matrix, _ = _matrix(6)
    analysis = _analysis(matrix, method="trend")
    fitted = analysis.fit
    weights = np.ones(fitted.linear.response.shape)
    response = fitted.linear.response.copy()
    response[300:310, 2] -= 20
    weights[300:310, 2] = 1e-12
    odd = replace(fitted, linear=replace(fitted.linear, response=response, weights=weights))
    plain = replace(fitted, linear=replace(fitted.linear, response=response, weights=None))
    kept, merged = (with_loci(analysis.results, f, analysis.contrast) for f in (odd, plain))
    assert merged["locus_id"].iloc[300:310].nunique() == 1
    assert kept["locus_id"].iloc[300:310].nunique() > 1


def test_a_locus_of_one_region_has_its_own_p() -> None:
    table = pd.DataFrame(
        {"pvalue": [0.01, 0.5, np.nan, 0.04], "locus_id": ["a", "b", "", "a"], "padj": 1.0}
    )
    found = locus_adjusted(table)["locus_padj"]
    assert found.tolist()[:2] == pytest.approx([0.04, 0.5])
    assert np.isnan(found[2])
    facts = loci_facts(table.assign(locus_padj=found))
    assert facts == {"n": 2, "called": 1, "tested_regions": 3, "called_regions": 0}
    assert loci_in_words(facts).startswith("1 of 2 loci called (locus_padj), and 0 of 3 regions")


def test_two_loci_of_one_extent_have_names_of_their_own() -> None:
    matrix, _ = _matrix(7)
    regions = matrix.regions.assign(chrom="chr1", start=0, end=1000)
    table = _analysis(replace(matrix, regions=regions)).results
    names = table.loc[table["locus_id"] != "", "locus_id"]
    assert names.nunique() > 100
    assert "chr1:0-1000" in set(names)
    assert "chr1:0-1000/2" in set(names)


def test_no_test_no_loci() -> None:
    matrix, _ = _matrix(8)
    table = analyse(
        matrix, builders.sheet(LABELS), contrast="poor-good", fold_changes="always"
    ).results
    assert "locus_padj" not in table


def test_a_locus_counts_where_a_region_of_it_has_a_p() -> None:
    nan = float("nan")
    table = pd.DataFrame(
        {
            "locus_id": ["a", "a", "b", "c", ""],
            "locus_padj": [nan, 0.01, 0.2, nan, nan],
            "pvalue": [nan, 0.001, 0.1, nan, nan],
            "padj": [nan, 0.003, 0.1, nan, nan],
        }
    )
    facts = loci_facts(table)
    assert facts == {"n": 2, "called": 1, "tested_regions": 2, "called_regions": 1}
