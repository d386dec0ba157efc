"""Windows of a genome that lie above its background, found while tracks stream by.

Windows slide by a fraction of their size, so they are never counted one by one: a chromosome is
counted in adjacent bins of one step, and every window is a sum of bins. What is kept of a
chromosome is the bins of those windows that pass the filter, before the next one is looked at.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import AnyFloat, ByChromosome, FloatArray, IntArray
from resist_epi.counting.background import BACKGROUND_BIN
from resist_epi.counting.matrix import CountMatrix, read_only
from resist_epi.domains.bins import BinSource
from resist_epi.domains.clusters import window_sums
from resist_epi.domains.settings import DomainSettings
from resist_epi.errors import DesignError, InputFormatError
from resist_epi.genome.chromosomes import autosomes, chrom_rank
from resist_epi.genome.regions import overlapping
from resist_epi.stats.linear.least_squares import row_blocks

logger = logging.getLogger(__name__)

# A window passes if it exceeds background by so many standard deviations of background windows:
# in sparse tracks twice the background alone is within its noise.
DEVIATIONS = 3.0

# Windows of which the blacklist takes more than half are no windows.
LEAST_BASES = 0.5


@dataclass(frozen=True)
class BackgroundLevel:
    """What windows are compared with, on the scale of the mean library.

    Attributes
    ----------
    divisors
        (n_samples,) effective library sizes over their geometric mean.
    density
        Value per bp of the median bin.
    spread
        Standard deviation of neighbouring background bins, value per bp.
    bin_size
        bp.
    """

    divisors: FloatArray
    density: float
    spread: float
    bin_size: int = BACKGROUND_BIN

    def threshold(self, size: int, fold: float) -> float:
        """Value per bp from which on a window of a size, in bp, is above background."""
        noise = DEVIATIONS * self.spread * np.sqrt(self.bin_size / size)
        return float(max(fold * self.density, self.density + noise))


def background_level(bins: CountMatrix, *, exclude: ByChromosome | None = None) -> BackgroundLevel:
    """Level of the median bin over all samples, blind to the groups.

    Parameters
    ----------
    bins
        Counts in adjacent bins of the genome; where they are normalised, so is the level.
    exclude
        Chromosome -> starts and ends of the blacklist: bins that touch it have no say.

    Raises
    ------
    DesignError
        If no bin on the autosomes has any signal.

    References
    ----------
    Lun & Smyth (2016) Nucleic Acids Research 44:e45 (global background from bins).
    """
    table = bins.regions
    kept = np.array(table["chrom"].isin(autosomes(table["chrom"].unique().tolist())))
    kept &= (bins.values > 0).any(axis=1)
    if exclude:
        parts = [pd.DataFrame({"chrom": c, "start": s, "end": e}) for c, (s, e) in exclude.items()]
        kept &= ~overlapping(table, pd.concat(parts, ignore_index=True))
    if not kept.any():
        raise DesignError("no bin of the autosomes has any signal, so there is no background")
    sizes = np.log(bins.effective_library_sizes)
    divisors = np.exp(sizes - sizes.mean())
    width = (table["end"] - table["start"]).to_numpy(np.float64)
    density = _pooled(bins.values, divisors)
    if bins.quantity != "mean_signal":
        density = density / width
    level = float(np.median(density[kept]))
    # Neighbours differ by the noise of background, not by what varies along the genome.
    near = kept[1:] & kept[:-1] & (table["end"].to_numpy()[:-1] == table["start"].to_numpy()[1:])
    near &= np.maximum(density[1:], density[:-1]) <= 2 * level
    steps = np.abs(np.diff(density))[near]
    spread = float(np.median(steps)) * 1.4826 / np.sqrt(2) if len(steps) else 0.0
    return BackgroundLevel(divisors, level, spread, int(np.median(width)))


@dataclass(frozen=True)
class Control:
    """Controls (inputs) beside the samples, against which windows must stand out too.

    Attributes
    ----------
    source
        Bins of the controls.
    background
        Their own background level.
    """

    source: BinSource
    background: BackgroundLevel

    def local(self, chrom: str, starts: IntArray, ends: IntArray, level: float) -> FloatArray:
        """(n_bins,) local background per bp, brought to the level of the samples' background.

        Averaged over 10 kb, since controls are sparse.
        """
        values, bases = self.source.bins(chrom, starts, ends)
        pooled = _pooled(values, self.background.divisors)
        span = max(BACKGROUND_BIN // max(int(ends[0] - starts[0]), 1), 1) if len(starts) else 1
        before, after = (span - 1) // 2, span // 2

        def around(per_bin: FloatArray) -> FloatArray:
            return window_sums(np.pad(per_bin, (before, after)), span)

        mean = around(pooled) / np.maximum(around(bases.astype(np.float64)), 1.0)
        return np.asarray(mean * (level / self.background.density), dtype=np.float64)


class ChromosomeBins(NamedTuple):
    """Bins of one chromosome that some window above background holds.

    Attributes
    ----------
    values
        (n_bins, n_samples) float32: 24 bits are more than the noise of a bin.
    table
        `start end bases`, and `window_SIZE` for each size.
    seen
        Windows of the chromosome.
    """

    values: AnyFloat
    table: pd.DataFrame
    seen: int


def domain_bins(
    source: BinSource,
    lengths: Mapping[str, int],
    background: BackgroundLevel,
    *,
    library_sizes: FloatArray,
    settings: DomainSettings | None = None,
    control: Control | None = None,
) -> CountMatrix:
    """Bins of all windows above background, chromosome by chromosome.

    A window passes by its mean over all samples, each divided by its effective library size: the
    filter never looks at the groups, so it is independent of the test (Bourgon et al. 2010). It
    must reach `fold` times the background and exceed it by 3 standard deviations of background
    windows of its size; where there are controls, the background is the larger of the genome's
    and the local one of the controls.

    Parameters
    ----------
    source
        Bins of every sample.
    lengths
        bp of each chromosome that all samples have.
    background
        Of the same samples, in their order.
    library_sizes
        (n_samples,) of the matrix that comes out.

    Returns
    -------
    CountMatrix
        As `joined_bins`.
    """
    settings = DomainSettings() if settings is None else settings
    parts = {
        chrom: chromosome_bins(source, chrom, length, background, settings, control)
        for chrom, length in lengths.items()
    }
    return joined_bins(
        parts,
        background,
        settings,
        samples=source.samples,
        quantity=source.quantity,
        library_sizes=library_sizes,
        controlled=control is not None,
    )


def chromosome_bins(
    source: BinSource,
    chrom: str,
    length: int,
    background: BackgroundLevel,
    settings: DomainSettings,
    control: Control | None = None,
) -> ChromosomeBins:
    """Count one chromosome, and keep the bins of its windows above background."""
    starts = np.arange(0, length, settings.step, dtype=np.int64)
    ends = np.minimum(starts + settings.step, length)
    values, bases = source.bins(chrom, starts, ends)
    pooled = _pooled(values, background.divisors)
    local = None if control is None else control.local(chrom, starts, ends, background.density)
    n, seen = len(starts), 0
    opened = np.zeros(n + 1, dtype=np.int64)
    begins: dict[int, NDArray[np.bool_]] = {}
    for size in settings.sizes:
        above, number = _above(pooled, bases, local, size, background, settings)
        seen += number
        begins[size] = np.zeros(n, dtype=bool)
        begins[size][above] = True
        opened[above] += 1
        opened[above + min(size // settings.step, n)] -= 1
    held = np.flatnonzero(np.cumsum(opened[:-1]) > 0)
    table = pd.DataFrame(
        {
            "start": starts[held],
            "end": ends[held],
            "bases": bases[held],
            **{f"window_{size}": begins[size][held] for size in settings.sizes},
        }
    )
    kept = np.empty((len(held), values.shape[1]), dtype=np.float32)
    for rows in row_blocks(len(held)):
        kept[rows] = values[held[rows]]
    return ChromosomeBins(kept, table, seen)


def _pooled(values: AnyFloat, divisors: FloatArray) -> FloatArray:
    """(n_bins,) mean over the samples, each divided by its own number."""
    pooled = np.empty(len(values))
    for rows in row_blocks(len(values)):
        pooled[rows] = (values[rows] / divisors).mean(axis=1)
    return pooled


def joined_bins(
    parts: dict[str, ChromosomeBins],
    background: BackgroundLevel,
    settings: DomainSettings,
    *,
    samples: tuple[str, ...],
    quantity: str,
    library_sizes: FloatArray,
    controlled: bool = False,
) -> CountMatrix:
    """Join the bins of all chromosomes, in genome order.

    Parameters
    ----------
    parts
        Chromosome -> its bins; at least one. They are taken out of it, and let go one by one as
        they are joined, so that a mark's bins are never there twice.
    samples, quantity, library_sizes
        Of the matrix that comes out.
    controlled
        Whether controls took part in the filter.

    Returns
    -------
    CountMatrix
        Bins of one step that some window above background holds. Its regions are `chrom start end
        bases` (bases that count) and, for each size, the bool column `window_SIZE`: a window of
        that size above background begins with this bin. `metadata["domains"]` holds settings,
        thresholds and numbers.
    """
    chroms = [list(parts)[i] for i in _genome_order(parts)]
    tables = [parts[chrom].table for chrom in chroms]
    codes = np.repeat(np.arange(len(chroms)), [len(table) for table in tables])
    regions = pd.concat(tables, ignore_index=True)
    names = pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(chroms))
    regions.insert(0, "chrom", pd.Series(names))
    passed = {size: int(regions[f"window_{size}"].sum()) for size in settings.sizes}
    seen = sum(part.seen for part in parts.values())
    logger.info("%d of %d windows are above background", sum(passed.values()), seen)
    pieces = [parts[chrom].values for chrom in chroms]
    parts.clear()
    return CountMatrix(
        values=_stacked(pieces),
        regions=regions,
        samples=samples,
        quantity=quantity,
        library_sizes=library_sizes,
        metadata={
            "domains": {
                "settings": {**asdict(settings), "sizes": list(settings.sizes)},
                "background": background.density,
                "thresholds": {
                    str(s): background.threshold(s, settings.fold) for s in settings.sizes
                },
                "windows": seen,
                "above_background": {str(size): n for size, n in passed.items()},
                "inputs": controlled,
            }
        },
    )


def _stacked(pieces: list[AnyFloat]) -> FloatArray:
    """All pieces below one another, float32 where they all are; none is left in the list."""
    shape = sum(map(len, pieces)), pieces[0].shape[1]
    stacked = np.empty(shape, dtype=np.result_type(*pieces))  # memory is taken as it is filled
    end = len(stacked)
    while pieces:
        own = pieces.pop()
        stacked[end - len(own) : end] = own
        end -= len(own)
    return read_only(cast("FloatArray", stacked))


class HasMetadata(Protocol):
    """What says how it was made, as a matrix or a file of one does."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Plain JSON values."""


