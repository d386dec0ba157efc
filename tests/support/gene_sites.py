"""Promoters of the built-in genes, and which of them lie near places of a file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from resist_epi.genome.builtin import (
    load_genes,
)


def promoter_sites() -> pd.DataFrame:
    sites = load_genes("hg38").promoters()
    return sites.merge(load_genes("hg38").genes[["gene_id", "symbol", "biotype"]])


def sites_near(sites: pd.DataFrame, path: Path, reach: int) -> set[int]:
    """Rows with an interval of the file in reach, by bedtools: another way than the script's."""
    import pybedtools

    window = pd.DataFrame(
        {
            "chrom": sites["chrom"],
            "start": (sites["tss"] - reach).clip(lower=0),
            "end": sites["tss"] + reach + 1,
            "row": sites.index,
        }
    )
    try:
        hit = pybedtools.BedTool.from_dataframe(window).intersect(str(path), u=True)
        return {int(interval.name) for interval in hit}
    finally:
        pybedtools.cleanup()
