"""Proliferation, subtype and other tissue: scores of the units, their part in the contrast."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.errors import DesignError
from resist_epi.genes.builtin import gene_set_kinds, load_gene_sets, load_symbols
from resist_epi.genes.covariates import gene_covariates
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.tissue_scores import (
    TissueScores,
    score_warnings,
    scored_sets,
    tissue_scores,
)
from resist_epi.io.run_folder import run_path
from resist_epi.io.store import write_text
from resist_epi.io.tables import read_table
from resist_epi.mechanism.compare_assay import EvidenceResult
from resist_epi.mechanism.expression_scores import expression_scores
from resist_epi.model.analysis import Analysis
from resist_epi.model.differential import contrast_results, fit
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.samples.sheet import SampleSheet
from resist_epi.samples.sheet_checks import PATH_COLUMNS
from resist_epi.schema import TISSUE_SCORES, TISSUE_SCORES_MORE, names
from resist_epi.study.provenance import as_seen_from
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.study import Study

logger = logging.getLogger(__name__)


def write_scores(study: Study, main: Analysis, outputs: Outputs) -> None:
    """Write the scores of a mark's units, and warn where the contrast goes with one.

    Parameters
    ----------
    main
        Of the regions that speak for a gene.
    """
    sets = scored_sets(load_gene_sets(), gene_set_kinds())
    level = GeneLevel(
        main.results,
        fit=main.fit if main.tested else None,
        contrast=main.contrast,
        symbols=load_symbols(),
        covariates=gene_covariates(study.reference),
        mark=outputs.mark,
    )
    try:
        found = tissue_scores(level, sets)
    except DesignError as error:
        logger.info("%s: no scores of tissue: %s", outputs.mark, error)
        return
    if found.table.empty:
        return
    table = with_calls_beside(found, main)
    for warning in score_warnings(table, outputs.mark):
        logger.warning("%s", warning)
    path = outputs.path("scores")
    wide = found.scores.T.reset_index(drop=True)
    wide.columns = [str(c) for c in wide.columns]
    about = main.about(path) | _in_words(table, outputs.mark)
    outputs.table(path, pd.concat([table, wide], axis=1), about)


def _in_words(table: pd.DataFrame, what: str) -> dict[str, str]:
    """For the header: what scores and shares are, and what they warn of."""
    return {
        "scores": "mean standardised log2 signal of the set's genes less that of genes alike in"
        " signal, length and CpG island; higher is more of it; 1 is a standard deviation within"
        " groups",
        "explained": "squared correlation of the other genes' fold changes with their slopes on the"
        " score within groups, where it goes the way the score would move them",
        "warnings": "; ".join(score_warnings(table, what)) or "none",
    }


def write_expression_scores(
    analyses: Mapping[str, Analysis],
    evidence: Mapping[str, Mapping[str, EvidenceResult]],
    outputs: Outputs,
) -> None:
    """Write the scores from expression, where the study has levels a patient of it.

    Parameters
    ----------
    evidence
        Assay -> mark -> what was compared.
    """
    by_mark = evidence.get("expression", {})
    for mark, found in by_mark.items():
        own = analyses[mark]
        if found.evidence.values is None:
            return
        sets = scored_sets(load_gene_sets(), gene_set_kinds())
        try:
            scored = expression_scores(
                found.evidence,
                own.units,
                sets,
                formula=own.question.formula,
                contrast=own.question.contrast,
                symbols=load_symbols(),
            )
        except DesignError as error:
            logger.info("no scores of tissue from expression: %s", error)
            return
        if not scored.table.empty:
            table = scored.table.assign(calls=np.nan, calls_beside=np.nan)
            for warning in score_warnings(table, "expression"):
                logger.warning("%s", warning)
            path = outputs.path("scores", mark="expression")
            wide = scored.scores.T.reset_index(drop=True)
            about = own.about(path) | _in_words(table, "expression")
            outputs.table(path, pd.concat([table, wide], axis=1), about)
        return  # the patients and their levels are the same beside every mark


def with_calls_beside(found: TissueScores, main: Analysis) -> pd.DataFrame:
    """The table, with what is called beside each score that the contrast goes with."""
    calls = main.results["direction"].ne("none").to_numpy()
    beside = []
    for row in found.table.to_dict("records"):
        goes = row["verdict"] in ("largely this", "partly this")
        own = found.scores[row["column"]]
        beside.append(_calls_beside(main, own, calls) if goes else np.nan)
    return found.table.assign(calls=float(calls.sum()), calls_beside=beside)


def _calls_beside(main: Analysis, score: pd.Series, calls: np.ndarray) -> float:
    """How many of the calls are called with the score in the design; NaN if it cannot stand there.

    Weights of units are left as they are without it: this is a look, and no result.
    """
    table = main.units.table.assign(**{str(score.name): score.to_numpy()})
    units = replace(main.units, table=table)
    try:
        design = make_design(units, f"{main.question.formula} + {score.name}")
        contrast = make_contrast(design, main.question.contrast)
        own = main.fit
        fitted = fit(
            main.matrix, design, method=own.method, tested=own.tested, options=main.options
        )
        results = contrast_results(fitted, contrast, fdr=main.question.fdr)
    except DesignError:
        return np.nan
    return float((calls & results["direction"].ne("none").to_numpy()).sum())


def write_scored_sheet(study: Study, out: Path, marks: Mapping[str, Analysis]) -> Path | None:
    """Write the study's sheet with the scores as columns, for a design that names one.

    Paths in it are relative to where it stands. None where no mark has scores.
    """
    path = run_path(out, "scored_sheet")
    parts = {mark: _scores_of(run_path(out, "scores", mark)) for mark in marks}
    if not any(len(own) for own in parts.values()):
        return None
    table = study.sheet.table.copy()
    for column in PATH_COLUMNS:
        if column in table:
            table[column] = [_seen_from(path.parent, text) for text in table[column]]
    for mark, own in parts.items():
        for name, scores in own.items():
            of_row = _of_rows(study.sheet.for_mark(mark), marks[mark], scores)
            table.loc[table["Factor"] == mark, name] = of_row
    write_text(path, table.to_csv(index=False))
    return path


def _scores_of(path: Path) -> dict[str, pd.Series]:
    """Column -> score of each unit, as a run wrote them."""
    if not path.is_file():
        return {}
    table = read_table(path)
    ours = [*names(TISSUE_SCORES), *names(TISSUE_SCORES_MORE)]
    units = table.drop(columns=ours)
    return {str(table.at[i, "column"]): units.loc[i].astype(np.float64) for i in table.index}


def _of_rows(rows: SampleSheet, analysis: Analysis, score: pd.Series) -> list[float]:
    """The score of each row's unit; libraries of one unit share it."""
    keys = rows.unit_columns(list(analysis.design.variables))
    values = score.reindex(list(analysis.units.samples))
    of_unit = dict(zip(_keys(analysis.units, keys), values, strict=True))
    return [float(of_unit.get(key, np.nan)) for key in _keys(rows, keys)]


def _keys(sheet: SampleSheet, columns: list[str]) -> list[tuple[str, ...]]:
    return [tuple(map(str, row)) for row in sheet.table[columns].to_numpy()]


def _seen_from(folder: Path, text: str) -> str:
    return text if not text or "://" in text else as_seen_from(folder, text)