def _genome_order(chroms: Iterable[str]) -> NDArray[np.int64]:
    return np.argsort(chrom_rank(pd.Series(list(chroms), dtype=object)), kind="stable")


def _above(
    pooled: FloatArray,
    bases: IntArray,
    local: FloatArray | None,
    size: int,
    background: BackgroundLevel,
    settings: DomainSettings,
) -> tuple[IntArray, int]:
    """First bins of the windows of a size above background, and how many windows there are."""
    span, every = size // settings.step, settings.spacing(size) // settings.step
    room = window_sums(bases, span)[::every]
    signal = window_sums(pooled, span)[::every]
    threshold = background.threshold(size, settings.fold) * room
    if local is not None:
        of_controls = settings.fold * window_sums(local * bases, span)[::every]
        threshold = np.maximum(threshold, of_controls)
    shortest = LEAST_BASES * min(size, settings.step * len(bases))
    fit = (room >= shortest) & (room > 0)
    return np.flatnonzero(fit & (signal >= threshold)) * every, int(fit.sum())


def settings_of(bins: HasMetadata) -> DomainSettings:
    """The settings that bins were found with.

    Raises
    ------
    InputFormatError
        If they are not bins that `domain_bins` kept.
    """
    try:
        found: Mapping[str, Any] = bins.metadata["domains"]["settings"]
        return DomainSettings(**{**found, "sizes": tuple(found["sizes"])})
    except KeyError as error:
        raise InputFormatError("these counts are not those of domain windows") from error
