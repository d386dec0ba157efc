"""Peaks of a good and a poor group: Fisher P of peak or no peak (descriptive), or of coverage."""

import argparse

from resist_epi.cli.script import run_script, sheet_of_groups
from resist_epi.counting.coverage import count_regions
from resist_epi.genome.consensus import DESCRIPTIVE, consensus_peaks, differential_occupancy
from resist_epi.genome.peaks import read_peak_sets
from resist_epi.io.tables import write_table
from resist_epi.model.analysis import analyse
from resist_epi.tracks.open import open_track

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--good", nargs="+", required=True, help="peak files of the good group")
parser.add_argument("--poor", nargs="+", required=True, help="peak files of the poor group")
parser.add_argument("--coverage", nargs="+", help="bigWig a sample, good first, then poor")
parser.add_argument("--min-overlap", type=int, default=2, metavar="N", help="default 2")
parser.add_argument("-o", "--output", required=True, help="TSV, gzip if it ends in .gz")


def compare(args: argparse.Namespace) -> None:
    if args.coverage and len(args.coverage) != len(args.good + args.poor):
        parser.error(f"--coverage needs {len(args.good + args.poor)} tracks, one a peak file")
    sets = read_peak_sets(args.good + args.poor)
    groups = {s: "good" if i < len(args.good) else "poor" for i, s in enumerate(sets)}
    found = consensus_peaks(sets, min_overlap=args.min_overlap)
    if args.coverage:
        tracks = {s: open_track(p) for s, p in zip(sets, args.coverage, strict=True)}
        matrix = count_regions(tracks, found.regions)
        analysis = analyse(matrix, sheet_of_groups(groups), contrast="poor-good")
        write_table(args.output, analysis.results, header=analysis.about(args.output))
    else:
        table = differential_occupancy(found.occupancy, groups, contrast=("poor", "good"))
        table = found.regions.merge(table, on="region_id")
        write_table(args.output, table, header={"contrast": f"poor minus good; {DESCRIPTIVE}"})


if __name__ == "__main__":
    run_script(parser, compare)
