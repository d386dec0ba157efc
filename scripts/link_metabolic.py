#!/usr/bin/env python3
"""Link a table of results to metabolic and resistance gene sets."""

from __future__ import annotations

import argparse

from resist_epi.cli.script import run_script
from resist_epi.genes.builtin import load_sets, load_symbols
from resist_epi.genes.enrichment import enrich
from resist_epi.io.tables import read_results, write_table


def main(options: argparse.Namespace) -> None:
    results = read_results(options.results)
    table = enrich(
        results,
        load_sets(options.gene_sets),
        symbols=load_symbols(),
        fdr=options.fdr,
        own_sets=options.gene_sets is not None,
    )
    # The question names files relative to the results, and this table may lie elsewhere.
    about = {k: v for k, v in results.attrs["header"].items() if k != "question"}
    write_table(options.output, table, header=about | table.attrs["header"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", help="TSV that resist-epi diff or run wrote")
    parser.add_argument("-o", "--output", required=True, help="TSV, a row a gene set")
    parser.add_argument("--gene-sets", help="GMT file instead of the built-in sets")
    parser.add_argument("--fdr", type=float, default=0.05, help="level of genes and sets")
    run_script(parser, main)
