"""Copy number of every region and sample: from inputs or segments to what signal is expected."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.dna.dna_ratio import log_ratios
from resist_epi.dna.segmentation import segment_chromosomes
from resist_epi.errors import DesignError, GenomeMismatchError, SampleSheetError
from resist_epi.genome.chromosomes import autosomes
from resist_epi.genome.naming import names_by_stem, stem
from resist_epi.samples.sheet import SampleSheet
from resist_epi.schema import SEGMENTS, names

logger = logging.getLogger(__name__)

COPY_NUMBER_BIN = 50_000

MIN_BINS = 500

MIN_SAMPLES_FOR_BIN_EFFECT = 4

LOWEST = -2.0  # log2: with a quarter of the DNA there is little signal left to correct

NORMAL_COPIES = 2.0


def segment_controls(
    bins: CountMatrix,
    *,
    gc: FloatArray | None = None,
    borders: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Segments of equal copy number from the reads or coverage of input, or low-pass sequencing.

    Mappability is not looked up. From four samples on, what a bin has in common in all samples
    beyond their segments (mappability, repeats, waves) is taken out: its median distance from
    them. A gain that all samples share is a segment of each and stays.

    Parameters
    ----------
    bins
        Input of each sample in adjacent bins of the genome, 50 kb for instance.
    gc
        (n_bins,) share of G and C.
    borders
        Chromosome -> bp at which its arms meet: no segment goes over it.

    Returns
    -------
    DataFrame
        Columns of `schema.SEGMENTS`, in genome order; log2 relative to the median of the
        autosomes.

    Raises
    ------
    DesignError
        If fewer than 500 bins can be used.
    """
    chroms = bins.regions["chrom"].to_numpy()
    own = set(autosomes(dict.fromkeys(bins.regions["chrom"], 0)))
    autosomal = np.array([c in own for c in chroms], dtype=bool)
    ratio, used = log_ratios(bins.values, autosomal, gc=gc)
    if used.sum() < MIN_BINS:
        raise DesignError(
            f"only {int(used.sum())} of {len(used)} bins of the inputs hold signal in every sample;"
            f" copy number needs {MIN_BINS}: give deeper inputs, or segments with --segments"
        )
    logger.info("copy number from %d of %d bins of the inputs", int(used.sum()), len(used))
    table = bins.regions[used].reset_index(drop=True)
    pieces = _pieces(table, borders or {})
    if ratio.shape[1] >= MIN_SAMPLES_FOR_BIN_EFFECT:
        left = np.empty_like(ratio)
        for i in range(ratio.shape[1]):
            left[:, i] = ratio[:, i] - _segment_means(ratio[:, i], pieces)
        ratio = ratio - np.median(left, axis=1, keepdims=True)
    parts = []
    for i, sample in enumerate(bins.samples):
        found = segment_chromosomes([ratio[rows, i] for rows in pieces])
        for rows, ends in zip(pieces, found, strict=True):
            first = np.concatenate([[0], ends[:-1]])
            parts.append(
                pd.DataFrame(
                    {
                        "sample": sample,
                        "chrom": table["chrom"].to_numpy()[rows[first]],
                        "start": table["start"].to_numpy()[rows[first]],
                        "end": table["end"].to_numpy()[rows[ends - 1]],
                        "n_bins": (ends - first).astype(np.float64),
                        "log2_ratio": np.add.reduceat(ratio[rows, i], first) / (ends - first),
                    }
                )
            )
    segments = pd.concat(parts, ignore_index=True)
    usual = segments[segments["chrom"].isin(own)].groupby("sample", sort=False).apply(_middle)
    segments["log2_ratio"] -= segments["sample"].map(usual)
    return segments


def _middle(segments: pd.DataFrame) -> float:
    """The log2 ratio of the segment in the middle, counted by bins."""
    ordered = segments.sort_values("log2_ratio")
    half = np.cumsum(ordered["n_bins"].to_numpy())
    return float(ordered["log2_ratio"].to_numpy()[np.searchsorted(half, half[-1] / 2)])


def _segment_means(values: FloatArray, pieces: Sequence[NDArray[np.int64]]) -> FloatArray:
    """(n_bins,) mean of the segment that each bin is in."""
    means = np.empty_like(values)
    found = segment_chromosomes([values[rows] for rows in pieces])
    for rows, ends in zip(pieces, found, strict=True):
        first = np.concatenate([[0], ends[:-1]])
        mean = np.add.reduceat(values[rows], first) / (ends - first)
        means[rows] = np.repeat(mean, ends - first)
    return means


