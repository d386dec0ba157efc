"""The static figures of a run of peaks alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from resist_epi.plots import figure_function
from resist_epi.report.figures import Draw
from resist_epi.report.peaks_gather import PeaksRun, PeakTables

# More samples than these make combinations that nobody can read; groups are shown instead.
MOST_SETS = 30

CAPTIONS = {  # figure -> caption; what stands in `figures/` under these names is shown
    "upset": "Consensus peaks of exactly these samples, the largest combinations first; at the left"
    " all consensus peaks of each sample.",
    "group_upset": "Consensus peaks of exactly these groups. A group has a peak where at least half"
    " of its units do.",
    "venn": "The same as a Venn diagram; areas are not to scale.",
    "annotation": "Where peaks lie: of the consensus, of the consensus peaks that each group has,"
    " and of each sample's own peaks. CpG class is that of the promoter of the peak's gene.",
    "pca": "Principal components of the samples, over 0 and 1 of the consensus peaks. Depth and"
    " caller move samples here as biology does.",
}

WIDE = ("upset", "annotation")


def peak_figures(run: PeaksRun) -> Iterator[tuple[str, Draw]]:
    """Stem of each figure's file, and what makes the figure."""
    for mark in run.marks:
        for name, draw in _of_mark(mark):
            yield f"{mark.name}.{name}", draw


def _of_mark(mark: PeakTables) -> Iterator[tuple[str, Draw]]:
    samples = mark.samples.rename(columns={"sample": "SampleID", "condition": "Condition"})
    n = len(samples)
    groups = [c for c in mark.group_overlaps if c not in ("n_sets", "n_peaks")]
    of_groups = samples.assign(Condition=samples["Condition"])
    if n > 1 and n <= MOST_SETS:
        yield (
            "upset",
            partial(
                figure_function("upset"),
                mark.overlaps,
                samples=samples,
                title=f"{mark.mark}: peaks that {n} samples share",
            ),
        )
    if len(groups) in (2, 3):
        title = f"{mark.mark}: peaks of at least half of the units"
        yield "venn", partial(figure_function("venn"), mark.group_overlaps, title=title)
    if len(groups) > 3 or (len(groups) > 1 and n > MOST_SETS):
        yield (
            "group_upset",
            partial(
                figure_function("upset"),
                mark.group_overlaps,
                samples=of_groups,
                title=f"{mark.mark}: peaks that {len(groups)} groups share",
            ),
        )
    yield (
        "annotation",
        partial(
            figure_function("annotation"),
            _without_many_samples(mark.classes),
            title=f"{mark.mark}: where peaks lie",
        ),
    )
    if n > 2:
        title = f"{mark.mark}: occupancy of {len(mark.regions.table):,} consensus peaks"
        yield "pca", partial(figure_function("pca"), mark.components, samples=samples, title=title)


def _without_many_samples(classes: pd.DataFrame) -> pd.DataFrame:
    """All bars, or those of consensus and groups where a page has no room for the samples'."""
    n = classes.loc[classes["level"] == "sample", "set"].nunique()
    return classes if n <= 2 * MOST_SETS else classes[classes["level"] != "sample"]
