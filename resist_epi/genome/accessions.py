"""Accessions of the chromosomes of human and mouse assemblies, at RefSeq and at GenBank.

A version belongs to one assembly: NC_000001.10 is chr1 of hg19, NC_000001.11 that of hg38. The
numbers are NCBI's, from the assembly reports of NCBI36, GRCh37, GRCh38, MGSCv37 and GRCm38.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

# Version at RefSeq of chromosomes 1 to 22, X and Y of GRCh37, and of 1 to 19, X and Y of GRCm38;
# an assembly before or after has each one lower or higher.
_GRCH37 = (
    *(10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10),
    *(10, 9),
)
_GRCM38 = (6, 7, *(6,) * 17, 7, 7)


class _Series(NamedTuple):
    """Accessions that count on from that of chromosome 1."""

    refseq: int
    genbank: int
    versions: tuple[int, ...]
    later: int  # than these versions, in assemblies
    genbank_version: int  # 0 where GenBank has none
    organelle: str  # at RefSeq; empty where UCSC's is another sequence


_SERIES = {
    "hg38": _Series(1, 663, _GRCH37, 1, 2, "NC_012920.1"),
    "hg19": _Series(1, 663, _GRCH37, 0, 1, ""),
    "hg18": _Series(1, 663, _GRCH37, -1, 0, ""),
    "mm10": _Series(67, 994, _GRCM38, 0, 2, "NC_005089.1"),
    "mm9": _Series(67, 994, _GRCM38, -1, 1, "NC_005089.1"),
}


@cache
def accessions(assembly: str) -> Mapping[str, str]:
    """Accession with its version -> chromosome as UCSC names it; empty for other assemblies.

    Examples
    --------
    >>> accessions("hg38")["NC_000023.11"], accessions("hg19")["CM000663.1"]
    ('chrX', 'chr1')
    """
    if assembly not in _SERIES:
        return {}
    series = _SERIES[assembly]
    numbered = range(1, len(series.versions) - 1)
    names = [*(f"chr{i}" for i in numbered), "chrX", "chrY"]
    found = {}
    for i, (name, version) in enumerate(zip(names, series.versions, strict=True)):
        found[f"NC_{series.refseq + i:06d}.{version + series.later}"] = name
        if series.genbank_version:
            found[f"CM{series.genbank + i:06d}.{series.genbank_version}"] = name
    if series.organelle:
        found[series.organelle] = "chrM"
    return found
