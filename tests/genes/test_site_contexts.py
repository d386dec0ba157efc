"""Where sites gained and lost lie."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from resist_epi.errors import InputFormatError
from resist_epi.genes.site_contexts import SiteSources, site_contexts, summarise_contexts
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.regions import bed_regions
from resist_epi.schema import SITE_SUMMARY, names

GENES = Annotation(
    pd.DataFrame(
        [
            ("chr1", 100_000, 110_000, "+", "a", "A", "", ""),
            ("chr1", 600_000, 700_000, "-", "b", "B", "", ""),
        ],
        columns=["chrom", "start", "end", "strand", "gene_id", "symbol", "entrez_id", "biotype"],
    ),
    pd.DataFrame(
        [("a", 100_000, 109_999, 1), ("b", 699_999, 600_000, 1)],
        columns=["gene_id", "tss", "tes", "n"],
    ),
    None,
    "a test",
)

SITES = [
    ("chr1", 95_000, 95_200, "gain"),
    ("chr1", 99_500, 100_200, "gain"),
    ("chr1", 150_000, 150_300, "loss"),
    ("chr1", 400_000, 400_300, "none"),
    ("chr1", 700_500, 700_800, "none"),
]


def results() -> pd.DataFrame:
    table = bed_regions([s[:3] for s in SITES])
    return table.assign(
        baseMean=1.0,
        log2FoldChange=[1.0, 1.0, -1.0, 0.0, 0.0],
        pvalue=0.5,
        padj=0.5,
        direction=[s[3] for s in SITES],
    )


def sources() -> SiteSources:
    foxa1 = bed_regions([("chr1", 95_100, 95_101), ("chr1", 400_100, 400_200), ("chr9", 1, 2)])
    contacts = pd.DataFrame(
        [
            ("chr1", 150_100, 150_200, "chr1", 699_900, 700_100),  # the lost site and B's start
            ("chr1", 99_900, 100_100, "chr1", 400_000, 401_000),  # A's start and a quiet site
            ("chr1", 500_000, 500_100, "chr1", 1, 9),
        ],
        columns=["chrom1", "start1", "end1", "chrom2", "start2", "end2"],
    )
    return SiteSources({"FOXA1": foxa1}, contacts, (1000, 1000))


def test_a_row_a_site() -> None:
    table = site_contexts(results(), GENES, sources())
    assert table["distance"].tolist() == [-4801, 0, 50_000, 299_700, -501]
    assert table["symbol"].tolist() == ["A", "A", "A", "", "B"]
    assert table["link"].tolist() == ["distal", "promoter", "distal", "", "promoter"]
    assert table["in_FOXA1"].tolist() == [True, False, False, True, False]
    assert table["contact_genes"].tolist() == ["", "", "B", "A", ""]
    assert table["direction"].tolist() == [s[3] for s in SITES]


def test_shares_and_odds_against_sites_not_called() -> None:
    rng = np.random.default_rng(3)
    n = 400
    where = bed_regions([("chr1", 2000 * i, 2000 * i + 300) for i in range(1, n + 1)])
    direction = rng.choice(["gain", "loss", "none"], n, p=[0.2, 0.2, 0.6])
    inside = rng.random(n) < np.where(direction == "gain", 0.7, 0.2)
    table = where.assign(
        baseMean=1.0, log2FoldChange=0.0, pvalue=0.5, padj=0.5, direction=direction
    )
    foxa1 = where.loc[inside, ["chrom", "start", "end"]]
    found = site_contexts(table, GENES, SiteSources({"FOXA1": foxa1}))
    summary = summarise_contexts(found).set_index("feature")
    assert list(summary.reset_index()) == names(SITE_SUMMARY)
    row = summary.loc["in FOXA1"]
    gain, other = direction == "gain", direction == "none"
    cells = [[(g & inside).sum(), (g & ~inside).sum()] for g in (gain, other)]
    ratio, pvalue = fisher_exact(cells)
    assert (row["n_gain"], row["of_gain"]) == (cells[0][0], gain.sum())
    assert row["odds_ratio_gain"] == pytest.approx(ratio)
    assert row["pvalue_gain"] == pytest.approx(pvalue)
    assert row["padj_gain"] < 1e-6
    assert row["padj_loss"] > 0.05
    shares = summary[summary.index.str.contains("start")]
    assert shares["n_gain"].sum() == gain.sum()  # every site is in one class of distance


def test_without_sources_distances_alone() -> None:
    table = site_contexts(results(), GENES)
    assert "contact_genes" not in table
    summary = summarise_contexts(table)
    assert summary["feature"].tolist() == [
        "within 1 kb of a start",
        "1 to 10 kb of a start",
        "10 to 100 kb of a start",
        "farther than 100 kb from any start",
    ]
    assert summary["n_gain"].tolist() == [1, 1, 0, 0]
    assert summary["n_other"].tolist() == [1, 0, 0, 1]


def test_no_calls_and_no_sites_are_no_error() -> None:
    quiet = results().assign(direction="none")
    summary = summarise_contexts(site_contexts(quiet, GENES, sources()))
    assert summary["share_gain"].isna().all()
    assert summary["pvalue_gain"].isna().all()
    empty = site_contexts(results().iloc[:0], GENES)
    assert summarise_contexts(empty)["of_other"].tolist() == [0] * 4


def test_regions_that_are_no_peaks_are_refused() -> None:
    with pytest.raises(InputFormatError, match="sites are peaks"):
        site_contexts(results().assign(kind="promoters"), GENES)
