"""Signal along the regions that speak for genes, for the report's heatmap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from resist_epi.counting.equal_totals import at_equal_total, equal_total_factors
from resist_epi.counting.profile_files import write_profile_matrix
from resist_epi.counting.sources import has_reads, track_files
from resist_epi.io.run_folder import run_path
from resist_epi.model.analysis import Analysis
from resist_epi.samples.facts import figure_title
from resist_epi.samples.presets import preset
from resist_epi.stats.best_supported import order_of_support
from resist_epi.study.profile_sheet import Window, profile_with_totals
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.study import Study, mark_kinds, study_reads
from resist_epi.tracks.looks import LookCache

MOST = 400  # regions of a group: more than a figure has rows for

# Libraries up to which there are so many; of more there are as many values in all as of these, and
# no fewer than FEWEST regions of a group.
MOST_LIBRARIES, FEWEST = 60, 50

WINDOWS = {
    "promoters": Window("TSS", before=5000, after=5000, bin_size=100),
    "genes": Window(before=2000, after=2000, body=6000, bin_size=100),
    "peaks": Window(before=5000, after=5000, bin_size=100),
}


def write_profiles(study: Study, mark: str, mains: Sequence[Analysis], outputs: Outputs) -> None:
    """Write the tracks of a mark along its called regions, and along others to compare with.

    Of several contrasts the regions that any of them calls; of more than 60 libraries fewer regions
    (`most_regions`), since each is read, written and shown for every library. Each track is scaled
    to the same total coverage; where no row has one, the depth of the reads as they were counted.
    Nothing is written where some rows have a track and others none.

    Raises
    ------
    InputFormatError
        If a track is damaged or the folder cannot be written.
    """
    speaks = preset(mark).speaks(mark_kinds(study, mark))
    sheet, window = study.sheet.for_mark(mark), WINDOWS.get(speaks)
    most = most_regions(len(sheet.samples))
    regions = shown_regions([main.results for main in mains], most=most)
    if window is None or study.folder is None or regions.empty:
        return
    cache = LookCache(run_path(study.folder, "looks"))
    files = track_files(sheet)
    if files and len(files) < len(sheet.samples):
        return
    if not files and not has_reads(sheet):
        return
    looks = {sample: cache.find(file) for sample, file in files.items()}
    known = {s: np.nan if look is None else look.total for s, look in looks.items()}
    if files and not all((total or 0) > 0 for total in known.values()):
        return
    tested = None
    if speaks == "promoters":
        upstream, downstream = preset(mark).window
        regions, tested = tss_of_promoters(regions, upstream, downstream), (-upstream, downstream)
    matrix, own = profile_with_totals(
        sheet,
        regions,
        window,
        reads=study_reads(study.settings),
        jobs=study.settings.jobs,
        looks=cache,
    )
    totals = {s: float(known[s] or 0) if files else own[s] for s in sheet.samples}
    if not all(total > 0 for total in totals.values()):
        return
    factors = equal_total_factors(totals)
    scaled = replace(
        matrix,
        values={s: v * np.float32(factors[s]) for s, v in matrix.values.items()},
        quantity=at_equal_total("signal" if files else "reads per base"),
        tested=tested,
        title=matrix.title if len(mains) > 1 else figure_title(mains[0].facts, speaks),
    )
    path = outputs.path("profile")
    write_profile_matrix(outputs.add(path), scaled, group="direction")


def tss_of_promoters(regions: pd.DataFrame, upstream: int, downstream: int) -> pd.DataFrame:
    """Promoter windows as their TSS, one base each; of merged windows that furthest upstream.

    A window that the start of the chromosome cuts off is told by its other end.
    """
    start, end = (regions[c].to_numpy(np.int64) for c in ("start", "end"))
    minus = (regions["strand"] == "-").to_numpy()
    plus_tss = np.where(start > 0, start + upstream, np.maximum(end - downstream, 0))
    tss = np.where(minus, np.maximum(end - upstream - 1, 0), plus_tss)
    return regions.assign(start=tss, end=tss + 1)


CALLED = "called"  # in any of several contrasts


def most_regions(libraries: int) -> int:
    """How many regions of a group are shown of so many libraries.

    Examples
    --------
    >>> most_regions(12), most_regions(120), most_regions(4000)
    (400, 200, 50)
    """
    return max(min(MOST, MOST * MOST_LIBRARIES // max(libraries, 1)), FEWEST)


def shown_regions(tables: Sequence[pd.DataFrame], *, most: int = MOST) -> pd.DataFrame:
    """Gains and losses, the best supported where there are many, and others over the genome.

    Of several contrasts those that any of them calls, as one group.

    Parameters
    ----------
    tables
        Results of the same regions, a contrast each.
    most
        Of a group.

    Returns
    -------
    DataFrame
        `chrom start end strand region_id direction`: gains first, then losses (or what is called
        in any contrast), then others.
    """
    parts: list[pd.DataFrame] = []
    results = tables[0]
    if len(tables) > 1:
        called = np.any([t["direction"].astype(str) != "none" for t in tables], axis=0)
        results = _of_best_contrast(tables)
        results = results.assign(direction=np.where(called, CALLED, "none"))
    for direction in (*(("gain", "loss") if len(tables) == 1 else (CALLED,)), "none"):
        rows = results[results["direction"].astype(str) == direction]
        if direction == "none":
            rows = rows[rows["baseMean"] > 0]
            chosen = np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(np.int64)
            rows = rows.iloc[chosen]
        elif len(rows) > most:
            rows = rows.iloc[order_of_support(rows)[:most]]
        parts.append(rows)
    columns = ["chrom", "start", "end", "strand", "region_id", "direction"]
    return pd.concat(parts)[columns].reset_index(drop=True)


def _of_best_contrast(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Each region's row of the contrast in which it is best supported."""
    rank = np.empty((len(tables), len(tables[0])), dtype=np.intp)
    every = pd.concat(tables, ignore_index=True)
    rank.ravel()[order_of_support(every)] = np.arange(rank.size)
    rows = rank.argmin(axis=0) * rank.shape[1] + np.arange(rank.shape[1])
    best: pd.DataFrame = every.iloc[rows.tolist()].reset_index(drop=True)
    return best
