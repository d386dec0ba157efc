"""Intervals lifted by a chain, against a walk along it base by base."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.lift import MIN_MATCH, read_chain

# chr1: 400 bases, a gap of 7 in the old, 300 bases, 20 new ones in between, 300 bases; shifted by
# 50. chr2: 500 bases turned round. chr3 becomes a part of chr1's neighbour.
CHAIN = """chain 100 chr1 2000 + 100 1107 chr1 3000 + 150 1170 1
400 7 0
300 0 20
300

chain 90 chr2 900 + 0 500 chr2 1000 - 100 600 2
500

chain 80 chr3 900 + 0 200 chr9 1000 + 0 200 3
200
"""


def naive() -> dict[tuple[str, int], tuple[str, int]]:
    """Old base -> new base."""
    there = {}
    t, q = 100, 150
    for size, dt, dq in ((400, 7, 0), (300, 0, 20), (300, 0, 0)):
        for k in range(size):
            there["chr1", t + k] = ("chr1", q + k)
        t, q = t + size + dt, q + size + dq
    for k in range(500):
        there["chr2", k] = ("chr2", 1000 - 1 - (100 + k))
    for k in range(200):
        there["chr3", k] = ("chr9", k)
    return there


@pytest.fixture
def chain_file(tmp_path: Path) -> Path:
    path = tmp_path / "old.over.chain.gz"
    path.write_bytes(gzip.compress(CHAIN.encode()))
    return path


def test_intervals_agree_with_a_walk_base_by_base(chain_file: Path) -> None:
    chain, there = read_chain(chain_file), naive()
    rng = np.random.default_rng(1)
    rows = []
    for chrom, length in (("chr1", 1300), ("chr2", 700), ("chr3", 300)):
        for start in rng.integers(0, length, 200).tolist():
            rows.append((chrom, start, start + int(rng.integers(1, 200)), "+"))
    table = pd.DataFrame(rows, columns=["chrom", "start", "end", "strand"])
    lifted, mask = chain.lift(table)
    for i, (chrom, start, end, _) in enumerate(rows):
        bases = [there[chrom, x] for x in range(start, end) if (chrom, x) in there]
        at = [x for _, x in bases]
        expected = None
        if len(bases) >= MIN_MATCH * (end - start) and len({c for c, _ in bases}) == 1:
            left, right = min(at), max(at) + 1
            share = (right - left) / (end - start)
            first = next(x for x in range(start, end) if (chrom, x) in there)
            final = next(x for x in range(end - 1, start - 1, -1) if (chrom, x) in there)
            # Gaps within an interval count as its length does.
            if (
                final + 1 - first >= MIN_MATCH * (end - start)
                and MIN_MATCH <= share <= 1 / MIN_MATCH
            ):
                expected = (bases[0][0], left, right, "-" if chrom == "chr2" else "+")
        if expected is None:
            inner = len(bases) < MIN_MATCH * (end - start) and mask[i]
            assert not mask[i] or inner, rows[i]
        else:
            assert mask[i], rows[i]
            assert tuple(lifted.loc[i]) == expected


def test_lifting_there_and_back_is_the_place_itself(tmp_path: Path) -> None:
    (tmp_path / "a.chain").write_text("chain 1 chr1 900 + 10 110 chr2 800 - 30 130 1\n100\n")
    (tmp_path / "b.chain").write_text("chain 1 chr2 800 + 670 770 chr1 900 - 790 890 1\n100\n")
    table = pd.DataFrame(
        {"chrom": "chr1", "start": [10, 50], "end": [11, 90], "strand": ["+", "-"]}
    )
    there, _ = read_chain(tmp_path / "a.chain").lift(table)
    back, mask = read_chain(tmp_path / "b.chain").lift(there)
    assert mask.all()
    pd.testing.assert_frame_equal(back, table, check_dtype=False)


def test_points_agree_with_another_library(tmp_path: Path) -> None:
    liftover = pytest.importorskip("liftover")
    path = tmp_path / "old.chain"
    path.write_text(CHAIN)
    theirs, ours = liftover.ChainFile(str(path)), read_chain(path)
    rng = np.random.default_rng(2)
    for chrom, length in (("chr1", 1200), ("chr2", 600), ("chr3", 250)):
        points = np.unique(rng.integers(0, length, 200))
        table = pd.DataFrame({"chrom": chrom, "start": points, "end": points + 1, "strand": "+"})
        lifted, mask = ours.lift(table)
        for i, point in enumerate(points.tolist()):
            found = theirs[chrom][point]
            assert bool(found) == mask[i]
            if found:
                own = lifted.loc[i]
                assert (own["chrom"], own["start"], own["strand"]) == tuple(found[0][:3])


def test_assemblies_are_told_by_the_lengths(tmp_path: Path) -> None:
    text = ""
    for k, chrom in enumerate(("chr1", "chr2", "chr3")):
        old, new = (load_genome(a).lengths[chrom] for a in ("hg18", "hg38"))
        text += f"chain 1 {chrom} {old} + 0 100 {chrom} {new} + 0 100 {k}\n100\n\n"
    (tmp_path / "hg18ToHg38.over.chain").write_text(text)
    chain = read_chain(tmp_path / "hg18ToHg38.over.chain")
    assert chain.assemblies == ("hg18", "hg38")
    assert chain.words == "hg18 to hg38 by hg18ToHg38.over.chain"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no chain"),
        ("chr1\t1\t2\n", "line 1"),
        ("chain 1 chr1 900 + 0 10 chr1 900 + 0 10 1\n5 1 1\n", "ends within a chain"),
        ("chain 1 chr1 900 + 0 10 chr1 900 + 0 10 1\n0\n", "line 2"),
        ("chain 1 chr1 900 - 0 10 chr1 900 + 0 10 1\n10\n", "line 1"),
        (
            "chain 1 chr1 9 + 0 9 chr1 9 + 0 9 1\n9\nchain 1 chr1 9 + 4 9 chr2 9 + 0 5 1\n5\n",
            "twice",
        ),
    ],
)
def test_what_is_no_chain_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.chain").write_text(text)
    with pytest.raises(InputFormatError, match=said):
        read_chain(tmp_path / "a.chain")


def test_names_of_another_style_are_refused(chain_file: Path) -> None:
    with pytest.raises(GenomeMismatchError, match="its names are such as chr1"):
        read_chain(chain_file).lift(pd.DataFrame({"chrom": ["1"], "start": [5], "end": [9]}))


@pytest.mark.parametrize(
    ("head", "blocks", "line"),
    [
        ("chr1 10000 + 0 1000 chr1 9000 + 100 1100", "99999999999999999999999 0 0\n500", 2),
        ("chr1 10000 + 99999999999999999999999 1000 chr1 9000 + 0 1000", "1000", 1),
        ("chr1 99999999999999999999999 + 0 1000 chr1 9000 + 0 1000", "1000", 1),
        ("chr1 100 + 0 1000 chr1 9000 + 0 1000", "1000", 1),  # beyond the chromosome
        ("chr1 10000 + 0 1000 chr1 9000 + -5000 -4000", "1000", 1),
        ("chr1 10000 + 0 1000 chr1 -9 - 0 1000", "1000", 1),
        ("chr1 10000 + 0 1000 chr1 9000 + 100 1100", "500", 2),  # lines are missing
        ("chr1 10000 + 0 1000 chr1 9000 + 100 1100", "500 0 0\n5000", 3),
        ("chr1 10000 + 0 1000 chr1 9000 + 100 1100", "500 600 0\n1", 2),
    ],
)
def test_places_that_do_not_fit_their_chain_are_refused(
    head: str, blocks: str, line: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.chain"
    path.write_text(f"chain 9 {head} 1\n{blocks}\n")
    with pytest.raises(InputFormatError, match=f"line {line}: no line of a chain file"):
        read_chain(path)


def test_places_that_the_old_assembly_does_not_have_tell_a_chain_of_another(
    chain_file: Path,
) -> None:
    chain = read_chain(chain_file)
    table = pd.DataFrame({"chrom": ["chr1", "chr2"], "start": [150, 60_000], "end": [160, 60_010]})
    with pytest.raises(GenomeMismatchError, match=r"on chr2 ends at 60,010, and in .* has 900 bp"):
        chain.lift(table)
    table["end"] = [160, 910]  # a fragment that hangs over
    table["start"] = [150, 700]
    assert chain.lift(table)[1].tolist() == [True, False]
