"""Gene sets: one value a gene, calibrated under correlation, planted sets found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import InputFormatError
from resist_epi.genes.enrichment import enrich, genes_one_by_one, set_families
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.gene_values import gene_rows, gene_table
from resist_epi.model.differential import contrast_results, fit
from resist_epi.model.normalization import normalize
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.schema import GENE_SETS, GENE_SETS_MORE, names
from tests.support.builders import matrix, planted, regions, sheet


def analysed(counts: CountMatrix, *, spacing: int = 20_000) -> dict[str, object]:
    """Results and fit of counts whose genes lie so far apart that each is a locus."""
    regions = counts.regions.copy()
    regions["start"] = np.arange(len(regions)) * spacing
    regions["end"] = regions["start"] + 1000
    counts = replace(counts, regions=regions)
    half = len(counts.samples) // 2
    design = make_design(sheet(["good"] * half + ["poor"] * half))
    contrast = make_contrast(design)
    fitted = fit(normalize(counts), design)
    return {"results": contrast_results(fitted, contrast), "fit": fitted, "contrast": contrast}


def gene_set(name: str, members: range) -> GeneSet:
    return GeneSet(name, "test", tuple(f"S{i}" for i in members))


def test_a_planted_set_is_found_and_a_quiet_one_is_not() -> None:
    sets = {"UP": gene_set("UP", range(0, 20)), "QUIET": gene_set("QUIET", range(100, 120))}
    table = enrich(gene_sets=sets, **analysed(planted(per_group=6)))  # type: ignore[arg-type]
    assert list(table.columns) == names(GENE_SETS) + names(GENE_SETS_MORE)
    assert list(table["direction"]) == ["gain", "none"]
    assert list(table["n_gain"]) == [20, 0]
    assert table.loc[0, "effect"] > 2
    assert len(table.loc[0, "genes"].split(",")) == 20
    assert "correlation estimated from 10 residual df" in table.attrs["header"]["gene sets"]


def test_sets_whose_genes_are_correlated_are_not_called_too_often() -> None:
    """A shared factor moves each set's genes together; ignoring it would call about half."""
    called = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        level = rng.normal(3, 2, size=(600, 1)) + rng.normal(0, 0.3, size=(600, 12))
        for first in range(0, 600, 30):
            level[first : first + 30] += rng.normal(0, 0.2, size=12)
        counts = matrix(2.0**level, library_sizes=np.ones(12))
        sets = {f"B{i}": gene_set(f"B{i}", range(i, i + 30)) for i in range(0, 600, 30)}
        table = enrich(gene_sets=sets, **analysed(counts))  # type: ignore[arg-type]
        called.append((table["pvalue"] < 0.05).mean())
    # 240 tests; two standard errors of .05 are .028.
    assert np.mean(called) <= 0.05 + 0.028


def test_without_counts_the_correlation_is_preset_and_that_is_said() -> None:
    results = analysed(planted(per_group=6))["results"]
    assert isinstance(results, pd.DataFrame)
    table = enrich(results, {"UP": gene_set("UP", range(0, 20))})
    assert table.loc[0, "pvalue"] < 0.05
    assert (
        "correlation preset to 0.05 since no counts were given"
        in (table.attrs["header"]["gene sets"])
    )


def test_small_sets_have_no_p_without_the_fit() -> None:
    results = analysed(planted(per_group=6))["results"]
    table = enrich(results, {"FOUR": gene_set("FOUR", range(4))})  # type: ignore[arg-type]
    assert table.loc[0, "effect"] > 2
    assert np.isnan(table.loc[0, "pvalue"])
    assert table.loc[0, "n_gain"] == 4


