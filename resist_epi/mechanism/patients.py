"""Another assay in the same patients: its own contrast, and whether it follows the mark in each."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.mechanism.assays import Evidence
from resist_epi.model.fit import Fit
from resist_epi.samples.design import check_testable, make_contrast, make_design
from resist_epi.samples.sheet import SampleSheet
from resist_epi.stats.linear.least_squares import contrast as linear_contrast
from resist_epi.stats.linear.least_squares import fit_linear
from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances
from resist_epi.stats.multiple import benjamini_hochberg

logger = logging.getLogger(__name__)

# Levels with a negative value, or none above this, are logarithms already.
LARGEST_LOG = 40.0

FEWEST_PATIENTS = 4

N_PERMUTATIONS = 500


def with_contrast(
    evidence: Evidence, units: SampleSheet, *, formula: str, contrast: str | None
) -> Evidence:
    """Test the study's contrast in the levels of another assay.

    A linear model of log2 levels with variances moderated towards their trend (Smyth 2004), in the
    patients that have both. Levels that hold no negative value and one above 40 are taken as the
    natural scale; the source says so. Gives `effect` (log2) and `pvalue`, NaN where the design
    cannot be tested.

    Parameters
    ----------
    evidence
        With `values`.
    units
        The study's units, one row a patient.
    formula, contrast
        As for the mark.

    Raises
    ------
    DesignError
        If it has no values, or the patients it shares with the study cannot carry the design.
    """
    if evidence.values is None:
        raise DesignError(f"the {evidence.assay.title} has no levels a patient to test")
    own = shared_patients(evidence.values, units)
    values, scale = log_levels(evidence.values[own["name"].tolist()])
    sheet = units.for_samples(own["sample"].tolist())
    design = make_design(sheet, formula)
    chosen = make_contrast(design, contrast)
    measured = np.isfinite(values).all(axis=1)
    linear = fit_linear(values[measured], design.matrix.to_numpy())
    estimate, unscaled = linear_contrast(linear, chosen.vector)
    effect, pvalue = (np.full(len(values), np.nan) for _ in range(2))
    effect[measured] = estimate
    source = f"{evidence.source}, of which {len(own)} are in the study; {scale}; {chosen.words}"
    try:
        check_testable(design, chosen)
    except DesignError as error:
        source += f"; no P: {error}"
    else:
        squeezed = squeeze_variances(
            linear.sigma2, linear.df_residual, covariate=linear.mean, robust=True
        )
        pvalue[measured] = moderated_t(estimate, unscaled, squeezed).pvalue
    return replace(
        evidence, effects=evidence.effects.assign(effect=effect, pvalue=pvalue), source=source
    )


def patient_correlation(
    joined: pd.DataFrame,
    evidence: Evidence,
    fit: Fit,
    units: SampleSheet,
    *,
    rows: NDArray[np.int64],
    sign: int,
    n_permutations: int = N_PERMUTATIONS,
    seed: int = 1,
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Correlate mark and assay over the patients that have both, gene by gene.

    Both are taken as residuals of the study's design, so that a difference between the groups
    (which the contrasts show) does not count again.

    Parameters
    ----------
    joined
        As `evidence.join_evidence` gives it, of the fit's regions.
    fit, units
        Of the mark; a column a unit, and its row of the sheet.
    rows
        (n_joined,) row of the fit of each gene in `joined`.
    sign
        Expected sign of the correlation, 0 where none is stated.
    n_permutations
        Relabellings of the patients of the assay, within identical rows of the design.
    seed
        Of these.

    Returns
    -------
    table
        A row a gene: `gene_id symbol n_patients correlation pvalue padj` (two-sided, of t).
    summary
        `n_patients`, `median_correlation`, and `pvalue`: the share of relabellings whose median is
        as far in the expected direction (either, where none is stated). The genes of one patient
        move together, so the median over genes has to be judged by relabelling patients.

    Raises
    ------
    DesignError
        If the assay has no values, or shares fewer than 4 patients with the mark.
    """
    if evidence.values is None:
        raise DesignError(f"the {evidence.assay.title} has no levels a patient")
    own = shared_patients(evidence.values, units)
    columns = [list(fit.design.index).index(s) for s in own["sample"]]
    X = fit.design.to_numpy()[columns]
    place = {gene: i for i, gene in enumerate(evidence.effects["gene"])}
    other_rows = np.array([place[g] for g in joined["evidence_gene"]], dtype=np.int64)
    other = log_levels(evidence.values[own["name"].tolist()])[0][other_rows]
    mark = fit.linear.response[rows][:, columns]
    df = len(columns) - int(np.linalg.matrix_rank(X)) - 1
    if df < 1:
        raise DesignError(
            f"{len(columns)} patients have both the mark and the {evidence.assay.title}; a"
            " correlation beside this design needs more"
        )
    residuals = np.eye(len(columns)) - X @ np.linalg.pinv(X)
    one, two = (_standardised(v @ residuals) for v in (mark, other))
    r = (one * two).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = r * np.sqrt(df / (1 - r**2))
    pvalue = _two_sided(t, df)
    table = joined[["gene_id", "symbol"]].assign(
        n_patients=len(columns), correlation=r, pvalue=pvalue, padj=benjamini_hochberg(pvalue)
    )
    observed = float(np.nanmedian(r)) if np.isfinite(r).any() else np.nan
    null = _null_medians(one, other, residuals, X, n_permutations, seed)
    beyond = np.abs(null) >= abs(observed) if sign == 0 else sign * null >= sign * observed
    return table, {
        "n_patients": float(len(columns)),
        "median_correlation": observed,
        "pvalue": float((1 + beyond.sum()) / (n_permutations + 1)),
    }


