"""Genes of a mark that lies at sites: a gene's value is the mean of its linked sites.

Most sites of a transcription factor lie far from any promoter. Its peaks are its main region: each
is linked to the genes in whose promoters it lies, else to that of the nearest start, and a gene is
tested by the mean of its sites, all genes in one fit and no site chosen.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from resist_epi.genes.linking import NAMED_BY, annotate_regions, own_distance
from resist_epi.genome.annotation import Annotation
from resist_epi.model.analysis import Analysis
from resist_epi.model.mean_rows import Groups, mean_of_rows

logger = logging.getLogger(__name__)

SITE_COLUMNS = ("gene_id", "symbol", "region_id", "reason")


def site_links(
    sites: pd.DataFrame,
    annotation: Annotation,
    *,
    promoter: tuple[int, int] = (1000, 1000),
) -> pd.DataFrame:
    """Which genes each site speaks for: those of the best reason that it has.

    Parameters
    ----------
    sites
        Regions of the kind `peaks`.
    annotation
        Genes of the same assembly.
    promoter
        bp upstream and downstream of a TSS.

    Returns
    -------
    DataFrame
        `gene_id symbol region_id reason` (`promoter`, else `distal`, else `gene_body` where no
        start lies within 50 kb), several rows a site where promoters overlap or the nearest start
        is not that of a protein-coding gene.
    """
    found = annotate_regions(sites, annotation, promoter=promoter, main="peaks")
    rank = found.links["reason"].map({name: i for i, name in enumerate(NAMED_BY["peaks"])})
    best = rank == rank.groupby(found.links["region_id"]).transform("min")
    return found.links.loc[best.to_numpy(), list(SITE_COLUMNS)].reset_index(drop=True)


def genes_of_sites(analysis: Analysis, links: pd.DataFrame, annotation: Annotation) -> Analysis:
    """The analysis of the genes of sites, each by the mean of its linked sites from their one fit.

    Parameters
    ----------
    analysis
        Of the sites.
    links
        As `site_links` gives them.
    annotation
        What they were linked to.

    Returns
    -------
    Analysis
        A row a gene with a tested site, in genome order: the gene's place and strand, `n_sites`
        (int64, tested) and `site_reason` (the reasons of its links). The header says how many.

    Raises
    ------
    DesignError
        If no linked site was tested.
    """
    row = pd.Index(analysis.results["region_id"]).get_indexer(links["region_id"])
    tested = analysis.fit.tested[row] if analysis.fit.tested.any() else np.ones(len(row), bool)
    kept = links[(row >= 0) & tested].assign(row=row[(row >= 0) & tested])
    genes = annotation.genes
    place = pd.Index(genes["gene_id"]).get_indexer(kept["gene_id"])
    rows, group = np.unique(place, return_inverse=True)
    regions = genes.iloc[rows][["chrom", "start", "end", "strand", "gene_id", "symbol"]]
    regions = regions.reset_index(drop=True).assign(kind="genes")
    regions["region_id"] = regions["gene_id"] + ":sites"
    regions["n_sites"] = np.bincount(group, minlength=len(rows)).astype(np.int64)
    reasons = kept.groupby("gene_id")["reason"].agg(lambda r: ",".join(sorted(set(r))))
    regions["site_reason"] = reasons.reindex(regions["gene_id"]).to_numpy()
    groups = Groups(regions, group.astype(np.int64), kept["row"].to_numpy(np.int64))
    found = mean_of_rows(analysis, groups)
    n_linked = int(kept["region_id"].nunique())
    said = (
        f"{len(regions)} genes, each by the mean of its linked sites (in its promoter, else those"
        f" whose nearest start within {own_distance('peaks') or 0:,} bp is its own); {n_linked} of"
        f" {len(analysis.results)} sites are linked and tested, all from one fit"
    )
    logger.info("%s", said)
    return found.with_more(header={"gene values": said})
