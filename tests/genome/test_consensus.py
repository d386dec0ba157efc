"""Consensus peaks: by hand, against bedtools and loops, and nothing left behind when killed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError, GenomeMismatchError, MissingDependencyError
from resist_epi.genome.consensus import consensus_peaks, occupancy_table
from resist_epi.genome.occupancy import differential_occupancy
from resist_epi.genome.peaks import read_peaks

needs_bedtools = pytest.mark.skipif(shutil.which("bedtools") is None, reason="bedtools is missing")


def peaks(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


def places(table: pd.DataFrame) -> list[tuple[str, int, int]]:
    return list(table[["chrom", "start", "end"]].itertuples(index=False, name=None))


SETS = {
    "a": peaks(("chr10", 5, 9), ("chr2", 100, 200), ("chr2", 300, 400)),
    "b": peaks(("chr2", 150, 250), ("chr2", 150, 160), ("chr2", 350, 360)),
    "c": peaks(("chr2", 240, 310)),
}


def random_sets(n_samples: int, n_peaks: int, seed: int = 0) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    sets = {}
    for i in range(n_samples):
        start = rng.integers(0, 20_000, n_peaks)
        chrom = np.array(["chr1", "chr2", "chr10"])[rng.integers(0, 3, n_peaks)]
        sets[f"s{i}"] = pd.DataFrame(
            {"chrom": chrom, "start": start, "end": start + rng.integers(1, 300, n_peaks)}
        )
    return sets


@needs_bedtools
def test_merged_regions_with_enough_samples_are_kept_whole() -> None:
    found = consensus_peaks(SETS)
    assert places(found.regions) == [("chr2", 100, 400)]
    assert found.regions["n_samples"].tolist() == [3]
    union = consensus_peaks(SETS, min_overlap=1)
    assert places(union.regions) == [("chr2", 100, 400), ("chr10", 5, 9)]
    assert union.occupancy.loc["peak:chr10:5-9"].tolist() == [1, 0, 0]
    assert union.regions["kind"].unique().tolist() == ["peaks"]


@needs_bedtools
def test_peaks_that_only_touch_stay_apart() -> None:
    sets = {"a": peaks(("chr1", 5, 9), ("chr1", 9, 12)), "b": peaks(("chr1", 6, 8))}
    assert places(consensus_peaks(sets, min_overlap=1).regions) == [
        ("chr1", 5, 9),
        ("chr1", 9, 12),
    ]


def test_shared_bases_are_narrower() -> None:
    found = consensus_peaks(SETS, rule="bases")
    # b's own two peaks at 150-160 count once.
    assert places(found.regions) == [
        ("chr2", 150, 200),
        ("chr2", 240, 250),
        ("chr2", 300, 310),
        ("chr2", 350, 360),
    ]
    assert found.occupancy.to_numpy().tolist() == [[1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]


@needs_bedtools
@pytest.mark.parametrize("rule", ["peaks", "bases"])
@pytest.mark.parametrize("min_overlap", [1, 2, 4])
def test_both_rules_agree_with_counting_base_by_base(rule: str, min_overlap: int) -> None:
    sets = random_sets(5, 70)
    found = consensus_peaks(sets, min_overlap=min_overlap, rule=rule)  # type: ignore[arg-type]
    expected = []
    for chrom in ("chr1", "chr2", "chr10"):
        covered = np.zeros((5, 20_400), dtype=bool)
        joined = np.zeros(20_400, dtype=bool)  # whether a peak holds this base and the next
        for i, table in enumerate(sets.values()):
            for _, s, e in places(table[table["chrom"] == chrom]):
                covered[i, s:e] = True
                joined[s : e - 1] = True
        inside = covered.any(axis=0) if rule == "peaks" else covered.sum(axis=0) >= min_overlap
        apart = ~joined if rule == "peaks" else np.zeros(20_400, dtype=bool)
        starts = np.flatnonzero(inside & ~(np.roll(inside, 1) & ~np.roll(apart, 1)))
        ends = np.flatnonzero(inside & ~(np.roll(inside, -1) & ~apart)) + 1
        for s, e in zip(starts.tolist(), ends.tolist(), strict=True):
            held = covered[:, s:e].any(axis=1)
            if held.sum() >= min_overlap:
                expected.append((chrom, s, e, *held.astype(int).tolist()))
    table = found.regions[["chrom", "start", "end"]].join(found.occupancy.reset_index(drop=True))
    assert list(table.itertuples(index=False, name=None)) == expected
    assert len(expected) > 2


@needs_bedtools
def test_bases_rule_agrees_with_multiinter(tmp_path: Path) -> None:
    pybedtools = pytest.importorskip("pybedtools")
    sets = random_sets(4, 60, seed=3)
    files = []
    for name, table in sets.items():
        table.sort_values(["chrom", "start", "end"]).to_csv(
            tmp_path / name, sep="\t", header=False, index=False
        )
        files.append(str(tmp_path / name))
    joint = pybedtools.BedTool().multi_intersect(i=files)
    expected = pybedtools.BedTool([i for i in joint if int(i[3]) >= 3]).merge()
    found = consensus_peaks(sets, min_overlap=3, rule="bases").regions
    assert sorted(places(found)) == sorted((i.chrom, i.start, i.end) for i in expected)


@needs_bedtools
def test_groups_are_reported_and_change_no_region() -> None:
    groups = {"a": "good", "b": "poor", "c": "poor"}
    found = consensus_peaks(SETS, min_overlap=1, groups=groups)
    assert found.regions[["n_samples", "n_good", "n_poor"]].to_numpy().tolist() == [
        [3, 1, 2],
        [1, 1, 0],
    ]
    without = consensus_peaks(SETS, min_overlap=1).regions
    pd.testing.assert_frame_equal(found.regions[without.columns], without)
    table = occupancy_table(found)
    assert list(table.columns[-3:]) == ["a", "b", "c"]
    assert table["region_id"].tolist() == found.occupancy.index.tolist()


@needs_bedtools
def test_order_of_samples_changes_nothing_but_the_columns() -> None:
    sets = random_sets(4, 50)
    forward = consensus_peaks(sets)
    backward = consensus_peaks(dict(reversed(sets.items())))
    pd.testing.assert_frame_equal(forward.regions, backward.regions)
    pd.testing.assert_frame_equal(forward.occupancy, backward.occupancy[list(sets)])


@needs_bedtools
@pytest.mark.parametrize("rule", ["peaks", "bases"])
def test_edges(rule: str) -> None:
    nothing = {"a": peaks(), "b": peaks()}
    found = consensus_peaks(nothing, rule=rule)  # type: ignore[arg-type]
    assert found.regions.empty
    assert found.occupancy.shape == (0, 2)
    assert differential_occupancy(found.occupancy, {"a": "x", "b": "y"}, contrast=("x", "y")).empty
    one = consensus_peaks({"a": SETS["a"]}, min_overlap=1, rule=rule)  # type: ignore[arg-type]
    assert len(one.regions) == 3
    half = consensus_peaks({"a": SETS["a"], "b": peaks()}, min_overlap=1, rule=rule)  # type: ignore[arg-type]
    assert half.occupancy.sum().tolist() == [3, 0]


@pytest.mark.parametrize("n", [0, 4])
def test_impossible_overlaps_are_refused(n: int) -> None:
    with pytest.raises(DesignError, match=rf"at least {n} samples.*there are 3.*from 1 to 3"):
        consensus_peaks(SETS, min_overlap=n)


def test_an_unknown_rule_and_a_sample_without_group() -> None:
    with pytest.raises(DesignError, match="unknown rule 'x'; expected one of peaks, bases"):
        consensus_peaks(SETS, rule="x")  # type: ignore[arg-type]
    with pytest.raises(DesignError, match="sample 'c' has no group"):
        consensus_peaks(SETS, rule="bases", groups={"a": "g", "b": "g"})


def test_two_ways_to_name_chromosomes() -> None:
    with pytest.raises(GenomeMismatchError, match=r"sample 'a' calls .*'chr2'.*'d' calls it '2'"):
        consensus_peaks({"a": SETS["a"], "d": peaks(("2", 1, 5))})


def test_without_bedtools_the_error_says_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependencyError, match=r"apt-get install.*conda install.*brew"):
        consensus_peaks(SETS)
    assert len(consensus_peaks(SETS, rule="bases").regions) == 4


@needs_bedtools
def test_more_output_than_a_pipe_holds() -> None:
    start = np.arange(100_000) * 100
    table = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + 50})
    found = consensus_peaks({"a": table, "b": table})
    assert len(found.regions) == 100_000


KILLED = """
import sys
import pandas as pd
from resist_epi.genome.consensus import consensus_peaks
table = pd.DataFrame({"chrom": "chr1", "start": range(0, 10**6, 100), "end": range(50, 10**6, 100)})
consensus_peaks({"a": table, "b": table})
"""
SLOW_BEDTOOLS = """#!/bin/sh
case "$*" in *--version*) echo "bedtools v2.30.0"; exit 0;; esac
echo $$ > {started}.part; mv {started}.part {started}
exec sleep 600
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_process_is_killed(tmp_path: Path, how: int) -> None:
    scratch, programs, started = tmp_path / "tmp", tmp_path / "bin", tmp_path / "started"
    scratch.mkdir()
    programs.mkdir()
    program = programs / "bedtools"
    program.write_text(SLOW_BEDTOOLS.format(started=shlex.quote(str(started))))
    program.chmod(0o755)
    environment = os.environ | {
        "TMPDIR": str(scratch),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }
    process = subprocess.Popen([sys.executable, "-c", KILLED], env=environment)
    try:
        for _ in range(1200):
            if started.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        assert started.exists(), "bedtools never ran"
        assert process.poll() is None
        process.send_signal(how)
        assert process.wait(60) == -how
        assert list(scratch.iterdir()) == []
    finally:
        process.kill()
        process.wait()
        if started.exists():
            with suppress(ProcessLookupError):
                os.kill(int(started.read_text()), signal.SIGKILL)


