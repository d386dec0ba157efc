"""An outside cohort: expression of genes in patients, and when each of them progressed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError, InputFormatError, did_you_mean
from resist_epi.mechanism.evidence_files import (
    GENE_COLUMNS,
    find_column,
    gene_names,
    numbers,
    read_cells,
    refuse_cells,
)
from resist_epi.mechanism.patients import log_levels

logger = logging.getLogger(__name__)

_PATIENT = "patient patient_id patientid sample sample_id sampleid geo_accession id case_id"

_TIME = (
    "time timetoprogression time_to_progression ttp pfs pfs_time pfs_months rfs_time dfs_time"
    " progression_free_survival time_months os_time"
)

_EVENT = (
    "event progressed progression status pfs_event pfs_status rfs_event dfs_event censoring"
    " os_event"
)
_YES = {
    "1": 1.0,
    "1.0": 1.0,
    "yes": 1.0,
    "true": 1.0,
    "0": 0.0,
    "0.0": 0.0,
    "no": 0.0,
    "false": 0.0,
}

_ASKED = "asked "  # before the columns that were asked for, which may be called as ours are

FEWEST_PATIENTS, FEWEST_EVENTS = 10, 5


@dataclass(frozen=True)
class CohortColumns:
    """Which columns of the clinical table are used beside time and event.

    Attributes
    ----------
    adjust
        Covariates: numbers as they are, words as groups.
    strata
        A column whose levels have baseline hazards of their own.
    treatment
        A column of two treatments, for the question whether the score is predictive.
    """

    adjust: tuple[str, ...] = ()
    strata: str | None = None
    treatment: str | None = None


@dataclass(frozen=True, eq=False)
class OutsideCohort:
    """Patients with expression and follow-up.

    Attributes
    ----------
    genes
        (n_genes,) names.
    levels
        (n_genes, n_patients) log2 levels.
    time, event
        (n_patients,) time, above 0, and 1 where the event was seen then.
    covariates
        (n_patients, n_columns), named, without an intercept.
    strata
        (n_patients,) or None.
    treatment
        (n_patients,) 1 for the later of two levels, or None.
    about
        What it is, in words.
    """

    genes: pd.Series
    levels: FloatArray
    time: FloatArray
    event: FloatArray
    covariates: pd.DataFrame
    strata: NDArray[np.object_] | None
    treatment: FloatArray | None
    about: str


def read_cohort(
    expression: str | Path, clinical: str | Path, columns: CohortColumns | None = None
) -> OutsideCohort:
    """Read an outside cohort; CSV or TSV, gzipped or not.

    Parameters
    ----------
    expression
        A row a gene: its name, and a column a patient, named as in the clinical table. Levels
        without a negative value and with one above 40 are taken as the natural scale.
    clinical
        A row a patient: `patient`, `time` and `event` (1 or 0, yes or no), or names that are usual
        for these, and what `columns` names.

    Raises
    ------
    InputFormatError
        A file that cannot be read, a column that is missing, a cell that is no time or no event, a
        patient without any level.
    DesignError
        Fewer than 10 patients or 5 events in both, a treatment of other than two levels, or time
        and event asked for as covariates.
    """
    asked = columns or CohortColumns()
    cells, first = read_cells(Path(clinical))
    named = {
        what: _needed(cells, known, what, clinical)
        for what, known in (("patient", _PATIENT), ("time", _TIME), ("event", _EVENT))
    }
    wanted = [*asked.adjust, *filter(None, (asked.strata, asked.treatment))]
    for name in wanted:
        if name in named.values() and name != asked.treatment:
            raise DesignError(
                f"column {name!r} of the clinical table says who a patient is and what became of"
                " each, so nothing can be adjusted for it; name another"
            )
        if name not in cells:
            raise InputFormatError(
                f"no column {name!r}",
                path=clinical,
                expected=", ".join(map(str, cells.columns)),
                remedy=did_you_mean([name], list(map(str, cells.columns))),
            )
    table = pd.DataFrame(
        {
            "patient": cells[named["patient"]].str.strip(),
            "time": _times(numbers(cells, named["time"], clinical, first), clinical, first),
            "event": _events(cells[named["event"]], clinical, first),
        }
    )
    named_too = cells[list(dict.fromkeys(wanted))].map(str.strip).replace({"": None, "NA": None})
    return _joined(table.join(named_too.add_prefix(_ASKED)), Path(expression), asked, clinical)


def _needed(cells: pd.DataFrame, known: str, what: str, path: str | Path) -> str:
    found = find_column(cells, known)
    if found is None:
        raise InputFormatError(
            f"no column for the {what}",
            path=path,
            expected=f"a column such as {', '.join(known.split()[:3])}",
            found=", ".join(map(str, cells.columns[:12])),
        )
    return found


def _times(column: pd.Series, path: str | Path, first: int) -> pd.Series:
    """Times as they are; none lies before the start."""
    refuse_cells(
        column < 0,
        column,
        path,
        first,
        expected="a time since the start of treatment, not negative",
        remedy="leave the cell empty where the follow-up is not known",
    )
    return column


def _events(column: pd.Series, path: str | Path, first: int) -> pd.Series:
    text = column.str.strip().str.lower()
    found = text.map(_YES)
    wrong = found.isna() & ~text.isin(["", "na", "nan"])
    refuse_cells(wrong, column, path, first, expected="1 (progressed) or 0 (censored)")
    return found.astype(np.float64)


def _joined(
    table: pd.DataFrame, expression: Path, asked: CohortColumns, clinical: str | Path
) -> OutsideCohort:
    cells, first = read_cells(expression)
    gene = find_column(cells, GENE_COLUMNS) or str(cells.columns[0])
    twice = table["patient"][table["patient"].duplicated() & table["patient"].ne("")]
    if len(twice):
        raise InputFormatError(f"patient {twice.iloc[0]!r} stands twice", path=clinical)
    known = table[table["patient"].isin([str(c) for c in cells.columns if c != gene])]
    if known.empty:
        raise InputFormatError(
            "no patient of the clinical table is a column of the expression table",
            path=expression,
            expected=", ".join(table["patient"].head(3)),
            found=", ".join(map(str, cells.columns[1:4])),
        )
    usable = known.dropna()
    usable = usable[usable["time"] > 0]
    left = len(table) - len(usable)
    if len(usable) < FEWEST_PATIENTS or usable["event"].sum() < FEWEST_EVENTS:
        raise DesignError(
            f"{len(usable)} patients with {usable['event'].sum():.0f} events have expression,"
            f" follow-up and what was asked for; at least {FEWEST_PATIENTS} and {FEWEST_EVENTS} are"
            " needed"
        )
    patients = usable["patient"].tolist()
    values = pd.DataFrame({p: numbers(cells, p, expression, first) for p in patients})
    empty = [p for p in patients if values[p].isna().all()]
    if empty:
        raise InputFormatError(
            f"column {empty[0]} has no level of any gene",
            path=expression,
            expected="a number for each gene of a patient",
            remedy="leave the column out",
        )
    levels, scale = log_levels(values)
    about = (
        f"{len(usable)} patients with {usable['event'].sum():.0f} events"
        + (f" ({left} left out, without expression, follow-up or a covariate)" if left else "")
        + f"; {scale}"
    )
    logger.info("outside cohort: %s", about)
    return OutsideCohort(
        gene_names(cells, gene, expression),
        levels,
        usable["time"].to_numpy(np.float64),
        usable["event"].to_numpy(np.float64),
        _covariates(usable, list(dict.fromkeys(asked.adjust))),
        None if asked.strata is None else usable[_ASKED + asked.strata].to_numpy(object),
        None if asked.treatment is None else _treatment(usable[_ASKED + asked.treatment]),
        about,
    )


def _covariates(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Numbers as they are, words as a column for each level but the first."""
    parts: list[pd.Series] = []
    for name in names:
        own = table[_ASKED + name]
        values = pd.to_numeric(own, errors="coerce")
        if values.notna().all():
            parts.append(values.astype(np.float64).rename(name))
            continue
        levels = sorted(own.unique())
        parts += [
            own.eq(level).astype(np.float64).rename(f"{name}[{level}]") for level in levels[1:]
        ]
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=table.index)


def _treatment(column: pd.Series) -> FloatArray:
    levels = sorted(column.unique())
    if len(levels) != 2:
        name = str(column.name).removeprefix(_ASKED)
        raise DesignError(
            f"column {name} holds {len(levels)} treatments ({', '.join(levels[:5])}); whether"
            " a score is predictive takes two"
        )
    return np.asarray(column.eq(levels[1]), dtype=np.float64)
