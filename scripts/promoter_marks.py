#!/usr/bin/env python3
"""Which promoters carry a mark in peak files, and which gene sets hold more or fewer of them.

A promoter is the primary one of a protein-coding gene, and carries the mark where every file has a
peak near its TSS. Sets are tested by locus, by over-representation and by the logistic test beside
the length of the gene and the CpG island.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from resist_epi.cli.script import run_script
from resist_epi.errors import InputFormatError
from resist_epi.genes.builtin import load_sets, load_symbols
from resist_epi.genes.covariates import gene_covariates
from resist_epi.genes.enrichment import enrich
from resist_epi.genome.intervals import Intervals, count_overlaps
from resist_epi.genome.peaks import read_peaks
from resist_epi.genome.reference import load_reference
from resist_epi.io.tables import write_table


def promoter_peaks(sites: pd.DataFrame, peaks: pd.DataFrame, *, reach: int) -> np.ndarray:
    """How many peaks each TSS has within `reach` bp, (n,)."""
    codes, _ = pd.factorize(pd.concat([sites["chrom"], peaks["chrom"]]))
    tss = sites["tss"].to_numpy()
    windows = Intervals(codes[: len(sites)], np.maximum(tss - reach, 0), tss + reach + 1)
    others = Intervals(codes[len(sites) :], peaks["start"].to_numpy(), peaks["end"].to_numpy())
    return np.asarray(count_overlaps(windows, others))


def marked_promoters(options: argparse.Namespace) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row a protein-coding gene with `n_files`, in genome order, and the genes' covariates."""
    reference = load_reference(options.genome, options.genes)
    genes, covariates = reference.annotation.genes, gene_covariates(reference)
    sites = reference.annotation.promoters()
    place = genes[["gene_id", "symbol", "biotype"]]
    sites = sites[sites["primary"]].merge(place, on="gene_id")
    sites = sites[sites["biotype"] == "protein_coding"].reset_index(drop=True)
    if sites.empty:
        raise InputFormatError(
            "no gene is protein_coding",
            path=options.genes,
            expected="a biotype with each gene",
            remedy="Add the column biotype, or take a GTF",
        )
    reach = options.reach
    found = [promoter_peaks(sites, read_peaks(p), reach=reach) > 0 for p in options.peaks]
    table = sites[["chrom", "strand", "gene_id", "symbol"]].assign(
        start=np.maximum(sites["tss"] - reach, 0),
        end=sites["tss"] + reach + 1,
        n_files=np.sum(found, axis=0),
    )
    table["marked"] = table["n_files"] == len(options.peaks)
    if "cpg_island" in covariates:
        flags = covariates["cpg_island"].reindex(table["gene_id"])
        table["cpg_island"] = flags.fillna(False).to_numpy(bool)
    return table, covariates


def tested_sets(
    table: pd.DataFrame, options: argparse.Namespace, covariates: pd.DataFrame
) -> pd.DataFrame:
    """Over-representation and the logistic test of each set, a row a set."""
    mark = table["marked"].to_numpy()
    # What carries the mark in all files counts as called; the statistic is not read beyond that.
    as_results = table.assign(
        baseMean=1.0,  # no gene of a locus is chosen by its mark
        log2FoldChange=mark.astype(float),
        stat=mark.astype(float),
        df=np.inf,
        direction=np.where(mark, "gain", "none"),
    )
    found = enrich(
        as_results,
        load_sets(options.gene_sets),
        symbols=load_symbols(),
        own_sets=options.gene_sets is not None,
        test="logistic",
        beside=["ora"],
        covariates=covariates,
    )
    found = found.rename(columns={"n_gain": "n_marked", "effect": "share_more"})
    found["share"] = found["n_marked"] / found["n_tested"].where(found["n_tested"] > 0)
    wanted = ["set", "source", "n_genes", "n_tested", "n_loci", "n_marked", "share", "share_more"]
    wanted += ["pvalue", "padj", "ora_pvalue", "family", "padj_family", "direction", "genes"]
    found["direction"] = found["direction"].replace({"gain": "more", "loss": "fewer"})
    found = found[wanted].sort_values("pvalue", kind="stable", na_position="last")
    return found.reset_index(drop=True)


def main(options: argparse.Namespace) -> None:
    table, covariates = marked_promoters(options)
    n, marked = len(table), int(table["marked"].sum())
    sets = tested_sets(table, options, covariates)
    how = f"peaks of all {len(options.peaks)} files within {options.reach} bp of the TSS"
    header = {"promoters": f"{marked} of {n} carry the mark: {how}"} | sets.attrs["header"]
    write_table(options.output, sets, header=header)
    if options.promoters:
        write_table(options.promoters, table, header=header)
    print(header["promoters"])
    if "cpg_island" in table:
        share = table.groupby("cpg_island")["marked"].mean()
        print("share by CpG island: " + ", ".join(f"{k}: {v:.3f}" for k, v in share.items()))
    shown = ["set", "n_tested", "share", "pvalue", "padj", "ora_pvalue", "direction"]
    for way in ("more", "fewer"):
        rows = sets[sets["direction"] == way]
        print(f"\n{len(rows)} sets with {way} than expected:")
        print(rows[shown].head(options.top).to_string(index=False, float_format="{:.3g}".format))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peaks", nargs="+", help="peak files of one mark")
    parser.add_argument("--genome", help="built-in genes: hg38 or hg19")
    parser.add_argument("--genes", help="gene file instead: GTF, GFF3, genePred, BED12 or TSV")
    parser.add_argument("--gene-sets", help="GMT file, or go, instead of the built-in sets")
    parser.add_argument("--reach", type=int, default=2500, help="bp on both sides of a TSS")
    parser.add_argument("--promoters", help="also write a row a promoter here")
    parser.add_argument("--top", type=int, default=15, help="sets to print each way")
    parser.add_argument("-o", "--output", required=True, help="TSV, a row a set")
    run_script(parser, main)
