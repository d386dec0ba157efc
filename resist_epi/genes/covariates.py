"""What is known of every gene beforehand: length, CpG island, expected signal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.genome.builtin import cpg_island_genes, genomes_with_genes
from resist_epi.genome.reference import Reference


def gene_covariates(reference: Reference) -> pd.DataFrame:
    """What the chance of a gene to change may depend on, blind to the study.

    Returns
    -------
    DataFrame
        By `gene_id`: `length` (float64, bp, start to end) and, for the built-in genes,
        `cpg_island` (nullable boolean: whether the promoter that speaks for it is one).
    """
    annotation = reference.annotation
    genes = annotation.genes.drop_duplicates("gene_id").set_index("gene_id")
    table = pd.DataFrame({"length": (genes["end"] - genes["start"]).astype(np.float64)})
    built_in = annotation.assembly in genomes_with_genes() and "built-in" in annotation.source
    if built_in:
        flags = cpg_island_genes(str(annotation.assembly))
        table["cpg_island"] = flags[~flags.index.duplicated()].reindex(table.index)
    return table
