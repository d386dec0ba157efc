"""One set of peaks for all samples, and which sample has which.

The consensus never looks at the groups: peaks chosen by group and then tested between the groups
would bias the test (Lun & Smyth 2014, Nucleic Acids Res 42:e95).
"""

from __future__ import annotations

import io
import logging
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import (
    DesignError,
    GenomeMismatchError,
    MissingDependencyError,
    ResistEpiError,
)
from resist_epi.genome.consensus_rule import MIN_OVERLAP, RULE, Rule
from resist_epi.genome.intervals import Intervals, count_overlaps, depth_at_least, merge
from resist_epi.genome.regions import as_intervals, make_regions

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Consensus:
    """A consensus of peak sets.

    Attributes
    ----------
    regions
        n regions of the kind `peaks`, with `n_samples` (int64) and, where groups are given, a
        column `n_GROUP` (int64) for each: how many of its samples have a peak there.
    occupancy
        (n regions, m samples) int8 table of 0 and 1, indexed by `region_id`, a column a sample.
    """

    regions: pd.DataFrame
    occupancy: pd.DataFrame


def consensus_peaks(
    peak_sets: Mapping[str, pd.DataFrame],
    *,
    min_overlap: int = MIN_OVERLAP,
    rule: Rule = RULE,
    groups: Mapping[str, str] | None = None,
) -> Consensus:
    """The peaks that several samples share, found without regard to groups.

    Parameters
    ----------
    peak_sets
        Peaks of each sample, with `chrom start end`, bp, 0-based half-open.
    min_overlap
        N, the samples that must agree; 1 is the union.
    rule
        `peaks`: peaks of all samples that share a base are merged (those that only touch are
        not), and the merged regions in which at least N samples have a peak are kept whole
        (DiffBind's `minOverlap`; Ross-Innes 2012, Nature 481:389). `bases`: only the bases that
        the peaks of at least N samples cover, which is narrower and does not chain neighbours.
    groups
        Group of each sample, to report `n_GROUP`; the regions do not depend on it.

    Raises
    ------
    DesignError
        If N is not between 1 and the number of samples, or a sample has no group.
    GenomeMismatchError
        If some samples call a chromosome `chr1` and others `1`.
    MissingDependencyError
        If the rule is `peaks` and the program bedtools is missing.
    """
    if rule not in get_args(Rule):
        raise DesignError(f"unknown rule {rule!r}; expected one of {', '.join(get_args(Rule))}")
    if not 1 <= min_overlap <= len(peak_sets):
        raise DesignError(
            f"peaks in at least {min_overlap} samples were asked for, but there are"
            f" {len(peak_sets)} samples; choose a number from 1 to {len(peak_sets)}"
        )
    samples = list(peak_sets)
    _check_chromosome_names(peak_sets)
    stacked = pd.concat(
        [peak_sets[s][["chrom", "start", "end"]].assign(sample=i) for i, s in enumerate(samples)],
        ignore_index=True,
    )
    if rule == "peaks":
        places, held = _merged_union(stacked, len(samples))
    else:
        places, held = _shared_bases(stacked, len(samples), min_overlap)
    kept = held.sum(axis=1) >= min_overlap
    logger.info(
        "consensus of %d samples (rule %s, at least %d): %d of %d regions, from %d peaks",
        len(samples),
        rule,
        min_overlap,
        int(kept.sum()),
        len(kept),
        len(stacked),
    )
    columns = pd.DataFrame(held[kept], columns=samples)
    regions = make_regions(places[kept].assign(row=np.arange(int(kept.sum()))), kind="peaks")
    occupancy = columns.iloc[regions.pop("row")].set_index(pd.Index(regions["region_id"]))
    regions["n_samples"] = occupancy.sum(axis=1).to_numpy(dtype=np.int64)
    for group, members in members_of(samples, groups or {}, every=groups is not None).items():
        regions[f"n_{group}"] = occupancy[members].sum(axis=1).to_numpy(dtype=np.int64)
    return Consensus(regions, occupancy)


def _check_chromosome_names(peak_sets: Mapping[str, pd.DataFrame]) -> None:
    """`chr1` in one sample and `1` in another would silently share nothing."""
    seen: dict[str, tuple[str, str]] = {}
    for sample, peaks in peak_sets.items():
        for chrom in map(str, peaks["chrom"].unique()):
            name, other = seen.setdefault(chrom.removeprefix("chr"), (chrom, sample))
            if name != chrom:
                raise GenomeMismatchError(
                    f"sample {other!r} calls a chromosome {name!r} and sample {sample!r} calls it"
                    f" {chrom!r}; rename the chromosomes of one of them"
                )


