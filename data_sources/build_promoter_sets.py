"""Build what is known of promoters: CpG islands at each, Polycomb targets, and control sets.

Writes data/cpg_promoters.tsv.gz and data/gene_sets_derived.gmt from the built-in gene table, so
`build_gene_table.py` comes first. The CpG islands and the ENCODE peaks are read from ../shared/data
or the folder that RESIST_EPI_REAL_DATA names.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
from annotation_sources import DATA, ORG_HS, OrgHs, unpacked, write_table
from numpy.typing import NDArray

from resist_epi.genome.annotation import Annotation
from resist_epi.genome.builtin import load_genes
from resist_epi.genome.intervals import Intervals, count_overlaps
from resist_epi.genome.peaks import read_peaks

CPG_FILE = "annotation/hg38_CpGIsland.bed.gz"
CPG_REACH = 500
POLYCOMB_FILES = (
    "H1_H3K27me3_ENCFF050CUG_hg38.bed.gz",
    "H1_H3K27me3_ENCFF599KDF_hg38.bed.gz",
    "H9_H3K27me3_ENCFF680AKW_hg38.bed.gz",
    "H9_H3K27me3_ENCFF851PCG_hg38.bed.gz",
)
POLYCOMB_REACH = 2500


def hits(sites: pd.DataFrame, intervals: pd.DataFrame, *, reach: int) -> NDArray[np.bool_]:
    """Which sites have an interval within `reach` bp of their TSS, the TSS itself counted too.

    The window is `tss - reach` to `tss + reach`, both ends included, so that strand does not
    matter.
    """
    codes, _ = pd.factorize(pd.concat([sites["chrom"], intervals["chrom"]]))
    start = np.maximum(sites["tss"].to_numpy() - reach, 0)
    windows = Intervals(codes[: len(sites)], start, sites["tss"].to_numpy() + reach + 1)
    others = Intervals(
        codes[len(sites) :], intervals["start"].to_numpy(), intervals["end"].to_numpy()
    )
    return count_overlaps(windows, others) > 0


def cpg_promoters(annotation: Annotation, islands: pd.DataFrame) -> pd.DataFrame:
    """`gene_id tss cpg_island` (0 or 1), a row per gene and distinct TSS."""
    sites = annotation.promoters()
    sites["cpg_island"] = hits(sites, islands, reach=CPG_REACH).astype(int)
    return sites[["gene_id", "tss", "cpg_island"]]


def polycomb_targets(annotation: Annotation, peaks: list[pd.DataFrame]) -> list[str]:
    """Protein-coding genes with a peak of every file at the promoter that speaks for them."""
    sites = annotation.promoters()
    sites = sites[sites["primary"]].merge(annotation.genes[["gene_id", "symbol", "biotype"]])
    sites = sites[sites["biotype"] == "protein_coding"]
    everywhere = np.all([hits(sites, p, reach=POLYCOMB_REACH) for p in peaks], axis=0)
    return sorted(sites.loc[everywhere, "symbol"])


def control_sets(annotation: Annotation, names: pd.Series) -> dict[str, list[str]]:
    """Olfactory receptors and ribosomal proteins by their approved names.

    Pseudogenes and paralogues of one tissue ("like", or on Y) are left out.
    """
    genes = annotation.genes[annotation.genes["biotype"] == "protein_coding"]
    name = genes["entrez_id"].map(names).fillna("")
    olfactory = name.str.match(r"olfactory receptor family \d+ subfamily \w+ member")
    ribosomal = name.str.fullmatch(
        r"ribosomal protein (SA|[SL]\d+[Aa]?|lateral stalk subunit P[0-2]|S4 X-linked)"
        r"|FAU ubiquitin like and ribosomal protein S30 fusion"
        r"|ubiquitin A-52 residue ribosomal protein fusion product 1"
    )
    return {
        "OLFACTORY_RECEPTORS": sorted(genes.loc[olfactory, "symbol"]),
        "RIBOSOMAL_PROTEINS": sorted(genes.loc[ribosomal, "symbol"]),
    }


def main() -> None:
    """Write both files."""
    real = Path(os.environ.get("RESIST_EPI_REAL_DATA", DATA.parents[1] / "shared" / "data"))
    annotation = load_genes("hg38")
    islands = pd.read_csv(
        real / CPG_FILE, sep="\t", header=None, usecols=[0, 1, 2], names=["chrom", "start", "end"]
    )
    table = cpg_promoters(annotation, islands)
    header = [
        "assembly: hg38; source: UCSC CpG islands as in ChromHMM COORDS/hg38"
        " (github.com/jernst98/ChromHMM f64cd148) at the transcription starts of genes_hg38.tsv.gz",
        f"cpg_island: 1 where an island lies within {CPG_REACH} bp of the TSS; tss: 0-based",
        "built by data_sources/build_promoter_sets.py; columns: " + " ".join(table.columns),
    ]
    write_table(table, DATA / "cpg_promoters.tsv.gz", header)
    peaks = [read_peaks(real / "peak_files" / name) for name in POLYCOMB_FILES]
    targets = polycomb_targets(annotation, peaks)
    ids = "|".join(name.split("_")[2] for name in POLYCOMB_FILES)
    with unpacked(ORG_HS) as (folder, version):
        source = OrgHs(folder, version)
        controls = control_sets(annotation, source.genes().set_index("entrez_id")["name"])
    sources = {"POLYCOMB_TARGETS": f"ENCODE:{ids};derived by data_sources/build_promoter_sets.py"}
    lines = []
    for name, genes in {"POLYCOMB_TARGETS": targets, **controls}.items():
        origin = sources.get(name, "NCBI gene names;derived by data_sources/build_promoter_sets.py")
        lines.append("\t".join([name, origin, *genes]))
        print(f"{name}: {len(genes)} genes")
    (DATA / "gene_sets_derived.gmt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
