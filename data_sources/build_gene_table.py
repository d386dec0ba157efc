"""Build data/genes_hg38.tsv.gz and data/genes_hg19.tsv.gz: genes and every transcript's ends.

MANE Select's starts are read from ../shared/data or the folder that RESIST_EPI_REAL_DATA names.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from annotation_sources import (
    BIOVIZBASE,
    DATA,
    MAIN_CHROMS,
    ORG_HS,
    OrgHs,
    genesymbol_hg19,
    unpacked,
    write_table,
)
from build_symbols import symbol_table
from mane_select import COLUMN as MANE
from mane_select import MANE_SOURCE, REACH, mane_starts, mane_starts_hg19, read_mane

COLUMNS = ["chrom", "start", "end", "strand", "gene_id", "symbol", "entrez_id", "biotype", "n_loci"]
ENDS = ["transcript_starts", "transcript_ends"]
CHROM_RANK = {chrom: rank for rank, chrom in enumerate(MAIN_CHROMS)}


def split_loci(transcripts: pd.DataFrame) -> pd.DataFrame:
    """Number each gene's places: transcripts that overlap on one chromosome and strand."""
    table = transcripts.sort_values(["gene", "chrom", "strand", "start", "end"], ignore_index=True)
    groups = table.groupby(["gene", "chrom", "strand"], sort=False)
    reached = groups["end"].cummax().groupby(groups.ngroup()).shift()
    table["locus"] = (reached.isna() | (table["start"] >= reached)).cumsum()
    return table


