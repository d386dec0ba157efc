"""Genes of a domain, with every reason, and the domain that speaks for a gene."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.genes.linking import DISTAL, LINK_COLUMNS, annotate_regions, class_order
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.intervals import overlap_bases, overlap_pairs
from resist_epi.genome.regions import as_intervals, own_tss
from resist_epi.schema import Kind

# A gene is covered where a region holds more than this share of it.
COVERED = 0.5

DOMAIN_LINKS = (*LINK_COLUMNS, "gene_fraction", "n_covered")

REASONS = ("promoter", "gene_body", "several_genes", "distal", "nearest")


def link_domains(
    regions: pd.DataFrame,
    annotation: Annotation,
    *,
    promoter: tuple[int, int] = (2500, 2500),
    distal: int = DISTAL,
    main: Kind = "promoters",
) -> pd.DataFrame:
    """Link regions to genes, many to many, each link with its reason; never across chromosomes.

    Reasons are `promoter` and `gene_body` (they share a base), `several_genes` (the region covers
    more than half of this gene and of others), `distal` (neither, and the nearest start of all
    genes lies within the distance), and, as a last resort, `nearest` (beyond it).

    Parameters
    ----------
    annotation
        Genes of the same assembly.
    promoter
        bp upstream and downstream of a TSS.
    distal
        bp from a region to the nearest TSS.
    main
        The mark's main region: of a mark of gene bodies these links stand first.

    Returns
    -------
    DataFrame
        `linking.LINK_COLUMNS` (`fraction` is of the region's bases, `distance` signed along the
        gene), `gene_fraction` (of the gene's bases, from start to end; NaN for `promoter`, `distal`
        and `nearest`) and `n_covered` (int64 genes that the region covers by more than half), in
        the order of the regions.

    Raises
    ------
    InputFormatError, GenomeMismatchError
        As `linking.annotate_regions`.

    Examples
    --------
    >>> import pandas as pd
    >>> from resist_epi.genome.regions import bed_regions
    >>> genes = pd.DataFrame(
    ...     [("chr1", 1000, 2000, "+", "a", "A"), ("chr1", 3000, 4000, "+", "b", "B")],
    ...     columns="chrom start end strand gene_id symbol".split(),
    ... ).assign(entrez_id="", biotype="")
    >>> ends = pd.DataFrame([("a", 1000, 1999, 1), ("b", 3000, 3999, 1)],
    ...                     columns=["gene_id", "tss", "tes", "n"])
    >>> found = link_domains(bed_regions([("chr1", 900, 3900)]), Annotation(genes, ends, None, "-"))
    >>> found[["symbol", "reason", "gene_fraction", "n_covered"]].values.tolist()[-2:]
    [['A', 'several_genes', 1.0, 2], ['B', 'several_genes', 0.9, 2]]
    """
    found = annotate_regions(regions, annotation, promoter=promoter, distal=distal, main=main)
    links = found.links.copy()
    length = (annotation.genes["end"] - annotation.genes["start"]).set_axis(
        annotation.genes["gene_id"]
    )
    of_gene = length[~length.index.duplicated()].reindex(links["gene_id"]).to_numpy(np.float64)
    body = (links["reason"] == "gene_body").to_numpy()
    links["gene_fraction"] = np.where(body, links["overlap_bp"] / of_gene, np.nan)
    covered = links[links["gene_fraction"] > COVERED]
    number = covered.groupby("region_id", sort=False)["gene_id"].nunique()
    several = covered[covered["region_id"].map(number) > 1].assign(reason="several_genes")
    table = pd.concat([links, several, _last_resort(found.classes, links)], ignore_index=True)
    table["n_covered"] = table["region_id"].map(number).fillna(0).astype(np.int64)
    place = pd.Index(found.classes["region_id"]).get_indexer(table["region_id"])
    reasons = sorted(REASONS[:2], key=class_order(main).index) + list(REASONS[2:])
    rank = table["reason"].map({name: i for i, name in enumerate(reasons)}).to_numpy()
    order = np.lexsort((np.arange(len(table)), rank, place))
    return table.iloc[order].reset_index(drop=True)[list(DOMAIN_LINKS)]


def _last_resort(classes: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """The nearest gene of every region that has no other, if its chromosome has any."""
    alone = ~classes["region_id"].isin(links["region_id"]) & (classes["nearest_gene_id"] != "")
    rows = classes[alone.to_numpy()]
    return pd.DataFrame(
        {
            "region_id": rows["region_id"],
            "gene_id": rows["nearest_gene_id"],
            "symbol": rows["nearest_symbol"],
            "reason": "nearest",
            "overlap_bp": np.zeros(len(rows), dtype=np.int64),
            "fraction": 0.0,
            "distance": rows["distance"],
            "gene_fraction": np.nan,
        }
    )


def gene_domains(
    results: pd.DataFrame,
    annotation: Annotation,
    *,
    promoter: tuple[int, int] = (2500, 2500),
    main: Kind = "promoters",
) -> pd.DataFrame:
    """Results of the domain that speaks for each gene, chosen without its P.

    That is the domain with most bases of the gene's own promoter, else the one with most bases of
    its body, and of a mark of gene bodies the other way round; of equal ones the one with the
    higher `baseMean`.

    Parameters
    ----------
    results
        The contract's result columns, a row a domain.
    annotation
        Genes of the same assembly.
    promoter
        bp upstream and downstream of a TSS.
    main
        The mark's main region.

    Returns
    -------
    DataFrame
        A row a gene that has a domain: the domain's results with `chrom start end strand gene_id
        symbol` of the gene, `reason` (`promoter` or `gene_body`) and `fraction` (float64, of the
        promoter's or the body's bases that the domain holds).
    """
    upstream, downstream = promoter
    windows = own_tss(annotation, upstream=upstream, downstream=downstream)
    windows = windows[windows["primary"]].assign(start=windows["start"].clip(lower=0))
    parts = [
        _shared(windows, results, "promoter"),
        _shared(annotation.genes, results, "gene_body"),
    ]
    links = pd.concat(parts, ignore_index=True)
    links["rank"] = links["reason"].map(class_order(main).index)
    links["signal"] = results["baseMean"].to_numpy()[links["row"]]
    best = links.sort_values(
        ["rank", "bases", "signal", "row"], ascending=[True, False, False, True], kind="stable"
    ).drop_duplicates("gene_id")
    genes = annotation.genes.drop_duplicates("gene_id").set_index("gene_id", drop=False)
    own = genes.loc[best["gene_id"], ["chrom", "start", "end", "strand", "gene_id", "symbol"]]
    table = results.iloc[best["row"]].reset_index(drop=True)
    for name in own:
        table[name] = own[name].to_numpy()
    table["reason"], table["fraction"] = best["reason"].to_numpy(), best["fraction"].to_numpy()
    return table


def _shared(genes: pd.DataFrame, results: pd.DataFrame, reason: str) -> pd.DataFrame:
    """Every pair of a gene's part and a domain that share bases."""
    left, right = as_intervals(genes, results)
    i, j = overlap_pairs(left, right)
    bases = overlap_bases(left.take(i), right.take(j))
    return pd.DataFrame(
        {
            "gene_id": genes["gene_id"].to_numpy()[i],
            "row": j,
            "reason": reason,
            "bases": bases,
            "fraction": bases / left.length[i],
        }
    )


def whole_domains(results: pd.DataFrame) -> pd.DataFrame:
    """Domains before they were cut, `chrom start end`, each once."""
    whole = results[["chrom", "whole_start", "whole_end"]].drop_duplicates()
    return whole.set_axis(["chrom", "start", "end"], axis=1).reset_index(drop=True)
