#!/usr/bin/env python3
"""Write the bigWigs of the rat heart study from its reads in bins of 500 bp.

The table is tab-separated: `chrom start end`, then a column a library that is named as in
`rat_heart_sheet.py`, with the reads that begin in each bin of chr12. A track holds counts per
million of the library's reads there, bin by bin.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from rat_heart_sheet import ANIMALS, TRACKS

from resist_epi.errors import ResistEpiError
from resist_epi.tracks.bigwig.track import write_bigwig

LENGTHS = {"chr12": 46_782_294}  # rn4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("counts", type=Path, help="chr12_500bp_counts.tsv.gz")
    parser.add_argument("-o", "--output", type=Path, required=True, help="a folder")
    options = parser.parse_args()
    try:
        table = pd.read_csv(options.counts, sep="\t")
        missing = [n for n in ("chrom", "start", "end", *ANIMALS) if n not in table]
        if missing:
            raise ResistEpiError(f"{options.counts}: no column {', '.join(missing)}")
        (options.output / TRACKS).mkdir(parents=True, exist_ok=True)
        start = table["start"].to_numpy(np.int64)
        end = np.minimum(table["end"].to_numpy(np.int64), LENGTHS["chr12"])
        for name in ANIMALS:
            reads = table[name].to_numpy(np.float64)
            runs = (start, end, reads * (1e6 / reads.sum()))
            write_bigwig(
                options.output / TRACKS / f"{name}.cpm.bw", LENGTHS, {"chr12": runs}.__getitem__
            )
    except (OSError, ValueError, ResistEpiError) as error:
        print(f"rat_heart_tracks: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
