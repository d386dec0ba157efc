"""From a mark's results and the file of another assay to what they say together."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from resist_epi.errors import DesignError
from resist_epi.genes.gene_values import gene_key, gene_rows
from resist_epi.genes.symbols import SymbolTable
from resist_epi.mechanism.assays import Evidence, assay_named
from resist_epi.mechanism.concordance import concordance
from resist_epi.mechanism.evidence import Thresholds, join_evidence
from resist_epi.mechanism.evidence_files import read_evidence
from resist_epi.mechanism.patients import patient_correlation, with_contrast
from resist_epi.model.analysis import Analysis
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.sheet import SampleSheet
from resist_epi.stats.multiple import benjamini_hochberg, directions

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvidenceResult:
    """What a mark and another assay say together.

    Attributes
    ----------
    evidence
        The assay, with its own contrast.
    joined
        A row a gene (`evidence.join_evidence`); with `patient_correlation` and its P where the
        patients match.
    summary
        One row (`concordance.concordance`), with `n_patients patient_median patient_pvalue` at its
        end (NaN where no patients match).
    header
        Name -> sentence for the `#` lines.
    """

    evidence: Evidence
    joined: pd.DataFrame
    summary: pd.DataFrame
    header: dict[str, str]

    def as_results(self, *, fdr: float = 0.05) -> pd.DataFrame:
        """The assay's own contrast in the columns of results, at the places of the mark.

        `stat` is the normal score of the signed P (`df` infinite), NaN where there is no P.
        """
        table = self.joined
        p = table["evidence_pvalue"].to_numpy(np.float64)
        effect = table["evidence_effect"].to_numpy(np.float64)
        padj = benjamini_hochberg(p)
        return table[["chrom", "start", "end", "gene_id", "symbol"]].assign(
            strand="+",
            baseMean=table["evidence_base"].fillna(table["baseMean"]),
            log2FoldChange=effect,
            stat=np.sign(effect) * norm.isf(np.clip(p, 1e-300, 1) / 2),
            df=np.inf,
            pvalue=p,
            padj=padj,
            direction=directions(padj, effect, fdr=fdr),
        )


def compare_assay(
    results: pd.DataFrame,
    path: str | Path,
    *,
    assay: str,
    mark: str,
    analysis: Analysis | None = None,
    covariates: pd.DataFrame | None = None,
    symbols: SymbolTable | None = None,
    thresholds: Thresholds | None = None,
    fdr: float = 0.05,
    seed: int = 1,
) -> EvidenceResult:
    """Compare the results of a mark with another assay of the same contrast.

    Parameters
    ----------
    results
        The contract's result columns; the `#` lines name the contrast.
    path
        Effects, levels a patient, or means of the two groups (`evidence_files.read_evidence`).
    assay
        Key of `assays.ASSAYS`.
    mark
        Name of the mark.
    analysis
        What the results came from: its patients are then looked for in the file, and its design is
        fitted to them.
    covariates
        By `gene_id`, for matching (`covariates.gene_covariates`).

    Raises
    ------
    InputFormatError
        If the file is none of the three shapes, or names no gene of the results.
    DesignError
        An unknown assay, or too few shared patients.
    """
    units = None if analysis is None else analysis.units
    patients = () if units is None else _patient_names(units)
    groups = _sides(results) if analysis is None else _levels(analysis.contrast, analysis.design)
    evidence = read_evidence(path, assay_named(assay), patients=patients, groups=groups)
    if evidence.values is not None and analysis is not None:
        evidence = with_contrast(
            evidence,
            analysis.units,
            formula=analysis.design.formula,
            contrast=analysis.contrast.name,
        )
    thresholds = thresholds or Thresholds()
    joined = join_evidence(
        results, evidence, mark=mark, symbols=symbols, thresholds=thresholds, fdr=fdr
    )
    summary = concordance(joined, evidence, mark=mark, covariates=covariates, seed=seed)
    header = {
        "assay": f"{evidence.assay.title}: {evidence.source}",
        "expected": _expectation(evidence, mark),
        "thresholds": f"P <= {thresholds.max_p:g} and fold change >="
        f" {thresholds.min_fold_change:g} for the assay; padj <= {fdr:g} for the mark",
        "concordance": str(summary["words"].iloc[0]),
    }
    patient = {"n_patients": np.nan, "patient_median": np.nan, "patient_pvalue": np.nan}
    if evidence.values is not None and analysis is not None:
        joined, patient, said = _in_patients(joined, evidence, analysis, mark, seed)
        header["patients"] = said
    return EvidenceResult(evidence, joined, summary.assign(**patient), header)


def _in_patients(
    joined: pd.DataFrame, evidence: Evidence, analysis: Analysis, mark: str, seed: int
) -> tuple[pd.DataFrame, dict[str, float], str]:
    rows = gene_rows(analysis.results)
    genes = analysis.results.iloc[rows]
    place = dict(zip(gene_key(genes), rows.tolist(), strict=True))
    at = np.array([place[g] for g in gene_key(joined)], dtype=np.int64)
    none = {"n_patients": np.nan, "patient_median": np.nan, "patient_pvalue": np.nan}
    try:
        table, found = patient_correlation(
            joined,
            evidence,
            analysis.fit,
            analysis.units,
            rows=at,
            sign=evidence.assay.sign(mark),
            seed=seed,
        )
    except DesignError as error:
        logger.warning("no correlation over the patients: %s", error)
        return joined, none, f"not correlated over the patients: {error}"
    joined = joined.assign(
        patient_correlation=table["correlation"],
        patient_pvalue=table["pvalue"],
        patient_padj=table["padj"],
    )
    said = (
        f"over {found['n_patients']:.0f} patients, beside the design, mark and assay correlate by a"
        f" median of {found['median_correlation']:.2f} over the genes (P {found['pvalue']:.2g} by"
        " relabelling patients)"
    )
    summary = {
        "n_patients": found["n_patients"],
        "patient_median": found["median_correlation"],
        "patient_pvalue": found["pvalue"],
    }
    return joined, summary, said


def _patient_names(units: SampleSheet) -> tuple[str, ...]:
    column = "Patient" if units.has_patients else "SampleID"
    return tuple(units.table[column].astype(str))


def _levels(contrast: Contrast, design: Design) -> tuple[str, str] | None:
    """Names of the two sides of a contrast, or None for a slope."""
    if len(contrast.sides) != 2:
        return None
    column = contrast.name.partition(":")[0]
    if column not in design.units:
        return None
    named = [design.units.loc[side, column].astype(str).unique() for side in contrast.sides]
    return (str(named[0][0]), str(named[1][0])) if all(len(n) == 1 for n in named) else None


def _sides(results: pd.DataFrame) -> tuple[str, str] | None:
    """The sides as the `#` line `contrast: A minus B; ...` names them."""
    for line in results.attrs.get("header", ()):
        if line.startswith("contrast: ") and " minus " in line:
            one, _, other = line.removeprefix("contrast: ").split(";")[0].partition(" minus ")
            return one.strip(), other.split(",")[0].strip()
    return None


def _expectation(evidence: Evidence, mark: str) -> str:
    sign = evidence.assay.sign(mark)
    if sign == 0:
        return (
            f"no sign is stated in advance for {mark} ({evidence.assay.note or 'not in the list'})"
        )
    return (
        f"{evidence.assay.title} {'rises' if sign > 0 else 'falls'} where {mark} is gained, stated"
        f" in advance ({evidence.assay.note})"
    )
