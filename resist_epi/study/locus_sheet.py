"""The tracks of a sheet over one locus, read in place: what a locus plot draws."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.counting.equal_totals import at_equal_total, equal_total_factors
from resist_epi.counting.sources import signal_sources
from resist_epi.errors import GenomeMismatchError
from resist_epi.io.remote.address import is_remote
from resist_epi.samples.sheet import SampleSheet
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.looks import LookCache
from resist_epi.tracks.opened import OpenedFile
from resist_epi.workers import run_tasks

logger = logging.getLogger(__name__)

_MOST_BINS = 600  # about the dots of a column of print


def locus_coverage(
    sheet: SampleSheet,
    place: tuple[str, int, int],
    *,
    scaled: bool = True,
    most: int = _MOST_BINS,
    genome: str | None = None,
    jobs: int = 1,
    looks: LookCache | None = None,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    r"""Mean signal of every library of a sheet in bins over a locus: what `plot_locus` draws.

    Of tracks their values; where no row names one, the depth of the reads.

    Parameters
    ----------
    place
        Chromosome, start and end, bp.
    scaled
        Bring all libraries to the mean of their total coverage, as the heatmap of a run does. For
        this each track is read whole, and of one elsewhere its header is believed (the log says
        so); as they are, the locus alone.
    most
        Bins at most; each is of one base at least.
    genome
        Assembly that was stated, by whose names chromosomes go.
    jobs
        Worker processes; the values do not depend on it.
    looks
        Files that were opened before.
    progress
        Called with a line whenever a library is read.

    Returns
    -------
    DataFrame
        `chrom start end` and a column a sample; bins beyond the end of the chromosome are left out.
        `attrs["quantity"]` says what the values are.

    Raises
    ------
    SampleSheetError
        If some rows name a track and others none, or there are neither tracks nor reads.
    GenomeMismatchError
        If a file has no such chromosome.
    InputFormatError
        If a file is damaged, or is to be scaled and has no coverage.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from resist_epi.samples.sheet import read_sheet
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for name, depth in (("a", 1), ("b", 3)):
    ...     _ = (folder / f"{name}.bedGraph").write_text(f"chr1 0 4000 {depth}\n")
    >>> rows = "SampleID,Factor,Condition,Coverage\na,ER,x,a.bedGraph\nb,ER,y,b.bedGraph\n"
    >>> _ = (folder / "sheet.csv").write_text(rows)
    >>> near = locus_coverage(read_sheet(folder / "sheet.csv"), ("chr1", 0, 2000), most=2)
    >>> near["b"].tolist(), near.attrs["quantity"]
    ([2.0, 2.0], 'signal per base at equal total coverage')
    """
    chrom, first, last = place
    sources = signal_sources(sheet, genome=genome, looks=looks)
    lengths = [f.chrom_lengths.get(chrom, last) for f in sources.files.values() if f.lengths_known]
    edges = _edges(first, min([last, *lengths]), most)
    values: dict[str, FloatArray] = {}
    totals: dict[str, float] = {}

    def done(name: str, found: tuple[FloatArray, float]) -> None:
        values[name], totals[name] = found
        if progress is not None:
            progress(f"{name}: read")

    run_tasks(_Reading(chrom, edges, total=scaled), sources.files, jobs=jobs, done=done)
    stated = [s for s, f in sources.files.items() if is_remote(f.path)] if scaled else []
    if stated:
        logger.info("%d tracks elsewhere: total coverage as their headers state it", len(stated))
    quantity = "reads per base" if sources.quantity == "reads" else "signal per base"
    factors = equal_total_factors({s: totals[s] for s in sources.files}) if scaled else {}
    columns = {s: values[s] * factors.get(s, 1.0) for s in sources.files}
    table = pd.DataFrame({"chrom": chrom, "start": edges[:-1], "end": edges[1:], **columns})
    table.attrs["quantity"] = at_equal_total(quantity) if scaled else quantity
    return table


@dataclass(frozen=True)
class _Reading:
    """The work of one task: means of a library in bins, and its total coverage if asked for."""

    chrom: str
    edges: np.ndarray
    total: bool

    def __call__(self, file: OpenedFile) -> tuple[FloatArray, float]:
        track = file.track()
        if self.chrom not in track.chrom_lengths:
            raise GenomeMismatchError(
                f"{file.path}: no chromosome {self.chrom}, where the locus lies",
            )
        sums = track.bin_sums(self.chrom, self.edges[None, :])[0]
        return sums / np.diff(self.edges), _total(track) if self.total else np.nan


def _total(track: CoverageTrack) -> float:
    """Value x bp over a track; of one elsewhere what its header says, which costs no reading."""
    stated = track.stated_total() if is_remote(track.path) else None
    return track.total() if stated is None else stated


def _edges(first: int, last: int, most: int) -> np.ndarray:
    n = max(min(most, last - first), 1)
    return np.linspace(first, max(last, first + 1), n + 1).round().astype(np.int64)
