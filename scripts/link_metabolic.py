#!/usr/bin/env python3
"""Link a table of results to metabolic and resistance gene sets."""

from __future__ import annotations

import argparse
import sys

from resist_epi.enrichment import enrich
from resist_epi.errors import ResistEpiError
from resist_epi.inputs import load_sets
from resist_epi.io.builtin import load_symbols
from resist_epi.io.tables import read_results, write_table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", help="TSV that resist-epi diff or run wrote")
    parser.add_argument("-o", "--output", required=True, help="TSV, a row a gene set")
    parser.add_argument("--gene-sets", help="GMT file instead of the built-in sets")
    parser.add_argument("--fdr", type=float, default=0.05)
    options = parser.parse_args()
    try:
        table = enrich(
            read_results(options.results),
            load_sets(options.gene_sets),
            symbols=load_symbols(),
            fdr=options.fdr,
            own_sets=options.gene_sets is not None,
        )
        write_table(options.output, table, header=table.attrs["header"])
    except ResistEpiError as error:
        print(f"link_metabolic: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
