from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.coverage import count_regions
from resist_epi.counting.files import count_tables
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.passes import Pass
from resist_epi.domains.count_bins import count_domain_bins
from resist_epi.domains.filter import background_level
from resist_epi.domains.find import find_domains
from resist_epi.domains.settings import DomainSettings
from resist_epi.errors import GenomeMismatchError
from resist_epi.genome.bins import genome_bins
from resist_epi.tracks.bigwig.track import write_bigwig
from resist_epi.tracks.open import open_track
from resist_epi.tracks.opened import OpenedFile, open_file
from resist_epi.tracks.reads.reads import ReadRules
from resist_epi.tracks.recovery.recovery import recover_counts
from tests.support.domain_cohort import STEP, domain_cohort

LENGTHS = {"chr1": 400_000, "chr2": 200_000}


def bigwigs(
    folder: Path, *, lengths: dict[str, int] | None = None, seed: int = 1
) -> dict[str, OpenedFile]:
    cohort = domain_cohort(seed, per_group=2, lengths=lengths or LENGTHS)
    sources = {}
    for name, track in cohort.tracks.items():
        path = folder / f"{name}.bw"

        def runs(chrom: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            values = track.values[chrom]  # noqa: B023
            starts = np.arange(len(values), dtype=np.int64) * STEP
            return starts, np.minimum(starts + STEP, cohort.lengths[chrom]), values

        write_bigwig(path, cohort.lengths, runs)
        sources[name] = open_file(str(path))
    return sources


def ten_kb(sources: dict[str, OpenedFile], lengths: dict[str, int] = LENGTHS) -> CountMatrix:
    return count_tables(sources, {"bins": genome_bins(lengths, 10_000)}).matrices["bins"]


def test_processes_change_nothing(tmp_path: Path) -> None:
    sources = bigwigs(tmp_path)
    said: list[str] = []
    one = count_domain_bins(sources, ten_kb(sources), how=Pass(progress=said.append))
    two = count_domain_bins(sources, ten_kb(sources), how=Pass(jobs=2))
    pd.testing.assert_frame_equal(one.regions, two.regions)
    np.testing.assert_array_equal(one.values, two.values)
    assert said == ["chr1: windows counted", "chr2: windows counted"]
    assert one.quantity == "coverage_sum"
    assert len(find_domains(one)) > 5


def test_a_background_that_was_found_before_needs_no_bins(tmp_path: Path) -> None:
    sources = bigwigs(tmp_path)
    bins = ten_kb(sources)
    whole = count_domain_bins(sources, bins)
    level = background_level(bins)
    found = count_domain_bins(sources, bins.select(regions=np.arange(0)), background=level)
    pd.testing.assert_frame_equal(found.regions, whole.regions)
    np.testing.assert_array_equal(found.values, whole.values)
    np.testing.assert_array_equal(found.library_sizes, whole.library_sizes)
    assert found.metadata == whole.metadata


def test_bedgraphs_need_lengths_and_give_the_same(tmp_path: Path) -> None:
    sources = bigwigs(tmp_path)
    texts = {}
    for name, source in sources.items():
        path = tmp_path / f"{name}.bedGraph"
        lines = []
        for chrom in LENGTHS:
            for runs in open_track(source.path).runs(chrom):
                lines += [
                    f"{chrom}\t{a}\t{b}\t{v:.17g}\n"
                    for a, b, v in zip(runs.starts, runs.ends, runs.values, strict=True)
                ]
        path.write_text("".join(lines))
        texts[name] = open_file(str(path))
    one = count_domain_bins(sources, ten_kb(sources))
    two = count_domain_bins(texts, ten_kb(texts), lengths=LENGTHS, how=Pass(jobs=2))
    pd.testing.assert_frame_equal(one.regions, two.regions)
    np.testing.assert_allclose(one.values, two.values)


def test_a_chromosome_that_some_tracks_lack_is_an_error(tmp_path: Path) -> None:
    sources = bigwigs(tmp_path)
    (tmp_path / "less").mkdir()
    less = bigwigs(tmp_path / "less", lengths={"chr1": 400_000})
    bins = ten_kb(sources)
    with pytest.raises(GenomeMismatchError, match="chr2"):
        count_domain_bins(sources | {"s3": less["s3"]}, bins)


def test_inputs_are_part_of_the_filter(tmp_path: Path) -> None:
    sources = bigwigs(tmp_path)
    controls = dict.fromkeys(sources, sources["s0"].path)  # a sample as its own input
    found = count_domain_bins(sources, ten_kb(sources), controls=controls)
    assert found.metadata["domains"]["inputs"] is True
    assert len(found.regions) < 0.2 * len(count_domain_bins(sources, ten_kb(sources)).regions)


def test_reads_count_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    sources = {}
    for name in ("a", "b"):
        starts = np.sort(np.r_[rng.integers(0, 399_000, 2000), rng.integers(50_000, 60_000, 1000)])
        strand = rng.choice(["+", "-"], size=len(starts))
        lines = [f"chr1\t{s}\t{s + 50}\tr\t0\t{w}\n" for s, w in zip(starts, strand, strict=True)]
        path = tmp_path / f"{name}.bed"
        path.write_text("".join(lines))
        rules = ReadRules(count_as="fragment", fragment_length=200)
        sources[name] = open_file(str(path), "reads", rules=rules)
    bins = ten_kb(sources, {"chr1": 400_000})
    found = count_domain_bins(sources, bins, lengths={"chr1": 400_000}, how=Pass(jobs=2))
    assert found.quantity == "reads"
    domains = find_domains(found)
    row = domains.regions.iloc[0]
    assert abs(row["start"] - 50_000) <= 2000
    assert abs(row["end"] - 60_000) <= 2000
    assert found.values.sum() == pytest.approx(2000 + 2 * 2000 * 10_000 / 399_000, rel=0.2)


def test_recovered_counts(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    length = 3_000_000
    sources = {}
    for name in ("a", "b"):
        inside = np.concatenate([rng.integers(a, a + 20_000, 800) for a in (10**6, 2 * 10**6)])
        starts = np.r_[rng.integers(0, length - 200, 9000), inside]
        change = np.zeros(length // 50 + 2)
        np.add.at(change, starts // 50, 1)
        np.add.at(change, (starts + 199) // 50 + 1, -1)
        values = np.cumsum(change)[: length // 50]
        values *= 1e6 / len(starts)
        edges = np.r_[0, np.flatnonzero(np.diff(values)) + 1, len(values)] * 50

        def runs(_: str, values: np.ndarray = values, edges: np.ndarray = edges) -> tuple:
            return edges[:-1], edges[1:], values[edges[:-1] // 50]

        path = tmp_path / f"{name}.bw"
        write_bigwig(path, {"chr1": length}, runs)
        recovery = recover_counts(open_track(path))
        assert recovery.refused is None, recovery.describe()
        sources[name] = replace(open_file(str(path), "recovered_reads"), recovery=recovery)
    bins = ten_kb(sources, {"chr1": length})
    found = count_domain_bins(sources, bins, settings=DomainSettings(sizes=(2000,)))
    assert found.quantity == "recovered_reads"
    domains = find_domains(found)
    whole = domains.regions.drop_duplicates("whole_start")
    wide = whole[whole["whole_end"] - whole["whole_start"] > 15_000]
    assert wide["whole_start"].tolist() == pytest.approx([10**6, 2 * 10**6], abs=2000)
    again = count_regions({"a": open_track(sources["a"].path)}, wide)
    assert (again.values > 0).all()
