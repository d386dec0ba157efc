"""What else may lie behind the change of a set of genes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.samples.presets import role

SEX_CHROMOSOMES = ("chrX", "X", "chrY", "Y")

# Share of a set that has to be of a kind before it is worth a warning.
MOST = 0.6

_ADIPOSE = "ADIPOSE_MARKERS"

_LIPID_SETS = ("FATTY_ACID_OXIDATION", "FATTY_ACID_SYNTHESIS_SREBP")


def set_warnings(
    layer: str,
    genes: pd.DataFrame,
    members: Mapping[str, NDArray[np.int64]],
    sets: pd.DataFrame,
    covariates: pd.DataFrame | None,
) -> list[str]:
    """Warnings of each set in one layer, empty where there are none.

    Parameters
    ----------
    layer
        The mark or assay.
    genes
        A row a gene: `chrom gene_id symbol baseMean padj direction`, and `follows_copy_number`
        (bool) where genes were held against copy number.
    members
        Set -> positions in `genes`.
    sets
        A row a set, in the order of `members`: `set pvalue direction n_tested n_loci`.
    covariates
        By `gene_id`: `cpg_island`.

    Returns
    -------
    list of str
        In the order of `sets`.
    """
    adipose = sets.loc[sets["set"] == _ADIPOSE, "pvalue"]
    admixture = bool(adipose.le(0.05).any())
    island = _islands(genes, covariates)
    quiet = genes["baseMean"].rank(pct=True).le(0.5).to_numpy()
    found = []
    for row in sets.to_dict("records"):
        index = members[str(row["set"])]
        own = genes.iloc[index]
        texts = [
            _silent(layer, island[index] & quiet[index]),
            _on_sex_chromosome(own),
            _clusters(row),
            _copy_number(own),
        ]
        if admixture and row["set"] in _LIPID_SETS:
            texts.append("markers of adipose tissue move too (P < .05)")
        found.append("; ".join(filter(None, texts)))
    return found


def _islands(genes: pd.DataFrame, covariates: pd.DataFrame | None) -> NDArray[np.bool_]:
    if covariates is None or "cpg_island" not in covariates:
        return np.zeros(len(genes), dtype=bool)
    flags = covariates["cpg_island"].reindex(genes["gene_id"]).astype("boolean").fillna(False)
    return flags.to_numpy(dtype=bool)


def _silent(layer: str, silent: NDArray[np.bool_]) -> str:
    """CpG-island promoters of housekeeping genes carry hardly any of a repressive mark."""
    if role(layer) != "repressive" or not len(silent) or silent.mean() < MOST:
        return ""
    return (
        f"{int(silent.sum())} of {len(silent)} genes have a CpG-island promoter with less {layer}"
        " than the median gene: no change is the rule there"
    )


def _on_sex_chromosome(own: pd.DataFrame) -> str:
    called = own[own["chrom"].isin(SEX_CHROMOSOMES) & own["direction"].ne("none")]
    if called.empty:
        return ""
    return f"{', '.join(called['symbol'])} on a sex chromosome (the inactive X is rich in H3K27me3)"


def _clusters(row: Mapping[object, object]) -> str:
    tested, loci = int(str(row["n_tested"])), int(str(row["n_loci"]))
    if tested - loci < max(2, 0.1 * tested):
        return ""
    return f"{tested} genes at {loci} loci: neighbours change together and count once"


def _copy_number(own: pd.DataFrame) -> str:
    if "follows_copy_number" not in own:
        return ""
    flagged = own[own["follows_copy_number"].eq(True) & own["direction"].ne("none")]
    return "" if flagged.empty else f"{', '.join(flagged['symbol'])} may follow copy number"
