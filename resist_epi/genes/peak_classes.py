"""Where peaks lie: promoter, gene body or distal, and whether their gene has a CpG island."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from resist_epi.genes.covariates import gene_covariates
from resist_epi.genes.linking import CLASSES, annotate_regions
from resist_epi.genes.own_genes import name_regions
from resist_epi.genes.where import ISLAND, NO_ISLAND, UNKNOWN, cpg_classes
from resist_epi.genome.reference import Reference
from resist_epi.samples.presets import MarkPreset
from resist_epi.schema import PEAK_CLASSES, names

CPG_CLASSES = (ISLAND, NO_ISLAND, UNKNOWN)


def classed_peaks(peaks: pd.DataFrame, reference: Reference, mark: MarkPreset) -> pd.DataFrame:
    """Peaks with the gene that is theirs, their class, and the CpG class of that gene's promoter.

    Parameters
    ----------
    peaks
        n regions.
    reference
        Genes of the same assembly.
    mark
        Says how wide a promoter is, and by what a peak is named.

    Returns
    -------
    DataFrame
        As `own_genes.with_nearest_genes`, and `cpg`: `CpG island`, `no CpG island`, or `not known`
        where a peak has no gene, or nothing is known of its gene.

    Raises
    ------
    GenomeMismatchError
        If peaks and genes share no chromosome.
    """
    linked = reference.linked
    found = annotate_regions(peaks, linked, promoter=mark.window, main=mark.main_kind)
    table = name_regions(found, linked, main=mark.main_kind)
    table["cpg"] = cpg_classes(table, gene_covariates(reference))
    return table.drop(columns=["n_genes", "nearest_gene_id"])


def class_shares(sets: Mapping[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    """How many peaks of each set are of each class, and how many of their bases.

    Parameters
    ----------
    sets
        (level, name) -> peaks as of `classed_peaks`; the level says what is named: `consensus`,
        `group` or `sample`.

    Returns
    -------
    DataFrame
        Columns of `schema.PEAK_CLASSES`, a row a set, class and CpG class, those without any peak
        too; fractions of nothing are NaN.
    """
    rows = []
    for (level, name), peaks in sets.items():
        bases = (peaks["end"] - peaks["start"]).to_numpy(np.int64)
        for kind in CLASSES:
            for cpg in CPG_CLASSES:
                own = ((peaks["class"] == kind) & (peaks["cpg"] == cpg)).to_numpy()
                n, length = float(own.sum()), float(bases[own].sum())
                shares = (n / (len(own) or np.nan), length / (int(bases.sum()) or np.nan))
                rows.append((level, name, kind, cpg, n, shares[0], length, shares[1]))
    return pd.DataFrame(rows, columns=names(PEAK_CLASSES))