def choose_loci(loci: pd.DataFrame, arms: pd.Series) -> pd.Index:
    """One locus a gene.

    UCSC aligns a transcript to every place where it fits: pseudoautosomal genes to X and Y, genes
    of repeated segments to each copy. Right is the arm of the cytogenetic map; then most
    transcripts; then the longer; then a place that no other gene has taken; then X before Y and
    the lowest position.
    """
    loci = loci.assign(rank=loci["chrom"].map(CHROM_RANK), copies=loci["n_loci"])
    single = loci[(loci["copies"] == 1) & loci["gene"].isin(arms.index)]
    on_p = single["gene"].map(arms) == "p"
    boundary = {
        chrom: _best_boundary(group["start"].to_numpy(), on_p[group.index].to_numpy())
        for chrom, group in single.groupby("chrom")
    }
    arm = np.where(loci["start"] < loci["chrom"].map(boundary), "p", "q")
    known = loci["gene"].map(arms)
    loci["off_arm"] = (known.notna() & (known != arm)).astype(int)
    # Genes in the order of their names (OPN1MW, OPN1MW2), so that copies go to the first places.
    loci = loci.sort_values(["copies", "symbol", "off_arm", "rank", "start"])
    # Copies of one length differ by some bases only, hence the coarse scale.
    length = np.log2(loci["end"] - loci["start"]).round()
    best_first = zip(loci["off_arm"], -loci["n"], -length, strict=True)
    places = list(zip(loci["rank"].tolist(), (loci["start"] // 1000).tolist(), strict=True))
    by_gene: dict[str, list[tuple[int, tuple[float, ...]]]] = {}
    for i, (gene, merit) in enumerate(zip(loci["gene"].tolist(), best_first, strict=True)):
        by_gene.setdefault(gene, []).append((i, merit))
    taken: set[tuple[int, int]] = set()
    chosen = []
    for candidates in by_gene.values():
        best = min(candidates, key=lambda c: (*c[1], places[c[0]] in taken, places[c[0]], c[0]))[0]
        taken.add(places[best])
        chosen.append(best)
    return loci.index[chosen]


def _best_boundary(starts: np.ndarray, on_p: np.ndarray) -> float:
    """Position that parts genes on p from those on q, with fewest astray."""
    order = np.argsort(starts)
    starts, on_p = starts[order], on_p[order]
    wrong = (
        np.concatenate([[0], np.cumsum(~on_p)])
        + on_p.sum()
        - np.concatenate([[0], np.cumsum(on_p)])
    )
    cut = int(np.argmin(wrong))
    return float(starts[cut]) if cut < len(starts) else np.inf


def gene_rows(transcripts: pd.DataFrame, genes: pd.DataFrame, arms: pd.Series) -> pd.DataFrame:
    """One row a gene, with its transcripts' ends and the number of places it was aligned to."""
    table = split_loci(transcripts)
    groups = table.groupby("locus")
    loci = groups[["gene", "chrom", "strand"]].first()
    loci["start"], loci["end"] = groups["start"].min(), groups["end"].max()
    loci["n"] = groups.size()
    for column, name in zip(("start", "end"), ENDS, strict=True):
        loci[name] = groups[column].agg(lambda values: ",".join(map(str, values)))
    loci = loci.join(genes.set_index("gene"), on="gene")
    loci["n_loci"] = loci.groupby("gene")["n"].transform("size")
    rows = loci.loc[choose_loci(loci, arms)].assign(rank=lambda t: t["chrom"].map(CHROM_RANK))
    rows = rows.sort_values(["rank", "start", "end", "gene_id"])
    if rows["gene_id"].duplicated().any() or rows["symbol"].duplicated().any():
        twice = rows.loc[rows["gene_id"].duplicated() | rows["symbol"].duplicated()]
        print(f"names that stand twice: {', '.join(twice['symbol'] + '/' + twice['gene_id'])}")
    return rows[[*COLUMNS, *ENDS]]


def hg38(source: OrgHs) -> pd.DataFrame:
    """Genes with a RefSeq transcript that UCSC has placed on a main chromosome."""
    genes = source.genes().rename(columns={"entrez_id": "gene"})
    genes["entrez_id"] = genes["gene"]
    genes["gene_id"] = genes["gene"].map(source.ensembl()).fillna("entrez:" + genes["gene"])
    transcripts = source.transcripts().rename(columns={"entrez_id": "gene"})
    return gene_rows(transcripts, genes.drop(columns="name"), source.arms())


def hg19(ranges: pd.DataFrame, source: OrgHs, places: pd.DataFrame) -> pd.DataFrame:
    """Genes of biovizBase under their current symbols; `source_symbol` keeps what it called them.

    A gene is told by its symbol, current or previous, unless that lies on another chromosome in
    hg38 (`places`) as some symbols were given to another gene since; then by its Ensembl id, which
    is wrong for about one gene in 200 (SETD2 has that of GRINA). Where neither says, it keeps the
    old symbol.
    """
    ranges = ranges[ranges["chrom"].isin(MAIN_CHROMS) & ranges["strand"].isin(["+", "-"])].copy()
    ranges["start"] -= 1
    genes = source.genes()
    # A few symbols belong to a gene and to a regulatory region; the gene is meant.
    genes = genes[genes["biotype"] != "biological_region"].drop_duplicates("symbol")
    genes = genes.set_index("symbol")
    names = symbol_table(source).set_index("name")
    by_name = names.loc[names["status"] != "ambiguous", "symbol"]
    ids = genes["entrez_id"].map(source.ensembl()).dropna()
    by_ensembl = pd.Series(ids.index, index=ids.to_numpy())
    chrom_now = dict(zip(places["symbol"], places["chrom"], strict=True))
    ranges["gene"] = ranges["symbol"]
    for guess in (ranges["ensembl_id"].map(by_ensembl), ranges["symbol"].map(by_name)):
        possible = guess.notna() & (guess.map(chrom_now).fillna(ranges["chrom"]) == ranges["chrom"])
        ranges["gene"] = ranges["gene"].where(~possible, guess)
    per_gene = ranges.groupby("gene", as_index=False)[["symbol", "ensembl_id"]].first()
    known = genes.reindex(per_gene["gene"]).reset_index(drop=True)
    entrez = "entrez:" + known["entrez_id"]
    gene_id = per_gene["gene"].map(ids).fillna(entrez).fillna("symbol:" + per_gene["gene"])
    annotated = pd.DataFrame(
        {
            "gene": per_gene["gene"],
            "gene_id": gene_id,
            "symbol": per_gene["gene"],
            "entrez_id": known["entrez_id"].fillna(""),
            "biotype": known["biotype"].fillna("unknown"),
            "source_symbol": per_gene["symbol"],
        }
    )
    arms = source.arms()
    arms = arms[arms.index.isin(genes["entrez_id"])]
    symbols = dict(zip(genes["entrez_id"], genes.index, strict=True))
    arms.index = arms.index.map(symbols)
    rows = gene_rows(ranges[["gene", "chrom", "start", "end", "strand"]], annotated, arms)
    return rows.merge(annotated[["gene_id", "source_symbol"]], how="left")


def main() -> None:
    """Write both tables."""
    columns = (
        "0-based half-open; one row a gene: of several places (n_loci) the one on the arm of the"
        " cytogenetic map, of most transcripts, the longer, X before Y; chromosomes 1-22, X, Y, M",
        "gene_id: Ensembl, else entrez:ID, else symbol:NAME; transcript_starts and transcript_ends:"
        " every transcript, comma between; symbols are current (symbols.tsv.gz)",
        f"{MANE}: 0-based TSS of the gene that is nearest to that of MANE Select, at most"
        f" {REACH} bp away (hg19: by gene and nearest TSS); {MANE_SOURCE}",
        "built by data_sources/build_gene_table.py",
    )
    with unpacked(ORG_HS) as (folder, version):
        source = OrgHs(folder, version)
        header = [f"assembly: hg38; source: {source.places_source}", *columns]
        places = hg38(source)
        places[MANE] = mane_starts(places, read_mane())
        write_table(places, DATA / "genes_hg38.tsv.gz", header)
        with unpacked(BIOVIZBASE) as (folder_hg19, version_hg19):
            ranges = genesymbol_hg19(folder_hg19)
        table = hg19(ranges, source, places)
        table[MANE] = mane_starts_hg19(table, places)
        old = (table["source_symbol"] != table["symbol"]).sum()
        unknown = ~table["symbol"].isin(source.genes()["symbol"])
        header = [
            f"assembly: hg19; source: genesymbol in Debian {BIOVIZBASE} {version_hg19}"
            " (Bioconductor biovizBase, UCSC, Artistic-2.0; 1-based there);"
            f" symbols, ids and biotypes: {source.genes_source}",
            f"source_symbol: as the source has it; {old} are previous symbols,"
            f" {unknown.sum()} are not known any more and kept",
            *columns,
        ]
        write_table(table, DATA / "genes_hg19.tsv.gz", header)


if __name__ == "__main__":
    main()
