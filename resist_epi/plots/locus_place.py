"""Which stretch of the genome a locus plot shows."""

from __future__ import annotations

import re

import pandas as pd

from resist_epi.errors import InputFormatError, did_you_mean
from resist_epi.plots.style import require

Place = tuple[str, int, int]


def locus_place(
    genes: pd.DataFrame | None,
    *,
    gene: str | None = None,
    region: str | Place | None = None,
    flank: float = 0.5,
) -> Place | None:
    """Chromosome, start and end of a gene with its flanks, or of a region; None without either.

    Parameters
    ----------
    genes
        `chrom start end strand symbol`, and `gene_id` where known; needed for a gene.
    gene
        Symbol or id.
    region
        As `chr4:1,870,000-1,985,000`, or (chrom, start, end).
    flank
        On either side of a gene, as a share of its length; at least 2 kb.

    Raises
    ------
    InputFormatError
        If the gene is unknown, or the region is none.
    """
    if region is not None:
        return _parsed(region) if isinstance(region, str) else region
    if gene is None:
        return None
    row = _gene_row(genes, gene)
    side = max(2000, int(flank * (row["end"] - row["start"])))
    return str(row["chrom"]), max(0, int(row["start"]) - side), int(row["end"]) + side


def _parsed(region: str) -> Place:
    match = re.fullmatch(r"(\S+):([\d,_]+)(?:-|\.\.)([\d,_]+)", region.strip())
    ends = [int(re.sub(r"[,_]", "", e)) for e in match.groups()[1:]] if match else [0, 0]
    if match is None or ends[0] >= ends[1]:
        raise InputFormatError(
            "not a region", expected="chrom:start-end, start below end", found=repr(region)
        )
    return match.group(1), ends[0], ends[1]


def _gene_row(genes: pd.DataFrame | None, gene: str) -> pd.Series:
    if genes is None:
        raise InputFormatError(
            f"where gene {gene!r} lies is not known", remedy="give a table of genes, or a region"
        )
    require(genes, ("chrom", "start", "end", "strand", "symbol"), what="a table of genes")
    found = genes[genes["symbol"] == gene]
    if found.empty and "gene_id" in genes:
        found = genes[genes["gene_id"] == gene]
    if found.empty:
        raise InputFormatError(
            f"no gene {gene!r}",
            found="genes such as " + ", ".join(map(str, genes["symbol"].head(3))),
            remedy=did_you_mean([gene], genes["symbol"])
            or "use the current symbol; upper and lower case count",
        )
    return found.iloc[0]
