"""What else may lie behind the change of a set of genes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import BoolArray, IntArray
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genome.chromosomes import SEX_CHROMOSOMES, on_chromosomes
from resist_epi.samples.presets import role

# Share of a set that has to be of a kind before it is worth a warning.
MOST = 0.6

_ADIPOSE = "ADIPOSE_MARKERS"

_LIPID_SETS = ("FATTY_ACID_OXIDATION", "FATTY_ACID_SYNTHESIS_SREBP")


def set_warnings(
    layer: str, level: GeneLevel, members: Mapping[str, IntArray], sets: pd.DataFrame
) -> list[str]:
    """Warnings of each set in one layer, in the order of `sets`, empty where there are none.

    Parameters
    ----------
    layer
        The mark or assay.
    level
        Its genes: `chrom gene_id symbol baseMean direction`, `follows_copy_number` (bool) where
        they were held against copy number, and whether their promoters are CpG islands.
    sets
        A row a set, in the order of `members`: `set pvalue direction n_tested n_loci`, and
        `uncarried`, why it lacks the direction that its P would give it.
    """
    adipose = sets.loc[sets["set"] == _ADIPOSE, "pvalue"]
    admixture = bool(adipose.le(0.05).any())
    called = (level.genes["direction"] != "none").to_numpy()
    on_sex = called & on_chromosomes(level.genes["chrom"], SEX_CHROMOSOMES)
    follows = np.zeros(len(called), dtype=bool)
    if "follows_copy_number" in level.genes:
        follows = called & level.genes["follows_copy_number"].eq(True).to_numpy(bool)
    silent = level.islands & level.genes["baseMean"].rank(pct=True).le(0.5).to_numpy()
    found = []
    for row in sets.to_dict("records"):
        index = members[str(row["set"])]
        texts = [
            str(row.get("uncarried", "")),
            _silent(layer, silent[index]),
            _on_sex_chromosome(level.symbol[index[on_sex[index]]]),
            _clusters(row),
            _copy_number(level.symbol[index[follows[index]]]),
        ]
        if admixture and row["set"] in _LIPID_SETS:
            texts.append("markers of adipose tissue move too (P < .05)")
        found.append("; ".join(filter(None, texts)))
    return found


def _silent(layer: str, silent: BoolArray) -> str:
    """CpG-island promoters of housekeeping genes carry hardly any of a repressive mark."""
    if role(layer) != "repressive" or not len(silent) or silent.mean() < MOST:
        return ""
    return (
        f"{int(silent.sum())} of {len(silent)} genes have a CpG-island promoter with less {layer}"
        " than the median gene: no change is the rule there"
    )


def _on_sex_chromosome(called: NDArray[np.object_]) -> str:
    if not len(called):
        return ""
    return f"{', '.join(called)} on a sex chromosome (the inactive X is rich in H3K27me3)"


def _clusters(row: Mapping[object, object]) -> str:
    tested, loci = int(str(row["n_tested"])), int(str(row["n_loci"]))
    if tested - loci < max(2, 0.1 * tested):
        return ""
    at = "1 locus" if loci == 1 else f"{loci} loci"
    return f"{tested} genes at {at}: neighbours change together and count once"


def _copy_number(called: NDArray[np.object_]) -> str:
    return f"{', '.join(called)} may follow copy number" if len(called) else ""
