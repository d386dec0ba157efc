#!/usr/bin/env python3
"""Write the sample sheet of the rat heart study: two strains, H3K27me3 and H3K4me3.

Of bigWigs (`rat_heart_tracks.py` makes them), or with `--reads` of the BAM files that come with
Bioconductor's chromstaRData.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from pathlib import Path

# The two H3K27me3 libraries of a strain were made from one animal; the H3K4me3 ones were not.
ANIMALS = {
    "H3K27me3-BN-rep1": "BN-bio2",
    "H3K27me3-BN-rep2": "BN-bio2",
    "H3K27me3-SHR-rep1": "SHR-bio2",
    "H3K27me3-SHR-rep2": "SHR-bio2",
    "H3K4me3-BN-rep1": "BN-bio1",
    "H3K4me3-BN-rep2": "BN-bio2",
    "H3K4me3-SHR-rep1": "SHR-bio2",
    "H3K4me3-SHR-rep2": "SHR-bio3",
}


# The library's BAM in extdata/euratrans of chromstaRData: strain, sex, animal and library.
READS = {
    "H3K27me3-BN-rep1": "lv-H3K27me3-BN-male-bio2-tech1.bam",
    "H3K27me3-BN-rep2": "lv-H3K27me3-BN-male-bio2-tech2.bam",
    "H3K27me3-SHR-rep1": "lv-H3K27me3-SHR-male-bio2-tech1.bam",
    "H3K27me3-SHR-rep2": "lv-H3K27me3-SHR-male-bio2-tech2.bam",
    "H3K4me3-BN-rep1": "lv-H3K4me3-BN-female-bio1-tech1.bam",
    "H3K4me3-BN-rep2": "lv-H3K4me3-BN-male-bio2-tech1.bam",
    "H3K4me3-SHR-rep1": "lv-H3K4me3-SHR-male-bio2-tech1.bam",
    "H3K4me3-SHR-rep2": "lv-H3K4me3-SHR-male-bio3-tech1.bam",
}

TRACKS = "derived_bigwig"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="holds derived_bigwig/*.cpm.bw, or the BAM files")
    parser.add_argument("--reads", action="store_true", help="it holds the BAM files")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--without-patient", action="store_true", help="leave out who is who")
    options = parser.parse_args()
    tracks = {name: options.folder / TRACKS / f"{name}.cpm.bw" for name in ANIMALS}
    if options.reads:
        tracks = {name: options.folder / file for name, file in READS.items()}
    missing = [str(track) for track in tracks.values() if not track.is_file()]
    if missing:
        print(f"rat_heart_sheet: error: no such file: {missing[0]}", file=sys.stderr)
        return 1
    column = "bamReads" if options.reads else "Coverage"
    with open(options.output, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["SampleID", "Factor", "Condition", "Patient", column])
        for name, animal in ANIMALS.items():
            mark, strain, _ = name.split("-")
            where = os.path.relpath(tracks[name].resolve(), options.output.resolve().parent)
            patient = "" if options.without_patient else animal
            writer.writerow([name, mark, strain, patient, where])
    return 0


if __name__ == "__main__":
    sys.exit(main())
