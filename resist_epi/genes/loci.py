"""Genes that are one piece of evidence: neighbours whose marks cannot change independently."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import IntArray
from resist_epi.errors import InputFormatError
from resist_epi.genome.intervals import overlap_pairs
from resist_epi.genome.regions import as_intervals

# Starts closer than this have overlapping promoter windows (2.5 kb either side).
PROMOTER_DISTANCE = 5_000

# Neighbouring members of one family of paralogues are one cluster up to this distance. The HOX,
# protocadherin and ADH clusters have gaps of up to 70 kb; between two clusters lie megabases.
CLUSTER_DISTANCE = 100_000

# Stems that name no family: a number was given for want of a function.
_NO_FAMILY = {
    "GENE",
    "LOC",
    "LINC",
    "MIR",
    "FAM",
    "TMEM",
    "CCDC",
    "KIAA",
    "SNORD",
    "SNORA",
    "RNU",
    "RNA",
}

_HISTONE = re.compile(r"(H1|H2A|H2B|H3|H4)(-|C|U|W|Z)?\d*|HIST\d.*")


def locus_ids(genes: pd.DataFrame, *, domains: pd.DataFrame | None = None) -> NDArray[np.object_]:
    """Say which genes share a locus, blind to the groups and to any result.

    Genes are one locus where their promoters overlap (starts within 5 kb: bidirectional and
    alternative promoters), where they are neighbouring members of one family of paralogues (within
    100 kb of one another: HOX, histone, protocadherin, ADH, keratin, olfactory-receptor clusters),
    or where one domain covers them; all these taken together. A locus is `chrom:first-last`, the
    starts of its outermost genes, bp; shape (n,).

    Parameters
    ----------
    genes
        n rows, one a gene: `chrom start end strand symbol`, and `kind` (`promoters`: the start of
        the gene is the middle of the region, otherwise its 5' end); bp, 0-based half-open.
    domains
        Regions of a broad mark, called without regard to the groups.

    Raises
    ------
    InputFormatError
        If a column is missing.
    """
    missing = [c for c in ("chrom", "start", "end", "strand", "symbol") if c not in genes]
    if missing:
        raise InputFormatError(f"no column {', '.join(missing)} to find loci with")
    if genes.empty:
        return np.empty(0, dtype=object)
    tss = gene_starts(genes)
    chrom = pd.factorize(genes["chrom"])[0].astype(np.int64)
    pairs = [_close(np.zeros(len(genes), dtype=np.int64), chrom, tss, PROMOTER_DISTANCE)]
    family = _families(genes["symbol"])
    pairs.append(_close(family, chrom, tss, CLUSTER_DISTANCE))
    if domains is not None and len(domains):
        pairs.append(_covered(genes, domains))
    label = _components(len(genes), np.concatenate(pairs, axis=1))
    first, last = (np.empty(label.max() + 1, dtype=np.int64) for _ in range(2))
    first.fill(np.iinfo(np.int64).max)
    last.fill(0)
    np.minimum.at(first, label, tss)
    np.maximum.at(last, label, tss)
    names = genes["chrom"].astype(str).to_numpy(dtype=object)
    return np.array(
        [f"{c}:{first[k]}-{last[k]}" for c, k in zip(names, label, strict=True)], dtype=object
    )


def gene_starts(genes: pd.DataFrame) -> IntArray:
    """Where each gene starts, as far as its region tells, (n,) bp."""
    start, end = genes["start"].to_numpy(np.int64), genes["end"].to_numpy(np.int64)
    is_body = np.ones(len(genes), dtype=bool)
    if "kind" in genes:
        is_body = (genes["kind"] != "promoters").to_numpy()
    ends = np.where((genes["strand"] == "-").to_numpy(), end, start)
    return np.where(is_body, ends, (start + end) // 2)


def one_a_locus(members: IntArray, loci: IntArray, signal: NDArray[np.float64]) -> IntArray:
    """Keep of each locus the member with the highest signal, which is blind to the groups.

    Parameters
    ----------
    loci
        (n_genes,) number of each gene's locus.
    signal
        (n_genes,) mean signal over all units.
    """
    if not len(members):
        return members
    order = members[np.lexsort((members, -np.nan_to_num(signal[members], nan=-1.0)))]
    _, kept = np.unique(loci[order], return_index=True)
    return np.sort(order[kept])


def _families(symbols: pd.Series) -> IntArray:
    """Number of each symbol's family; symbols of none are -1."""
    stem = symbols.astype(str).str.extract(r"^([A-Za-z]{2,})(?=[A-Z]?\d)", expand=False).fillna("")
    # HOXA1 and HOXB1 lie on different chromosomes; PCDHA, PCDHB and PCDHGA side by side.
    stem = stem.str.upper().str.replace(r"^PCDH.*", "PCDH", regex=True)
    histone = symbols.astype(str).str.fullmatch(_HISTONE.pattern).fillna(False)
    stem = stem.mask(histone.astype(bool), "HISTONE")
    stem = stem.mask(stem.isin(_NO_FAMILY), "")
    number = pd.factorize(stem)[0].astype(np.int64)
    return np.where((stem == "").to_numpy(), -1, number)


def _close(family: IntArray, chrom: IntArray, tss: IntArray, distance: int) -> IntArray:
    """Pairs of neighbours within one family and chromosome, (2, n_pairs)."""
    order = np.lexsort((tss, chrom, family))
    order = order[family[order] >= 0]
    left, right = order[:-1], order[1:]
    near = (family[left] == family[right]) & (chrom[left] == chrom[right])
    near &= tss[right] - tss[left] <= distance
    return np.stack([left[near], right[near]])


def _covered(genes: pd.DataFrame, domains: pd.DataFrame) -> IntArray:
    """Pairs of genes that lie, by more than half, in one domain."""
    left, right = as_intervals(genes, domains)
    i, j = overlap_pairs(left, right)
    shared = np.minimum(left.end[i], right.end[j]) - np.maximum(left.start[i], right.start[j])
    most = shared * 2 > left.length[i]
    i, j = i[most], j[most]
    order = np.lexsort((i, j))
    i, j = i[order], j[order]
    same = j[:-1] == j[1:]
    return np.stack([i[:-1][same], i[1:][same]]).astype(np.int64)


def _components(n: int, pairs: IntArray) -> IntArray:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(pairs.shape[1], dtype=np.int8), (pairs[0], pairs[1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