def _merged_union(stacked: pd.DataFrame, n_samples: int) -> tuple[pd.DataFrame, NDArray[np.int8]]:
    """Merged regions of all peaks, and which samples each merges: `bedtools merge -d -1`."""
    if stacked.empty:
        return stacked[["chrom", "start", "end"]], np.zeros((0, n_samples), dtype=np.int8)
    text = stacked.sort_values(["chrom", "start", "end"]).to_csv(
        sep="\t", header=False, index=False, lineterminator="\n"
    )
    merged = pd.read_csv(
        io.StringIO(_bedtools_merge(text)),
        sep="\t",
        header=None,
        names=["chrom", "start", "end", "samples"],
        dtype={"chrom": str, "samples": str},
        keep_default_na=False,
    )
    # pybedtools does not look at the exit code: a bedtools that was killed would go unnoticed.
    if (count_overlaps(*as_intervals(stacked, merged)) != 1).any():
        raise ResistEpiError("bedtools merge stopped early: not all peaks are in its result")
    held = np.zeros((len(merged), n_samples), dtype=np.int8)
    rows = np.repeat(np.arange(len(merged)), merged["samples"].str.count(",") + 1)
    held[rows, np.array(",".join(merged["samples"]).split(","), dtype=np.int64)] = 1
    return merged[["chrom", "start", "end"]], held


def _bedtools_merge(bed: str) -> str:
    """Run `bedtools merge -d -1 -c 4 -o distinct` on sorted BED text without a named file on disk.

    The text goes in through a pipe. The result goes into a file that has no name from the start
    (through a pipe, too, it could block: pybedtools writes all input before it reads), so nothing
    is left to clean up after an error, SIGTERM or even SIGKILL.
    """
    if shutil.which("bedtools") is None:
        raise MissingDependencyError(
            "the program bedtools is not on the PATH; install it with one of: apt-get install"
            " bedtools, conda install -c bioconda bedtools, brew install bedtools"
        )
    import pybedtools
    from pybedtools.helpers import BEDToolsError

    with tempfile.TemporaryFile() as nameless:
        peaks = pybedtools.BedTool(iter([bed]))
        try:
            peaks.merge(d=-1, c=4, o="distinct", output=f"/dev/fd/{nameless.fileno()}")
        except (BEDToolsError, OSError) as error:
            raise ResistEpiError(f"bedtools merge failed: {error}") from error
        nameless.seek(0)
        return nameless.read().decode()


def _shared_bases(
    stacked: pd.DataFrame, n_samples: int, min_overlap: int
) -> tuple[pd.DataFrame, NDArray[np.int8]]:
    """Stretches that the peaks of at least N samples cover, and which samples have peaks there."""
    (peaks,) = as_intervals(stacked)
    names = stacked["chrom"].to_numpy(dtype=object)
    by_sample = [merge(peaks.take(stacked["sample"].to_numpy() == i))[0] for i in range(n_samples)]
    deep = depth_at_least(
        Intervals(
            np.concatenate([s.chrom for s in by_sample]),
            np.concatenate([s.start for s in by_sample]),
            np.concatenate([s.end for s in by_sample]),
        ),
        min_overlap,
    )
    held = np.stack([count_overlaps(deep, s) > 0 for s in by_sample], axis=1).astype(np.int8)
    chrom_of_code = dict(zip(peaks.chrom.tolist(), names, strict=True))
    chroms = [chrom_of_code[c] for c in deep.chrom.tolist()]
    return pd.DataFrame({"chrom": chroms, "start": deep.start, "end": deep.end}), held


def occupancy_table(consensus: Consensus) -> pd.DataFrame:
    """Regions with their counts, then a column of 0 and 1 a sample: what is written to disk."""
    occupancy = consensus.occupancy.reset_index(drop=True)
    return pd.concat([consensus.regions.reset_index(drop=True), occupancy], axis=1)


def members_of(
    samples: Sequence[str], groups: Mapping[str, str], *, every: bool
) -> dict[str, list[str]]:
    """Samples of each group, in order of appearance.

    Parameters
    ----------
    every
        Whether each sample must have a group; without it none is asked for.

    Raises
    ------
    DesignError
        If a sample has no group.
    """
    members: dict[str, list[str]] = {}
    for sample in samples if every else ():
        if sample not in groups:
            raise DesignError(f"sample {sample!r} has no group")
        members.setdefault(groups[sample], []).append(sample)
    return members
