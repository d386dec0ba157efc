"""The bedGraph reader on text written here, against a naive reading."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.io import lines
from resist_epi.tracks import bedgraph
from resist_epi.tracks.bedgraph import read_bedgraph

TEXT = """browser position chr1:1-100
track type=bedGraph name="a b"
# made by hand
chr1\t0\t10\t1.5
chr1\t10\t30\t-2
chr1\t50\t60\t0

chr2\t5\t6\t1e3
"""


def write(folder: Path, text: str, name: str = "t.bedGraph") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def listed(path: Path) -> list[tuple[str, int, int, float]]:
    track = read_bedgraph(path)
    return [
        (chrom, int(s), int(e), float(v))
        for chrom in track.chrom_lengths
        for runs in track.runs(chrom)
        for s, e, v in zip(runs.starts, runs.ends, runs.values, strict=True)
    ]


EXPECTED = [
    ("chr1", 0, 10, 1.5),
    ("chr1", 10, 30, -2.0),
    ("chr1", 50, 60, 0.0),
    ("chr2", 5, 6, 1e3),
]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("chunk", [1, 5, 64, 1 << 20])
def test_any_line_ends_in_any_chunks(tmp_path: Path, monkeypatch, ends: str, chunk: int) -> None:
    monkeypatch.setattr(lines, "_CHUNK_BYTES", chunk)
    assert listed(write(tmp_path, TEXT.replace("\n", ends))) == EXPECTED
    assert listed(write(tmp_path, TEXT.replace("\n", ends).rstrip("\r\n"))) == EXPECTED


def test_gzip_is_told_by_content_and_spaces_separate(tmp_path: Path) -> None:
    path = tmp_path / "odd.name"
    path.write_bytes(gzip.compress(TEXT.replace("\t", "  ").encode()))
    assert listed(path) == EXPECTED


def test_summaries_equal_a_naive_reading(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    edges = np.cumsum(rng.integers(0, 20, 400) + np.tile([0, 1], 200))
    values = rng.normal(size=200).round(4)
    lines = [f"c\t{a}\t{b}\t{v}\n" for a, b, v in zip(edges[::2], edges[1::2], values, strict=True)]
    track = read_bedgraph(write(tmp_path, "".join(lines)))
    bases = np.full(edges[-1], np.nan)
    for a, b, v in zip(edges[::2], edges[1::2], values, strict=True):
        bases[a:b] = v
    starts = rng.integers(0, bases.size, 80)
    ends = np.minimum(starts + rng.integers(1, 900, 80), bases.size)
    found = track.summarise("c", starts, ends)
    for i in range(80):
        inside = bases[starts[i] : ends[i]]
        assert found.sum[i] == pytest.approx(np.nansum(inside), abs=1e-9)
        assert found.covered[i] == np.count_nonzero(~np.isnan(inside))
    assert track.total() == pytest.approx(np.nansum(bases))


def test_lengths_are_known_only_if_given(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT)
    free, bound = (
        read_bedgraph(path),
        read_bedgraph(path, chrom_lengths={"chr1": 70, "chr2": 9, "chr3": 5}),
    )
    assert (free.lengths_known, bound.lengths_known) == (False, True)
    assert dict(free.chrom_lengths) == {"chr1": 60, "chr2": 6}
    assert free.summarise("chr1", [50], [100]).clipped.tolist() == [0]
    assert bound.summarise("chr1", [50], [100]).clipped.tolist() == [30]
    assert bound.summarise("chr3", [0], [5]).covered.tolist() == [0]
    assert bound.total(exclude={"chr2": (np.array([0]), np.array([9]))}) == pytest.approx(-25)


@pytest.mark.parametrize("lengths", [{"chr1": 70}, {"chr1": 55, "chr2": 9}])
def test_wrong_genome_is_named(tmp_path: Path, lengths: dict[str, int]) -> None:
    with pytest.raises(GenomeMismatchError, match="chr"):
        read_bedgraph(write(tmp_path, TEXT), chrom_lengths=lengths)


def test_survives_pickling(tmp_path: Path) -> None:
    track = read_bedgraph(write(tmp_path, TEXT), chrom_lengths={"chr1": 70, "chr2": 9})
    again = pickle.loads(pickle.dumps(track))
    assert again.total() == track.total()
    assert again.lengths_known


def test_spills_to_disk_and_reads_back(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(bedgraph, "_IN_MEMORY_BYTES", 10)
    assert listed(write(tmp_path, TEXT)) == EXPECTED


@pytest.mark.parametrize("text", ["", "\n", "track type=bedGraph\n"])
def test_no_data_at_all(tmp_path: Path, text: str) -> None:
    track = read_bedgraph(write(tmp_path, text))
    assert dict(track.chrom_lengths) == {}
    assert track.total() == 0.0


def test_missing_values_are_uncovered(tmp_path: Path) -> None:
    track = read_bedgraph(
        write(tmp_path, "c\t0\t5\tNaN\nc\t5\t9\tNA\nc\t9\t10\t2\nc\t10\t12\tinf\n")
    )
    found = track.summarise("c", [0], [20])
    assert (found.sum[0], found.covered[0], found.max[0]) == (2.0, 1, 2.0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("c\t30\t40", "not a bedGraph line"),
        ("c\t30\t40\t1\t+", "5 in"),
        ("c\t30\t40\tx", "text where a number belongs"),
        ("c\t3.5\t40\t1", "text where a number belongs"),
        ("c\t40\t30\t1", "impossible coordinates"),
        ("c\t40\t40\t1", "impossible coordinates"),
        ("c\t-4\t40\t1", "impossible coordinates"),
        ("c\t30\t99999999999\t1", "impossible coordinates"),
        ("c\t30\t99999999999999999999\t1", "impossible coordinates"),
        ("c\t30\t40\t1e300", "value out of range"),
        ("c\t15\t40\t1", "overlaps the line before; expected a start of at least 20"),
        ("c\t5\t8\t1", "not sorted"),
        ("b\t5\t8\t1\nc\t50\t60\t1", "no further line of c"),
        ("fixedStep chrom=c start=1 step=5", "wiggle file"),
        ("variableStep chrom=c span=5", "wiggle file"),
        ("c\t30\t40\t1\x00", "."),
    ],
)
@pytest.mark.parametrize("chunk", [8, 1 << 20])
def test_bad_lines_are_named(
    tmp_path: Path, monkeypatch, line: str, message: str, chunk: int
) -> None:
    monkeypatch.setattr(lines, "_CHUNK_BYTES", chunk)
    path = write(tmp_path, f"#h\nc\t0\t10\t1\n\nc\t10\t20\t1\n{line}\n")
    with pytest.raises(InputFormatError, match=message) as error:
        read_bedgraph(path)
    assert f"line {5 + line.count(chr(10))}:" in str(error.value) or "\x00" in line


def test_damaged_gzip(tmp_path: Path) -> None:
    path = tmp_path / "t.bedGraph.gz"
    path.write_bytes(gzip.compress(TEXT.encode() * 50)[:-20])
    with pytest.raises(InputFormatError, match="damaged gzip"):
        read_bedgraph(path)
    with pytest.raises(InputFormatError, match="cannot be read"):
        read_bedgraph(tmp_path / "missing")


@pytest.mark.real
def test_real_bedgraph(real_data: Path) -> None:
    path = real_data / "coverage_files_small" / "H1_bisulfite_chr21_hg19.bedGraph.gz"
    track = read_bedgraph(path)
    with gzip.open(path, "rt") as lines:
        rows = [line.split() for line in lines]
    assert sum(map(len, track.runs("chr21"))) == len(rows)
    naive = sum((int(e) - int(s)) * float(v) for _, s, e, v in rows)
    assert track.total() == pytest.approx(naive, rel=1e-12)


def test_places_in_scientific_notation_are_read(tmp_path: Path) -> None:
    path = tmp_path / "r.bedGraph"
    path.write_text("chr1\t0\t1e+03\t0.5\nchr1\t1e+03\t2000.0\t8e+00\n")
    (runs,) = read_bedgraph(path).runs("chr1")
    assert (runs.starts.tolist(), runs.ends.tolist()) == ([0, 1000], [1000, 2000])


@pytest.mark.parametrize("start", ["1_000", "\uff11\uff12", "1.5", "9" * 25, "1e-3", "nan"])
def test_a_start_is_a_whole_number_in_figures(tmp_path: Path, start: str) -> None:
    path = tmp_path / "r.bedGraph"
    path.write_text(f"chr1\t0\t10\t1\nchr1\t{start}\t5000\t1\n")
    with pytest.raises(InputFormatError, match="line 2"):
        read_bedgraph(path)
