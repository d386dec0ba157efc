"""Build data/chromosome_lengths.tsv: main chromosomes of the assemblies that tracks come in."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
from annotation_sources import DATA, write_table
from pybedtools import genome_registry

from resist_epi.genome.chromosomes import chrom_rank

FROM_PYBEDTOOLS = ("hg38", "hg19", "hg18", "mm10", "mm9")
BESIDE = DATA.parents[1] / "shared" / "data"
RN4 = "rat_heart_h3k27me3_bn_shr/rn4.chrom.sizes"


def main() -> None:
    """Write the table."""
    tables = []
    for assembly in FROM_PYBEDTOOLS:
        sizes = getattr(genome_registry, assembly)
        tables.append(
            pd.DataFrame({"chrom": list(sizes), "length": [e for _, e in sizes.values()]})
        )
    rn4 = Path(os.environ.get("RESIST_EPI_REAL_DATA", BESIDE)) / RN4
    tables.append(pd.read_csv(rn4, sep="\t", header=None, names=["chrom", "length"]))
    rows = []
    for assembly, table in zip((*FROM_PYBEDTOOLS, "rn4"), tables, strict=True):
        main_chroms = table[table["chrom"].str.fullmatch(r"chr(\d+|X|Y|M)")]
        main_chroms = main_chroms.iloc[chrom_rank(main_chroms["chrom"]).argsort()]
        rows.append(main_chroms.assign(assembly=assembly))
    header = [
        f"source: {', '.join(FROM_PYBEDTOOLS)}: pybedtools genome_registry (MIT), from UCSC;"
        " rn4: UCSC rn4.chrom.sizes",
        "length in bp; main chromosomes in genome order",
        "built by data_sources/build_chromosome_lengths.py",
    ]
    lengths = pd.concat(rows)[["assembly", "chrom", "length"]]
    write_table(lengths, DATA / "chromosome_lengths.tsv", header)


if __name__ == "__main__":
    main()
