"""What a table of power says, in words, and the lines that stand above it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.model.pilot import Pilot
from resist_epi.model.power import PowerPlan
from resist_epi.version import VERSION

ENOUGH = 0.8  # the power that is usually asked for

_SETTING = ["effect", "depth", "carrier_share"]


def units_needed(table: pd.DataFrame, *, power: float = ENOUGH) -> pd.DataFrame:
    """Units a group from which on a power is reached.

    Between the sizes of the table power is taken to be straight in the logarithm of the units.

    Parameters
    ----------
    table
        From `power_table`.
    power
        Above 0, at most 1.

    Returns
    -------
    DataFrame
        `effect depth carrier_share units`: NaN where the largest size of the table does not reach
        the power; where its smallest does, that one.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"units": [6, 12], "effect": 1.0, "depth": 1.0,
    ...                       "carrier_share": 1.0, "power": [0.4, 0.9]})
    >>> units_needed(table)["units"].tolist()
    [11.0]
    """
    rows = []
    for setting, own in table.sort_values("units").groupby(_SETTING, sort=True):
        # More units never find less; what a simulation says against it is its noise.
        rising = np.maximum.accumulate(own["power"].to_numpy(np.float64))
        units = np.log(own["units"].to_numpy(np.float64))
        needed = np.nan
        if rising[-1] >= power:
            i = int(np.argmax(rising >= power))
            share = 1.0 if i == 0 else (power - rising[i - 1]) / (rising[i] - rising[i - 1])
            at = units[i] if i == 0 else units[i - 1] + share * (units[i] - units[i - 1])
            needed = float(np.ceil(np.exp(at) - 1e-9))
        rows.append(dict(zip(_SETTING, setting, strict=True)) | {"units": needed})
    return pd.DataFrame(rows, columns=[*_SETTING, "units"])


def power_sentence(table: pd.DataFrame) -> str:
    """What the largest study of a table would find of its largest change, and how many it takes.

    Parameters
    ----------
    table
        From `power_table`; of several depths the one nearest to the pilot's speaks, of several
        shares of carriers the largest.
    """
    depth = min(table["depth"], key=lambda d: abs(np.log(d)))
    own = table[(table["depth"] == depth) & (table["effect"] == table["effect"].max())]
    own = own[own["carrier_share"] == own["carrier_share"].max()]
    row = own.loc[own["units"].idxmax()]
    n, effect, share = int(row["units"]), float(row["effect"]), float(row["carrier_share"])
    where = "" if share == 1 else f" in {share:.0%} of the tumours of the first group"
    if np.isnan(row["power"]):
        return (
            f"{n} against {n}, where nothing changes: {row['expected_calls']:.1f} calls on average"
        )
    needed = float(units_needed(own)["units"].iloc[0])
    least = int(own["units"].min())
    takes = f"more than {n}" if np.isnan(needed) else f"about {needed:.0f}"
    if needed == least:
        takes = f"at most {least}"
    return (
        f"{n} against {n} would find {row['power']:.0%} of the changes of {effect:g} log2"
        f" ({2**effect:.2g}-fold{where}), nine in ten such studies {row['power_low']:.0%} to"
        f" {row['power_high']:.0%}, with {row['expected_fdr']:.1%} of their calls false; a power of"
        f" {ENOUGH:g} takes {takes} a group"
    )


def power_header(
    pilot: Pilot, plan: PowerPlan, table: pd.DataFrame, *, folder: Path | None = None
) -> dict[str, Any]:
    """The `#` lines above a table of power: sentences first, then question and facts.

    Parameters
    ----------
    folder
        Where they will be written: the question's files are named relative to it.
    """
    question, true = pilot.question, pilot.variation.true
    kind = "negative binomial reads" if pilot.variation.of_counts else "log-normal signal"
    what = "dispersion" if pilot.variation.of_counts else "variance of log2 signal"
    middle = float(np.median(true.trended))
    sampled = len(pilot.regions)
    facts = {
        "pilot": dict(pilot.words),
        "model": {
            "of": "counts" if pilot.variation.of_counts else "signal",
            "median": middle,
            "spread_df": float(true.spread_df) if np.isfinite(true.spread_df) else None,
            "unit_noise": [float(v) for v in pilot.noise],
        },
        "regions": {"drawn": sampled, "of": pilot.n_tested},
        "plan": {"changed": plan.changed, "sets": plan.sets, "seed": plan.seed},
        "needed": units_needed(table).astype(object).where(lambda t: t.notna(), None).to_dict(
            "records"
        ),
    }  # fmt: skip
    header = {
        "resist_epi": VERSION,
        "power": power_sentence(table),
        "pilot": pilot.words["pilot"],
        "normalization": pilot.words["normalization"],
        "drawn": (
            f"{kind}; {what} {middle:.3g} in the median region, true ones spread as a chi-square"
            f" with {true.spread_df:.3g} degrees of freedom about their trend"
        ),
        "regions": f"{sampled} of the {pilot.n_tested} regions that the pilot tests",
        "changed": f"{plan.changed:.3g} of the regions, half of them up, all by the same effect",
        "range": f"power_low to power_high: nine in ten studies{_left_open(pilot)}",
        "studies": f"{plan.sets} of each size, seed {plan.seed}; fdr {question.fdr:g}",
    }
    header |= {name: pilot.words[name] for name in ("filter", "hidden") if name in pilot.words}
    return header | {"question": question.as_values(folder), "facts": facts}


def _left_open(pilot: Pilot) -> str:
    """What the range says of the pilot's own chance."""
    if np.ptp(pilot.noise) > 0:
        return ", what the pilot's few units leave open included"
    return (
        "; the pilot is too small to tell how noisy single units are, so by the chance of the draw"
        " alone: what another pilot would have said may lie outside"
    )
