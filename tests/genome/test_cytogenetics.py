"""Arms and amplicons are where their genes lie."""

from __future__ import annotations

import pandas as pd
import pytest

from resist_epi.genome.builtin import load_genes, load_genome
from resist_epi.genome.cytogenetics import (
    arm_names,
    assembly_of_regions,
    load_amplicons,
    load_centromeres,
)


def test_arms_and_amplicons_are_where_genes_say() -> None:
    """Known genes lie on the arms and in the amplicons that cytogenetics gives them."""
    known = {"MYC": "8q", "FGFR1": "8p", "CCND1": "11q", "ERBB2": "17q", "TP53": "17p",
             "MCL1": "1q", "ESR1": "6q", "BRCA2": "13q", "G6PD": "Xq", "CDH1": "16q",
             "ZNF217": "20q", "HK2": "2p", "NSD2": "4p"}  # fmt: skip
    inside = {"FGFR1": "8p11", "CCND1": "11q13", "ERBB2": "17q12", "RPS6KB1": "17q23",
              "TBX2": "17q23", "ZNF217": "20q13", "MCL1": "1q", "MYC": "8q", "TP53": "",
              "NSD3": "8p11"}  # fmt: skip
    from resist_epi.dna.copy_number_effects import amplicon_names

    for assembly in ("hg38", "hg19"):
        genes = load_genes(assembly).genes.drop_duplicates("symbol")
        borders = load_centromeres(assembly)
        lengths = load_genome(assembly).lengths
        assert set(borders) == {c for c in lengths if c != "chrM"}
        assert all(0 < b < lengths[c] for c, b in borders.items())
        table = genes[genes["symbol"].isin(known)]
        assert dict(zip(table["symbol"], arm_names(table, borders), strict=True)) == known
        amplicons = load_amplicons(assembly)
        assert (amplicons["end"] <= amplicons["chrom"].map(dict(lengths))).all()
        table = genes[genes["symbol"].isin(inside)]
        found = amplicon_names(table, amplicons)
        assert dict(zip(table["symbol"], found, strict=True)) == inside
    assert load_centromeres("mm10") == {}
    assert load_amplicons(None).empty


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ({"chr1": 248_950_000, "chr21": 46_000_000}, "hg38"),
        ({"1": 249_200_000, "21": 1_000}, "hg19"),
        ({"chr1": 1_000}, None),  # which many assemblies have
        ({"chr1": 195_000_000, "chr19": 61_000_000, "chrX": 170_000_000}, None),  # mouse
        ({"chr2L": 1_000}, None),
        ({}, None),
    ],
)
def test_regions_tell_the_assembly_by_how_far_they_reach(
    ends: dict[str, int], expected: str | None
) -> None:
    table = pd.DataFrame({"chrom": list(ends), "end": list(ends.values())})
    assert assembly_of_regions(table) == expected
