"""Scores of gene sets in single samples: a description of each tumour, and no test."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.quality import log_signal
from resist_epi.errors import InputFormatError
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import GeneSet, match_sets
from resist_epi.genes.set_methods import MIN_GENES
from resist_epi.genes.symbols import SymbolTable
from resist_epi.io.header import Header


def sample_scores(
    matrix: CountMatrix,
    gene_sets: Mapping[str, GeneSet],
    *,
    symbols: SymbolTable | None = None,
) -> pd.DataFrame:
    """Score every gene set in every sample by single-sample GSEA.

    The ranks of a sample's own genes are used, so a score depends on no other sample; the highest
    and the lowest are those of this table. Scores of broad marks follow how well a sample was
    precipitated: compare sets within a sample, and samples only where these are alike. They carry
    no P; `enrichment.enrich` tests sets between groups.

    Parameters
    ----------
    matrix
        Regions with genes; a column a sample. One region speaks for a gene, one gene for a locus.
    gene_sets
        Name -> set; those of fewer than 5 loci are left out.

    Returns
    -------
    DataFrame
        A row a set: `set n_loci`, then a column a sample (normalised enrichment score).

    Raises
    ------
    InputFormatError
        If no region has a gene, or no set has enough genes here.

    References
    ----------
    Barbie et al. (2009) Nature 462:108; computed by gseapy (Fang, Liu & Peltz 2023 Bioinformatics
    39:btac757).
    """
    import gseapy

    values = log_signal(matrix)
    level = GeneLevel(matrix.regions.assign(baseMean=values.mean(axis=1)))
    genes, locus = level.genes, level.locus
    kept = level.one_a_locus(np.arange(len(genes)))
    place = {int(locus[i]): k for k, i in enumerate(kept)}
    members = match_sets(gene_sets, genes["symbol"].tolist(), symbols)
    sets = {
        name: [f"g{k}" for k in sorted({place[int(locus[i])] for i in index})]
        for name, index in members.items()
    }
    sets = {name: own for name, own in sets.items() if len(own) >= MIN_GENES}
    if not sets:
        raise InputFormatError(
            f"no gene set has {MIN_GENES} loci in this matrix",
            remedy="count promoters or genes, and give sets of the same kind of symbols",
        )
    ids = [f"g{k}" for k in range(len(kept))]
    table = pd.DataFrame(values[level.rows[kept]], index=ids, columns=list(matrix.samples))
    made = gseapy.ssgsea(
        table,
        sets,
        min_size=MIN_GENES,
        max_size=len(table),
        outdir=None,
        threads=1,
        no_plot=True,
        verbose=False,
    ).res2d
    wide = made.pivot(index="Term", columns="Name", values="NES").astype(np.float64)
    found = pd.DataFrame({"set": list(sets), "n_loci": [len(own) for own in sets.values()]})
    for sample in matrix.samples:
        found[sample] = wide.reindex(index=list(sets))[sample].to_numpy()
    found.attrs["header"] = Header(
        {
            "scores": "single-sample GSEA (Barbie et al. 2009; gseapy), normalised; one value a"
            " gene, one gene a locus; a description, and no test",
            "warning": "scores follow how well a sample was precipitated; compare samples only"
            " where these are alike",
        }
    )
    return found
