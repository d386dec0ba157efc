"""Points in bins against points counted one by one."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.tracks.reads.point_bins import PointBins

LENGTHS = {"chr2": 1030, "chr1": 2000, "chrX": 7}


def one_by_one(chroms: np.ndarray, points: np.ndarray, codes: dict[str, int]) -> dict[str, list]:
    found = {c: [0] * -(-n // 50) for c, n in LENGTHS.items()}
    names = {code: c for c, code in codes.items()}
    for code, point in zip(chroms.tolist(), points.tolist(), strict=True):
        chrom = names[code]
        if point < LENGTHS.get(chrom, 0):
            found[chrom][point // 50] += 1
    return found


@pytest.mark.parametrize("sort", [True, False])
@pytest.mark.parametrize("chunk", [3, 500])
def test_equal_points_one_by_one(sort: bool, chunk: int) -> None:
    rng = np.random.default_rng(5)
    codes = {"chrM": 0, "chr1": 1, "chr2": 2, "unplaced": 3}  # chrX is not in this file
    chroms, points = rng.integers(0, 4, 500), rng.integers(0, 2100, 500)
    if sort:
        order = np.lexsort((points, chroms))
        chroms, points = chroms[order], points[order]
    bins = PointBins(50, LENGTHS)
    bins.begin(codes)
    for at in range(0, 500, chunk):
        bins.add(chroms[at : at + chunk], points[at : at + chunk])
    found = {c: counts.tolist() for c, counts in bins.counts().items()}
    assert found == one_by_one(chroms, points, codes)
    assert found["chrX"] == [0]
    assert list(found) == list(LENGTHS)


def test_no_chromosome_and_no_points() -> None:
    bins = PointBins(50, LENGTHS)
    bins.begin({})
    bins.add(np.array([0, 5]), np.array([1, 1]))
    bins.add(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert sum(counts.sum() for counts in bins.counts().values()) == 0
    assert PointBins(50, {}).counts() == {}
