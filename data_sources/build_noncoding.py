"""Build data/noncoding_hg38.tsv.gz and data/noncoding_hg19.tsv.gz: genes that only links know.

Genes of GENCODE that the tested tables lack: long non-coding RNAs and pseudogenes in the main. They
name regions that would be called intergenic otherwise, and are never tested. Read from
../shared/data or the folder that RESIST_EPI_REAL_DATA names; `build_gene_table.py` comes first.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
from annotation_sources import DATA, MAIN_CHROMS, write_table

from resist_epi.genes.builtin import load_symbols
from resist_epi.genome.builtin import load_genes
from resist_epi.genome.intervals import overlap_bases, overlap_pairs
from resist_epi.genome.regions import as_intervals

SOURCE = "annotation/{}_gencode_genes.bed.gz"

# Small RNAs, which lie in thousands of copies and say nothing of the place where they lie.
SMALL = (
    r"^(?:Y_RNA|U\d+|RNU|RNVU|RN7S|7SK|5S_rRNA|5_8S|SNOR|sno|SCARNA|MIR\d|MIRLET|Metazoa|uc_|Vault)"
)
SMALLEST = 200  # bp of a long non-coding RNA

# A gene under another name covers the same place.
SAME = 0.9


def non_coding(table: pd.DataFrame, assembly: str) -> pd.DataFrame:
    """`chrom start end strand symbol` of the genes that the tested table of an assembly lacks.

    Parameters
    ----------
    table
        `chrom start end strand symbol`, 1-based and inclusive.
    """
    known = load_genes(assembly).genes
    table = table.assign(start=table["start"] - 1)
    table = table[table["chrom"].isin(MAIN_CHROMS) & table["strand"].isin(["+", "-"])]
    table = table[
        ~table["symbol"].str.contains(SMALL) & (table["end"] - table["start"] >= SMALLEST)
    ]
    current = load_symbols().resolve(table["symbol"])["symbol"].to_numpy()
    there = known["symbol"]
    table = table[~(table["symbol"].isin(there) | pd.Series(current, table.index).isin(there))]
    table = table.drop_duplicates(["chrom", "symbol"]).drop_duplicates("symbol")
    left, right = as_intervals(table, known)
    i, j = overlap_pairs(left, right)
    shared = overlap_bases(left.take(i), right.take(j))
    strands = table["strand"].to_numpy()[i] == known["strand"].to_numpy()[j]
    same = strands & (shared > SAME * left.length[i]) & (shared > SAME * right.length[j])
    mask = pd.Series(True, index=range(len(table)))
    mask[i[same]] = False
    table = table[mask.to_numpy()]
    rank = {chrom: n for n, chrom in enumerate(MAIN_CHROMS)}
    table = table.assign(rank=table["chrom"].map(rank)).sort_values(["rank", "start", "end"])
    return table[["chrom", "start", "end", "strand", "symbol"]].reset_index(drop=True)


def main() -> None:
    """Write both tables."""
    real = Path(os.environ.get("RESIST_EPI_REAL_DATA", DATA.parents[1] / "shared" / "data"))
    for assembly in ("hg38", "hg19"):
        table = pd.read_csv(
            real / SOURCE.format(assembly), sep="\t", header=None, usecols=[0, 1, 2, 3, 5],
            names=["chrom", "start", "end", "symbol", "strand"],
        )  # fmt: skip
        header = [
            f"assembly: {assembly}; source: GENCODE, which Ensembl provides without restriction on"
            " access or use, as in reg-gen's data (github.com/CostaLab/reg-gen 66f5fbb3)",
            f"genes that genes_{assembly}.tsv.gz lacks, {SMALLEST} bp at least, without small RNAs:"
            " long non-coding RNAs and pseudogenes in the main; 0-based half-open",
            "built by data_sources/build_noncoding.py",
        ]
        write_table(non_coding(table, assembly), DATA / f"noncoding_{assembly}.tsv.gz", header)


if __name__ == "__main__":
    main()
