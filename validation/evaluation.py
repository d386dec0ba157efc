"""How well the analysis of a cohort finds what is true of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.counting.background import BACKGROUND_BIN, fold_over_background
from resist_epi.counting.coverage import count_regions
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.chromosomes import autosomes
from resist_epi.genome.consensus import consensus_peaks
from resist_epi.genome.regions import gene_bodies, promoters
from resist_epi.model.analysis import analyse
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.samples.presets import preset
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import make_sheet
from resist_epi.simulation.cohort import Cohort, library_fragments, library_track
from resist_epi.simulation.files import sheet_table
from resist_epi.simulation.libraries import call_peaks
from resist_epi.simulation.truth import expected_change, truth_table

UNCHANGED = 0.01  # log2; a region that truly changes by less counts as unchanged

CHANGED_PEAK = 0.1  # log2; a peak that truly changes by so much counts as planted


@dataclass(frozen=True)
class Comparison:
    """One result table of a cohort beside the truth.

    Attributes
    ----------
    table
        `MARK.KIND`.
    results
        The contract's result columns, n rows.
    true
        (n,) log2 poor minus good.
    planted
        (n,) bool: rows that speak for a planted gene and truly change; of peaks those that do.
    fold
        (n,) signal over that of the median background bin, mean over the units.
    """

    table: str
    results: pd.DataFrame
    true: np.ndarray
    planted: np.ndarray
    fold: np.ndarray


def compare_cohort(cohort: Cohort, question: Question | None = None) -> Iterator[Comparison]:
    """Analyse a cohort as a run would, and set every result table beside the truth."""
    sheet = make_sheet(sheet_table(cohort))
    truth = truth_table(cohort)
    for mark in cohort.settings.marks:
        own = sheet.for_mark(mark)
        fragments = {s: library_fragments(cohort, s) for s in own.samples}
        tracks = {s: library_track(cohort, s, fragments=f) for s, f in fragments.items()}
        planted = truth[(truth["mark"] == mark) & (truth["why"] != "")]
        tables = _regions(cohort, mark, fragments)
        lengths = {c: cohort.chrom_lengths[c] for c in autosomes(cohort.chrom_lengths)}
        bins = count_regions(tracks, genome_bins(lengths, BACKGROUND_BIN))
        for kind, regions in tables.items():
            matrix = count_regions(tracks, regions)
            inputs = normalization_inputs(matrix, own, bins=bins, consensus=tables["peaks"])
            results = analyse(matrix, own, question, inputs=inputs).results
            true = expected_change(cohort, mark, results)
            fold = np.full(len(results), np.nan)
            if inputs.background is not None:
                fold = fold_over_background(matrix, inputs.background).mean(axis=1)
            chosen = _planted(results, true, set(planted["gene_id"]))
            yield Comparison(f"{mark}.{kind}", results, true, chosen, fold)


def evaluate_cohort(cohort: Cohort, question: Question | None = None) -> pd.DataFrame:
    """Analyse a cohort as a run would, and compare every result table with the truth.

    Returns
    -------
    DataFrame
        A row a result table: `table n_tested n_changed` (tested regions that truly change by
        `UNCHANGED` or more), `calls false fdp` (calls of unchanged regions, or of the wrong sign,
        and their share), `type_one` (share of unchanged regions with P below .05), `n_planted
        right_sign power` (planted genes, by their own region, tested or not; of peaks those that
        truly change; the share whose estimate has the right sign, and the share called), `bias`
        (median estimate less truth over the unchanged regions, log2).
    """
    found = compare_cohort(cohort, question)
    return pd.DataFrame([{"table": c.table, **score(c)} for c in found])


def planted_regions(comparison: Comparison) -> pd.DataFrame:
    """What became of the planted regions, a row each: what power is made of.

    Returns
    -------
    DataFrame
        `table effect fold tested found`: true absolute log2 change, signal over background,
        whether it was tested, and whether it was called with the right sign.
    """
    rows = comparison.planted
    results, true = comparison.results[rows], comparison.true[rows]
    sign = results["direction"].map({"gain": 1, "loss": -1}).fillna(0).to_numpy()
    return pd.DataFrame(
        {
            "table": comparison.table,
            "effect": np.abs(true),
            "fold": comparison.fold[rows],
            "tested": results["pvalue"].notna().to_numpy(),
            "found": sign == np.sign(true),
        }
    )


def _regions(
    cohort: Cohort, mark: str, fragments: Mapping[str, list[np.ndarray]]
) -> dict[str, pd.DataFrame]:
    chosen, lengths = preset(mark), cohort.chrom_lengths
    tables = {
        "promoters": promoters(
            cohort.annotation,
            upstream=chosen.upstream,
            downstream=chosen.downstream,
            lengths=lengths,
        ),
        "genes": gene_bodies(
            cohort.annotation,
            offset=chosen.body_offset,
            min_length=chosen.min_body,
            lengths=lengths,
        ),
    }
    tables = {kind: table for kind, table in tables.items() if kind in chosen.kinds}
    peaks = {
        sample: call_peaks(
            own,
            cohort.landscape.chroms,
            cohort.landscape.lengths,
            fragment_length=cohort.settings.fragment_length,
        )
        for sample, own in fragments.items()
    }
    return tables | {"peaks": consensus_peaks(peaks, min_overlap=2).regions}


def _planted(results: pd.DataFrame, true: np.ndarray, genes: set[str]) -> np.ndarray:
    if (results["gene_id"] == "").all():
        return np.asarray(np.abs(true) >= CHANGED_PEAK)
    chosen = results["gene_id"].isin(genes).to_numpy() & (np.abs(true) >= UNCHANGED)
    if "primary" in results:
        chosen &= results["primary"].to_numpy(bool)
    return np.asarray(chosen)


def score(comparison: Comparison) -> dict[str, float]:
    """The measures of `evaluate_cohort` of one result table."""
    results, true, chosen = comparison.results, comparison.true, comparison.planted
    estimate = results["log2FoldChange"].to_numpy(np.float64)
    pvalue = results["pvalue"].to_numpy(np.float64)
    tested = np.isfinite(pvalue)
    called = (results["direction"] != "none").to_numpy()
    unchanged = np.abs(true) < UNCHANGED
    wrong = called & (unchanged | (np.sign(estimate) != np.sign(true)))
    right = np.sign(estimate[chosen]) == np.sign(true[chosen])
    null = tested & unchanged
    return {
        "n_tested": int(tested.sum()),
        "n_changed": int((tested & ~unchanged).sum()),
        "calls": int(called.sum()),
        "false": int(wrong.sum()),
        "fdp": float(wrong.sum() / max(called.sum(), 1)),
        "type_one": float((pvalue[null] < 0.05).mean()) if null.any() else np.nan,
        "n_planted": int(chosen.sum()),
        "right_sign": float(right.mean()) if chosen.any() else np.nan,
        "power": float((called & ~wrong)[chosen].mean()) if chosen.any() else np.nan,
        "bias": float(np.median((estimate - true)[null])) if null.any() else np.nan,
    }
