#!/usr/bin/env python3
"""Write the sample sheet of the rat heart study (two strains, H3K27me3 and H3K4me3, bigWigs)."""

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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="holds derived_bigwig/*.cpm.bw")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--without-patient", action="store_true", help="leave out who is who")
    options = parser.parse_args()
    tracks = {name: options.folder / "derived_bigwig" / f"{name}.cpm.bw" for name in ANIMALS}
    missing = [str(track) for track in tracks.values() if not track.is_file()]
    if missing:
        print(f"rat_heart_sheet: error: no such file: {missing[0]}", file=sys.stderr)
        return 1
    with open(options.output, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["SampleID", "Factor", "Condition", "Patient", "Coverage"])
        for name, animal in ANIMALS.items():
            mark, strain, _ = name.split("-")
            where = os.path.relpath(tracks[name].resolve(), options.output.resolve().parent)
            patient = "" if options.without_patient else animal
            writer.writerow([name, mark, strain, patient, where])
    return 0


if __name__ == "__main__":
    sys.exit(main())
