"""Consensus of peak files, without regard to groups, as BED with 0 and 1 of every sample."""

import argparse

from resist_epi.cli.script import run_script
from resist_epi.genome.consensus import consensus_peaks, occupancy_table
from resist_epi.genome.consensus_rule import MIN_OVERLAP, RULE
from resist_epi.genome.peaks import read_peak_sets, write_bed

HELP = "merged peaks that at least N samples have, kept whole; or the bases of at least N samples"
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("peaks", nargs="+", help="peak files, one a sample")
parser.add_argument(
    *("-n", "--min-overlap", "--min-samples"),
    dest="min_overlap",
    type=int,
    default=MIN_OVERLAP,
    metavar="N",
    help=f"samples that must agree; default {MIN_OVERLAP}",
)
parser.add_argument(
    "--rule", choices=["peaks", "bases"], default=RULE, help=f"{HELP}. Default {RULE}"
)
parser.add_argument("-o", "--output", required=True, help="BED, gzip if it ends in .gz")


def consensus(args: argparse.Namespace) -> None:
    sets = read_peak_sets(args.peaks)
    found = consensus_peaks(sets, min_overlap=args.min_overlap, rule=args.rule)
    write_bed(occupancy_table(found), args.output)


if __name__ == "__main__":
    run_script(parser, consensus)
