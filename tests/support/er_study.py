"""Three good and three poor tumours on hg19 with ERα, H3K4me3 and H3K27me3, and no other mark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.genes.builtin import load_gene_sets
from resist_epi.genome.builtin import load_genes, load_genome
from resist_epi.tracks.bigwig.track import write_bigwig

BIN = 1000
CHROMOSOMES = ("chr1", "chr17")
MARKS = ("ERα", "H3K4me3", "H3K27me3")

# log2 change of the promoters of a set in the poor tumours.
PLANTED = {"ERα": ("ESR1_TARGETS", -2.0), "H3K4me3": ("GLYCOLYSIS_CORE", 2.0)}


def write_er_study(folder: Path) -> Path:
    """Write tracks and sheet; the sheet's path."""
    known = dict(load_genome("hg19").lengths)
    lengths = {c: known[c] for c in CHROMOSOMES}
    genes = load_genes("hg19").genes
    genes = genes[genes["chrom"].isin(CHROMOSOMES)]
    tss = np.where(genes["strand"] == "+", genes["start"], genes["end"] - 1)
    rng = np.random.default_rng(3)
    rows = []
    for mark in MARKS:
        height = rng.gamma(3, 4, size=len(genes))
        gene_set, change = PLANTED.get(mark, ("", 0.0))
        members = load_gene_sets()[gene_set].genes if gene_set else ()
        moves = genes["symbol"].isin(list(members)).to_numpy()
        for i in range(6):
            condition = "good" if i < 3 else "poor"
            own = height * rng.lognormal(0, 0.2, size=len(genes))
            own[moves] *= 2.0 ** (change * (condition == "poor"))
            name = f"T{i}_{MARKS.index(mark)}"
            _write_track(folder / f"{name}.bw", lengths, genes["chrom"].to_numpy(), tss, own, rng)
            rows.append((name, mark, condition, f"P{i}", f"{name}.bw"))
    columns = ["SampleID", "Factor", "Condition", "Patient", "Coverage"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "sheet.csv", index=False)
    return folder / "sheet.csv"


def _write_track(
    path: Path,
    lengths: dict[str, int],
    chroms: np.ndarray,
    tss: np.ndarray,
    height: np.ndarray,
    rng: np.random.Generator,
) -> None:
    runs = {}
    for chrom, length in lengths.items():
        values = rng.gamma(20, 0.05, size=length // BIN)
        here = chroms == chrom
        for offset in (-1, 0, 1):
            at = np.clip(tss[here] // BIN + offset, 0, len(values) - 1)
            np.add.at(values, at, height[here])
        starts = np.arange(len(values), dtype=np.int64) * BIN
        runs[chrom] = (starts, starts + BIN, values)
    write_bigwig(path, lengths, runs.__getitem__)
