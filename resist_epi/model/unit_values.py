"""Mean of every group and value of every unit, as columns beside results."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import scaled
from resist_epi.errors import DesignError, quoted
from resist_epi.model.analysis import Analysis
from resist_epi.samples.coefficients import interacting

MEAN, VALUE = "mean_", "value_"


def with_values(analysis: Analysis) -> Analysis:
    """The analysis with `mean_GROUP` and `value_UNIT` after its other columns.

    Values are normalised, on the natural scale, in the unit of `baseMean`, which is their mean over
    the units: what the test read, before logs. Groups are the levels of the contrast's column; of
    an interaction, and of a difference at the reference of one, the combinations of levels
    (`ai:poor`). Each has all of its units, also those that do not inform the contrast; a slope has
    none.

    Raises
    ------
    DesignError
        If results have a column of one of these names already.
    """
    table = unit_values(analysis)
    twice = [c for c in table if c in analysis.results]
    if twice:
        raise DesignError(f"the results have a column {quoted(twice[0])} already; rename the unit")
    results = pd.concat([analysis.results, table], axis=1)
    said = (
        f"{MEAN}GROUP and {VALUE}UNIT: normalised, on the natural scale, in the unit of baseMean,"
        " which is their mean over the units"
    )
    return analysis.with_more(results, header={"values": said})


def unit_values(analysis: Analysis) -> pd.DataFrame:
    """(n_regions, groups + units) float64: `mean_GROUP`, then `value_UNIT`, in the sheet's order.

    NaN in regions that are no place, as in the results.
    """
    values = scaled(analysis.matrix)
    values[analysis.results["baseMean"].isna().to_numpy()] = np.nan
    units = analysis.design.units
    columns = [
        c for c in _compared(analysis) if c in units and not pd.api.types.is_numeric_dtype(units[c])
    ]
    made = {}
    if columns:
        groups = units[columns].astype(str).agg(":".join, axis=1).to_numpy()
        for group in sorted(set(groups)):
            made[f"{MEAN}{group}"] = values[:, groups == group].mean(axis=1)
    made |= {f"{VALUE}{unit}": values[:, i] for i, unit in enumerate(analysis.matrix.samples)}
    return pd.DataFrame(made, index=analysis.results.index)


def _compared(analysis: Analysis) -> list[str]:
    """Columns of the sheet whose levels tell the groups of a contrast apart."""
    design, own = analysis.design, analysis.contrast.columns
    if not own:
        return [analysis.contrast.column]
    # A coefficient holds at one level of what interacts with it: means over all levels would not
    # be those whose difference stands beside.
    beside = {other for c in own for other in interacting(c, design.built)} - set(own)
    return [c for c in design.variables if c in beside or c in own] if beside else list(own)
