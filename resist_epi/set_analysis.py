"""From a table of results, and the counts behind it, to gene sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from resist_epi.analysis import analyse
from resist_epi.enrichment import DEFAULT_TEST, enrich
from resist_epi.errors import InputFormatError
from resist_epi.gene_sets import GeneSet
from resist_epi.matrix import CountMatrix
from resist_epi.normalization_inputs import NormalizationInputs
from resist_epi.samples import SampleSheet
from resist_epi.symbols import SymbolTable


def enrich_results(
    results: pd.DataFrame,
    gene_sets: Mapping[str, GeneSet],
    counts: tuple[CountMatrix, SampleSheet] | None,
    *,
    symbols: SymbolTable | None = None,
    formula: str = "~ Condition",
    contrast: str | None = None,
    method: str | None = None,
    normalize: str | None = None,
    inputs: NormalizationInputs | None = None,
    fdr: float = 0.05,
    own_sets: bool = False,
    kinds: Mapping[str, str] | None = None,
    test: str = DEFAULT_TEST,
    beside: Sequence[str] = (),
    covariates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Test gene sets on results, with the correlation between genes from the counts if given.

    Parameters
    ----------
    counts
        Matrix and sheet that the results were made from; the fit is made again with the options
        given here, and must give the same fold changes.
    test, beside
        Keys of `set_methods.METHODS`: the test of the table, and further ones beside it.
    covariates
        By `gene_id`: `length`, for the test `logistic`.

    Returns
    -------
    DataFrame
        As `enrichment.enrich`.

    Raises
    ------
    InputFormatError
        If counts and results are of different regions, or the options are not those of the
        results.
    ResistEpiError
        As `analyse` and `enrich`.
    """
    fit = chosen = design = matrix = None
    if counts is not None:
        analysis = analyse(
            *counts,
            formula=formula,
            contrast=contrast,
            method=method,
            normalize=normalize,
            inputs=inputs,
            fdr=fdr,
        )
        check_same(results, analysis.results)
        fit, chosen, design = analysis.fit, analysis.contrast, analysis.design
        matrix = analysis.matrix
    return enrich(
        results,
        gene_sets,
        fit=fit,
        contrast=chosen,
        symbols=symbols,
        fdr=fdr,
        own_sets=own_sets,
        kinds=kinds,
        test=test,
        beside=beside,
        design=design,
        covariates=covariates,
        matrix=matrix,
    )


def check_same(given: pd.DataFrame, again: pd.DataFrame) -> None:
    """Make sure that results and a fit made again from the counts are the same.

    Raises
    ------
    InputFormatError
        If regions or fold changes differ.
    """
    if list(given["region_id"]) != list(again["region_id"]):
        raise InputFormatError(
            "the counts are not of the regions in the results",
            remedy="give the counts that the results were made from",
        )
    columns = ["log2FoldChange", "stat", "df"]
    if not np.allclose(given[columns], again[columns], rtol=1e-6, atol=1e-8, equal_nan=True):
        raise InputFormatError(
            "the counts with these options give other results than those in the table",
            remedy="give the options with which the results were made",
        )
