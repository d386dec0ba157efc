"""Heatmap of tracks over regions, gains and losses apart if the regions are results of ours."""

import argparse
from pathlib import Path

import pandas as pd

from resist_epi.cli.script import run_script
from resist_epi.counting.profiles import POINTS, profile_regions
from resist_epi.genome.peaks import read_bed_regions
from resist_epi.io.figures import check_figure_path, save_figure
from resist_epi.io.tables import read_results
from resist_epi.plots import plot_heatmap
from resist_epi.tracks.open import open_track

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("regions", help="BED, peak file, or results (.tsv, .tsv.gz)")
parser.add_argument("--good", nargs="+", required=True, help="normalised bigWigs, good group")
parser.add_argument("--poor", nargs="+", default=[], help="normalised bigWigs, poor group")
parser.add_argument("--point", choices=POINTS, default="center", help="default center")
parser.add_argument("--body", type=int, default=0, metavar="BP", help="scale regions to this")
parser.add_argument("--flank", type=int, default=3000, metavar="BP", help="default 3000")
parser.add_argument("--title", help="what stands above")
parser.add_argument("-o", "--output", required=True, help="PNG, SVG or PDF")


def draw(args: argparse.Namespace) -> None:
    check_figure_path(args.output)
    read = read_results if ".tsv" in Path(args.regions).suffixes else read_bed_regions
    tracks = {Path(p).name.split(".")[0]: open_track(p) for p in args.good + args.poor}
    conditions = ["good"] * len(args.good) + ["poor"] * len(args.poor)
    window = {"point": args.point, "body": args.body, "before": args.flank, "after": args.flank}
    matrix = profile_regions(tracks, read(args.regions), **window)
    sheet = pd.DataFrame({"SampleID": list(tracks), "Condition": conditions})
    save_figure(plot_heatmap(matrix, samples=sheet, title=args.title), args.output)


if __name__ == "__main__":
    run_script(parser, draw)