def log_levels(values: pd.DataFrame) -> tuple[FloatArray, str]:
    """(n_genes, n_patients) log2 levels, and a clause on what was done to them."""
    array = values.to_numpy(np.float64)
    finite = array[np.isfinite(array)]
    if (finite < 0).any() or not (finite > LARGEST_LOG).any():
        return array, "levels taken as logarithms"
    positive = finite[finite > 0]
    prior = float(np.quantile(positive, 0.01))
    return np.asarray(np.log2(array + prior)), f"log2 of levels + {prior:.3g}"


def shared_patients(values: pd.DataFrame, units: SampleSheet) -> pd.DataFrame:
    """Unit (`sample`) and column of the assay (`name`) of every patient in both."""
    column = "Patient" if units.has_patients else "SampleID"
    names = units.table[column].astype(str)
    table = pd.DataFrame({"sample": list(units.samples), "name": names.to_numpy()})
    table = table[table["name"].isin(values.columns)]
    twice = table["name"].duplicated(keep=False)
    if twice.any():
        logger.warning(
            "patients with several units cannot be matched to one level and are left out: %s",
            ", ".join(table.loc[twice, "name"].unique()),
        )
        table = table[~twice]
    if len(table) < FEWEST_PATIENTS:
        raise DesignError(
            f"the assay and the mark share {len(table)} patients; at least {FEWEST_PATIENTS} are"
            f" needed (the assay has {', '.join(map(str, values.columns[:4]))}, the study"
            f" {', '.join(names[:4])})"
        )
    return table


def _standardised(values: FloatArray) -> FloatArray:
    """Rows of length 1; those without variation become NaN."""
    length = np.sqrt((values**2).sum(axis=1, keepdims=True))
    scale = np.sqrt(np.maximum(values.shape[1], 1)) * 1e-12
    return np.asarray(values / np.where(length > scale, length, np.nan))


def _two_sided(t: FloatArray, df: int) -> FloatArray:
    from scipy.stats import t as student

    return np.asarray(2 * student.sf(np.abs(t), df))


def _null_medians(
    one: FloatArray,
    other: FloatArray,
    residuals: FloatArray,
    X: FloatArray,
    n: int,
    seed: int,
) -> FloatArray:
    group = np.unique(X, axis=0, return_inverse=True)[1].ravel()
    rng = np.random.default_rng(seed)
    medians = np.empty(n)
    for k in range(n):
        order = np.arange(len(group))
        for g in np.unique(group):
            at = np.flatnonzero(group == g)
            order[at] = rng.permutation(at)
        r = (one * _standardised(other[:, order] @ residuals)).sum(axis=1)
        medians[k] = np.nanmedian(r) if np.isfinite(r).any() else np.nan
    return medians
