"""What normalisations need beside the matrix itself: background bins, spike-in, peaks, factors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from resist_epi.arrays import ByChromosome, FloatArray
from resist_epi.counting.background import background_bins
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.units import merge_units, unit_members
from resist_epi.errors import DesignError
from resist_epi.genome.regions import bed_regions
from resist_epi.model.efficiency import top_share
from resist_epi.model.spike_in import SpikeInReads, spike_in_reads
from resist_epi.samples.sheet import SampleSheet
from resist_epi.schema import COUNTS

FACTOR_COLUMN = "SizeFactor"


@dataclass(frozen=True)
class NormalizationInputs:
    """What a normalisation may need beside the matrix; all of it is of the matrix's samples.

    Attributes
    ----------
    background
        Background bins, as `background.background_bins` leaves them.
    spike_in
        Signal of the exogenous genome, in one row or in bins, in the matrix's own quantity: what
        a sample has of it stands for the same amount of chromatin in every sample.
    spike_in_reads
        Sample -> reads of the exogenous genome, where they are known.
    spike_in_from
        Where these come from, in words.
    peaks
        Sample -> table `chrom start end` of its own peaks.
    given
        Sample -> size factor; the effective library size is library size x factor.
    groups
        Sample -> group, for the smooth quantiles.
    top_share
        Sample -> share of its signal in the top bins: no normalisation needs it, but it tells of
        efficiency (see `efficiency.top_share`).
    test
        A normalised matrix of the samples -> P of the contrast in its regions, NaN where they are
        not tested: rounds of normalising leave out what differs.
    missing
        Method -> why what it needs is not there.
    refused
        Method -> why it neither leads unasked nor is a reference, although what it needs is there.
    """

    background: CountMatrix | None = None
    spike_in: CountMatrix | None = None
    spike_in_reads: Mapping[str, float] | None = None
    spike_in_from: str = ""
    peaks: Mapping[str, pd.DataFrame] | None = None
    given: Mapping[str, float] | None = None
    groups: Mapping[str, str] | None = None
    top_share: Mapping[str, float] | None = None
    test: Callable[[CountMatrix], FloatArray] | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


def normalization_inputs(
    matrix: CountMatrix,
    sheet: SampleSheet,
    *,
    bins: CountMatrix | None = None,
    exclude: ByChromosome | None = None,
    consensus: pd.DataFrame | None = None,
    peaks: Mapping[str, pd.DataFrame] | None = None,
) -> NormalizationInputs:
    """Gather what a sheet and counts in bins offer; what cannot be used is noted with its reason.

    Parameters
    ----------
    matrix
        The libraries that will be normalised.
    sheet
        Its rows: columns `SpikeInReads` and `SizeFactor` are used where they are; without the
        first, reads of another genome that were counted apart.
    bins
        Counts of the same libraries in bins of the genome.
    exclude
        Chromosome -> starts and ends of the blacklist: bins that touch it are no background.
    consensus
        Table `chrom start end` of the mark's peaks: neither are these.
    peaks
        Sample -> its own peaks.

    Raises
    ------
    DesignError
        If a column is filled in for some of the libraries only, or a factor is not positive.
    """
    sheet = sheet.for_samples(matrix.samples)
    missing: dict[str, str] = {}
    background = None
    if bins is None:
        missing["background"] = "there are no counts in bins of the genome"
    else:
        try:
            background = background_bins(
                bins.select(samples=matrix.samples), exclude=exclude, peaks=consensus
            )
        except DesignError as error:
            missing["background"] = str(error)
    spike_in, found, why_not = spike_in_matrix(matrix, sheet)
    if spike_in is None:
        missing["spike_in"] = why_not
    own = {s: p for s, p in (peaks or {}).items() if s in matrix.samples}
    return NormalizationInputs(
        background=background,
        spike_in=spike_in,
        spike_in_reads=None
        if spike_in is None or found is None
        else dict(zip(matrix.samples, found.reads.tolist(), strict=True)),
        spike_in_from="" if spike_in is None or found is None else found.source,
        peaks=own if len(own) == len(matrix.samples) else None,
        given=given_factors(sheet),
        groups=dict(zip(sheet.samples, sheet.table["Condition"], strict=True)),
        top_share=None if bins is None else top_share(bins.select(samples=matrix.samples)),
        missing=missing,
    )


def spike_in_matrix(
    matrix: CountMatrix, sheet: SampleSheet
) -> tuple[CountMatrix | None, SpikeInReads | None, str]:
    """One row, the reads of `spike_in.spike_in_reads` in the unit of the matrix; and these.

    None where there is no such row, and why not. Of a coverage track the scale is unknown, so its
    spike-in is library size x spike-in reads / reads: what the exogenous genome would add to it.

    Raises
    ------
    DesignError
        If the column is filled in for some of the libraries only.
    """
    found, why_not = spike_in_reads(matrix, sheet)
    if found is None:
        return None, None, why_not
    reads = found.reads
    complete(reads, sheet, "SpikeInReads")
    if matrix.quantity not in COUNTS:
        sequenced = sheet.numbers("LibrarySize")
        if sequenced is None or np.isnan(sequenced).any():
            why_not = (
                f"SpikeInReads cannot be compared with {matrix.quantity}, whose scale is unknown,"
                " unless the sheet also has LibrarySize, the reads of each library"
            )
            return None, None, why_not
        reads = matrix.library_sizes * reads / sequenced
    return one_row(matrix, reads, "spike_in"), found, ""


def given_factors(sheet: SampleSheet) -> dict[str, float] | None:
    """Sample -> factor from the sheet's column `SizeFactor` (any case), or None.

    Raises
    ------
    DesignError
        If a factor is missing or not a positive number.
    """
    found = [c for c in sheet.table.columns if c.lower() == FACTOR_COLUMN.lower()]
    if not found:
        return None
    factors = pd.to_numeric(sheet.table[found[0]], errors="coerce").to_numpy(np.float64)
    complete(np.where(factors > 0, factors, np.nan), sheet, found[0])
    return dict(zip(sheet.samples, factors.tolist(), strict=True))


def complete(values: np.ndarray, sheet: SampleSheet, column: str) -> None:
    """Refuse a column that holds no positive number for some of the libraries.

    Raises
    ------
    DesignError
        With the samples.
    """
    bad = [s for s, v in zip(sheet.samples, values, strict=True) if not np.isfinite(v)]
    if bad:
        raise DesignError(
            f"column {column} holds no positive number for {', '.join(bad)};"
            " fill it in for every library of the mark, or leave the column out"
        )


def one_row(matrix: CountMatrix, values: np.ndarray, name: str) -> CountMatrix:
    """One value a sample as a matrix of one region, so that units are merged alike."""
    row = bed_regions([(name, 0, 1)], kind="bins")
    return CountMatrix(values[None, :], row, matrix.samples, matrix.quantity, matrix.library_sizes)


def merge_inputs(
    inputs: NormalizationInputs,
    matrix: CountMatrix,
    sheet: SampleSheet,
    *,
    design_columns: Sequence[str] = (),
) -> NormalizationInputs:
    """Merge the inputs of libraries into those of units, as `units.merge_units` merges the matrix.

    Parameters
    ----------
    matrix
        The libraries, before they were merged.
    """
    sheet = sheet.for_samples(matrix.samples)
    members = unit_members(sheet, design_columns)
    if len(members) == len(matrix.samples):
        return inputs

    def merged(one: CountMatrix | None) -> CountMatrix | None:
        if one is None:
            return None
        same = one.select(samples=matrix.samples)
        return merge_units(same, sheet, design_columns=design_columns)[0]

    units = [matrix.samples[m[0]] for m in members]
    peaks = inputs.peaks
    if peaks is not None:
        tables = [[peaks[matrix.samples[i]][["chrom", "start", "end"]] for i in m] for m in members]
        joined = [pd.concat(t, ignore_index=True) for t in tables]
        peaks = dict(zip(units, joined, strict=True))
    shares = inputs.top_share
    if shares is not None:
        means = [np.mean([shares[matrix.samples[i]] for i in m]) for m in members]
        shares = dict(zip(units, map(float, means), strict=True))
    reads = inputs.spike_in_reads
    if reads is not None:
        totals = [sum(reads[matrix.samples[i]] for i in m) for m in members]
        reads = dict(zip(units, totals, strict=True))
    given = inputs.given
    if given is not None:
        factors = np.array([given[s] for s in matrix.samples])
        row = merged(one_row(matrix, matrix.library_sizes * factors, "given"))
        if row is not None:
            given = dict(zip(units, (row.values[0] / row.library_sizes).tolist(), strict=True))
    return replace(
        inputs,
        background=merged(inputs.background),
        spike_in=merged(inputs.spike_in),
        spike_in_reads=reads,
        peaks=peaks,
        given=given,
        top_share=shares,
    )
