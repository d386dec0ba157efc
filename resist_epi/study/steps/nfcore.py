"""A mark's counts as nf-core/differentialabundance takes them.

Its generic input (docs/usage.md and assets/schema_contrasts.json of that pipeline): a matrix with a
column a sample, and contrasts by column, reference and target, as CSV (versions 1) and as YAML
(later ones). These files have no `#` lines, since the pipeline reads none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import yaml

from resist_epi.io.store import write_text
from resist_epi.io.tables import as_text
from resist_epi.model.analysis import Analysis
from resist_epi.samples.sheet_checks import PATH_COLUMNS
from resist_epi.schema import COUNTS
from resist_epi.study.steps.outputs import Outputs

# The first level of `comparison` is the reference, with which the second is compared.
_CONTRASTS = ("id", "variable", "reference", "target", "blocking")


def write_nfcore(analyses: Sequence[Analysis], outputs: Outputs) -> None:
    """Write the files of one kind of regions, a column a unit; none where no contrast is of levels.

    Counts are whole reads, as they are before normalisation; signal stands as it is. Slopes,
    interactions and single coefficients have no form there, and are left out.

    Parameters
    ----------
    analyses
        One a contrast, of one matrix.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    rows = [row for row in map(contrast_row, analyses) if row is not None]
    if not rows:
        return
    matrix = analyses[0].matrix
    samples = [re.sub(r"\s", "_", name) for name in matrix.samples]
    whole = matrix.quantity in COUNTS
    values = matrix.filled().values
    if whole:
        values = np.rint(values).astype(np.int64)
    places = matrix.regions[["region_id", "symbol", "gene_id", "chrom", "start", "end"]]
    counts = pd.DataFrame(values, columns=samples)
    counts.insert(0, "region_id", places["region_id"].to_numpy())
    sheet = analyses[0].units.table
    kept = sheet.drop(columns=[c for c in ("SampleID", *PATH_COLUMNS) if c in sheet])
    kept.insert(0, "sample", samples)
    files: dict[str, str] = {
        "matrix": _text(counts, "\t"),
        "features": _text(places, "\t"),
        "samples": _text(kept, ","),
        "contrasts": _text(pd.DataFrame(rows, columns=list(_CONTRASTS)), ","),
        "contrasts_yaml": yaml.safe_dump({"contrasts": list(map(_entry, rows))}, sort_keys=False),
    }
    for name, text in files.items():
        write_text(outputs.add(outputs.path(f"nfcore_{name}")), text)  # type: ignore[arg-type]


def contrast_row(analysis: Analysis) -> dict[str, str] | None:
    """A contrast as the pipeline names it; None for one that is not of two levels of a column."""
    design, contrast = analysis.without_factors or (analysis.design, analysis.contrast)
    if len(contrast.levels) != 2 or contrast.columns:
        return None
    target, reference = contrast.levels
    others = [name for name in design.variables if name != contrast.column]
    return {
        "id": re.sub(r"[^A-Za-z0-9_.]", "_", f"{contrast.column}_{target}_{reference}"),
        "variable": contrast.column,
        "reference": reference,
        "target": target,
        "blocking": ";".join(others),
    }


def _entry(row: dict[str, str]) -> dict[str, Any]:
    """A contrast in the YAML of later versions."""
    compared = [row["variable"], row["reference"], row["target"]]
    blocking = {"blocking_factors": row["blocking"].split(";")} if row["blocking"] else {}
    return {"id": row["id"], "comparison": compared, **blocking}


def _text(table: pd.DataFrame, delimiter: str) -> str:
    if delimiter == "\t":
        return as_text(table, number=None)
    return table.apply(_whole).to_csv(sep=delimiter, index=False, na_rep="NA", lineterminator="\n")


def _whole(column: pd.Series) -> pd.Series:
    """Whole numbers as such: the sheet holds every number with a point."""
    if column.dtype.kind != "f" or not column.dropna().mod(1).eq(0).all():
        return column
    return column.astype("Int64")
