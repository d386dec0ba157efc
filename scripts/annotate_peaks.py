"""Annotate peaks to genes: class, genes and nearest TSS of each peak; prints how many of each.

Further columns of the file are kept as they stand, under their own names.
"""

import argparse

from resist_epi.cli.script import run_script
from resist_epi.genes.linking import annotate_regions, annotation_classes
from resist_epi.genes.own_genes import name_regions
from resist_epi.genome.given_columns import read_regions_as_given
from resist_epi.genome.reference import load_reference
from resist_epi.io.tables import write_table
from resist_epi.samples.presets import GENERIC, preset

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("peaks", help="peak file, or any BED")
parser.add_argument("--genome", help="built-in genes: hg38 or hg19")
parser.add_argument("--genes", help="gene file instead: GTF, GFF3, genePred, BED12 or TSV")
parser.add_argument("--mark", help="such as H3K36me3, whose peaks go to the body that they cover")
parser.add_argument("--promoter", type=int, nargs=2, metavar="BP", help="default: the mark's")
parser.add_argument("--distal", type=int, metavar="BP", help="link to a TSS this near, too")
parser.add_argument("--links", help="write a row for each peak, gene and reason here")
parser.add_argument("-o", "--output", required=True, help="TSV, gzip if it ends in .gz")


def annotate(args: argparse.Namespace) -> None:
    reference = load_reference(args.genome, args.genes)
    genes = reference.linked
    mark = GENERIC if args.mark is None else preset(args.mark)
    window, main = args.promoter or mark.window, mark.main_kind
    regions, given = read_regions_as_given(args.peaks, reference.genome)
    found = annotate_regions(regions, genes, promoter=tuple(window), distal=args.distal, main=main)
    header = {"genes": genes.source, "promoter": f"{window[0]} bp before to {window[1]} after TSS"}
    table = name_regions(found, genes, main=main)
    for name, column in given.items():  # of one name with ours, theirs says whose it is
        table[name if name not in table else f"given_{name}"] = column.to_numpy()
    write_table(args.output, table, header=header)
    if args.links:
        write_table(args.links, found.links, header=header)
    print(annotation_classes(found).to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    run_script(parser, annotate)
