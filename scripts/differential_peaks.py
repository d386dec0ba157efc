"""Peak files of groups, compared: Fisher P of peak or no peak (descriptive), or of coverage."""

import argparse

from resist_epi.cli.script import peak_groups, run_script
from resist_epi.counting.coverage import count_regions
from resist_epi.genome.consensus_rule import MIN_OVERLAP
from resist_epi.io.tables import write_table
from resist_epi.model.analysis import analyse
from resist_epi.study.occupancy import AskedOccupancy, sheet_occupancy
from resist_epi.study.occupancy_tables import occupancy_tables, overlap_tables, table_headers
from resist_epi.tracks.open import open_track

GROUP = "a group's name and its peak files, as --group resistant r1.bed r2.bed; twice or more"
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--group", nargs="+", action="append", default=[], help=GROUP)
parser.add_argument("--good", nargs="+", help="the same as --group good")
parser.add_argument("--poor", nargs="+", help="the same as --group poor")
parser.add_argument("--contrast", help="A-B; default poor-good, or the two groups as named")
parser.add_argument("--coverage", nargs="+", help="a bigWig each: of --good, --poor, --group")
parser.add_argument("--min-overlap", "--min-samples", type=int, default=MIN_OVERLAP, metavar="N")
parser.add_argument("-o", "--output", required=True, help="TSV, gzip if it ends in .gz")


def compare(args: argparse.Namespace) -> None:
    given = {"good": args.good, "poor": args.poor}
    named = [[name, *files] for name, files in given.items() if files] + args.group
    if len(named) < 2 or min(map(len, named)) < 2:
        parser.error("expected two groups or more, each with a name and peak files")
    sheet, peaks = peak_groups(named)
    if args.coverage and len(args.coverage) != len(peaks):
        parser.error(f"--coverage needs {len(peaks)} tracks, one a peak file")
    one_way = f"{named[0][0]}-{named[1][0]}" if len(named) == 2 and args.group else None
    asked = AskedOccupancy(args.min_overlap, contrast=args.contrast or one_way)
    found = sheet_occupancy(sheet, asked, peaks=peaks)
    if args.coverage:
        tracks = {s: open_track(p) for s, p in zip(peaks, args.coverage, strict=True)}
        matrix = count_regions(tracks, found.consensus.regions)
        analysis = analyse(matrix, sheet, contrast=asked.contrast)
        write_table(args.output, analysis.results, header=analysis.about(args.output))
        return
    header = table_headers(found, overlap_tables(found))["regions"]
    write_table(args.output, occupancy_tables(found).regions, header=header)


if __name__ == "__main__":
    run_script(parser, compare)
