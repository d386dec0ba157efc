"""The tumours: groups, outcome, nuisances, and what each domain and body does in each of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.simulation.landscape import BACKGROUND_BLOCK, CopySegment, MarkLandscape
from resist_epi.simulation.settings import CohortSettings

MEDIAN_MONTHS = {"good": 36.0, "poor": 8.0}

FOLLOW_UP = (18.0, 84.0)  # months, uniform

PURITY = (0.35, 0.95)

NORMAL_SD = 0.8  # log2, normal tissue against tumour, by domain or body

VARIANCE_DF = 8.0  # how much the variances of domains or bodies differ: scaled inverse chi-square

SHARED = 0.3  # share of the variance between tumours that a neighbourhood has in common

OUTLIER_SPREAD, OUTLIER_EFFICIENCY = 3.0, 0.5

COPY_RATIO = 1.5

COPY_SHARE = 0.3  # of the longest chromosome, from its end


def make_tumours(settings: CohortSettings, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the tumours.

    Returns
    -------
    DataFrame
        `patient condition batch purity months progressed outlier amplified`; months to progression
        or to the end of follow-up, and whether progression was seen (1) or not (0).
    """
    condition = np.repeat(["good", "poor"], [settings.good, settings.poor])
    n = len(condition)
    number = np.concatenate([np.arange(settings.good), np.arange(settings.poor)]) + 1
    median = np.array([MEDIAN_MONTHS[c] for c in condition])
    time = rng.exponential(median / np.log(2.0))
    follow_up = rng.uniform(*FOLLOW_UP, size=n)
    purity = rng.uniform(*PURITY, size=n)
    poor = condition == "poor"
    outlier = np.zeros(n, dtype=bool)
    outlier[-1] = settings.outlier
    amplified = (poor & (number <= (settings.poor + 1) // 2)) | (~poor & (number == 1))
    return pd.DataFrame(
        {
            "patient": [f"{c[0].upper()}{i:02d}" for c, i in zip(condition, number, strict=True)],
            "condition": condition,
            # Counted within each group, so that batches are crossed with the groups.
            "batch": (number - 1) % settings.batches + 1,
            "purity": purity if settings.purity else np.ones(n),
            "months": np.round(np.minimum(time, follow_up), 1),
            "progressed": (time <= follow_up).astype(np.int64),
            "outlier": outlier,
            "amplified": amplified & settings.copy_number,
        }
    )


def make_libraries(
    tumours: pd.DataFrame, settings: CohortSettings, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw depth and enrichment of every library.

    Returns
    -------
    DataFrame
        A row a tumour and mark, marks one after another: `sample patient mark tumour fragments
        efficiency`; `tumour` is the row of the tumour, `fragments` the expected number, and
        `efficiency` multiplies what the mark adds to the background.
    """
    n = len(tumours)
    parts = []
    for mark in settings.marks:
        depth = rng.lognormal(0.0, settings.depth_sd, size=n)
        efficiency = rng.lognormal(0.0, settings.efficiency_sd, size=n)
        efficiency *= np.where(tumours["outlier"], OUTLIER_EFFICIENCY, 1.0)
        parts.append(
            pd.DataFrame(
                {
                    "sample": tumours["patient"] + "_" + mark,
                    "patient": tumours["patient"],
                    "mark": mark,
                    "tumour": np.arange(n),
                    "fragments": np.round(settings.fragments * depth),
                    "efficiency": efficiency,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def biological_deviation(
    landscape: MarkLandscape,
    tumours: pd.DataFrame,
    settings: CohortSettings,
    rng: np.random.Generator,
) -> FloatArray:
    """Draw how far each unit is from its expected level in each tumour.

    Normal on the log2 scale, with variances that differ between units; a part is common to the
    units of a neighbourhood, and each batch adds its own.

    Returns
    -------
    (n_units, n_tumours) log2.
    """
    shape = (landscape.n_units, len(tumours))
    spread = np.sqrt(VARIANCE_DF / rng.chisquare(VARIANCE_DF, size=shape[0]))
    _, place = np.unique(landscape.neighbourhood, return_inverse=True)
    common = rng.normal(size=(int(place.max(initial=-1)) + 1, shape[1]))[place]
    own = rng.normal(size=shape)
    deviation = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
    deviation *= settings.biological_sd * np.minimum(spread, 3.0)[:, None]
    deviation *= np.where(tumours["outlier"], OUTLIER_SPREAD, 1.0)
    if settings.batches > 1:
        batch = rng.normal(0.0, settings.batch_sd, size=(shape[0], settings.batches))
        deviation += batch[:, tumours["batch"].to_numpy() - 1]
    return np.asarray(deviation)


def expected_level(
    effect: FloatArray,
    normal: FloatArray,
    tumours: pd.DataFrame,
    *,
    deviation: FloatArray | None = None,
    carried: FloatArray | None = None,
    factors: FloatArray | None = None,
) -> FloatArray:
    """Level of every unit in every tumour, as a factor on the landscape's own.

    Parameters
    ----------
    effect
        (n_units,) log2, poor minus good.
    normal
        (n_units,) log2, normal tissue against tumour.
    deviation
        (n_units, n_tumours) log2 as drawn; without it the level is free of noise.
    carried
        (n_units, n_tumours) share of the effect that a tumour has; by default all of it in the poor
        ones.
    factors
        (n_units, n_tumours) log2 of what differs besides.
    """
    poor = (tumours["condition"] == "poor").to_numpy(dtype=np.float64)
    purity = tumours["purity"].to_numpy(dtype=np.float64)
    log2 = effect[:, None] * (poor if carried is None else carried)
    if factors is not None:
        log2 = log2 + factors
    if deviation is not None:
        log2 = log2 + deviation
    return np.asarray(purity * 2.0**log2 + (1 - purity) * 2.0 ** normal[:, None])


def copy_segment(lengths: NDArray[np.int64]) -> CopySegment:
    """The end of the longest chromosome, from a whole block of the background on."""
    block = BACKGROUND_BLOCK
    chrom = int(np.argmax(lengths))
    length = int(lengths[chrom])
    start = int(length * (1 - COPY_SHARE)) // block * block
    return CopySegment(chrom, start, length, COPY_RATIO)
