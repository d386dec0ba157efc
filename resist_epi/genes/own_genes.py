"""The gene that a region is named by, and those that share the region with it."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pandas as pd

from resist_epi.genes.linking import NAMED_BY, RegionAnnotation, annotate_regions, is_non_coding
from resist_epi.genome.annotation import Annotation
from resist_epi.schema import Kind

# Antisense and read-through transcripts lie over the bodies and starts of coding genes: a gene
# that is known not to be protein-coding counts for less where both hold a region.
NON_CODING_WEIGHT = 0.5

# Genes with a smaller share of a region are not listed beside its own.
LISTED_SHARE = 0.01


def own_genes(
    links: pd.DataFrame, annotation: Annotation, *, main: Kind = "promoters"
) -> pd.DataFrame:
    """The links that name a region's gene, and the genes that share the region with it.

    A region is named by the best reason of `NAMED_BY`. Of several genes the first is that of most
    of its bases, where a gene known not to be protein-coding counts for half; of equal ones the
    protein-coding one, the one of which the region covers more, and the first in genome order.

    Parameters
    ----------
    links
        As of `RegionAnnotation`.
    annotation
        The genes they were made with.
    main
        The mark's main region.

    Returns
    -------
    DataFrame
        The rows of `links` with each region's best reason, its own gene first.
    """
    wanted = {name: i for i, name in enumerate(NAMED_BY.get(main, NAMED_BY["promoters"]))}
    named = links[links["reason"].isin(list(wanted))]
    rank = named["reason"].map(wanted)
    named = named[(rank == rank.groupby(named["region_id"]).transform("min")).to_numpy()]
    genes = annotation.genes
    row = pd.Index(genes["gene_id"]).get_indexer(named["gene_id"])
    other = is_non_coding(genes)[row]
    length = (genes["end"] - genes["start"]).to_numpy(np.float64)[row]
    bases = named["overlap_bp"].to_numpy(np.float64)
    weighed = np.where(other, NON_CODING_WEIGHT, 1.0) * bases
    region = pd.factorize(named["region_id"])[0]
    order = np.lexsort((row, -bases / length, other, -weighed, region))
    return named.iloc[order].reset_index(drop=True)


def with_nearest_genes(
    regions: pd.DataFrame,
    annotation: Annotation,
    *,
    promoter: tuple[int, int] = (2500, 2500),
    main: Kind = "promoters",
) -> pd.DataFrame:
    """Give regions the gene that is theirs, and say how far the nearest TSS is.

    Parameters
    ----------
    regions
        n regions, such as consensus peaks.
    annotation
        Genes of the same assembly.
    promoter
        bp upstream and downstream of a TSS.
    main
        The mark's main region, which decides by what a gene is named (`NAMED_BY`).

    Returns
    -------
    DataFrame
        The regions with `gene_id` and `symbol` of their own gene (`own_genes`; empty where there is
        none), the columns `class`, `nearest_symbol` and `distance` of `RegionAnnotation.classes`,
        `link` (the reason of the gene; empty without one) and `linked_genes` (every gene with that
        reason and its share of the region, such as `G6PD=0.98;IKBKG=0.36`).

    Raises
    ------
    GenomeMismatchError
        If regions and annotation share no chromosome.
    """
    asked = ("with_nearest_genes", promoter, main)
    last: tuple[pd.DataFrame, pd.DataFrame] | None = annotation.memory.get(asked)
    # A run asks twice for the domains of each mark: to count them and to test them.
    if last is None or not last[0].equals(regions):
        found = annotate_regions(regions, annotation, promoter=promoter, main=main)
        table = name_regions(found, annotation, main=main)
        last = regions.copy(), table.drop(columns=["n_genes", "nearest_gene_id"])
        annotation.memory[asked] = last
    made = last[1].set_index(regions.index)
    made.attrs = deepcopy(regions.attrs)
    return made


def name_regions(
    found: RegionAnnotation, annotation: Annotation, *, main: Kind = "promoters"
) -> pd.DataFrame:
    """`with_nearest_genes` of regions that were annotated already, with `n_genes` and all else."""
    ids = found.classes["region_id"]
    named = own_genes(found.links, annotation, main=main)
    own = named.drop_duplicates("region_id").set_index("region_id").reindex(ids)
    listed = named[(named["fraction"] >= LISTED_SHARE) | (named["reason"] == "distal")]
    together: dict[str, list[str]] = {}
    columns = ("region_id", "gene_id", "symbol", "reason", "fraction")
    for region, gene_id, symbol, reason, share in zip(
        *(listed[name].tolist() for name in columns), strict=True
    ):
        text = f"{symbol or gene_id}" + ("" if reason == "distal" else f"={share:.2f}")
        together.setdefault(region, []).append(text)
    return found.classes.assign(
        gene_id=own["gene_id"].fillna("").to_numpy(),
        symbol=own["symbol"].fillna("").to_numpy(),
        link=own["reason"].fillna("").to_numpy(),
        linked_genes=np.array([";".join(together.get(i, ())) for i in ids.tolist()], dtype=object),
    )