@needs_bedtools
@pytest.mark.parametrize(
    ("failure", "message"),
    [("echo 'Error: no memory' >&2; cat > /dev/null; exit 1", "no memory"),
     ("head -c 99 > /dev/null; kill -9 $$", "stopped early|bedtools merge failed")],
)  # fmt: skip
def test_a_failing_bedtools_is_noticed_and_leaves_nothing(
    tmp_path: Path, failure: str, message: str
) -> None:
    scratch, program = tmp_path / "tmp", tmp_path / "bedtools"
    scratch.mkdir()
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *--version*) echo "bedtools v2.30.0"; exit 0;; esac\n{failure}\n'
    )
    program.chmod(0o755)
    environment = os.environ | {"TMPDIR": str(scratch)}
    well = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False)
    assert well.returncode == 0
    assert list(scratch.iterdir()) == []
    environment["PATH"] = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    ill = subprocess.run(
        [sys.executable, "-c", KILLED], env=environment, capture_output=True, text=True, check=False
    )
    assert ill.returncode == 1
    assert re.search(f"ResistEpiError: .*({message})", ill.stderr, re.DOTALL), ill.stderr
    assert list(scratch.iterdir()) == []


@needs_bedtools
@pytest.mark.real
def test_tamoxifen_peaks(real_data: Path) -> None:
    folder = real_data / "tamoxifen_er_chip_diffbind"
    samples = pd.read_csv(folder / "samples.tsv", sep="\t")
    files = {
        s: folder / f"{'TAMR' if s.startswith('MCF7r') else t}_ER_{r}.bed.gz"
        for s, t, r in zip(
            samples["SampleID"], samples["Tissue"], samples["Replicate"], strict=True
        )
    }
    assert len(set(files.values())) == 11
    sets = {s: read_peaks(path) for s, path in files.items()}
    groups = dict(zip(samples["SampleID"], samples["Condition"], strict=True))
    found = consensus_peaks(sets, groups=groups)
    # DiffBind's own consensus of these files, at the same minOverlap: its sites are 400 bp around
    # summits, so each must have its centre in or next to a region of ours of its own.
    published = pd.read_csv(folder / "chr18_consensus_counts.tsv.gz", sep="\t")
    assert len(found.regions) == len(published) == 2845
    centre = (published["start"] + published["end"]) // 2
    outside = np.maximum(
        found.regions["start"].to_numpy() - centre, centre - found.regions["end"].to_numpy()
    )
    assert outside.max() < 200
    assert (found.regions["n_Resistant"] + found.regions["n_Responsive"]).equals(
        found.regions["n_samples"]
    )
    table = differential_occupancy(found.occupancy, groups, contrast=("Resistant", "Responsive"))
    assert table["descriptive_pvalue"].min() == pytest.approx(1 / 330)  # 4 of 11, all or none
