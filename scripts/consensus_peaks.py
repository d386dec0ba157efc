"""Consensus of peak files, without regard to groups: the bases in at least N samples, as BED."""

import argparse

from resist_epi.cli.script import run_script
from resist_epi.genome.consensus import consensus_peaks, occupancy_table
from resist_epi.genome.peaks import read_peak_sets, write_bed

RULE = "bases of at least N samples (default), or merged peaks of at least N samples, kept whole"
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("peaks", nargs="+", help="peak files, one a sample")
parser.add_argument("-n", "--min-overlap", type=int, default=2, metavar="N", help="default 2")
parser.add_argument("--rule", choices=["bases", "peaks"], default="bases", help=RULE)
parser.add_argument("-o", "--output", required=True, help="BED, gzip if it ends in .gz")


def consensus(args: argparse.Namespace) -> None:
    sets = read_peak_sets(args.peaks)
    found = consensus_peaks(sets, min_overlap=args.min_overlap, rule=args.rule)
    write_bed(occupancy_table(found), args.output)


if __name__ == "__main__":
    run_script(parser, consensus)
