"""GC content of regions from a FASTA."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.genome import fasta
from resist_epi.genome.fasta import gc_content
from resist_epi.genome.regions import bed_regions

SEQUENCES = {"chr1": "ACGTNNNNGGGGCCCCaattggcc", "chr2": "NNNNNNNNNN", "chr3": "gcgcATAT"}


def text(width: int, newline: str = "\n") -> str:
    out = []
    for name, bases in SEQUENCES.items():
        out.append(f">{name} some words > more")
        out += [bases[i : i + width] for i in range(0, len(bases), width)]
    return newline.join(out) + newline


@pytest.mark.parametrize("block", [1, 3, 7, 1 << 20])
@pytest.mark.parametrize("packed", [False, True])
def test_gc_is_that_of_counting_letters(
    block: int, packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fasta, "_BLOCK", block)
    path = tmp_path / "g.fa"
    content = text(5, "\r\n" if packed else "\n").encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    rows = [("chr1", 0, 4), ("chr1", 4, 8), ("chr1", 8, 24), ("chr2", 0, 5), ("chr3", 2, 8)]
    found = gc_content(path, bed_regions([*rows, ("chr9", 0, 5)]))
    expected = []
    for chrom, start, end in rows:
        bases = SEQUENCES[chrom][start:end].upper()
        known = sum(b in "ACGT" for b in bases)
        gc = sum(b in "GC" for b in bases)
        expected.append(gc / known if known >= (end - start) / 2 else np.nan)
    np.testing.assert_allclose(found, [*expected, np.nan])


def test_wrong_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "g.fa"
    path.write_text(text(10))
    with pytest.raises(GenomeMismatchError, match="chr1 has 24 bp, but a region ends at 30"):
        gc_content(path, bed_regions([("chr1", 0, 30)]))
    with pytest.raises(GenomeMismatchError, match="none of the chromosomes 1"):
        gc_content(path, bed_regions([("1", 0, 3)]))
    path.write_text("chr1\t0\t5\n")
    with pytest.raises(InputFormatError, match="no FASTA"):
        gc_content(path, bed_regions([("chr1", 0, 3)]))
    path.write_bytes(gzip.compress(text(10).encode())[:-12])
    with pytest.raises(InputFormatError, match="damaged gzip"):
        gc_content(path, bed_regions([("chr1", 0, 3)]))
    with pytest.raises(InputFormatError):
        gc_content(tmp_path / "absent.fa", bed_regions([("chr1", 0, 3)]))
    path.write_text("")
    with pytest.raises(InputFormatError, match="no FASTA"):
        gc_content(path, bed_regions([("chr1", 0, 3)]))
