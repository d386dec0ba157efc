"""Counts of a study with all that its analysis needs: what a run asks, and what a notebook asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.dna.adjust_counts import adjust_counts
from resist_epi.io.shown import Shown, listed
from resist_epi.model.analysis import Analysis, analyse, analyse_several
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.study import Study

# The kind of regions that are neither a preset's nor peaks: a BED file or a table of the user's.
OWN_REGIONS = "regions"


@dataclass(frozen=True, repr=False)
class StudyCounts(Shown):
    """Counts of one mark in one kind of regions, and everything that its tests read beside them.

    Attributes
    ----------
    study
        What all marks share: settings, genes, exclusions, peaks, consensus, copy number.
    sheet
        The rows of the mark.
    kind
        `promoters`, `genes`, `peaks` or `domains`; `regions` for regions of the user's.
    matrix
        (n_regions, n_libraries), a column a library.
    bins
        The same libraries in bins of 10 kb, where background is looked for.
    controls
        Of the controls (inputs), in the regions and in the bins; None where they are not used.
    windows
        Of `domains`: the bins of all windows above background, from which these are made.
    shares
        A row a library: `sample`, `in_peaks` and `in_promoters`, 0 to 1; None where not counted.
    """

    study: Study
    sheet: SampleSheet
    kind: str
    matrix: CountMatrix
    bins: CountMatrix
    controls: tuple[CountMatrix, CountMatrix] | None = None
    windows: CountMatrix | None = None
    shares: pd.DataFrame | None = None

    @property
    def mark(self) -> str:
        """The mark (`Factor`)."""
        return self.sheet.marks[0]

    @property
    def regions(self) -> pd.DataFrame:
        """The regions, a row each."""
        return self.matrix.regions

    @property
    def decisions(self) -> dict[str, str]:
        """What was decided on the way, and why: name -> words."""
        study, settings = self.study, self.study.settings
        reason = str(self.matrix.metadata.get("quantity_reason", ""))
        consensus = study.consensus.get(self.mark)
        excluded = sum(int((e - s).sum()) for s, e in study.exclude.values())
        peaks = "none, or too few samples have any"
        if consensus is not None:
            peaks = (
                f"{len(consensus.regions):,} in at least {settings.min_overlap} samples;"
                " they are no background"
            )
        return {
            "quantity": f"{self.matrix.quantity.replace('_', ' ')}: {reason}",
            "genes": study.reference.name,
            "background": f"{len(self.bins.regions):,} bins of 10 kb",
            "consensus peaks": peaks,
            "excluded": f"{excluded:,} bp of {settings.exclude}" if settings.exclude else "",
            "inputs": "" if self.controls is None else f"as {settings.control}",
            "copy number": study.segments_note,
            "places": "; ".join(study.naming.notes),
        }

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        n, samples = self.matrix.values.shape
        title = f"StudyCounts: {self.mark} in {n:,} {self.kind} x {samples} libraries"
        return title, [*self.decisions.items(), ("samples", listed(self.matrix.samples))]


def ask_counts(
    counts: StudyCounts,
    question: Question,
    contrasts: Sequence[str] = (),
    *,
    fold_changes: str = "if_untestable",
) -> list[Analysis]:
    """Ask a question of counts: copy number and inputs put in, then normalised, fitted and tested.

    Parameters
    ----------
    contrasts
        Of one fit, in place of the question's own; none for that one.
    fold_changes
        As of `analysis.analyse`.

    Returns
    -------
    list of Analysis
        One a contrast.

    Raises
    ------
    ResistEpiError
        As `analysis.analyse`.
    """
    study, sheet = counts.study, counts.sheet
    adjusted = adjust_counts(
        counts.matrix,
        sheet,
        counts.bins,
        segments=study.segments,
        segments_note=study.segments_note,
        control=study.settings.control,
        controls=counts.controls,
    )
    consensus = study.consensus.get(counts.mark)
    inputs = normalization_inputs(
        adjusted.matrix,
        sheet,
        bins=adjusted.bins,
        exclude=study.exclude,
        consensus=None if consensus is None else consensus.regions,
        peaks=study.peaks,
    )
    options: dict[str, Any] = {
        "inputs": inputs,
        "fold_changes": fold_changes,
        "over_input": adjusted.over_input,
    }
    if len(contrasts) > 1:
        found = analyse_several(adjusted.matrix, sheet, contrasts, question, **options)
    else:
        found = [analyse(adjusted.matrix, sheet, question, **options)]
    return [analysis.with_more(header=adjusted.header) for analysis in found]