def _pieces(table: pd.DataFrame, borders: Mapping[str, int]) -> list[NDArray[np.int64]]:
    """Rows of each arm, or chromosome where the arms are unknown."""
    border = table["chrom"].map(dict(borders)).fillna(0).to_numpy(np.float64)
    on_q = table["start"].to_numpy() >= border
    groups = table.groupby([table["chrom"], on_q], sort=False)
    return [np.asarray(rows, dtype=np.int64) for rows in groups.indices.values()]


def sample_segments(
    table: pd.DataFrame, sheet: SampleSheet, *, chroms: Sequence[str] = ()
) -> tuple[pd.DataFrame, str]:
    """Segments of a file under the sheet's SampleIDs, as log2 ratios of the specimen.

    A row of the sheet takes the segments named after its `SampleID`, else its `Patient`, else its
    `ControlID`. Log ratios are taken as measured on the specimen: purity is in them, as it is in
    the ChIP. Absolute copy numbers of the tumour cells are mixed with normal cells by `Purity`:
    log2((purity x copies + (1 - purity) x 2) / (the same of the average over autosomes)). Gives the
    columns of `schema.SEGMENTS`, and a sentence on what was done.

    Parameters
    ----------
    table
        As `dna.seg.read_seg` returns it.
    sheet
        One row a library.
    chroms
        Names of the chromosomes as the tracks have them: a missing or additional `chr`, and 23
        and 24 for X and Y, are put right.

    Raises
    ------
    SampleSheetError
        If a row has no segments; all of them are named.
    GenomeMismatchError
        If no chromosome of the segments is one of the tracks'.
    """
    table = _renamed(table, chroms)
    known = set(table["sample"])
    keys, missing = [], []
    columns = [c for c in ("SampleID", "Patient", "ControlID") if c in sheet.table]
    for row in sheet.table[columns].itertuples(index=False):
        key = next((str(v) for v in row if str(v) in known), None)
        keys.append(key)
        if key is None:
            tried = " or ".join(filter(None, map(str, row)))
            missing.append(f"sample {row[0]}: no segments of {tried}")
    if missing:
        shown = ", ".join(sorted(known)[:8])
        raise SampleSheetError(sheet.path, [*missing, f"the segments are of {shown}"])
    purity = sheet.numbers("Purity")
    parts, absolute = [], 0
    for i, (sample, key) in enumerate(zip(sheet.samples, keys, strict=True)):
        own = table[table["sample"] == key].assign(sample=sample)
        if own["log2_ratio"].isna().any():
            absolute += 1
            share = 1.0 if purity is None or np.isnan(purity[i]) else float(purity[i])
            own = own.assign(log2_ratio=_mixed(own, share))
        parts.append(own[names(SEGMENTS)])
    note = "log2 ratios of the specimens"
    if absolute:
        mixed = "with Purity" if purity is not None else "as of pure tumours (no column Purity)"
        note = f"absolute copies of {absolute} samples, mixed with normal cells {mixed}"
    return pd.concat(parts, ignore_index=True), note


def _mixed(segments: pd.DataFrame, purity: float) -> FloatArray:
    """log2 ratio of a specimen whose tumour cells have these copies."""
    copies = segments["copies"].to_numpy(np.float64)
    width = (segments["end"] - segments["start"]).to_numpy(np.float64)
    on_autosomes = segments["chrom"].isin(autosomes(list(dict.fromkeys(segments["chrom"]))))
    weight = np.where(on_autosomes, width, 0.0)
    ploidy = float(np.average(copies, weights=weight)) if weight.any() else NORMAL_COPIES
    ploidy = ploidy if ploidy > 0 else NORMAL_COPIES
    normal = (1 - purity) * NORMAL_COPIES
    with np.errstate(divide="ignore"):
        ratio = np.log2((purity * copies + normal) / (purity * ploidy + normal))
    return np.maximum(ratio, LOWEST)


def _renamed(table: pd.DataFrame, chroms: Sequence[str]) -> pd.DataFrame:
    if not chroms:
        return table
    by_stem = names_by_stem(chroms)
    meant = {
        c: c if c in chroms else by_stem.get(stem(c), "") for c in map(str, table["chrom"].unique())
    }
    renamed = table["chrom"].map(meant)
    absent = sorted(set(table.loc[renamed == "", "chrom"]))
    if (renamed == "").all():
        raise GenomeMismatchError(
            f"the segments are on {', '.join(map(str, absent[:5]))}, the tracks on"
            f" {', '.join(list(chroms)[:5])}: they do not belong to the same genome"
        )
    if absent:
        logger.info("segments on %s are on no track and are left out", ", ".join(map(str, absent)))
    return table.assign(chrom=renamed)[renamed != ""].reset_index(drop=True)