def test_unmatched_sets_are_untested_unless_they_are_the_users(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    results = analysed(planted())["results"]
    assert isinstance(results, pd.DataFrame)
    foreign = {"HUMAN": GeneSet("HUMAN", "test", ("HK2", "G6PD"))}
    table = enrich(results, foreign)
    assert table.loc[0, "n_tested"] == 0
    assert table.loc[0, ["effect", "pvalue", "padj"]].isna().all()
    assert "1 of 1 gene sets have no tested gene in this table" in caplog.text
    assert caplog.records[-1].levelname == "WARNING"
    enrich(results, {**foreign, "OURS": gene_set("OURS", range(10))})
    assert "1 of 2 gene sets have no tested gene in this table" in caplog.text
    assert caplog.records[-1].levelname == "INFO"
    with pytest.raises(InputFormatError, match=r"HK2, G6PD, the results S0, S1"):
        enrich(results, foreign, own_sets=True)


def test_the_primary_promoter_speaks_and_never_the_smallest_p() -> None:
    table = pd.DataFrame(
        {
            "gene_id": ["g1", "g1", "g2", ""],
            "symbol": ["A", "A", "B", ""],
            "baseMean": [1.0, 9.0, 3.0, 4.0],
            "primary": [True, False, True, False],
            "pvalue": [0.9, 1e-9, 0.5, 1e-12],
        }
    )
    assert gene_rows(table).tolist() == [0, 2]
    assert gene_rows(table.drop(columns="primary")).tolist() == [1, 2]
    assert list(gene_table(table)["symbol"]) == ["A", "B"]
    with pytest.raises(InputFormatError, match="none of the regions has a gene"):
        gene_rows(table.iloc[3:])


def test_a_symbol_with_two_loci_counts_once_in_a_set() -> None:
    results = analysed(planted())["results"]
    assert isinstance(results, pd.DataFrame)
    results.loc[7, "symbol"] = "S3"
    table = enrich(results, {"UP": gene_set("UP", range(0, 6))})
    assert table.loc[0, "n_tested"] == 6
    assert len(gene_rows(results)) == len(results)


def test_genes_one_by_one_keep_the_order_of_the_set_and_name_what_is_missing() -> None:
    results = analysed(planted())["results"]
    assert isinstance(results, pd.DataFrame)
    table = genes_one_by_one(results, GeneSet("CORE", "test", ("S7", "HK2", "S3")))
    assert list(table["symbol"]) == ["S7", "S3", "HK2"]
    assert np.isnan(table["log2FoldChange"].iloc[2])
    assert table["direction"].iloc[0] == "gain"


def cluster_of(results: pd.DataFrame, *, stem: str, members: range) -> pd.DataFrame:
    """The same results with some neighbouring genes named as a cluster of paralogues."""
    results = results.copy()
    for i in members:
        results.loc[i, "symbol"] = f"{stem}{i + 1}"
    return results


@pytest.mark.parametrize("stem", ["HOXA", "H2BC", "PCDHB", "ADH"])
def test_one_gained_cluster_does_not_make_a_set_significant(stem: str) -> None:
    """Ten neighbours gain as one domain; the rest of the set is quiet."""
    analysis = analysed(planted(per_group=6, changed=10))
    results = analysis["results"]
    assert isinstance(results, pd.DataFrame)
    genes = tuple(f"{stem}{i + 1}" for i in range(10)) + tuple(f"S{i}" for i in range(200, 206))
    mixed = GeneSet("MIXED", "test", genes)
    alone = GeneSet("ALONE", "test", genes[:10])
    sets = {"MIXED": mixed, "ALONE": alone}
    named = cluster_of(results, stem=stem, members=range(10))
    table = enrich(**{**analysis, "results": named}, gene_sets=sets)  # type: ignore[arg-type]
    assert list(table["n_gain"]) == [10, 10]
    assert list(table["n_tested"]) == [16, 10]
    assert list(table["n_loci"]) == [7, 1]
    assert table.loc[0, "pvalue"] > 0.05
    assert np.isnan(table.loc[1, "pvalue"])
    assert table.loc[1, "untested"] == "one locus is no set: see its genes one by one"
    # The same changes at ten places of the genome are evidence.
    apart = cluster_of(results, stem="S", members=range(0))
    wide = GeneSet("WIDE", "test", tuple(f"S{i}" for i in (*range(10), *range(200, 206))))
    table = enrich(**{**analysis, "results": apart}, gene_sets={"WIDE": wide})  # type: ignore[arg-type]
    assert table.loc[0, "n_loci"] == 16
    assert table.loc[0, "pvalue"] < 0.01


def test_one_domain_is_one_locus() -> None:
    analysis = analysed(planted(per_group=6, changed=10))
    domain = pd.DataFrame({"chrom": ["chr1"], "start": [0], "end": [10 * 20_000]})
    sets = {"UP": gene_set("UP", range(0, 16))}
    table = enrich(gene_sets=sets, domains=domain, **analysis)  # type: ignore[arg-type]
    assert table.loc[0, "n_loci"] == 7


def test_controls_ride_along_outside_of_the_adjustment() -> None:
    sets = {n: gene_set(n, range(i, i + 20)) for n, i in (("UP", 0), ("OR", 20), ("Q", 100))}
    analysis = analysed(planted(per_group=6))
    table = enrich(gene_sets=sets, kinds={"OR": "control"}, **analysis)  # type: ignore[arg-type]
    alone = enrich(gene_sets={n: sets[n] for n in ("UP", "Q")}, **analysis)  # type: ignore[arg-type]
    assert list(table["kind"]) == ["given", "control", "given"]
    assert table.loc[1, "pvalue"] < 0.05
    assert np.isnan(table.loc[1, "padj"])
    assert table.loc[1, "direction"] == "none"
    assert list(table["padj"].dropna()) == list(alone["padj"])


def test_overlapping_sets_are_a_family_with_an_adjustment_of_its_own() -> None:
    sets = {
        "PART": gene_set("PART", range(0, 10)),
        "WHOLE": gene_set("WHOLE", range(0, 30)),
        "CHAINED": gene_set("CHAINED", range(20, 36)),
        "OTHER": gene_set("OTHER", range(100, 120)),
    }
    table = enrich(gene_sets=sets, **analysed(planted(per_group=6)))  # type: ignore[arg-type]
    assert list(table["family"]) == ["WHOLE", "WHOLE", "WHOLE", "OTHER"]
    p = table["pvalue"].to_numpy()
    assert table.loc[0, "padj_family"] >= p[0]
    assert table.loc[:2, "padj_family"].min() == pytest.approx(3 * p[:3].min())
    assert table.loc[3, "padj_family"] == pytest.approx(p[3])


def test_families_of_empty_sets() -> None:
    assert set_families({}) == []
    empty = np.zeros(0, dtype=np.int64)
    assert set_families({"A": empty, "B": np.array([3]), "C": empty})[1] == "B"


def test_the_direction_of_a_set_is_that_of_its_test() -> None:
    """One extreme fold change must not turn the sign of ten consistent genes."""
    rng = np.random.default_rng(1)
    results = regions(200, width=200_000).assign(
        baseMean=1.0,
        log2FoldChange=np.r_[np.full(10, 0.4), -6.0, np.zeros(189)],
        stat=np.r_[np.full(10, 5.0), -0.5, rng.normal(size=189)],
        df=20.0,
        direction="none",
    )
    table = enrich(results, {"SET": gene_set("SET", range(11))})
    assert table.loc[0, "effect"] < 0
    assert table.loc[0, "direction"] == "gain"


def test_an_option_of_another_name_is_named() -> None:
    results = analysed(planted(per_group=6))["results"]
    assert isinstance(results, pd.DataFrame)
    with pytest.raises(TypeError, match="fdrs"):
        enrich(results, {"UP": gene_set("UP", range(6))}, fdrs=0.1)
