"""From a mark's results and the file of another assay to what they say together."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from resist_epi.errors import DesignError
from resist_epi.genes.gene_values import gene_key, gene_rows
from resist_epi.genes.symbols import SymbolTable
from resist_epi.mechanism.assays import Evidence, assay_named
from resist_epi.mechanism.concordance import concordance
from resist_epi.mechanism.evidence import Thresholds, join_evidence
from resist_epi.mechanism.evidence_files import read_evidence
from resist_epi.mechanism.patients import patient_correlation, with_contrast
from resist_epi.model.analysis import Analysis
from resist_epi.samples.facts import facts_of
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet
from resist_epi.stats.multiple import benjamini_hochberg, directions

logger = logging.getLogger(__name__)

_NO_PATIENTS = dict.fromkeys(("n_patients", "patient_median", "patient_pvalue"), np.nan)


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

    def as_results(self, *, fdr: float = Question.fdr) -> pd.DataFrame:
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
            stat=np.sign(effect) * -ndtri(np.clip(p, 1e-300, 1) / 2),
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
) -> EvidenceResult:
    """Compare the results of a mark with another assay of the same contrast.

    Parameters
    ----------
    results
        The contract's result columns; the facts beside them name the contrast.
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
    thresholds
        When the assay, and when the mark, counts as changed.

    Raises
    ------
    InputFormatError
        If the file is none of the three shapes, or names no gene of the results.
    DesignError
        An unknown assay, or too few shared patients.
    """
    patients = () if analysis is None else patient_names(analysis.units)
    facts = facts_of(results.attrs.get("header", {})) if analysis is None else analysis.facts
    evidence = read_evidence(
        path, assay_named(assay), patients=patients, groups=contrast_sides(facts)
    )
    if evidence.values is not None and analysis is not None:
        evidence = with_contrast(
            evidence,
            analysis.units,
            formula=analysis.design.formula,
            contrast=analysis.contrast.name,
        )
    thresholds = thresholds or Thresholds()
    joined = join_evidence(
        results, evidence, mark=mark, symbols=symbols, thresholds=thresholds, fdr=thresholds.fdr
    )
    summary = concordance(joined, evidence, mark=mark, covariates=covariates)
    header = {
        "assay": f"{evidence.assay.title}: {evidence.source}",
        "expected": _expectation(evidence, mark),
        "thresholds": f"P <= {thresholds.max_p:g} and fold change >="
        f" {thresholds.min_fold_change:g} for the assay; padj <= {thresholds.fdr:g} for the mark",
        "concordance": str(summary["words"].iloc[0]),
    }
    patient = _NO_PATIENTS
    if evidence.values is not None and analysis is not None:
        joined, patient, said = _in_patients(joined, evidence, analysis, mark)
        header["patients"] = said
    return EvidenceResult(evidence, joined, summary.assign(**patient), header)


def _in_patients(
    joined: pd.DataFrame, evidence: Evidence, analysis: Analysis, mark: str
) -> tuple[pd.DataFrame, dict[str, float], str]:
    rows = gene_rows(analysis.results)
    genes = analysis.results.iloc[rows]
    place = dict(zip(gene_key(genes), rows.tolist(), strict=True))
    at = np.array([place[g] for g in gene_key(joined)], dtype=np.int64)
    try:
        table, found = patient_correlation(
            joined,
            evidence,
            analysis.fit,
            analysis.units,
            rows=at,
            sign=evidence.assay.sign(mark),
        )
    except DesignError as error:
        logger.warning("no correlation over the patients: %s", error)
        return joined, _NO_PATIENTS, f"not correlated over the patients: {error}"
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


def patient_names(units: SampleSheet) -> tuple[str, ...]:
    """What the columns of a table of levels a patient may be called."""
    column = "Patient" if units.has_patients else "SampleID"
    return tuple(units.table[column].astype(str))


def contrast_sides(facts: Mapping[str, Any]) -> tuple[str, str] | None:
    """The two sides of the contrast; None for a slope, or where nothing is known of it."""
    about = facts.get("contrast", {})
    return (about["first"], about["second"]) if about.get("kind") == "difference" else None


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