def log2_copy_number(
    regions: pd.DataFrame, segments: pd.DataFrame, samples: Sequence[str]
) -> FloatArray:
    """log2 of the DNA of each region and sample, relative to the sample's average.

    The mean over the segments that a region overlaps, weighted by bases; in a gap between segments
    the nearest one's. Each sample is centred so that the mean over its autosomes is 1 on the
    natural scale: what a library has in all is then what it would have without any change.

    Parameters
    ----------
    segments
        Columns of `schema.SEGMENTS`, disjoint within a sample.
    samples
        SampleIDs, the columns of the answer.

    Returns
    -------
    FloatArray
        (n_regions, n_samples); NaN in every sample for regions on chromosomes of which some sample
        has no segment.

    Examples
    --------
    >>> from resist_epi.genome.regions import bed_regions
    >>> segments = pd.DataFrame({"sample": "T1", "chrom": "chr1", "start": [0, 300],
    ...     "end": [300, 400], "n_bins": [3, 1], "log2_ratio": [0.0, 1.0]})
    >>> log2_copy_number(bed_regions([("chr1", 300, 400)]), segments, ["T1"]).round(2)
    array([[0.68]])
    """
    answer = np.full((len(regions), len(samples)), np.nan)
    starts, ends = (regions[c].to_numpy(np.int64) for c in ("start", "end"))
    by_chrom = {str(c): rows for c, rows in regions.groupby("chrom", sort=False).indices.items()}
    own = {str(s): rows for s, rows in segments.groupby("sample", sort=False)}
    for i, sample in enumerate(samples):
        if sample not in own:
            continue
        table = own[sample]
        centre = _average(table)
        for chrom, rows in table.groupby("chrom", sort=False):
            here = by_chrom.get(str(chrom))
            if here is not None:
                answer[here, i] = np.log2(_mean_ratio(rows, starts[here], ends[here]) / centre)
    answer[np.isnan(answer).any(axis=1)] = np.nan
    return answer


def _average(segments: pd.DataFrame) -> float:
    """Mean ratio over the autosomes, by bases."""
    on_autosomes = segments["chrom"].isin(autosomes(list(dict.fromkeys(segments["chrom"]))))
    rows = segments[on_autosomes]
    width = (rows["end"] - rows["start"]).to_numpy(np.float64)
    return float(np.average(_ratio(rows), weights=width)) if len(rows) and width.any() else 1.0


def _ratio(segments: pd.DataFrame) -> FloatArray:
    return np.asarray(2.0 ** np.maximum(segments["log2_ratio"].to_numpy(np.float64), LOWEST))


def _mean_ratio(
    segments: pd.DataFrame, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> FloatArray:
    """Mean ratio of each interval over the segments of one chromosome."""
    segments = segments.sort_values("start")
    left, right = (segments[c].to_numpy(np.float64) for c in ("start", "end"))
    ratio, width = _ratio(segments), right - left
    knots = np.column_stack([left, right]).ravel()
    area, covered = (
        np.concatenate([[0.0], np.repeat(np.cumsum(v), 2)])[: 2 * len(left)]
        for v in (ratio * width, width)
    )
    # Both grow along a segment and stand still in a gap.
    area_in = np.interp(ends, knots, area) - np.interp(starts, knots, area)
    covered_in = np.interp(ends, knots, covered) - np.interp(starts, knots, covered)
    middle = (starts + ends) / 2
    after = np.clip(np.searchsorted(left, middle), 0, len(left) - 1)
    before = np.clip(after - 1, 0, len(left) - 1)
    nearest = np.where(middle - right[before] <= left[after] - middle, before, after)
    inside = covered_in > 0
    return np.where(inside, area_in / np.where(inside, covered_in, 1.0), ratio[nearest])


def with_copy_number(matrix: CountMatrix, log2_copies: FloatArray) -> CountMatrix:
    """Return the matrix with copy number in what is expected of each region and sample.

    Signal is taken as proportional to DNA: twice the copies, twice the mark and background.
    Regions without copy number (NaN) are left as they are.

    Parameters
    ----------
    log2_copies
        (n_regions, n_samples), as `log2_copy_number` returns it.
    """
    expected = np.log(2.0) * np.nan_to_num(log2_copies, nan=0.0)
    if matrix.expected is not None:
        expected = expected + matrix.expected
    unknown = int(np.isnan(log2_copies).any(axis=1).sum())
    if unknown:
        logger.info(
            "%d of %d regions have no copy number and are not corrected",
            unknown,
            len(matrix.regions),
        )
    return replace(matrix, expected=expected)
