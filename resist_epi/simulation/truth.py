"""What is true of a cohort's regions and genes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.genome.regions import gene_bodies, promoters
from resist_epi.samples.presets import preset
from resist_epi.simulation import effects
from resist_epi.simulation.cohort import Cohort
from resist_epi.simulation.expectation import expected_signal
from resist_epi.simulation.tumours import expected_level


def expected_change(
    cohort: Cohort, mark: str, regions: pd.DataFrame, *, with_copies: bool = False
) -> FloatArray:
    """True log2 fold change of every region, poor minus good, free of noise.

    What a region holds of planted domains and bodies, whatever the overlap, beside its background
    and all that does not change. Batches, outliers and differences in purity are noise: normal
    tissue dilutes the planted effects by its mean share in the cohort.

    Parameters
    ----------
    with_copies
        Whether the segment of more copies counts as a change (the signal's own), or not (the
        mark's, per copy).

    Returns
    -------
    (n_regions,) float64; NaN where a group has no tumour, exactly 0 where nothing planted reaches.

    Examples
    --------
    >>> from resist_epi.genome.regions import bed_regions
    >>> from resist_epi.simulation.cohort import simulate_cohort
    >>> from resist_epi.simulation.settings import CohortSettings
    >>> cohort = simulate_cohort(CohortSettings(chromosomes=("chr21",), good=2, poor=2, null=True))
    >>> expected_change(cohort, "H3K27me3", bed_regions([("chr21", 20_000_000, 20_010_000)]))
    array([0.])
    """
    poor = (cohort.tumours["condition"] == "poor").to_numpy()
    if poor.all() or not poor.any():
        return np.full(len(regions), np.nan)
    planted = cohort.planted[mark]
    alike = cohort.tumours.assign(purity=cohort.tumours["purity"].mean())
    signal = expected_signal(
        regions,
        cohort.landscape,
        mark,
        expected_level(
            cohort.effects[mark],
            cohort.normal[mark],
            alike,
            carried=planted.carried,
            # In a null cohort factors differ by chance alone, as batches do.
            factors=None if cohort.settings.null else planted.factors,
        )
        * cohort.settings.enrichment,
        fragment_length=cohort.settings.fragment_length,
        bin_size=cohort.settings.bin_size,
        copies=cohort.copies if with_copies else None,
        amplified=cohort.tumours["amplified"].to_numpy(bool),
    )
    change = np.log2(signal[:, poor].mean(axis=1) / signal[:, ~poor].mean(axis=1))
    return np.where(np.abs(change) < 1e-9, 0.0, change)


def truth_table(cohort: Cohort) -> pd.DataFrame:
    """What is true of every gene and mark.

    Returns
    -------
    DataFrame
        `gene mark log2_effect why gene_id chrom marked promoter_log2 body_log2 set set_kind
        carriers factor factor_log2`: the effect planted on the gene's own domain, body or sites (0
        for none) and its reason; whether the gene has any; the true change of its own promoter
        window and body as the mark's preset has them (NaN without such a region); the set with
        which it was changed, and whether that is `named` by the package, `random` or `none`; the
        share of the poor tumours that carry it; and the hidden factor that it follows, with the
        difference that this makes between the groups.

    Examples
    --------
    >>> from resist_epi.simulation.cohort import simulate_cohort
    >>> from resist_epi.simulation.settings import CohortSettings
    >>> settings = CohortSettings(good=2, poor=2, marks=("H3K36me3",), chromosomes=("chr21",))
    >>> truth = truth_table(simulate_cohort(settings))
    >>> list(truth)[:4]
    ['gene', 'mark', 'log2_effect', 'why']
    """
    tables = []
    for mark in cohort.settings.marks:
        parts, genes = cohort.landscape.marks[mark], cohort.landscape.genes
        marked = parts.unit_of_gene >= 0
        unit = np.where(marked, parts.unit_of_gene, 0)
        none = marked & (parts.n_units > 0)
        effect = np.append(cohort.effects[mark], 0.0)[np.where(none, unit, parts.n_units)]
        why = np.append(cohort.reasons[mark], "")[np.where(none, unit, parts.n_units)]
        table = pd.DataFrame(
            {
                "gene": genes["symbol"],
                "mark": mark,
                "log2_effect": effect,
                "why": why,
                "gene_id": genes["gene_id"],
                "chrom": genes["chrom"],
                "marked": marked.astype(np.int64),
            }
        )
        more = _planted_columns(cohort, mark, np.where(none, unit, parts.n_units))
        for name, regions in _gene_regions(cohort, mark).items():
            change = pd.Series(
                expected_change(cohort, mark, regions), index=regions["gene_id"].to_numpy()
            )
            table[name] = change.reindex(genes["gene_id"]).to_numpy()
        tables.append(table.assign(**more))
    return pd.concat(tables, ignore_index=True)


def _planted_columns(cohort: Cohort, mark: str, unit: IntArray) -> dict[str, np.ndarray]:
    """Sets, carriers and factors of each gene, whose unit is the last for none."""
    planted, effect = cohort.planted[mark], np.append(cohort.effects[mark], 0.0)[unit]
    poor = (cohort.tumours["condition"] == "poor").to_numpy()
    n = len(cohort.effects[mark])
    carriers = np.ones(n) if planted.carried is None else planted.carried[:, poor].mean(axis=1)
    factor, difference = np.full(n, "", dtype=object), np.zeros(n)
    if planted.factors is not None and planted.factor_names is not None:
        factor = planted.factor_names
        if poor.any() and not poor.all():
            difference = planted.factors[:, poor].mean(axis=1)
            difference = difference - planted.factors[:, ~poor].mean(axis=1)
    sets = np.append(planted.sets, "")[unit]
    kind = np.where(np.isin(sets, list(cohort.unnamed_sets)), effects.RANDOM_SET, effects.NAMED_SET)
    kind = np.where(sets == "", effects.NO_SET, kind)
    return {
        "set": sets,
        "set_kind": np.where(effect != 0, kind, ""),
        "carriers": np.where(effect != 0, np.append(carriers, 0.0)[unit], 0.0),
        "factor": np.append(factor, "")[unit],
        "factor_log2": np.append(difference, 0.0)[unit],
    }


def _gene_regions(cohort: Cohort, mark: str) -> dict[str, pd.DataFrame]:
    chosen, lengths = preset(mark), cohort.chrom_lengths
    windows = promoters(
        cohort.annotation, upstream=chosen.upstream, downstream=chosen.downstream, lengths=lengths
    )
    bodies = gene_bodies(
        cohort.annotation, offset=chosen.body_offset, min_length=chosen.min_body, lengths=lengths
    )
    return {"promoter_log2": windows[windows["primary"]], "body_log2": bodies}
