"""What a design leaves unsaid: who informs, what goes together, and pairs that it ignores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.stats.groups.rank_tests import welch_tests

PATIENT = "Patient"

# Columns whose levels may go with the groups although no design mentions them.
_TECHNICAL = ("Batch", "Tissue", "Treatment")

_PURITY = "Purity"

_PURITY_P = 0.05


def sizes_in_words(units: pd.DataFrame, sides: Sequence[NDArray[np.bool_]]) -> str:
    """`6 against 6 patients`; units where the sheet does not say which patients they are.

    Parameters
    ----------
    units
        The sheet's columns of each unit.
    sides
        (n_units,) bool each.
    """
    known = PATIENT in units and bool((units[PATIENT] != "").all())
    counts = [units.loc[side, PATIENT].nunique() if known else int(side.sum()) for side in sides]
    noun = "patient" if known else "unit"
    return f"{' against '.join(map(str, counts))} {noun}{'s' if counts[-1] != 1 else ''}"


def levels_that_inform(
    units: pd.DataFrame, variables: Sequence[str], informing: NDArray[np.bool_]
) -> str:
    """`Tissue MCF7` where the informing units are all units of these levels; else empty."""
    for name in variables:
        if pd.api.types.is_numeric_dtype(units[name]):
            continue
        levels = units.loc[informing, name].unique()
        if (units[name].isin(levels).to_numpy() == informing).all():
            return f"{name} {', '.join(sorted(map(str, levels)))}"
    return ""


def confounded_pairs(units: pd.DataFrame, variables: Sequence[str]) -> list[str]:
    """Sentences on variables of which each level of one holds a single level of the other."""
    groups = [v for v in variables if not pd.api.types.is_numeric_dtype(units[v])]
    found = []
    for i, first in enumerate(groups):
        for second in groups[i + 1 :]:
            for outer, inner in ((first, second), (second, first)):
                if (units.groupby(outer, sort=True)[inner].nunique() == 1).all():
                    found.append(
                        f"{inner} is confounded with {outer} ({_held(units, outer, inner)})"
                    )
                    break
    return found


def design_warnings(
    units: pd.DataFrame,
    column: str,
    variables: Sequence[str],
    sides: Sequence[NDArray[np.bool_]],
    *,
    block: str | None,
) -> list[str]:
    """What speaks against a comparison of two groups although it can be fitted.

    Each sentence says what to do about it; there is none where nothing is amiss.

    Parameters
    ----------
    units
        The sheet's columns of each unit.
    column
        The column whose levels are compared.
    variables
        Columns that the design uses.
    sides
        (n_units,) bool: the units of the two groups.
    block
        Column with a random effect.
    """
    if len(sides) != 2:
        return []
    found = []
    used = {*variables, *filter(None, [block])}
    if PATIENT in units and not used & {PATIENT}:
        first, second = (set(units.loc[side, PATIENT]) - {""} for side in sides)
        both = sorted(map(str, first & second))
        if both:
            # What is the same in all samples of a patient, the pairing holds fixed already.
            own = [v for v in variables if units.groupby(PATIENT)[v].nunique().max() > 1]
            paired = " + ".join([PATIENT, *own])
            shown = ", ".join(both[:5]) + (f" and {len(both) - 5} more" if len(both) > 5 else "")
            patients = "1 patient is" if len(both) == 1 else f"{len(both)} patients are"
            found.append(
                f"{patients} in both groups ({shown}), and the design takes their units as"
                f" independent; pair them with --design '~ {paired}', or use --block {PATIENT}"
            )
    for name in _TECHNICAL:
        if name in used or name not in units:
            continue
        if (units[name].isna() | (units[name].astype(str) == "")).any():
            continue
        either = units[sides[0] | sides[1]]
        levels = either[name].nunique()
        if 2 <= levels < len(either) and (either.groupby(name)[column].nunique() == 1).all():
            found.append(
                f"{name} goes with {column} ({_held(either, name, column)}), so a difference"
                f" between the groups may be one of {name}; no design can tell them apart"
            )
    if _PURITY in units and _PURITY not in used:
        found += _purity_differs(units[_PURITY], sides, variables)
    return found


def _purity_differs(
    column: pd.Series, sides: Sequence[NDArray[np.bool_]], variables: Sequence[str]
) -> list[str]:
    """A sentence where the groups differ in their share of tumour cells (Welch's t test)."""
    purity = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    first, second = purity[sides[0]], purity[sides[1]]
    both = np.concatenate([first, second])
    if min(len(first), len(second)) < 2 or not np.isfinite(both).all() or not np.ptp(both):
        return []
    p = welch_tests(both[None], np.arange(len(both)) >= len(first)).pvalue[0]
    if not p <= _PURITY_P:
        return []
    return [
        f"{_PURITY} differs between the groups (mean {first.mean():.2f} against"
        f" {second.mean():.2f}, P {p:.2g}) and the design leaves it out: regions where normal"
        " tissue differs from tumour cells may be called for that alone; adjust with --design"
        f" '~ {' + '.join([_PURITY, *variables])}'"
    ]


def _held(units: pd.DataFrame, outer: str, inner: str) -> str:
    """`1: good; 2: poor`."""
    return "; ".join(f"{k}: {v}" for k, v in units.groupby(outer, sort=True)[inner].first().items())
